"""From tested runs to what they know of their own errors: a table, and curves to plot."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars
import torch
from jaxtyping import Float

from landmarks.analysis.measured import MeasuredRun
from landmarks.metrics.calibration import COVERAGES, ReliabilityBin, coverage, reliability

PROBABILITIES = tuple(place / 100 for place in range(2, 100, 2))
"""Probabilities of the ellipses that a curve of coverage is drawn through."""


class CalibrationCurve(NamedTuple):
    """How a method's predicted spread compares with its errors, after its temperature.

    Attributes:
        bins: Points of like predicted spread, in per cent of the normaliser.
        coverage: Share of the points inside the ellipse of each of `PROBABILITIES`, a fraction.
        tempered: Whether a temperature was fitted; without one, the covariances are the codec's.
    """

    bins: Sequence[ReliabilityBin]
    coverage: Float[np.ndarray, " P"]
    tempered: bool


def calibration_table(runs: Sequence[MeasuredRun], protocol: str) -> polars.DataFrame:
    """A row for each method, seed and split; with a matrix, a column for each axis.

    Predictions of other programs that come without covariances claim nothing, and are left out. The
    columns ``nll`` (nats a point), ``coverage_50`` and so on (per cent of the points) and
    ``rms_predicted`` are those of the covariances as the codec claims them; the same names ending
    in ``_tempered`` are those after the temperature that was fitted on the held-out faces, and
    empty where there were none. ``temperature``, ``rms_error``, ``spearman`` and ``ause`` stand
    once, since no factor changes them. Errors are in per cent of the protocol's normaliser.

    Args:
        runs: The runs.
        protocol: Name of the protocol.
    """
    rows = []
    axes = tuple(dict.fromkeys(axis for run in runs for axis in run.levels))
    for run in runs:
        for split, results in run.splits.items():
            if results.covariances_photo is None:
                continue
            raw = results.calibration(protocol)
            tempered = (
                None if run.temperature is None else results.calibration(protocol, run.temperature)
            )
            row: dict[str, object] = {
                "method": run.method,
                **run.levels,
                "seed": run.seed,
                "split": split,
                "protocol": protocol,
                "points": raw.points,
                "temperature": run.temperature,
                "rms_error": raw.found,
            }
            for found, ending in ((raw, ""), (tempered, "_tempered")):
                row[f"rms_predicted{ending}"] = found and found.predicted
                row[f"nll{ending}"] = found and found.nll
                for place, name in enumerate(coverage_names()):
                    row[f"{name}{ending}"] = found and 100 * found.coverage[place]
            # A method that claims one spread for all points ranks nothing.
            row["spearman"] = None if math.isnan(raw.correlation) else raw.correlation
            row["ause"] = None if math.isnan(raw.ause) else raw.ause
            rows.append(row)
    counts = {"seed": polars.Int64, "points": polars.Int64}
    texts = dict.fromkeys(("method", *axes, "split", "protocol"), polars.String)
    scores = ("rms_predicted", "nll", *coverage_names())
    names = ("method", *axes, "seed", "split", "protocol", "points", "temperature", "rms_error")
    names += (*scores, *(f"{name}_tempered" for name in scores), "spearman", "ause")
    schema = {name: (counts | texts).get(name, polars.Float64) for name in names}
    return polars.DataFrame(rows, schema=schema)


def calibration_means(table: polars.DataFrame, split: str) -> list[dict[str, object]]:
    """The methods' rows of one split, averaged over the seeds; None where any seed has none."""
    own = table.filter(split=split)
    numbers = [name for name, kind in own.schema.items() if kind == polars.Float64]
    means = [
        polars.when(polars.col(name).null_count() == 0).then(polars.col(name).mean()).alias(name)
        for name in numbers
    ]
    return own.group_by("method", maintain_order=True).agg(means).to_dicts()


def calibration_curves(
    runs: Sequence[MeasuredRun], split: str, protocol: str
) -> dict[str, CalibrationCurve]:
    """Each method's curve on one split; the points of its seeds are pooled.

    Methods that claim no covariances are left out.

    Args:
        runs: The runs.
        split: Name of the split.
        protocol: Name of the protocol.
    """
    curves = {}
    claiming = [run for run in runs if run.splits[split].covariances_photo is not None]
    for method in dict.fromkeys(run.method for run in claiming):
        own = [run for run in claiming if run.method == method]
        claims = [
            run.splits[split].claims(protocol, 1.0 if run.temperature is None else run.temperature)
            for run in own
        ]
        errors = torch.cat([errors for errors, _ in claims])
        covariances = torch.cat([covariances for _, covariances in claims])
        curves[method] = CalibrationCurve(
            reliability(errors, covariances),
            coverage(errors, covariances, PROBABILITIES).numpy(),
            tempered=all(run.temperature is not None for run in own),
        )
    return curves


def coverage_names() -> list[str]:
    """Names of the coverages' columns.

    >>> coverage_names()
    ['coverage_50', 'coverage_90', 'coverage_95']
    """
    return [f"coverage_{100 * probability:g}" for probability in COVERAGES]


__all__ = [
    "PROBABILITIES",
    "CalibrationCurve",
    "calibration_curves",
    "calibration_means",
    "calibration_table",
    "coverage_names",
]
