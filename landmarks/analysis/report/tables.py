"""The tables of a comparison."""

from collections.abc import Mapping, Sequence

import polars

from landmarks.analysis.calibration import coverage_names
from landmarks.analysis.report.content import SplitReport, TrainingReport
from landmarks.analysis.report.table import (
    Cell,
    Change,
    Column,
    Table,
    fixed,
    probability,
    signed,
    significant,
)
from landmarks.analysis.scores import MethodScore
from landmarks.analysis.statistics import Estimate, Outcome, Pair
from landmarks.metrics.protocol import Protocol, protocols_table
from landmarks.results import ALL

_WHOLE = fixed(0)


def best_method(scores: Sequence[MethodScore]) -> str:
    """The method that the others' differences are taken to."""
    return next((score.method for score in scores if score.difference is None), scores[0].method)


def beside_best(scores: Sequence[MethodScore], pairs: Sequence[Pair]) -> dict[str, Outcome]:
    """What may be said of each method beside the best one; the best itself is left out."""
    best = best_method(scores)
    outcomes = {}
    for pair in pairs:
        if pair.reference == best:
            outcomes[pair.method] = pair.verdict.outcome
        elif pair.method == best:
            outcomes[pair.reference] = pair.verdict.outcome.turned
    return outcomes


def leading_rows(scores: Sequence[MethodScore], pairs: Sequence[Pair]) -> frozenset[int]:
    """Places of the best method and of all not told apart from it; none where it is alone."""
    if len(scores) == 1:
        return frozenset()
    best, outcomes = best_method(scores), beside_best(scores, pairs)
    return frozenset(
        place
        for place, score in enumerate(scores)
        if score.method == best or outcomes.get(score.method) is Outcome.NOT_RESOLVED
    )


def methods_table(split: SplitReport) -> Table:
    """The methods side by side; bold are the best and all from which it is not told apart."""
    scores, protocol = split.scores, split.protocol
    best, outcomes = best_method(scores), beside_best(scores, split.pairs)
    leading = leading_rows(scores, split.pairs)
    place = [score.method for score in scores].index(best)
    differences: list[Cell] = [
        Estimate(0.0, 0.0, 0.0) if score.method == best else score.difference for score in scores
    ]
    columns = [
        Column("method", [score.method for score in scores], strong=leading),
        Column("NME, 95 % interval", [score.nme for score in scores], strong=leading),
    ]
    if len(scores) > 1:
        columns.append(
            Column("to the best, paired", differences, signed(2), leading, {place: "best"})
        )
    if split.pairs:
        verdicts = [
            "best" if score.method == best else outcomes[score.method].value for score in scores
        ]
        columns.append(Column("verdict", verdicts, strong=leading))
    if any(score.seeds > 1 for score in scores):
        columns.append(Column("± seeds", [score.seed_spread for score in scores]))
    columns += [
        Column("FR", [score.fr for score in scores]),
        Column("AUC", [score.auc for score in scores]),
    ]
    costs: list[tuple[str, list[Cell], int]] = [
        ("parameters", [score.parameters for score in scores], 0),
        ("network ms", [score.network_ms for score in scores], 2),
        ("decode ms", [score.decode_ms for score in scores], 3),
    ]
    columns += [
        Column(title, cells, fixed(places))
        for title, cells, places in costs
        if any(cell is not None for cell in cells)
    ]
    if any(score.seeds == 0 for score in scores):
        origins = ["this comparison" if score.seeds else "another program" for score in scores]
        columns.append(Column("predictions of", origins))
    failure, area = 100 * protocol.failure_threshold, 100 * protocol.auc_threshold
    caption = (
        f"{split.name}, {scores[0].faces:,} faces, {protocol.name}; NME, FR and AUC in per cent; "
        f"FR above {failure:g} %, AUC up to {area:g} %; ms a face"
    )
    if split.pairs:
        caption += ". Bold: the best method, and all that are not told apart from it"
    return Table(caption, columns)


def pairs_table(split: SplitReport) -> Table:
    """Every pair of methods with its statistics."""
    pairs = split.pairs
    columns = [
        Column("method", [pair.method for pair in pairs]),
        Column("against", [pair.reference for pair in pairs]),
        Column("difference, 95 % interval", [pair.difference for pair in pairs], signed(3)),
        Column("relative %", [pair.relative for pair in pairs], signed(2)),
        Column("verdict", [pair.verdict.outcome.value for pair in pairs]),
        Column("p bootstrap", [pair.p_bootstrap for pair in pairs], probability),
        Column("p bootstrap, Holm", [pair.p_bootstrap_holm for pair in pairs], probability),
        Column("p Wilcoxon", [pair.p_wilcoxon for pair in pairs], probability),
        Column("p Wilcoxon, Holm", [pair.p_wilcoxon_holm for pair in pairs], probability),
        Column("d_z", [pair.effect for pair in pairs], signed(2)),
        Column("better on % of faces", [100 * pair.better_faces for pair in pairs], fixed(1)),
        Column("SD faces", [pair.face_sd for pair in pairs], fixed(3)),
    ]
    if any(pair.seed_sd is not None for pair in pairs):
        columns += [
            Column("SD seeds", [pair.seed_sd for pair in pairs], fixed(3)),
            Column("SD rest", [pair.rest_sd for pair in pairs], fixed(3)),
        ]
    columns += [
        Column("detectable", [pair.detectable for pair in pairs], fixed(3)),
        Column("trainings", [_trainings(pair) for pair in pairs]),
    ]
    return Table(
        f"{split.name}, {split.protocol.name}: every pair of methods; differences and standard "
        "deviations in points of NME",
        columns,
    )


def verdicts_table(split: SplitReport) -> Table:
    """The verdict on every pair in words."""
    pairs = split.pairs
    return Table(
        f"{split.name}, {split.protocol.name}: the verdict on the method, in words",
        [
            Column("method", [pair.method for pair in pairs]),
            Column("against", [pair.reference for pair in pairs]),
            Column("verdict", [pair.verdict.sentence for pair in pairs]),
        ],
    )


def calibration_table(split: SplitReport, several_seeds: bool) -> Table:
    """How well each method knows its own errors."""
    rows = split.calibrations

    def cells(name: str) -> list[Cell]:
        return [_float(row[name]) for row in rows]

    def changes(name: str) -> list[Cell]:
        return [Change(_float(row[name]), _float(row[f"{name}_tempered"])) for row in rows]

    columns = [
        Column("method", [str(row["method"]) for row in rows]),
        Column("temperature", cells("temperature"), significant(3)),
        Column("NLL", changes("nll")),
        *(
            Column(f"inside {name.split('_')[1]} %", changes(name), fixed(1))
            for name in coverage_names()
        ),
        Column("RMS predicted", changes("rms_predicted")),
        Column("RMS error", cells("rms_error")),
        Column("Spearman", cells("spearman")),
        Column("AUSE", cells("ause")),
    ]
    means = ", means over the seeds" if several_seeds else ""
    return Table(
        f"{split.name}, {split.protocol.name}: errors in per cent of the normaliser, coverage in "
        f"per cent of the points{means}",
        columns,
    )


def trainings_table(trainings: Sequence[TrainingReport]) -> Table:
    """What was trained, and what it cost."""
    columns = [Column("training", [one.name for one in trainings])]
    if any(one.condition for one in trainings):
        columns.append(Column("condition", [one.condition for one in trainings]))
    units = ["GPU" if one.on_gpu else "CPU" for one in trainings]
    columns += [
        Column("methods", [", ".join(one.methods) for one in trainings]),
        Column("seed", [one.seed for one in trainings], _plain),
        Column("epochs", [one.epochs for one in trainings], _WHOLE),
        Column("minutes", [one.minutes for one in trainings], fixed(1)),
        Column(f"{'/'.join(sorted(set(units)))}-hours", [one.hours for one in trainings], fixed(3)),
        Column("validation NME", [one.validation_nme for one in trainings]),
        Column("device", [one.device for one in trainings]),
    ]
    return Table("Every training; NME in per cent", columns)


def scores_table(results: polars.DataFrame) -> Table:
    """Every condition, split, subset and protocol, averaged over the seeds."""
    axes = results.columns[1 : results.columns.index("seed")]
    group = [*axes, "split", "subset", "protocol"]
    means = results.group_by([*group, "method"], maintain_order=True).agg(
        polars.col("faces").first(), polars.col("nme", "fr", "auc").mean()
    )
    order = {row: i for i, row in enumerate(means.select(group).unique(maintain_order=True).rows())}
    rows = sorted(means.to_dicts(), key=lambda row: order[tuple(row[name] for name in group)])
    faces = [
        row["split"] if row["subset"] == ALL else f"{row['split']}: {row['subset']}" for row in rows
    ]
    return Table(
        "NME, FR and AUC in per cent, means over the seeds",
        [
            Column("faces of", faces),
            *(Column(axis, [row[axis] for row in rows]) for axis in axes),
            Column("faces", [row["faces"] for row in rows], _WHOLE),
            Column("protocol", [row["protocol"] for row in rows]),
            Column("method", [row["method"] for row in rows]),
            Column("NME", [row["nme"] for row in rows]),
            Column("FR", [row["fr"] for row in rows]),
            Column("AUC", [row["auc"] for row in rows]),
        ],
    )


def meanings_table(protocols: Sequence[Protocol]) -> Table:
    """What the protocols' names stand for."""
    rows = protocols_table(protocols).to_dicts()
    return Table(
        "Numbers compare only under one protocol",
        [
            Column("protocol", [row["protocol"] for row in rows]),
            Column("errors are divided by", [row["normaliser"] for row in rows]),
            Column("FR above %", [row["fr_above"] for row in rows], significant(6)),
            Column("AUC up to %", [row["auc_up_to"] for row in rows], significant(6)),
            Column("integral of the CED", [row["integral"] for row in rows]),
        ],
    )


def versions_table(versions: Mapping[str, str]) -> Table:
    """Packages and machines."""
    return Table(
        "Packages and machine",
        [Column("name", list(versions)), Column("version", list(versions.values()))],
    )


def _trainings(pair: Pair) -> str:
    if pair.foreign:
        return "unknown"
    return "shared" if pair.same_training else "own"


def _plain(number: float) -> str:
    return f"{number:g}"


def _float(value: object) -> float | None:
    return value if isinstance(value, float) else None


__all__ = [
    "beside_best",
    "best_method",
    "calibration_table",
    "leading_rows",
    "meanings_table",
    "methods_table",
    "pairs_table",
    "scores_table",
    "trainings_table",
    "verdicts_table",
    "versions_table",
]
