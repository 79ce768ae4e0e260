"""The tables of a comparison, over all conditions."""

from collections.abc import Sequence
from pathlib import Path

import polars

from landmarks.analysis.calibration import calibration_table
from landmarks.analysis.decomposition import (
    ResolutionPoint,
    groups_table,
    landmarks_table,
    resolution_table,
    terms_table,
)
from landmarks.analysis.measured import MeasuredRun
from landmarks.analysis.publishing.decomposed import Decomposition
from landmarks.analysis.publishing.subject import Subject
from landmarks.analysis.scores import faces_table, pairs_table, results_table, summary_table
from landmarks.analysis.selection import selection_table, selections
from landmarks.files import complete_file
from landmarks.metrics.protocol import protocols_table

FILES = {
    "results.csv": "NME, FR and AUC of each method, seed, split, subset and protocol",
    "summary.csv": "the methods side by side, with intervals",
    "pairs.csv": "every pair of methods: difference, tests, effect, variances, verdict",
    "protocols.csv": "what the protocols' names stand for",
    "faces.parquet": "every face's NME",
    "calibration.csv": "how well each method knows its own errors",
    "selection.csv": "what choosing the epoch otherwise would have claimed",
    "error_terms.csv": "crop, encode, decode and network terms of the error",
    "group_errors.csv": "error by part, subset, pose and inter-ocular distance",
    "landmark_errors.csv": "error by landmark",
    "resolution.csv": "error over the resolution of heatmap and input",
    "tables/": "the methods' tables as CSV, Markdown and LaTeX",
}
"""The files that a comparison writes beside its report, and what is in them."""


def write_scores(subjects: Sequence[Subject], output: Path) -> None:
    """Writes every score, every face, and every pair of methods."""
    results = [results_table(each.tested, each.planned.facts) for each in subjects]
    _write(polars.concat(results), output / "results.csv")
    protocols = [protocols_table(each.planned.facts.protocols) for each in subjects]
    with complete_file(output / "protocols.csv") as unfinished:
        polars.concat(protocols).unique(maintain_order=True).write_csv(unfinished)
    # Benchmarks have protocols of their own, each a column.
    faces = polars.concat([faces_table(each.tested) for each in subjects], how="diagonal")
    with complete_file(output / "faces.parquet") as unfinished:
        faces.write_parquet(unfinished)
    summaries, pairs = [], []
    for each in subjects:
        levels = each.planned.condition.levels
        summaries.append(
            summary_table([score for own in each.scores.values() for score in own], levels)
        )
        pairs += [
            pairs_table(own, split, each.protocol.name, levels) for split, own in each.pairs.items()
        ]
    _write(polars.concat(summaries), output / "summary.csv")
    _write(polars.concat(pairs), output / "pairs.csv")
    calibrations = [
        calibration_table(claiming(each.tested), each.protocol.name)
        for each in subjects
        if claiming(each.tested)
    ]
    if calibrations:
        _write(polars.concat(calibrations), output / "calibration.csv")
    selected = [one for each in subjects for one in selections(each.trained, each.protocol.name)]
    if selected:
        _write(selection_table(selected), output / "selection.csv")


def write_decompositions(
    found: Sequence[Decomposition], resolution: Sequence[ResolutionPoint], output: Path
) -> None:
    """Writes where the error comes from."""
    terms = [row for each in found for row in each.terms]
    if terms:
        _write(terms_table(terms), output / "error_terms.csv")
    _write(
        groups_table([row for each in found for row in each.groups]), output / "group_errors.csv"
    )
    _write(
        landmarks_table([row for each in found for row in each.points]),
        output / "landmark_errors.csv",
    )
    if resolution:
        _write(resolution_table(resolution), output / "resolution.csv")


def claiming(runs: Sequence[MeasuredRun]) -> list[MeasuredRun]:
    """The runs that claim covariances of their points."""
    return [
        run
        for run in runs
        if all(found.covariances_photo is not None for found in run.splits.values())
    ]


def _write(table: polars.DataFrame, path: Path) -> None:
    with complete_file(path) as unfinished:
        table.write_csv(unfinished, float_precision=6)
