"""The table of the methods for papers and spreadsheets: CSV, Markdown, LaTeX."""

import re
from collections.abc import Sequence
from pathlib import Path

import polars

from landmarks.analysis.report.content import Report, SplitReport
from landmarks.analysis.report.table import Column, Table
from landmarks.analysis.report.tables import beside_best, leading_rows, methods_table
from landmarks.files import complete_file

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "−": "$-$",
    "–": "--",
    "…": r"\ldots{}",
    "∞": r"$\infty$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "→": r"$\to$",
    "“": "``",
    "”": "''",
}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~$&])")


def write_tables(report: Report, folder: Path) -> list[Path]:
    """Writes the table of each condition and split as CSV, Markdown and LaTeX.

    Args:
        report: The report whose page shows the same tables.
        folder: Where ``<condition>-<split>.csv``, ``.md`` and ``.tex`` go; without a matrix, the
            files are named after the split alone.

    Returns:
        The files, each of which appears when it is complete.
    """
    files = []
    for condition in report.conditions:
        for split in condition.splits:
            stem = "-".join(
                [*(f"{axis}_{level}" for axis, level in condition.levels.items()), split.name]
            )
            table = methods_table(split)
            label = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-")
            if condition.name:
                table = Table(f"{condition.name}: {table.caption}", table.columns)
            texts = {
                "md": markdown(table),
                "tex": latex(table, f"tab:{label}"),
            }
            base = folder / _file_name(stem)
            for suffix, text in texts.items():
                files.append(base.with_name(f"{base.name}.{suffix}"))
                with complete_file(files[-1]) as unfinished:
                    unfinished.write_text(text, encoding="utf-8", newline="\n")
            files.append(base.with_name(f"{base.name}.csv"))
            with complete_file(files[-1]) as unfinished:
                methods_frame(split).write_csv(unfinished, float_precision=6)
    return sorted(files)


def methods_frame(split: SplitReport) -> polars.DataFrame:
    """The methods side by side, a number a column: intervals as ``_low`` and ``_high``.

    NME, differences, FR and AUC are in per cent. ``verdict`` is that on the method beside the best
    one, which is ``best`` itself; ``leading`` is true for the best method and all that are not told
    apart from it.
    """
    outcomes = beside_best(split.scores, split.pairs)
    leading = leading_rows(split.scores, split.pairs)
    rows = []
    for place, score in enumerate(split.scores):
        verdict = outcomes.get(score.method)
        difference = score.difference
        rows.append(
            {
                "method": score.method,
                "seeds": score.seeds,
                "faces": score.faces,
                "nme": score.nme.value,
                "nme_low": score.nme.low,
                "nme_high": score.nme.high,
                "difference_to_best": None if difference is None else difference.value,
                "difference_low": None if difference is None else difference.low,
                "difference_high": None if difference is None else difference.high,
                "verdict": "best" if difference is None else verdict and verdict.value,
                "leading": place in leading,
                "seed_spread": score.seed_spread,
                "fr": score.fr,
                "auc": score.auc,
                "parameters": score.parameters,
                "network_ms_per_face": score.network_ms,
                "decode_ms_per_face": score.decode_ms,
            }
        )
    texts, counts = ("method", "verdict"), ("seeds", "faces", "parameters")
    schema = {
        name: polars.String
        if name in texts
        else polars.Int64
        if name in counts
        else polars.Boolean
        if name == "leading"
        else polars.Float64
        for name in rows[0]
    }
    return polars.DataFrame(rows, schema=schema)


def markdown(table: Table) -> str:
    r"""A table as GitHub renders it (GitHub Flavored Markdown, https://github.github.com/gfm/).

    >>> bold = Column("NME %", [3.456, 4.0], strong=frozenset([0]))
    >>> print(markdown(Table("Errors", [Column("method", ["a_b", "c|d"]), bold])))
    Errors.
    <BLANKLINE>
    | method | NME % |
    | :-- | --: |
    | a\_b | **3.46** |
    | c\|d | 4.00 |
    <BLANKLINE>
    """
    columns = table.columns
    lines = [
        [_escaped(column.title) for column in columns],
        [":--" if column.is_text else "--:" for column in columns],
        *([_markdown_cell(column, row) for column in columns] for row in table.rows),
    ]
    rows = [f"| {' | '.join(cells)} |" for cells in lines]
    return "\n".join([f"{_escaped(table.caption)}.", "", *rows, ""])


def latex(table: Table, label: str) -> str:
    r"""A table that compiles with ``\usepackage{booktabs}`` alone.

    Args:
        table: The table.
        label: For ``\ref``.

    >>> bold = Column("NME %", [3.456, 4.0], strong=frozenset([0]))
    >>> print(latex(Table("Errors", [Column("method", ["a_b", "c&d"]), bold]), "tab:errors"))
    % needs \usepackage{booktabs}
    \begin{table}
    \centering
    \caption{Errors.}
    \label{tab:errors}
    \begin{tabular}{lr}
    \toprule
    method & NME \% \\
    \midrule
    a\_b & \textbf{3.46} \\
    c\&d & 4.00 \\
    \bottomrule
    \end{tabular}
    \end{table}
    <BLANKLINE>
    """
    columns = table.columns
    places = "".join("l" if column.is_text else "r" for column in columns)
    return "\n".join(
        [
            r"% needs \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{latex_text(table.caption)}.}}",
            rf"\label{{{label}}}",
            rf"\begin{{tabular}}{{{places}}}",
            r"\toprule",
            _latex_row([latex_text(column.title) for column in columns]),
            r"\midrule",
            *(_latex_row([_latex_cell(column, row) for column in columns]) for row in table.rows),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def latex_text(text: str) -> str:
    r"""Text as LaTeX sets it, whatever is in it.

    >>> latex_text("50 % of a_b & c"), latex_text("−0.1 ± 2")
    ('50 \\% of a\\_b \\& c', '$-$0.1 $\\pm$ 2')
    """
    return "".join(_LATEX.get(character, character) for character in text)


def _latex_row(cells: Sequence[str]) -> str:
    # A row that begins so would be read as an argument of the end of the row before.
    first = f"{{}}{cells[0]}" if cells[0].startswith(("[", "*")) else cells[0]
    return rf"{' & '.join([first, *cells[1:]])} \\"


def _latex_cell(column: Column, row: int) -> str:
    text = latex_text(column.text(row))
    if row in column.strong:
        text = rf"\textbf{{{text}}}"
    interval = column.interval(row)
    if interval is not None:
        text += rf" {{\footnotesize [{', '.join(map(latex_text, interval))}]}}"
    return text


def _markdown_cell(column: Column, row: int) -> str:
    text = _escaped(column.text(row))
    if row in column.strong:
        text = f"**{text}**"
    interval = column.interval(row)
    return text if interval is None else rf"{text} \[{interval[0]}, {interval[1]}\]"


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


def _file_name(stem: str) -> str:
    """A name for files of a stem, such as ``lfpw-testset`` for ``lfpw/testset``."""
    return re.sub(r"[^\w.+-]+", "-", stem)


__all__ = ["latex", "latex_text", "markdown", "methods_frame", "write_tables"]
