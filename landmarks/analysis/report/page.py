"""The page: one HTML file that needs nothing else to be read."""

import base64
import math
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup as SafeText
from matplotlib.figure import Figure

from landmarks.analysis.figures import Look, inline_svg, method_looks, save_svg
from landmarks.analysis.report import tables
from landmarks.analysis.report.content import Report
from landmarks.analysis.tiles import jpeg
from landmarks.files import complete_file

_MARKS = {
    "o": '<circle cx="13" cy="5" r="3.2"/>',
    "s": '<path d="M10 2h6v6h-6z"/>',
    "^": '<path d="M13 1.2 16.6 8H9.4z"/>',
    "v": '<path d="M13 8.8 16.6 2H9.4z"/>',
    "D": '<path d="M13 .9 17 5 13 9.1 9 5z"/>',
    "P": '<path d="M11.6 1.4h2.8v2.2h2.2v2.8h-2.2v2.2h-2.8V6.4H9.4V3.6h2.2z"/>',
    "X": '<path d="m11 1.3 2 2 2-2 1.7 1.7-2 2 2 2L15 8.7l-2-2-2 2L9.3 7l2-2-2-2z"/>',
}
"""The markers of Matplotlib that methods are drawn with."""


class Section(NamedTuple):
    """A section of the page.

    Attributes:
        anchor: Its address within the page.
        title: Its heading.
        template: What it is made by.
        shown: Whether there is anything to say.
    """

    anchor: str
    title: str
    template: str
    shown: bool = True


def write_page(report: Report, path: Path) -> None:
    """Writes the report; it appears when it is complete.

    Args:
        report: All that it says.
        path: The HTML file.
    """
    environment = Environment(
        loader=PackageLoader("landmarks.analysis.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    looks = method_looks(report.methods)
    numbers = count(1)
    environment.filters["svg"] = lambda picture: SafeText(_svg(picture, f"f{next(numbers)}"))
    environment.filters["jpeg"] = lambda tile: base64.b64encode(jpeg(tile)).decode("ascii")
    environment.filters["swatch"] = lambda method: SafeText(_swatch(looks[method]))
    # Not a filter: Jinja would apply that to a constant once and for all.
    environment.globals["unique"] = lambda word: f"{word}-{next(numbers)}"
    page = environment.get_template("base.html.j2").render(
        report=report,
        sections=[section for section in _sections(report) if section.shown],
        looks=looks,
        tables=tables,
        costs=dict(_costs(report)),
    )
    with complete_file(path) as unfinished:
        unfinished.write_text(page, encoding="utf-8")


def _sections(report: Report) -> list[Section]:
    conditions = report.conditions
    splits = [split for condition in conditions for split in condition.splits]
    several = len(conditions) > 1

    def any_of(name: str) -> bool:
        return any(getattr(condition, name) for condition in conditions)

    return [
        Section("verdict", "Verdict", "verdict.html.j2"),
        Section(
            "methods",
            "The methods side by side" + (", condition by condition" if several else ""),
            "methods.html.j2",
        ),
        Section("reading", "How to read the numbers", "reading.html.j2"),
        Section(
            "decomposition",
            "Where the error comes from",
            "decomposition.html.j2",
            any_of("decomposition"),
        ),
        Section(
            "resolution", "Error over resolution", "resolution.html.j2", bool(report.resolution)
        ),
        Section("latency", "Accuracy against latency", "latency.html.j2", bool(report.latency)),
        Section("selection", "Honest selection", "selection.html.j2", any_of("selection")),
        Section(
            "uncertainty",
            "Predicted uncertainty",
            "uncertainty.html.j2",
            any(split.calibrations for split in splits),
        ),
        Section(
            "faces",
            "Predicted faces",
            "faces.html.j2",
            any_of("same_faces") or any_of("own_faces"),
        ),
        Section("curves", "Training curves", "curves.html.j2", any_of("trainings")),
        Section("identical", "Identical settings", "identical.html.j2", bool(report.proofs)),
        Section("cost", "Trainings and their cost", "cost.html.j2", bool(report.trainings)),
        Section(
            "foreign", "Predictions of other programs", "foreign.html.j2", bool(report.foreign)
        ),
        Section("scores", "Every split, subset and protocol", "scores.html.j2"),
        Section("settings", "Settings", "settings.html.j2"),
        Section("made-with", "Made with", "made_with.html.j2"),
    ]


def _costs(report: Report) -> Iterator[tuple[str, float]]:
    """Hours of all trainings, by the kind of processor."""
    for kind, on_gpu in (("GPU", True), ("CPU", False)):
        hours = [one.hours for one in report.trainings if one.on_gpu is on_gpu]
        if hours:
            yield kind, math.fsum(hours)


def _svg(picture: Path | Figure, name: str) -> str:
    """The picture as an element whose ids occur nowhere else in the page."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.svg"
        if isinstance(picture, Figure):
            save_svg(picture, path)
        else:
            path.write_bytes(picture.read_bytes())
        return inline_svg(path)


def _swatch(look: Look) -> str:
    """How a method is drawn, for tables: its line and its marker."""
    dash = ""
    if not isinstance(look.dash, str):
        lengths = " ".join(f"{2 * length:g}" for length in look.dash[1])
        dash = f' stroke-dasharray="{lengths}"'
    return (
        f'<svg class="swatch" viewBox="0 0 26 10" aria-hidden="true" fill="{look.colour}">'
        f'<path d="M0 5h26" stroke="{look.colour}" stroke-width="2"{dash}/>'
        f"{_MARKS[look.marker]}</svg>"
    )


__all__ = ["write_page"]
