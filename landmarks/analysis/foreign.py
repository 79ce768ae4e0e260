"""One method's predictions, wherever they were made: scored, written and told."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars
import torch

from landmarks.analysis.scores import aligned, with_method
from landmarks.analysis.statistics import Estimate, mean_estimate
from landmarks.benchmarks.base import Facts
from landmarks.files import complete_file
from landmarks.metrics.protocol import protocols_table
from landmarks.results import ALL, FaceResults

_LOST = 0.5
"""A median NME above this fraction speaks of predictions that belong to other faces."""


class PartScore(NamedTuple):
    """The scores of a subset of a split under one protocol, in per cent.

    Attributes:
        split: Name of the split.
        subset: Name of the subset; `landmarks.results.ALL` for the whole split.
        protocol: Name of the protocol.
        faces: Number of faces.
        nme: Mean of the faces' NME, with its interval.
        fr: Share of failed faces.
        auc: Area under the CED.
    """

    split: str
    subset: str
    protocol: str
    faces: int
    nme: Estimate
    fr: float
    auc: float


def part_scores(results: FaceResults, facts: Facts) -> list[PartScore]:
    """The scores of the whole split, then of its subsets, under every protocol."""
    scores = []
    for name in results.subset_names(facts):
        part = results.subset(name)
        for score in part.scores(facts.protocols):
            scores.append(
                PartScore(
                    part.split,
                    name,
                    score.protocol,
                    len(part.face),
                    mean_estimate(100 * part.nme[score.protocol]),
                    score.fr,
                    score.auc,
                )
            )
    return scores


def write_scores(
    results: FaceResults, scores: Sequence[PartScore], facts: Facts, method: str, output: Path
) -> list[Path]:
    """Writes the tables of `landmarks compare`, and the points.

    ``results.csv``, ``protocols.csv`` and ``faces.parquet`` have the columns that a comparison
    writes, with an empty seed, so that they can be put below one another; ``summary.csv`` has the
    intervals; ``points-<split>.npz`` has the points.

    Args:
        results: What was measured.
        scores: Of `part_scores`.
        facts: The benchmark's facts.
        method: The method's name.
        output: The folder to write to.

    Returns:
        The files.
    """
    tables = {
        "results.csv": with_method(results.scores_table(facts), method, None),
        "summary.csv": polars.DataFrame(
            [
                {
                    "split": score.split,
                    "subset": score.subset,
                    "protocol": score.protocol,
                    "method": method,
                    "faces": score.faces,
                    "nme": score.nme.value,
                    "nme_low": score.nme.low,
                    "nme_high": score.nme.high,
                    "fr": score.fr,
                    "auc": score.auc,
                }
                for score in scores
            ]
        ),
        "protocols.csv": protocols_table(facts.protocols),
    }
    for name, table in tables.items():
        with complete_file(output / name) as unfinished:
            table.write_csv(unfinished, float_precision=None if "protocols" in name else 6)
    with complete_file(output / "faces.parquet") as unfinished:
        with_method(results.table(), method, None).write_parquet(unfinished)
    points = results.save(output)
    return [*(output / name for name in tables), output / "faces.parquet", points]


def scores_text(scores: Sequence[PartScore], facts: Facts) -> str:
    """The scores as lines for a terminal, and below them what the protocols mean."""
    rows = [("faces of", "protocol", "faces", "NME %", "95 % interval", "FR %", "AUC %")]
    for score in scores:
        whole = score.subset == ALL
        rows.append(
            (
                score.split if whole else f"{score.split}: {score.subset}",
                score.protocol,
                f"{score.faces:,}",
                f"{score.nme.value:.2f}",
                "–" if np.isnan(score.nme.low) else f"{score.nme.low:.2f} – {score.nme.high:.2f}",
                f"{score.fr:.2f}",
                f"{score.auc:.2f}",
            )
        )
    meanings = [f"{protocol.name}: {protocol.description}" for protocol in facts.protocols]
    return "\n".join([aligned(rows, left=2), "", *meanings])


def doubt(results: FaceResults, facts: Facts) -> str | None:
    """A sentence if the predictions look as if they were of other faces; None if they do not."""
    first = facts.protocols[0]
    middle = float(torch.from_numpy(results.nme[first.name]).median())
    if middle <= _LOST:
        return None
    return (
        f"half of the faces have an NME above {100 * middle:.0f} % ({first.name}): are these "
        "predictions of this benchmark and split, in pixels of the original pictures, and do their "
        "ids count as described under --help?"
    )


__all__ = ["PartScore", "doubt", "part_scores", "scores_text", "write_scores"]
