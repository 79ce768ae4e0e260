"""The report of a comparison: one HTML file that needs nothing else to be read."""

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup as SafeText

from landmarks.analysis.calibration import coverage_names
from landmarks.analysis.figures import COLOURS, inline_svg
from landmarks.analysis.report.content import Proof, TrainingReport
from landmarks.analysis.scores import MethodScore
from landmarks.analysis.tiles import ShownFace, jpeg
from landmarks.benchmarks.base import Facts
from landmarks.files import complete_file
from landmarks.metrics.protocol import protocols_table


class SplitReport(NamedTuple):
    """What the report says of one test split.

    Attributes:
        name: Name of the split.
        found: What was found of it on the disk, in a sentence.
        scores: The methods side by side.
        intervals: The plot of their intervals.
        calibrations: How well each method knows its own errors, in the same order
            (`landmarks.analysis.calibration.calibration_means`).
        calibration: The plot of it.
    """

    name: str
    found: str
    scores: Sequence[MethodScore]
    intervals: Path
    calibrations: Sequence[Mapping[str, object]]
    calibration: Path


@dataclass(frozen=True)
class Report:
    """All that a report says.

    Attributes:
        title: Name of the experiment.
        command: The command that made it.
        facts: The benchmark's facts.
        training_faces: What was found of the training split, in a sentence.
        splits: What is said of each test split, the main one first.
        ced: The CED plot.
        faces: The faces shown.
        results: The table of all scores (`landmarks.analysis.scores.results_table`).
        trainings: Every training.
        proofs: What was kept the same.
        settings: Each method's part of the experiment file, as YAML.
        shared_settings: The rest of the experiment file, as YAML.
        versions: Names of packages and machines, and their versions.
    """

    title: str
    command: str
    facts: Facts
    training_faces: str
    splits: Sequence[SplitReport]
    ced: Path
    faces: Sequence[ShownFace]
    results: polars.DataFrame
    trainings: Sequence[TrainingReport]
    proofs: Sequence[Proof]
    settings: Mapping[str, str]
    shared_settings: str
    versions: Mapping[str, str]

    @property
    def methods(self) -> list[str]:
        """The methods' names, in the experiment's order."""
        return list(self.settings)

    @property
    def seeds(self) -> list[int]:
        """The seeds of the trainings."""
        return sorted({training.seed for training in self.trainings})


def write_report(report: Report, path: Path) -> None:
    """Writes the report; it appears when it is complete."""
    environment = Environment(
        loader=PackageLoader("landmarks.analysis.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["svg"] = lambda picture: SafeText(inline_svg(picture))
    environment.filters["number"] = _number
    environment.filters["jpeg"] = lambda tile: base64.b64encode(jpeg(tile)).decode("ascii")
    page = environment.get_template("former.html.j2").render(
        report=report,
        protocol=report.facts.protocols[0],
        colours=COLOURS,
        all_scores=_all_scores(report.results),
        protocols=protocols_table(report.facts.protocols).to_dicts(),
        coverages=coverage_names(),
    )
    with complete_file(path) as unfinished:
        unfinished.write_text(page, encoding="utf-8")


def _number(value: float | None, pattern: str) -> str:
    """A number as text; a dash where there is none.

    >>> _number(None, "%.1f"), _number(2.25, "%.2f")
    ('–', '2.25')
    """
    return "–" if value is None or math.isnan(value) else pattern % value


def _all_scores(results: polars.DataFrame) -> list[dict[str, object]]:
    """Every split, subset and protocol, averaged over the seeds, in the order of the table."""
    keys = ["split", "subset", "protocol", "method"]
    means = results.group_by(keys, maintain_order=True).agg(
        polars.col("faces").first(), polars.col("nme", "fr", "auc").mean()
    )
    order = {
        row: i for i, row in enumerate(means.select(keys[:3]).unique(maintain_order=True).rows())
    }
    rows = means.to_dicts()
    return sorted(rows, key=lambda row: order[row["split"], row["subset"], row["protocol"]])
