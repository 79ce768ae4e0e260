"""Trainings, epoch by epoch."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from landmarks.analysis.diary import EpochRow
from landmarks.analysis.figures.layout import (
    finite,
    legend_below,
    legend_height,
    method_handle,
    new_figure,
    number,
    set_log_ticks,
)
from landmarks.analysis.figures.style import STYLE, Look, Looks, method_looks
from landmarks.analysis.measured import MeasuredRun

_LEGEND = "method (thin: seeds; markers: the epoch chosen)"


_Curves = Float[np.ndarray, "S E"]


class TrainingCurves(NamedTuple):
    """A method's trainings.

    Attributes:
        method: The method, or the first of those that share the trainings.
        seeds: Each seed's epochs, in order.
        chosen: Each seed's epoch that was tested, from 0.
    """

    method: str
    seeds: Sequence[Sequence[EpochRow]]
    chosen: Sequence[int]


def training_curves(runs: Sequence[MeasuredRun]) -> list[TrainingCurves]:
    """The trainings of one condition; those that several methods share are told by the first.

    The epoch chosen is that of the lowest NME of the held-out faces, the earliest of several; the
    last epoch where no face was held out.

    Args:
        runs: Of one condition; those without a recorded training are left out.
    """
    found: dict[str, list[MeasuredRun]] = {}
    told: set[str] = set()
    for run in runs:
        if run.epochs and run.training is not None and run.training not in told:
            told.add(run.training)
            found.setdefault(run.method, []).append(run)
    return [
        TrainingCurves(method, [run.epochs for run in own], [_chosen(run.epochs) for run in own])
        for method, own in found.items()
    ]


def training_figure(
    curves: Sequence[TrainingCurves], split: str | None = None, looks: Looks | None = None
) -> Figure:
    """Loss, NME of the held-out faces and, where it was recorded, NME of test faces, per epoch.

    Losses of different codecs have different units; each is shown as the share of its own way down
    that is still to go: 1 at the first epoch, 0 at the lowest of the mean over the seeds. The test
    panel is for the report alone: no epoch is chosen by it.

    Args:
        curves: A training a method; methods that share a training are told by one of them.
        split: The test split to show; None: the first that was recorded.
        looks: How each method is drawn; None: by its place in the curves.
    """
    looks = looks or method_looks(own.method for own in curves)
    split = split or _recorded_split(curves)
    names = [own.method for own in curves]
    panels: list[tuple[str, str, Callable[[TrainingCurves], _Curves]]] = [
        ("training loss: 1 at first, 0 at the lowest", "loss", _losses),
        ("held-out faces, by which the epoch is chosen", "NME (%)", _validation),
    ]
    if split is not None:
        title = f"test faces of {split}, never used to choose"
        panels.append((title, "NME (%)", lambda own: _test(own, split)))
    with rc_context(STYLE):
        height = 2.15 * len(panels) + 0.4 + legend_height(names, _LEGEND)
        figure = new_figure(height)
        places = figure.subplots(len(panels), 1, sharex=True)
        for axes, (title, label, read) in zip(places, panels, strict=True):
            shown = {own.method: read(own) for own in curves}
            for own in curves:
                chosen = own.chosen if read is not _losses else ()
                _draw(axes, shown[own.method], chosen, looks[own.method])
            axes.set(title=title, ylabel=label)
            axes.grid(visible=True, linewidth=0.8)
            if read is not _losses:
                _set_log(axes, [x for own in shown.values() for x in own.flat])
        places[-1].set_xlabel("epoch")
        places[-1].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        legend_below(figure, [method_handle(looks[name]) for name in names], names, _LEGEND)
    return figure


def training_alt(curves: Sequence[TrainingCurves]) -> str:
    """The figure in a sentence, for those who do not see it."""
    said = []
    for own in curves:
        last = [rows[-1].val_nme for rows in own.seeds if rows]
        found = [
            row.val_nme
            for rows, epoch in zip(own.seeds, own.chosen, strict=True)
            for row in rows
            if row.epoch == epoch
        ]
        if found and last:
            epochs = " and ".join(str(epoch) for epoch in dict.fromkeys(own.chosen))
            said.append(
                f"{own.method} {number(_mean(found))} % at epoch {epochs}, chosen, and "
                f"{number(_mean(last))} % at the last"
            )
    return f"NME of the held-out faces while training: {'; '.join(said) or 'not recorded'}."


def _chosen(rows: Sequence[EpochRow]) -> int:
    tested = [row for row in rows if math.isfinite(row.val_nme)]
    return min(tested, key=lambda row: (row.val_nme, row.epoch)).epoch if tested else rows[-1].epoch


def _draw(axes: Axes, rows: _Curves, chosen: Sequence[int], look: Look) -> None:
    epochs = np.arange(rows.shape[1])
    if len(rows) > 1:
        for own in rows:
            axes.plot(epochs, own, color=look.colour, linewidth=0.7, alpha=0.45)
    mean = rows.mean(axis=0)  # up to the epoch that all seeds have reached
    lone = "none" if np.isfinite(mean).sum() > 1 else look.marker  # one epoch makes no line
    axes.plot(epochs, mean, linewidth=1.9, marker=lone, markersize=4, **look.line)
    for own, epoch in zip(rows, chosen, strict=False):
        if epoch < len(own) and math.isfinite(own[epoch]):
            axes.plot([epoch], [own[epoch]], marker=look.marker, color=look.colour, markersize=6)


def _losses(own: TrainingCurves) -> _Curves:
    losses = _curves(own, lambda row: row.train_loss)
    mean = losses.mean(axis=0)
    known = mean[np.isfinite(mean)]
    if not known.size:
        return losses
    first, low = float(known[0]), float(known.min())
    return (losses - low) / ((first - low) or 1.0)


def _validation(own: TrainingCurves) -> _Curves:
    return _curves(own, lambda row: row.val_nme)


def _test(own: TrainingCurves, split: str) -> _Curves:
    return _curves(own, lambda row: row.test_nme.get(split, {}).get(own.method, math.nan))


def _curves(own: TrainingCurves, read: Callable[[EpochRow], float]) -> _Curves:
    """A row a seed, a column an epoch; NaN where there is nothing to draw."""
    count = max((row.epoch + 1 for rows in own.seeds for row in rows), default=0)
    curves = np.full((len(own.seeds), count), np.nan)
    for place, rows in enumerate(own.seeds):
        for row in rows:  # of an epoch that was trained twice, the later row holds
            curves[place, row.epoch] = read(row)
    curves[~np.isfinite(curves)] = np.nan
    return curves


def _recorded_split(curves: Sequence[TrainingCurves]) -> str | None:
    recorded = (
        split for own in curves for rows in own.seeds for row in rows for split in row.test_nme
    )
    return next(recorded, None)


def _set_log(axes: Axes, values: Sequence[float]) -> None:
    shown = [value for value in finite(values) if value > 0]
    if shown:
        low, high = min(shown) / 1.05, max(shown) * 1.05
        axes.set_yscale("log")
        axes.set_ylim(low, high)
        set_log_ticks(axes.yaxis, low, high)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


__all__ = ["TrainingCurves", "training_alt", "training_curves", "training_figure"]
