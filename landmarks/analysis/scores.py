"""From tested runs to tables: every score, every face, and the methods side by side."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import polars
from jaxtyping import Float

from landmarks.analysis.measured import MeasuredRun
from landmarks.analysis.statistics import Estimate, Pair, compare_pairs, error_estimate
from landmarks.benchmarks.base import Facts
from landmarks.metrics.protocol import Protocol
from landmarks.results import FaceResults


class MethodScore(NamedTuple):
    """A method on one split under one protocol; errors and rates in per cent.

    Attributes:
        split: Name of the split.
        protocol: Name of the protocol.
        method: Name of the method.
        seeds: Number of trainings; 0 for the predictions of another program.
        faces: Number of faces.
        nme: Mean over the faces of their NME, each averaged over the seeds, with its interval over
            faces and seeds.
        seed_spread: Standard deviation of the seeds' NME; None for fewer than two.
        difference: NME less that of the best method on the same faces; None for the best itself.
        fr: Failure rate, averaged over the seeds.
        auc: Area under the CED, averaged over the seeds.
        parameters: Number of the network's parameters; None where it is not known.
        network_ms: Time that the network takes for a face, in milliseconds: the median over the
            seeds.
        decode_ms: Time of decoding a face, in milliseconds: the median over the seeds.
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
    parameters: int | None
    network_ms: float | None
    decode_ms: float | None


def results_table(runs: Sequence[MeasuredRun], facts: Facts) -> polars.DataFrame:
    """A row for each method, seed, split, subset and protocol: faces; NME, FR and AUC in per cent.

    With a matrix, a column for each axis follows the method. The whole split is the subset ``all``
    (`landmarks.results.ALL`).
    """
    return polars.concat(
        with_method(found.scores_table(facts), run.method, run.seed, run.levels)
        for run in runs
        for found in run.splits.values()
    )


def faces_table(runs: Sequence[MeasuredRun]) -> polars.DataFrame:
    """A row for each method, seed, split and face, with its NME in per cent by protocol."""
    return polars.concat(
        with_method(found.table(), run.method, run.seed, run.levels)
        for run in runs
        for found in run.splits.values()
    )


def with_method(
    table: polars.DataFrame,
    method: str,
    seed: int | None,
    levels: Mapping[str, str] = MappingProxyType({}),
) -> polars.DataFrame:
    """A table of one test run, with the method, the axes' levels and the seed before its columns.

    Args:
        table: `FaceResults.scores_table` or `FaceResults.table`.
        method: The method's name.
        seed: Of its training; None where it is not known.
        levels: The level of each axis of the matrix, by the axis.
    """
    return table.select(
        polars.lit(method).alias("method"),
        *(polars.lit(level).alias(axis) for axis, level in levels.items()),
        polars.lit(seed, dtype=polars.Int64).alias("seed"),
        polars.all(),
    )


def errors_by_method(
    runs: Sequence[MeasuredRun], split: str, protocol: str
) -> dict[str, Float[np.ndarray, "_ N"]]:
    """Each face's NME in per cent under each seed, for each method.

    The predictions of another program have one row; all others have a row for each seed, in one
    order.

    Args:
        runs: Of one condition.
        split: Name of the split.
        protocol: Name of the protocol.

    Raises:
        ValueError: If the runs were not tested on the same faces under one protocol, or a method
            lacks a seed.
    """
    first = runs[0].splits[split]
    seeds: dict[str, list[int]] = {}
    errors: dict[str, list[Float[np.ndarray, " N"]]] = {}
    for run in runs:
        found = run.splits[split]
        _refuse_other_measure(first, found, protocol, f"{run.method} (seed {run.seed})")
        errors.setdefault(run.method, []).append(100 * found.nme[protocol])
        if run.seed is not None:
            seeds.setdefault(run.method, []).append(run.seed)
    trained = next(iter(seeds.values()), [])
    for method, known in seeds.items():
        if known != trained:
            raise ValueError(
                f"{method} was trained under the seeds {known}, {next(iter(seeds))} under "
                f"{trained}; methods are compared under the same seeds"
            )
    return {method: np.stack(values) for method, values in errors.items()}


def method_pairs(runs: Sequence[MeasuredRun], split: str, protocol: Protocol) -> list[Pair]:
    """Every pair of methods on one split, with its verdict.

    Args:
        runs: Of one condition.
        split: Name of the split.
        protocol: The protocol.
    """
    errors = errors_by_method(runs, split, protocol.name)
    trainings = {
        method: tuple(run.training for run in runs if run.method == method) for method in errors
    }
    return compare_pairs(errors, trainings)


def method_scores(
    runs: Sequence[MeasuredRun], split: str, protocol: Protocol, pairs: Sequence[Pair]
) -> list[MethodScore]:
    """The methods of a condition side by side on one split, in the order of the runs.

    Args:
        runs: Of one condition.
        split: Name of the split.
        protocol: The protocol.
        pairs: Of `method_pairs`.
    """
    errors = errors_by_method(runs, split, protocol.name)
    best = min(
        errors, key=lambda method: (not np.isfinite(errors[method]).all(), errors[method].mean())
    )
    scores = []
    for method, values in errors.items():
        own = [run for run in runs if run.method == method]
        by_seed = [run.splits[split].scores([protocol])[0] for run in own]
        scores.append(
            MethodScore(
                split=split,
                protocol=protocol.name,
                method=method,
                seeds=sum(run.seed is not None for run in own),
                faces=values.shape[1],
                nme=error_estimate(values),
                seed_spread=_spread([score.nme for score in by_seed]),
                difference=None if method == best else _difference(pairs, method, best),
                fr=float(np.mean([score.fr for score in by_seed])),
                auc=float(np.mean([score.auc for score in by_seed])),
                parameters=own[0].parameters,
                network_ms=_median([run.network_ms for run in own]),
                decode_ms=_median([run.decode_ms for run in own]),
            )
        )
    return scores


def summary_table(
    scores: Sequence[MethodScore], levels: Mapping[str, str] = MappingProxyType({})
) -> polars.DataFrame:
    """The scores of a condition as a table, estimates spread over three columns.

    Args:
        scores: The scores.
        levels: The level of each axis of the matrix, by the axis: a column each.
    """
    return polars.DataFrame(
        [
            {
                **levels,
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
                "network_ms_per_face": score.network_ms,
                "decode_ms_per_face": score.decode_ms,
            }
            for score in scores
        ],
        schema_overrides={
            "nme_seed_spread": polars.Float64,
            "difference_to_best": polars.Float64,
            "difference_low": polars.Float64,
            "difference_high": polars.Float64,
            "parameters": polars.Int64,
            "network_ms_per_face": polars.Float64,
            "decode_ms_per_face": polars.Float64,
        },
    )


def pairs_table(
    pairs: Sequence[Pair],
    split: str,
    protocol: str,
    levels: Mapping[str, str] = MappingProxyType({}),
) -> polars.DataFrame:
    """Every pair of a condition's methods on one split, with its statistics and its verdict."""
    names = ("split", "protocol", "method", "reference", "verdict", "sentence")
    counts = ("seeds", "faces", "faces_needed", "seeds_needed")
    numbers = (
        "difference", "low", "high", "relative", "p_bootstrap", "p_wilcoxon", "p_bootstrap_holm",
        "p_wilcoxon_holm", "effect", "better_faces", "face_sd", "seed_sd", "rest_sd", "detectable",
    )  # fmt: skip
    rows = [
        {
            **levels,
            **{"split": split, "protocol": protocol},
            **{name: value for name, value in pair._asdict().items() if name in (*names, *counts)},
            **{name: value for name, value in pair._asdict().items() if name in numbers},
            "difference": pair.difference.value,
            "low": pair.difference.low,
            "high": pair.difference.high,
            "same_training": pair.same_training,
            "verdict": pair.verdict.outcome.value,
            "faces_needed": pair.verdict.faces_needed,
            "seeds_needed": pair.verdict.seeds_needed,
            "sentence": pair.verdict.sentence,
        }
        for pair in pairs
    ]
    kinds = (
        dict.fromkeys((*levels, *names), polars.String)
        | dict.fromkeys(counts, polars.Int64)
        | dict.fromkeys(numbers, polars.Float64)
        | {"same_training": polars.Boolean}
    )
    order = (
        *levels, "split", "protocol", "method", "reference", "verdict", "seeds", "faces",
        *numbers, "same_training", "faces_needed", "seeds_needed", "sentence",
    )  # fmt: skip
    return polars.DataFrame(rows, schema={name: kinds[name] for name in order})


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
                "–" if score.parameters is None else f"{score.parameters:,}",
                "–" if score.decode_ms is None else f"{score.decode_ms:.3f}",
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


def _difference(pairs: Sequence[Pair], method: str, best: str) -> Estimate | None:
    """The method's difference to the best, whichever way round the pair stands."""
    for pair in pairs:
        if (pair.method, pair.reference) == (method, best):
            return pair.difference
        if (pair.method, pair.reference) == (best, method):
            return pair.difference.negated
    return None


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


def _spread(values: Sequence[float]) -> float | None:
    return float(np.std(values, ddof=1)) if len(values) > 1 else None
