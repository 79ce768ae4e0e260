"""All that is known of a benchmark, as a page: for the terminal, and as Markdown."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from landmarks.benchmarks.base import Benchmark, Facts, Result
from landmarks.benchmarks.synthetic import Synthetic
from landmarks.markups import Markup

BEGIN = (
    "<!-- written by 'landmarks data show all --markdown': change the readers, not this text -->"
)
END = "<!-- end of what is written by 'landmarks data show all --markdown' -->"
"""What stands round the part of docs/benchmarks.md that is written by `all_markdown`."""


class _Table(NamedTuple):
    """A table with a title; numbers are set to the right."""

    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    numbers: frozenset[int] = frozenset()


def overview(benchmarks: Mapping[str, type[Benchmark]], width: int = 100) -> str:
    """A table of benchmarks: name, points, splits with their published counts, usual protocol.

    Args:
        benchmarks: By name.
        width: Columns of the terminal; at least 80 are used.
    """
    rows = []
    for name, benchmark in benchmarks.items():
        facts = benchmark.facts
        splits = [
            split if number.published is None else f"{split} {number.published:,}"
            for split, number in facts.splits.items()
        ]
        usual = _short(facts, facts.protocols[0].name)
        training = "yes" if facts.training_split else "test only"
        rows.append((name, str(facts.markup.count), splits, usual, training))
    header = ("name", "points", "splits and published counts", "usual protocol", "training")
    lengths = [
        max(len(header[column]), *(len(row[column]) for row in rows)) for column in (0, 1, 3, 4)
    ]
    room = max(width, 80) - sum(lengths) - 8
    lines = [_overview_line(header, lengths, room)]
    for name, count, splits, usual, training in rows:
        # a split and its count stay together
        glued = ", ".join(split.replace(" ", "\N{NO-BREAK SPACE}") for split in splits)
        parts = _wrapped(glued, room)
        lines.append(_overview_line((name, count, parts[0], usual, training), lengths, room))
        lines += [_overview_line(("", "", part, "", ""), lengths, room) for part in parts[1:]]
    return "\n".join(lines)


def page(facts: Facts, found: Mapping[str, str] | None = None, width: int = 100) -> str:
    """The facts for a terminal.

    Args:
        facts: The benchmark's facts.
        found: What is there of each split, by `Benchmark.found`, if anyone has looked.
        width: Columns of the terminal; at least 80 are used.
    """
    width = max(width, 80)
    blocks = [f"{facts.title} ({facts.name})", *_wrapped(_markup(facts.markup), width)]
    for table in (_splits(facts), *_subsets(facts), _protocols_in_a_line(facts), *_results(facts)):
        blocks += ["", table.title, *_text_table(table, width)]
    if found is not None:
        blocks += ["", "Found"]
        for split, sentence in found.items():
            blocks += _indented(f"{split}: {sentence}", width)
    blocks += ["", "Files below the root", textwrap.indent(facts.layout, "  ")]
    for title, text in _sources(facts):
        blocks += ["", title, *_indented(text, width)]
    return "\n".join(blocks)


def markdown(benchmark: type[Benchmark]) -> str:
    """The facts of a benchmark as a section of a Markdown page."""
    facts = benchmark.facts
    sources = dict(_sources(facts))
    lines = [
        f"## {facts.title} (`{facts.name}`)",
        "",
        f"{_markup(facts.markup)}. For an experiment file: "
        f"`landmarks.datamodules.{benchmark.__name__}Data`.",
        "",
        f"**{_SOURCE}:** {sources[_SOURCE]}  ",
        f"**{_LICENCE}:** {sources[_LICENCE]}  ",
        f"**{_CITATION}:** {sources[_CITATION]}",
        "",
        "Files below the root:",
        "",
        "```text",
        facts.layout,
        "```",
    ]
    for table in (_splits(facts), *_subsets(facts), _protocols(facts), *_results(facts)):
        lines += ["", f"{table.title}:", "", *_markdown_table(table)]
    return "\n".join(lines)


def all_markdown(benchmarks: Mapping[str, type[Benchmark]]) -> str:
    """The sections of all benchmarks, between the two marks; ends with a line end.

    The drawn faces have one section, though they come in several markups.
    """
    sections = []
    for benchmark in benchmarks.values():
        if benchmark is Synthetic:
            sections += [markdown(benchmark), _other_markups(benchmarks)]
        elif not issubclass(benchmark, Synthetic):
            sections.append(markdown(benchmark))
    return "\n\n".join([BEGIN, *sections, END]) + "\n"


def _other_markups(benchmarks: Mapping[str, type[Benchmark]]) -> str:
    others = [
        f"`{name}` ({benchmark.facts.markup.count} points, "
        f"`landmarks.datamodules.{benchmark.__name__}Data`)"
        for name, benchmark in benchmarks.items()
        if issubclass(benchmark, Synthetic) and benchmark is not Synthetic
    ]
    return f"The same faces with other points: {', '.join(others)}."


_SOURCE, _LICENCE, _CITATION = "Where to get it", "Licence", "To be cited as"


def _sources(facts: Facts) -> list[tuple[str, str]]:
    return [(_SOURCE, facts.source), (_LICENCE, facts.licence), (_CITATION, facts.citation)]


def _markup(markup: Markup) -> str:
    pairs = sum(point < twin for point, twin in enumerate(markup.mirror))
    parts = [f"{markup.count} points, {pairs} mirror pairs"]
    if markup.eye_corners is not None:
        parts.append("outer eye corners {} and {}".format(*markup.eye_corners))
    if markup.nose_tip is not None:
        parts.append(f"tip of the nose {markup.nose_tip}")
    if markup.mouth_corners is not None:
        parts.append("mouth corners {} and {}".format(*markup.mouth_corners))
    if markup.parts:
        parts.append("lines: " + ", ".join(name.replace("_", " ") for name in markup.parts))
    return "; ".join(parts)


def _splits(facts: Facts) -> _Table:
    rows = [(_marked(facts, name), *split) for name, split in facts.splits.items()]
    return _counted("Splits (* is what a test run reports unless told otherwise)", "split", rows)


def _subsets(facts: Facts) -> list[_Table]:
    rows = [(name, *subset) for name, subset in facts.subsets.items()]
    return [_counted("Subsets", "subset", rows)] if rows else []


def _counted(title: str, what: str, rows: Sequence[tuple[str, int | None, str]]) -> _Table:
    """Names, published counts if there are any, descriptions."""
    if all(count is None for _, count, _ in rows):
        return _Table(title, (what, "what it holds"), [(name, text) for name, _, text in rows])
    cells = [(name, "" if count is None else f"{count:,}", text) for name, count, text in rows]
    return _Table(title, (what, "faces", "what it holds"), list(cells), frozenset({1}))


def _protocols(facts: Facts) -> _Table:
    return _Table(
        "Protocols, the usual one first",
        ("protocol", "error divided by", "failure rate", "area under the CED"),
        [
            (
                protocol.name,
                protocol.normaliser.description,
                protocol.failure_description,
                protocol.area_description,
            )
            for protocol in facts.protocols
        ],
    )


def _protocols_in_a_line(facts: Facts) -> _Table:
    return _Table(
        "Protocols, the usual one first",
        ("protocol", "error divided by; failure rate; area under the CED"),
        [(protocol.name, protocol.description) for protocol in facts.protocols],
    )


def _results(facts: Facts) -> list[_Table]:
    """A table a protocol, with a row for each method and source, a column for each split."""
    tables = []
    for protocol in facts.protocols:
        found = [result for result in facts.results if result.protocol == protocol.name]
        if not found:
            continue
        tested = {result.split for result in found}
        places = [place for place in (*facts.splits, *facts.subsets) if place in tested]
        places = list(dict.fromkeys(places))
        rows: dict[tuple[str, str], dict[str, str]] = {}
        for result in found:
            cells = rows.setdefault((result.method, result.source), {})
            cells[result.split] = _scores(result)
        tables.append(
            _Table(
                f"Published under {protocol.name}: NME, or NME / FR / AUC, in per cent",
                ("method", *places, "source"),
                [
                    (method, *(cells.get(place, "") for place in places), source)
                    for (method, source), cells in rows.items()
                ],
                frozenset(range(1, len(places) + 1)),
            )
        )
    return tables


def _scores(result: Result) -> str:
    """NME alone, or the three of them where more is published.

    >>> _scores(Result("A", "test", "a/box", 4.3, "a paper"))
    '4.30'
    >>> _scores(Result("A", "test", "a/box", 2.031, "a paper", auc=71.0))
    '2.031 / – / 71.0'
    """
    numbers = [_percent(result.nme, 2), _percent(result.fr, 2), _percent(result.auc, 1)]
    return numbers[0] if numbers[1:] == ["–", "–"] else " / ".join(numbers)


def _marked(facts: Facts, split: str) -> str:
    """A split's name, with a star if a test run reports it unless told otherwise."""
    return f"{split} *" if split in facts.test_splits else split


def _short(facts: Facts, protocol: str) -> str:
    return protocol.removeprefix(f"{facts.name}/")


def _percent(value: float | None, decimals: int) -> str:
    """As published, with so many decimals at least."""
    if value is None:
        return "–"
    return max(f"{value:.{decimals}f}", f"{value:g}", key=len)


def _wrapped(text: str, width: int) -> list[str]:
    # a number and its per cent sign stay together, and so does an address
    glued = text.replace(" %", "\N{NO-BREAK SPACE}%")
    lines = textwrap.wrap(glued, width, break_on_hyphens=False, break_long_words=False) or [""]
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _indented(text: str, width: int) -> list[str]:
    lines = [part for line in text.split("\n") for part in _wrapped(line, width - 4)]
    return [f"  {line}" if number == 0 else f"    {line}" for number, line in enumerate(lines)]


def _overview_line(cells: Sequence[str], lengths: Sequence[int], room: int) -> str:
    name, count, splits, usual, training = cells
    widths = [lengths[0], lengths[1], room, lengths[2], lengths[3]]
    sides: list[Callable[[str, int], str]] = [str.ljust, str.rjust, str.ljust, str.ljust, str.ljust]
    parts = (
        side(cell, length)
        for side, cell, length in zip(
            sides, (name, count, splits, usual, training), widths, strict=True
        )
    )
    return "  ".join(parts).rstrip()


def _text_table(table: _Table, width: int) -> list[str]:
    """The table with columns as wide as they need to be; the last one is broken into lines."""
    rows = [table.header, *table.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.header) - 1)]
    room = width - sum(widths) - 2 * len(table.header)
    lines = []
    for row in rows:
        cells = [
            cell.rjust(length) if column in table.numbers else cell.ljust(length)
            for column, (cell, length) in enumerate(zip(row[:-1], widths, strict=True))
        ]
        if room >= 20:
            last = _wrapped(row[-1], room)
            start = "  " + "  ".join(cells)
            lines.append(f"{start}  {last[0]}".rstrip())
            lines += [f"{' ' * len(start)}  {part}" for part in last[1:]]
        else:  # so wide a table has its last column on a line of its own
            lines.append(("  " + "  ".join(cells)).rstrip())
            lines += [f"      {part}" for part in _wrapped(row[-1], width - 6)]
    return lines


def _markdown_table(table: _Table) -> list[str]:
    rule = ["---:" if column in table.numbers else "---" for column in range(len(table.header))]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in table.rows]
    rows = [list(table.header), rule, *cells]
    return [f"| {' | '.join(row)} |" for row in rows]


__all__ = ["BEGIN", "END", "all_markdown", "markdown", "overview", "page"]
