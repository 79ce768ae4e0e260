"""The findings as text: for the terminal, and as ``check.csv``."""

import csv
from pathlib import Path

from landmarks.data_check.suite import DataReport
from landmarks.files import complete_file

_SHOWN = 5
"""Findings of a kind that the terminal shows; all of them stand in ``check.csv``."""


def summary(report: DataReport) -> str:
    """What was found, for a terminal: the counts, then a section for each kind."""
    facts = report.facts
    lines = [
        f"{facts.title}: {report.faces:,} faces in {report.pictures:,} pictures, read in "
        f"{report.seconds:.0f} s",
        "",
        f"{'':2}{'':24} {'read':>8} {'published':>10}",
    ]
    for row in report.counts:
        published = "" if row.published is None else f"{row.published:,}"
        bad = f"  ({row.bad:,} could not be read)" if row.bad else ""
        mark = " " if row.agrees else "!"
        lines.append(f"{mark} {row.what + ' ' + row.name:24} {row.read:>8,} {published:>10}{bad}")
    for kind, findings in report.by_kind.items():
        what = "ERROR" if report.is_error(kind) else "accepted" if kind.is_error else "remark"
        lines += ["", f"{what}: {kind.title} ({kind.name}): {len(findings):,}"]
        for finding in findings[:_SHOWN]:
            place = f"{finding.place}: " if finding.place else ""
            lines.append(f"  {place}{finding.value}; expected {finding.expected}")
        if len(findings) > _SHOWN:
            lines.append(f"  … and {len(findings) - _SHOWN:,} more")
    lines += ["", verdict(report)]
    return "\n".join(lines)


def verdict(report: DataReport) -> str:
    """One sentence: whether all is well.

    Remarks are counted too, since they are worth a look.
    """
    errors = sum(report.is_error(finding.kind) for finding in report.findings)
    others = len(report.findings) - errors
    rest = f"{_counted(others, 'remark')}" if others else "no remarks"
    if errors:
        return f"Not all is well: {_counted(errors, 'error')}, {rest}."
    return f"All is well: no errors, {rest}."


def write_csv(report: DataReport, path: Path) -> None:
    """Writes every finding as a row; the file appears when it is complete."""
    with (
        complete_file(path) as unfinished,
        unfinished.open("w", newline="", encoding="utf-8") as file,
    ):
        table = csv.writer(file)
        table.writerow(
            ["kind", "error", "split", "face", "file", "line", "value", "expected", "rank"]
        )
        for finding in report.findings:
            table.writerow(
                [
                    finding.kind.name,
                    "yes" if report.is_error(finding.kind) else "no",
                    finding.split,
                    finding.face,
                    finding.file or "",
                    finding.line or "",
                    finding.value,
                    finding.expected,
                    f"{finding.rank:.4g}",
                ]
            )


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")


__all__ = ["summary", "verdict", "write_csv"]
