import re
from pathlib import Path

import pytest

from landmarks import datamodules
from landmarks.benchmarks import BENCHMARKS
from landmarks.benchmarks.page import BEGIN, END, all_markdown, markdown, overview, page

DOCS = Path(__file__).parents[2] / "docs" / "benchmarks.md"


@pytest.mark.parametrize("width", [80, 100])
def test_the_overview_fits_and_names_everything(width):
    text = overview(BENCHMARKS, width)
    assert max(map(len, text.splitlines())) <= width
    words = set(re.findall(r"[^\s,]+", text))
    for name, benchmark in BENCHMARKS.items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
        facts = benchmark.facts
        assert line.split()[1] == str(facts.markup.count)
        assert line.endswith("test only") == (facts.training_split is None)
        assert facts.protocols[0].name.partition("/")[2] in line
        for split, (published, _) in facts.splits.items():
            assert split in words
            assert published is None or f"{split} {published:,}" in text


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_page_tells_all_the_facts(name):
    facts = BENCHMARKS[name].facts
    text = page(facts, {split: f"{split} is there" for split in facts.splits}, 80)
    flat = " ".join(text.split())
    for expected in (
        facts.title,
        facts.name,
        f"{facts.markup.count} points",
        *(" ".join(part.split()) for part in (facts.licence, facts.citation, facts.source)),
        *facts.splits,
        *facts.subsets,
        *(protocol.name for protocol in facts.protocols),
        *(protocol.description for protocol in facts.protocols),
        *(f"{split} is there" for split in facts.splits),
        *(f"{result.nme:g}" for result in facts.results),
        *(f"{result.auc:g}" for result in facts.results if result.auc is not None),
    ):
        assert expected in flat
    for line in facts.layout.splitlines():
        assert line in text


@pytest.mark.parametrize("name", BENCHMARKS)
def test_markdown_tells_all_the_facts(name):
    benchmark = BENCHMARKS[name]
    facts = benchmark.facts
    text = markdown(benchmark)
    assert text.startswith(f"## {facts.title} (`{name}`)\n")
    assert facts.layout in text
    (path,) = re.findall(r"`landmarks\.datamodules\.(\w+)`", text)
    assert vars(datamodules)[path](None).facts.name == name
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(re.search(r"(?<!\\)\|$", row) for row in rows)
    tables = re.findall(r"^Published under (\S+):.*\n\n((?:\|.*\n?)+)", text, re.MULTILINE)
    assert {protocol for protocol, _ in tables} == {result.protocol for result in facts.results}
    for result in facts.results:
        header, _, *found = dict(tables)[result.protocol].splitlines()
        place = header.split(" | ").index(result.split)
        cells = [
            row.split(" | ")[place] for row in found
            if row.startswith(f"| {result.method} |") and f"| {result.source} |" in row
        ]  # fmt: skip
        assert len(cells) == 1
        assert float(cells[0].split(" / ")[0]) == result.nme
    for protocol in facts.protocols:
        assert any(row.startswith(f"| {protocol.name} |") for row in rows)


def test_tables_have_one_width():
    text = all_markdown(BENCHMARKS)
    for block in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in block.splitlines()}) == 1


def test_drawn_faces_have_one_section_that_names_all_markups():
    text = all_markdown(BENCHMARKS)
    assert text.count("## Synthetic faces") == 1
    for name in BENCHMARKS:
        assert f"`{name}`" in text


def test_the_page_in_the_docs_is_what_the_readers_say():
    text = DOCS.read_text(encoding="utf-8")
    begin, end = text.index(BEGIN), text.index(END)
    written = text[begin : end + len(END)] + "\n"
    assert written == all_markdown(BENCHMARKS), (
        "docs/benchmarks.md is behind the readers: put in the output of "
        "'landmarks data show all --markdown'"
    )
