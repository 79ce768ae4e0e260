import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import polars
import pytest

from landmarks.analysis.report import Proof, write_report
from tests.analysis.made_up import made_up_report

VOID = {"meta", "img", "br", "link", "input", "hr"}
# A name in an SVG's head is an identifier, not an address that is fetched.
NAMESPACES = {"xmlns", "xmlns:xlink"}


class Page(HTMLParser):
    """Checks that tags are nested, and keeps what is asked of them."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.resources = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
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
            assert "http" not in data


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    made = made_up_report(folder)
    write_report(made, folder / "report.html")
    return made, (folder / "report.html").read_text(encoding="utf-8")


def test_the_page_is_well_formed_and_needs_nothing_else(report):
    page = Page()
    page.feed(report[1])
    page.close()
    assert page.open == []
    assert page.resources == []
    assert len(page.ids) == len(set(page.ids))
    assert "<script" not in report[1]


def test_every_number_of_the_summary_stands_in_the_page(report):
    made, text = report
    for score in made.splits[0].scores:
        assert f"{score.nme.value:.2f}" in text
        assert f"{score.nme.low:.2f} – {score.nme.high:.2f}" in text
        assert f"{score.parameters:,}" in text
        if score.difference is not None:
            assert f"{score.difference.low:+.2f} … {score.difference.high:+.2f}" in text
    for row in made.results.rows(named=True):
        assert row["protocol"] in text


def test_the_page_says_what_the_protocols_mean(report):
    made, text = report
    for protocol in made.facts.protocols:
        assert f'{protocol.name}</th><td class="text">{protocol.normaliser.description}<' in text
    assert "<td>7 %</td>" in text
    assert "<h2>Every split and protocol</h2>" in text


def test_subsets_stand_below_their_split(tmp_path):
    made = made_up_report(tmp_path)
    part = made.results.with_columns(
        polars.lit("large pose").alias("subset"), polars.lit(12).alias("faces")
    )
    made = replace(made, results=polars.concat([made.results, part.cast(made.results.schema)]))
    write_report(made, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<h2>Every split, subset and protocol</h2>" in text
    rows = len(made.facts.protocols) * len(made.methods)
    assert text.count('<th scope="row">ibug: large pose</th><td>12</td>') == rows
    assert text.count('<th scope="row">ibug</th><td>40</td>') == rows


def test_the_calibration_stands_in_the_page(report):
    made, text = report
    sure, foresees = made.splits[0].calibrations
    for row in (sure, foresees):
        assert f"{row['nll']:.2f} →</span> {row['nll_tempered']:.2f}" in text
        assert f"{row['coverage_50']:.1f} →</span> {row['coverage_50_tempered']:.1f}" in text
    # Who claims one spread for all points ranks nothing.
    assert sure["spearman"] is None
    assert f"<td>{foresees['spearman']:.2f}</td>" in text
    assert "no face was held out" not in text
    assert text.count('id="calibration-ibug-') > 3


def test_without_held_out_faces_only_the_claims_are_shown(tmp_path):
    made = made_up_report(tmp_path)
    none = [
        {k: None if k == "temperature" or k.endswith("_tempered") else v for k, v in row.items()}
        for row in made.splits[0].calibrations
    ]
    made.splits[0] = made.splits[0]._replace(calibrations=none)
    write_report(made, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "no face was held out" in text
    assert f"{none[0]['nll']:.2f} →</span> –" in text


def test_names_are_escaped(report):
    assert "made &lt;up&gt; &amp; tried" in report[1]
    assert "<up>" not in report[1]


def test_what_differs_is_said():
    same = Proof("weights", "0", {"a": "11" * 32, "b": "11" * 32})
    assert same.holds
    assert same.sentence == f"same for all methods: {'11' * 8}"
    other = Proof("weights", "0", {"a": "11" * 32, "b": "22" * 32, "c": "11" * 32})
    assert not other.holds
    assert other.sentence == f"differs: {'11' * 8} for a, c; {'22' * 8} for b"


def test_one_seed_and_a_lost_face_are_told_too(tmp_path):
    made = made_up_report(tmp_path, seeds=(4,))
    write_report(made, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "one seed says nothing of how another training would come out" in text
    assert "± seeds" not in text
    score = made.splits[0].scores[0]
    lost = score._replace(nme=score.nme._replace(value=np.inf, low=np.nan, high=np.nan))
    made.splits[0].scores[0] = lost
    write_report(made, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert ">inf<" in text
    assert "nan" not in re.sub(r"base64,[^\"]*", "", text).lower()
