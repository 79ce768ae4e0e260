"""From tested runs to tables: every score, every face, and the methods side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars
from jaxtyping import Float

from landmarks.analysis.statistics import Estimate, mean_estimate, paired_difference
from landmarks.benchmarks.base import Facts
from landmarks.metrics.protocol import Protocol
from landmarks.results import FaceResults


@dataclass(frozen=True)
class MeasuredRun:
    """A method, trained under one seed and tested.

    Attributes:
        method: Its name in the experiment file.
        seed: Of its training.
        splits: What the test found, by split.
        parameters: Number of the network's parameters.
        decode_ms: Time of decoding one face, without the network, in milliseconds.
        temperature: Factor on the predicted covariances, fitted on the held-out faces; None where
            no face was held out.
    """

    method: str
    seed: int
    splits: Mapping[str, FaceResults]
    parameters: int
    decode_ms: float
    temperature: float | None


class MethodScore(NamedTuple):
    """A method on one split under one protocol; errors and rates in per cent.

    Attributes:
        split: Name of the split.
        protocol: Name of the protocol.
        method: Name of the method.
        seeds: Number of trainings.
        faces: Number of faces.
        nme: Mean over the faces of their NME, each averaged over the seeds, with its interval.
        seed_spread: Standard deviation of the seeds' NME; None for one seed.
        difference: NME less that of the best method on the same faces; None for the best itself.
        fr: Failure rate, averaged over the seeds.
        auc: Area under the CED, averaged over the seeds.
        parameters: Number of the network's parameters.
        decode_ms: Time of decoding one face, in milliseconds: the median over the seeds.
    """

    split: str
    protocol: str
    method: str
    seeds: int
    faces: int
    nme: Estimate
    seed_spread: float | None
    difference: Estimate | None
    fr: float
    auc: float
    parameters: int
    decode_ms: float


def results_table(runs: Sequence[MeasuredRun], facts: Facts) -> polars.DataFrame:
    """A row for each method, seed, split, subset and protocol: faces; NME, FR and AUC in per cent.

    The whole split is the subset ``all`` (`landmarks.results.ALL`).
    """
    return polars.concat(
        with_method(found.scores_table(facts), run.method, run.seed)
        for run in runs
        for found in run.splits.values()
    )


def faces_table(runs: Sequence[MeasuredRun]) -> polars.DataFrame:
    """A row for each method, seed, split and face, with its NME in per cent by protocol."""
    return polars.concat(
        with_method(found.table(), run.method, run.seed)
        for run in runs
        for found in run.splits.values()
    )


def with_method(table: polars.DataFrame, method: str, seed: int | None) -> polars.DataFrame:
    """A table of one test run, with the columns ``method`` and ``seed`` before its own.

    Args:
        table: `FaceResults.scores_table` or `FaceResults.table`.
        method: The method's name.
        seed: Of its training; None where it is not known.
    """
    return table.select(
        polars.lit(method).alias("method"),
        polars.lit(seed, dtype=polars.Int64).alias("seed"),
        polars.all(),
    )


def errors_by_method(
    runs: Sequence[MeasuredRun], split: str, protocol: str
) -> dict[str, Float[np.ndarray, " N"]]:
    """Each face's NME in per cent, averaged over the seeds, for each method.

    Raises:
        ValueError: If the runs were not tested on the same faces under one protocol, or a method
            lacks a seed.
    """
    first = runs[0].splits[split]
    seeds: dict[str, set[int]] = {}
    errors: dict[str, list[Float[np.ndarray, " N"]]] = {}
    for run in runs:
        found = run.splits[split]
        _refuse_other_measure(first, found, protocol, f"{run.method} (seed {run.seed})")
        seeds.setdefault(run.method, set()).add(run.seed)
        errors.setdefault(run.method, []).append(100 * found.nme[protocol])
    for method, known in seeds.items():
        if known != seeds[runs[0].method]:
            raise ValueError(
                f"{method} was trained under the seeds {sorted(known)}, {runs[0].method} under "
                f"{sorted(seeds[runs[0].method])}; methods are compared under the same seeds"
            )
    return {method: np.mean(values, axis=0) for method, values in errors.items()}


def method_scores(runs: Sequence[MeasuredRun], split: str, protocol: Protocol) -> list[MethodScore]:
    """The methods side by side on one split, in the order of the runs."""
    errors = errors_by_method(runs, split, protocol.name)
    best = min(
        errors, key=lambda method: (not np.isfinite(errors[method]).all(), errors[method].mean())
    )
    scores = []
    for method, values in errors.items():
        own = [run for run in runs if run.method == method]
        by_seed = [run.splits[split].scores([protocol])[0] for run in own]
        paired = None if method == best else paired_difference(values, errors[best])
        scores.append(
            MethodScore(
                split=split,
                protocol=protocol.name,
                method=method,
                seeds=len(own),
                faces=len(values),
                nme=mean_estimate(values),
                seed_spread=_spread([score.nme for score in by_seed]),
                difference=paired,
                fr=float(np.mean([score.fr for score in by_seed])),
                auc=float(np.mean([score.auc for score in by_seed])),
                parameters=own[0].parameters,
                decode_ms=float(np.median([run.decode_ms for run in own])),
            )
        )
    return scores


def summary_table(scores: Sequence[MethodScore]) -> polars.DataFrame:
    """The scores as a table, estimates spread over three columns."""
    return polars.DataFrame(
        [
            {
                "split": score.split,
                "protocol": score.protocol,
                "method": score.method,
                "seeds": score.seeds,
                "faces": score.faces,
                "nme": score.nme.value,
                "nme_low": score.nme.low,
                "nme_high": score.nme.high,
                "nme_seed_spread": score.seed_spread,
                "difference_to_best": score.difference and score.difference.value,
                "difference_low": score.difference and score.difference.low,
                "difference_high": score.difference and score.difference.high,
                "fr": score.fr,
                "auc": score.auc,
                "parameters": score.parameters,
                "decode_ms_per_face": score.decode_ms,
            }
            for score in scores
        ],
        schema_overrides={
            "nme_seed_spread": polars.Float64,
            "difference_to_best": polars.Float64,
            "difference_low": polars.Float64,
            "difference_high": polars.Float64,
        },
    )


def text_table(scores: Sequence[MethodScore]) -> str:
    """The scores of one split as lines for a terminal."""
    head = (
        "method", "NME %", "95 % interval", "to the best (paired)", "FR %", "AUC %",
        "parameters", "decode ms/face",
    )  # fmt: skip
    rows = [head]
    for score in scores:
        rows.append(
            (
                score.method,
                f"{score.nme.value:.2f}",
                f"{score.nme.low:.2f} – {score.nme.high:.2f}",
                "best"
                if score.difference is None
                else f"{score.difference.value:+.2f}  "
                f"({score.difference.low:+.2f} … {score.difference.high:+.2f})",
                f"{score.fr:.2f}",
                f"{score.auc:.2f}",
                f"{score.parameters:,}",
                f"{score.decode_ms:.3f}",
            )
        )
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Rows, the head first, in columns of one width for a terminal.

    Args:
        rows: The rows, all of one length.
        left: Number of columns, the first ones, that are set flush left.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    lines.insert(1, "─" * len(lines[0]))
    return "\n".join(lines)


def _refuse_other_measure(first: FaceResults, found: FaceResults, protocol: str, name: str) -> None:
    """Errors compare only on the same faces, against the same truth, over the same distances."""
    if not np.array_equal(found.face, first.face) or found.photo != first.photo:
        raise ValueError(
            f"{name} was tested on other faces of {first.split} than the first method: "
            f"{len(found.face)} against {len(first.face)}"
        )
    if not np.array_equal(found.true_points_photo, first.true_points_photo, equal_nan=True):
        raise ValueError(
            f"{name} was tested against other true points of {first.split} than the first method; "
            "test both on the same files"
        )
    if not np.array_equal(found.normalisers[protocol], first.normalisers[protocol]):
        raise ValueError(
            f"{name} was measured under another protocol {protocol!r} than the first method: the "
            "distances that errors are divided by differ; test both with the same version and "
            "description of the benchmark"
        )


def _spread(values: Sequence[float]) -> float | None:
    return float(np.std(values, ddof=1)) if len(values) > 1 else None
