"""Which checkpoint is tested: the one chosen on held-out faces, the last, or the luckiest on test.

A network is tested at one epoch of many. To keep the epoch that is best on the very faces that are
then reported is to report the luck of the draw along with the method; repositories of this field
do so as a rule. Here the epoch is chosen on held-out faces, and what the other ways would have
claimed is told beside it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars

from landmarks.analysis.diary import EpochRow
from landmarks.analysis.measured import MeasuredRun


@dataclass(frozen=True)
class Selection:
    """A method's NME on one split by the way in which the epoch is chosen; all in per cent.

    Attributes:
        method: Name of the method.
        levels: The level of each axis of the matrix, by the axis; empty without a matrix.
        split: Name of the split.
        protocol: Name of the protocol.
        seeds: Number of trainings that are averaged over.
        chosen: Of the checkpoint that was chosen on held-out faces: the result of this comparison.
        last: Of the last epoch.
        best_on_test: Of the epoch that is best on the test faces, each training's own.
        best_seed: Of the epoch that is best on the test faces, in the training that is best by it.
        chosen_epochs: The epoch that held-out faces chose, from 0; a training each.
        best_epochs: The epoch that is best on the test faces, from 0; a training each.
    """

    method: str
    levels: Mapping[str, str]
    split: str
    protocol: str
    seeds: int
    chosen: float
    last: float
    best_on_test: float
    best_seed: float
    chosen_epochs: tuple[int, ...]
    best_epochs: tuple[int, ...]

    @property
    def gap(self) -> float:
        """Points of NME that picking each training's epoch on the test faces would have hidden.

        NaN where a face's error is infinite under both.
        """
        return _less(self.chosen, self.best_on_test)

    @property
    def seed_gap(self) -> float:
        """Points of NME that picking epoch and training on the test faces would have hidden.

        NaN where a face's error is infinite under both.
        """
        return _less(self.chosen, self.best_seed)


def selections(runs: Sequence[MeasuredRun], protocol: str) -> list[Selection]:
    """Each method's selection on each split, condition by condition, in the order of the runs.

    Methods whose test error was not recorded epoch by epoch are left out (`without_selection` names
    them), and so are other programs' predictions, of which no training is known. A training that
    went on after an interruption counts as one: of an epoch that was trained twice, the later row
    holds.

    Args:
        runs: The runs.
        protocol: Name of the benchmark's first protocol, under which epochs are recorded.
    """
    found = []
    for own in _groups(runs):
        if all(map(_recorded, own)):
            found += [_selection(own, split, protocol) for split in own[0].splits]
    return found


def without_selection(runs: Sequence[MeasuredRun]) -> str | None:
    """A sentence that names the methods whose trainings tell nothing of their epochs' test errors.

    Returns:
        The sentence; None if nothing is missing. Other programs' predictions are not named.
    """
    missing = [
        _name(own[0].method, own[0].levels)
        for own in _groups(runs)
        if own[0].training is not None and not all(map(_recorded, own))
    ]
    if not missing:
        return None
    was = "was" if len(missing) == 1 else "were"
    return (
        f"{_listed(missing)} {was} trained without recording the test error of every epoch, so "
        "that nothing can be said of other ways to choose one."
    )


def selection_table(found: Sequence[Selection]) -> polars.DataFrame:
    """A row for each method, condition and split; NME and gaps in per cent, epochs from 1.

    The axes of the matrix are columns after ``method``, as in results.csv. ``chosen_epochs`` and
    ``best_epochs`` list a number for each seed.
    """
    axes = list(dict.fromkeys(axis for one in found for axis in one.levels))
    rows = [
        {
            "method": one.method,
            **{axis: one.levels.get(axis) for axis in axes},
            "split": one.split,
            "protocol": one.protocol,
            "seeds": one.seeds,
            "chosen": one.chosen,
            "last": one.last,
            "best_on_test": one.best_on_test,
            "gap": one.gap,
            "best_seed_on_test": one.best_seed,
            "seed_gap": one.seed_gap,
            "chosen_epochs": _counted(one.chosen_epochs),
            "best_epochs": _counted(one.best_epochs),
        }
        for one in found
    ]
    texts = ("method", *axes, "split", "protocol", "chosen_epochs", "best_epochs")
    numbers = ("chosen", "last", "best_on_test", "gap", "best_seed_on_test", "seed_gap")
    order = ("method", *axes, "split", "protocol", "seeds", *numbers, *texts[-2:])
    kinds: dict[str, polars.DataType] = {
        **dict.fromkeys(numbers, polars.Float64()),
        "seeds": polars.Int64(),
        **dict.fromkeys(texts, polars.String()),
    }
    return polars.DataFrame(rows, schema={name: kinds[name] for name in order})


def selection_sentence(found: Sequence[Selection]) -> str | None:
    """What picking on the test faces would have claimed, in words.

    Args:
        found: The methods of one split under one condition.

    Returns:
        One to three sentences; None if there is nothing to tell.
    """
    known = [one for one in found if math.isfinite(one.gap)]
    if not known:
        return None
    widest = max(known, key=lambda one: one.gap)
    sentences = [
        f"Picking each training's epoch on the test faces of {widest.split}, as is common, would "
        + (
            f"have claimed {widest.best_on_test:.2f} % for {widest.method} in place of "
            f"{widest.chosen:.2f} %: {widest.gap:.2f} points less than a checkpoint chosen on "
            "held-out faces has" + (", the widest gap here." if len(known) > 1 else ".")
            if widest.gap >= 0.005  # less would be shown as no points at all
            else "have claimed no less than held-out faces do."
        )
    ]
    if widest.seeds > 1:
        luckiest = max(known, key=lambda one: one.seed_gap)
        sentences.append(
            f"The best seed's best epoch alone would have claimed {luckiest.best_seed:.2f} % for "
            f"{luckiest.method}, {luckiest.seed_gap:.2f} points less."
        )
    if len(known) > 1:
        sentences.append(_order_sentence(known))
    return " ".join(sentences)


def _order_sentence(found: Sequence[Selection]) -> str:
    chosen = sorted(found, key=lambda one: one.chosen)
    picked = sorted(found, key=lambda one: one.best_on_test)
    if picked[0].method != chosen[0].method:
        return (
            f"It would have put {picked[0].method} first; held-out faces put "
            f"{chosen[0].method} first."
        )
    if [one.method for one in picked] != [one.method for one in chosen]:
        return f"{chosen[0].method} stays first, but the order of the others would have changed."
    return "The order of the methods is the same both ways."


def _selection(runs: Sequence[MeasuredRun], split: str, protocol: str) -> Selection:
    by_run = [_by_epoch(run, split) for run in runs]
    picked = [min(tested, key=lambda epoch: (tested[epoch], epoch)) for tested, _ in by_run]
    least = [tested[epoch] for (tested, _), epoch in zip(by_run, picked, strict=True)]
    return Selection(
        method=runs[0].method,
        levels=runs[0].levels,
        split=split,
        protocol=protocol,
        seeds=len(runs),
        chosen=_mean([100 * float(run.splits[split].nme[protocol].mean()) for run in runs]),
        last=_mean([tested[max(tested)] for tested, _ in by_run]),
        best_on_test=_mean(least),
        best_seed=min(least),
        chosen_epochs=tuple(
            min(held_out, key=lambda epoch: (held_out[epoch], epoch)) for _, held_out in by_run
        ),
        best_epochs=tuple(picked),
    )


def _by_epoch(run: MeasuredRun, split: str) -> tuple[dict[int, float], dict[int, float]]:
    """The NME of each epoch on the test faces, and on the held-out faces.

    What is no number comes of a network that has lost its way: no epoch is chosen for it.
    """
    rows = _rows(run)
    tested = {row.epoch: _worst_if_nan(row.test_nme[split][run.method]) for row in rows}
    return tested, {row.epoch: _worst_if_nan(row.val_nme) for row in rows}


def _recorded(run: MeasuredRun) -> bool:
    """Whether every epoch of the run's training has the test error of every split."""
    rows = _rows(run)
    whole = [row.epoch for row in rows] == list(range(len(rows)))
    return (
        bool(rows)
        and whole
        and all(run.method in row.test_nme.get(split, {}) for row in rows for split in run.splits)
    )


def _rows(run: MeasuredRun) -> list[EpochRow]:
    """The training's epochs in order, the later row of one that was trained twice."""
    latest = {row.epoch: row for row in run.epochs}
    return [latest[epoch] for epoch in sorted(latest)]


def _groups(runs: Sequence[MeasuredRun]) -> Iterator[list[MeasuredRun]]:
    """The runs of each method under each condition, in the order of the runs."""
    groups: dict[tuple[object, ...], list[MeasuredRun]] = {}
    for run in runs:
        groups.setdefault((run.method, *sorted(run.levels.items())), []).append(run)
    yield from groups.values()


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _less(value: float, other: float) -> float:
    return math.nan if math.isinf(other) else value - other


def _worst_if_nan(value: float) -> float:
    return math.inf if math.isnan(value) else value


def _counted(epochs: Sequence[int]) -> str:
    return ", ".join(str(epoch + 1) for epoch in epochs)


def _name(method: str, levels: Mapping[str, str]) -> str:
    if not levels:
        return method
    return f"{method} ({', '.join(f'{axis} {level}' for axis, level in levels.items())})"


def _listed(names: Sequence[str]) -> str:
    r"""Names as a sentence lists them.

    >>> _listed(["dark", "hih", "udp"])
    'dark, hih and udp'
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


__all__ = [
    "Selection",
    "selection_sentence",
    "selection_table",
    "selections",
    "without_selection",
]
