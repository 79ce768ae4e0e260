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

_LEGEND = "method (thin: seeds; markers: the epoch chosen)"


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
    panels: list[tuple[str, str, Callable[[TrainingCurves], list[list[float]]]]] = [
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
                _set_log(axes, [x for own in shown.values() for seed in own for x in seed])
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


def _draw(axes: Axes, seeds: Sequence[Sequence[float]], chosen: Sequence[int], look: Look) -> None:
    rows = np.full((len(seeds), max((len(own) for own in seeds), default=0)), np.nan)
    for place, own in enumerate(seeds):
        rows[place, : len(own)] = own
    rows[~np.isfinite(rows)] = np.nan
    epochs = np.arange(rows.shape[1])
    if len(rows) > 1:
        for own in rows:
            axes.plot(epochs, own, color=look.colour, linewidth=0.7, alpha=0.45)
    mean = _columns_mean(rows)
    lone = "none" if np.isfinite(mean).sum() > 1 else look.marker  # one epoch makes no line
    axes.plot(epochs, mean, linewidth=1.9, marker=lone, markersize=4, **look.line)
    for own, epoch in zip(rows, chosen, strict=False):
        if epoch < len(own) and math.isfinite(own[epoch]):
            axes.plot([epoch], [own[epoch]], marker=look.marker, color=look.colour, markersize=6)


def _columns_mean(rows: Float[np.ndarray, "S E"]) -> Float[np.ndarray, " E"]:
    """The mean over the seeds, up to the epoch that all of them have reached."""
    return rows.mean(axis=0) if len(rows) else np.zeros(0)


def _losses(own: TrainingCurves) -> list[list[float]]:
    seeds = [[row.train_loss for row in rows] for rows in own.seeds]
    shared = min((len(losses) for losses in seeds), default=0)
    if not shared:
        return seeds
    mean = np.array([losses[:shared] for losses in seeds]).mean(axis=0)
    known = mean[np.isfinite(mean)]
    if not known.size:
        return seeds
    first, low = float(known[0]), float(known.min())
    span = (first - low) or 1.0
    return [[(loss - low) / span for loss in losses] for losses in seeds]


def _validation(own: TrainingCurves) -> list[list[float]]:
    return [[row.val_nme for row in rows] for rows in own.seeds]


def _test(own: TrainingCurves, split: str) -> list[list[float]]:
    return [
        [row.test_nme.get(split, {}).get(own.method, math.nan) for row in rows]
        for rows in own.seeds
    ]


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


__all__ = ["TrainingCurves", "training_alt", "training_figure"]
