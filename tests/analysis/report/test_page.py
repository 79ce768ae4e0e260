from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markupsafe import escape

from landmarks.analysis.report.page import write_page

VOID = {"meta", "img", "br", "link", "input", "hr"}
# A name in an SVG's head is an identifier, not an address that is fetched.
NAMESPACES = {"xmlns", "xmlns:xlink"}


class Page(HTMLParser):
    """Checks that tags are nested, and keeps what is asked of them."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.resources, self.links = [], [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("href", "xlink:href", "aria-labelledby"):
                self.links.append(value.removeprefix("#"))
            if name not in NAMESPACES and value and "://" in value:
                self.resources.append(value)
            if name in ("src", "href", "xlink:href"):
                assert value.startswith(("data:", "#"))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            assert "@import" not in data
            assert "url(" not in data


def written(report, folder):
    write_page(report, folder / "page.html")
    return (folder / "page.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def text(report_file):
    return report_file.read_text(encoding="utf-8")


def bare(report):
    """The report with its first condition's first table, and nothing else to say."""
    condition = report.conditions[0]
    split = replace(condition.splits[0], forest=None, ced=None, calibrations=(), calibration=None)
    condition = replace(
        condition, levels={}, splits=[split], decomposition=(), selection=(), same_faces=(),
        own_faces=(), trainings=(),
    )  # fmt: skip
    return replace(
        report, conditions=[condition], missing=(), foreign=(), resolution=(), latency=(), files={},
        proofs=(), trainings=(),
    )  # fmt: skip


def test_the_page_is_well_formed_and_needs_nothing_else(text):
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    assert page.resources == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.links) <= set(page.ids)


def test_every_verdict_stands_above_every_table(text, report):
    for condition in report.conditions:
        for split in condition.splits:
            assert text.index(str(escape(split.verdict))) < text.index("<table")
    assert text.count('<div class="verdict">') == 2


def test_what_is_missing_stands_before_everything(text):
    assert text.index("1 run is missing") < text.index('<section id="verdict"')
    assert "<strong>HIH, seed 2</strong>: CUDA out of memory" in text


def test_other_programs_are_marked(text):
    assert "Predictions of another program: not trained here" in text
    assert "<strong>STAR (authors)</strong>, read from <code>scored/star</code>" in text
    assert ">another program</td>" in text


def test_names_are_escaped(text):
    assert "made &lt;up&gt; &amp; tried" in text
    assert "<up>" not in text


def test_conditions_have_headings_of_their_own_only_where_there_are_several(text, report, tmp_path):
    assert text.count("<h3>heatmap_size 16</h3>") > 3
    assert "condition by condition" in text
    alone = written(bare(report), tmp_path)
    assert "heatmap_size 16</h3>" not in alone
    assert "condition by condition" not in alone


def test_what_has_no_content_is_left_out(report, tmp_path):
    alone = written(bare(report), tmp_path)
    for anchor in ("verdict", "methods", "reading", "scores", "settings", "made-with"):
        assert f'<section id="{anchor}"' in alone
    assert alone.count("<section") == alone.count('<li><a href="#') == 6
    assert "<figure" not in alone
    assert "missing" not in alone[alone.index("<body") : alone.index("<main")]


def test_one_hash_or_what_differs(report, tmp_path, text):
    assert "1 of 9 differs." in text
    agreeing = replace(report, proofs=[proof for proof in report.proofs if proof.holds])
    agreeing = replace(bare(report), proofs=agreeing.proofs)
    assert "All 8 agree." in written(agreeing, tmp_path)


def test_one_seed_is_said_to_say_nothing_of_another(report, tmp_path, text):
    assert "one seed says nothing" not in text
    alone = written(replace(bare(report), seeds=[4]), tmp_path)
    assert "one seed says nothing of how another training would come out" in alone


def test_the_cost_is_summed_by_kind(report, tmp_path, text):
    hours = sum(training.hours for training in report.trainings)
    assert f"{len(report.trainings)} trainings, in all {hours:.3g} GPU-hours:" in text
    one, *others = report.trainings
    mixed = replace(bare(report), trainings=[one, others[0]._replace(on_gpu=False)])
    alone = written(mixed, tmp_path)
    assert f"in all {one.hours:.3g} GPU-hours and {others[0].hours:.3g} CPU-hours" in alone


def test_without_held_out_faces_only_the_claims_are_shown(report, tmp_path, text):
    assert "no face was held out" not in text
    condition = report.conditions[0]
    split = condition.splits[0]
    none = [
        {k: None if k == "temperature" or k.endswith("_tempered") else v for k, v in row.items()}
        for row in split.calibrations
    ]
    split = replace(split, calibrations=none, calibration=None)
    alone = bare(report)
    alone = replace(alone, conditions=[replace(alone.conditions[0], splits=[split])])
    page = written(alone, tmp_path)
    assert "no face was held out" in page
    assert f"{none[0]['nll']:.2f} →</span> –" in page


def test_the_same_report_gives_the_same_bytes(report, tmp_path):
    assert written(bare(report), tmp_path) == written(bare(report), tmp_path)
