"""``check.html``: one page that needs nothing else to be read."""

import base64
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from landmarks.analysis.tiles import jpeg
from landmarks.data_check.finding import Finding, Kind
from landmarks.data_check.suite import DataReport
from landmarks.data_check.tables import verdict
from landmarks.data_check.tiles import tile
from landmarks.files import complete_file


class _Picture(NamedTuple):
    data: str
    caption: str


class _Sheet(NamedTuple):
    finding: Finding
    pictures: list[_Picture]


class _Section(NamedTuple):
    kind: Kind
    state: str
    total: int
    sheets: list[_Sheet]
    rows: list[Finding]


def write_page(report: DataReport, path: Path, top: int) -> None:
    """Writes the page: the verdict, the counts, then the findings by kind, with pictures.

    Args:
        report: What was found.
        path: The file; it appears when it is complete.
        top: How many findings of a kind are shown, the gravest; ``check.csv`` holds all.
    """
    environment = Environment(
        loader=PackageLoader("landmarks.data_check", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("check.html.j2").render(
        report=report,
        facts=report.facts,
        verdict=verdict(report),
        sections=[_section(report, kind, top) for kind in report.by_kind],
    )
    with complete_file(path) as unfinished:
        unfinished.write_text(page, encoding="utf-8")


def _section(report: DataReport, kind: Kind, top: int) -> _Section:
    findings = report.by_kind[kind]
    state = "error" if report.is_error(kind) else "accepted" if kind.is_error else "remark"
    sheets, rows = [], []
    for finding in findings[:top]:
        pictures = [
            _Picture(base64.b64encode(jpeg(picture)).decode("ascii"), shown.caption)
            for shown in finding.shown
            if (picture := tile(shown)) is not None
        ]
        if pictures:
            sheets.append(_Sheet(finding, pictures))
        else:
            rows.append(finding)
    return _Section(kind, state, len(findings), sheets, rows)


__all__ = ["write_page"]
