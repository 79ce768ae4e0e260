"""Cumulative error distributions with confidence bands."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib import rc_context
from matplotlib.figure import Figure, SubFigure

from landmarks.analysis.figures.layout import legend_below, legend_height, new_figure, number
from landmarks.analysis.figures.style import STYLE, Looks, method_looks

_PLACES = 256
"""Errors at which a band is drawn, and a curve that has more corners."""
_RESAMPLES = 1000
_BANDED = 6
"""More methods than this have a band for the best alone: bands over bands tell nothing."""


class Panel(NamedTuple):
    """What one CED plot shows.

    Attributes:
        title: Such as the split and the number of faces.
        errors: For each method, each face's NME in per cent, a row a seed where there are several.
        limit: End of the axis in per cent: the protocol's AUC threshold.
    """

    title: str
    errors: Mapping[str, Float[np.ndarray, "*seeds N"]]
    limit: float


def ced_figure(panels: Sequence[Panel], error_name: str, looks: Looks | None = None) -> Figure:
    """Cumulative error distributions, one below the other, a line a method, NME in the legend.

    A curve is the mean of its seeds' curves. A band is the pointwise 95 % interval of `ced_band`.

    Args:
        panels: What to show, top to bottom.
        error_name: Names the horizontal axis.
        looks: How each method is drawn; None: by its place in the panels.
    """
    looks = looks or method_looks(method for panel in panels for method in panel.errors)
    with rc_context(STYLE):
        labels = [_labels(panel) for panel in panels]
        heights = [3.4 + legend_height(list(own.values()), _LEGEND) for own in labels]
        figure = new_figure(sum(heights))
        places = figure.subfigures(len(panels), 1, height_ratios=heights, squeeze=False)
        for place, panel, own in zip(places[:, 0], panels, labels, strict=True):
            _draw(place, panel, own, error_name, looks)
    return figure


def ced_steps(
    errors: Float[np.ndarray, " N"], limit: float
) -> tuple[Float[np.ndarray, " M"], Float[np.ndarray, " M"]]:
    """The corners of a CED from 0 to a limit: errors, and per cent of faces from there on.

    >>> [corner.tolist() for corner in ced_steps(np.array([5.0, 2.0, 30.0, np.inf]), 10.0)]
    [[0.0, 2.0, 5.0, 10.0], [0.0, 25.0, 50.0, 50.0]]
    """
    within = np.sort(errors[errors <= limit])
    share = 100 * np.arange(1, len(within) + 1) / len(errors)
    last = share[-1] if len(share) else 0.0
    return np.concatenate([[0.0], within, [limit]]), np.concatenate([[0.0], share, [last]])


def ced_band(
    errors: Float[np.ndarray, "S N"],
    places: Float[np.ndarray, " P"],
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[Float[np.ndarray, " P"], Float[np.ndarray, " P"]]:
    """Pointwise limits of a CED, by a percentile bootstrap over the faces.

    Faces are drawn with replacement, 1,000 times; a face brings its errors under all seeds, whose
    curves are averaged. Each place has its own interval: that a whole curve lies inside its band
    is less sure than the confidence says.

    Args:
        errors: (S, N), a row a seed.
        places: (P,) errors to find the limits at, in the unit of ``errors``.
        confidence: Share of the bands that hold the true share of faces at a place.
        seed: Of the draws.

    Returns:
        Lower and upper limits, in per cent of the faces.

    >>> low, high = ced_band(np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([0.5, 2.5, 4.0]))
    >>> low.tolist(), high.tolist()
    ([0.0, 0.0, 100.0], [0.0, 100.0, 100.0])
    """
    count = errors.shape[1]
    # Whole numbers, so that no order of summing changes a digit.
    inside = (errors[:, :, None] <= places).sum(axis=0).astype(np.float32)
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), _RESAMPLES)
    hits = (draws.astype(np.float32) @ inside).astype(np.float64)
    tail = (1 - confidence) / 2
    low, high = 100 * np.quantile(hits, [tail, 1 - tail], axis=0) / (count * len(errors))
    return low, high


def ced_alt(panels: Sequence[Panel]) -> str:
    """The figure in a sentence, for those who do not see it."""
    said = []
    for panel in panels:
        best = min(panel.errors, key=lambda method: float(panel.errors[method].mean()))
        own = panel.errors[best]
        share = 100 * float((own <= panel.limit / 2).mean())
        said.append(
            f"{panel.title}: of {len(panel.errors)} methods {best} has the lowest NME, "
            f"{number(float(own.mean()))} %, with {share:.0f} % of the faces at or below "
            f"{panel.limit / 2:g} %"
        )
    return f"Cumulative error distributions. {'; '.join(said)}."


_LEGEND = "method and its NME"


def _draw(
    figure: SubFigure, panel: Panel, labels: Mapping[str, str], error_name: str, looks: Looks
) -> None:
    axes = figure.subplots()
    grid = np.linspace(0, panel.limit, _PLACES)
    best = next(iter(labels))
    banded = list(labels) if len(labels) <= _BANDED else [best]
    for order, (method, label) in enumerate(labels.items()):
        errors, look = np.atleast_2d(panel.errors[method]), looks[method]
        x, y = ced_steps(errors.ravel(), panel.limit)
        if len(x) > _PLACES:
            x, y = grid, y[np.searchsorted(x, grid, side="right") - 1]
        if method in banded and errors.shape[1] > 1:
            axes.fill_between(
                grid,
                *ced_band(errors, grid),
                step="post",
                color=look.colour,
                alpha=0.2 if len(banded) <= 3 else 0.12,
                linewidth=0,
            )
        axes.plot(
            x,
            y,
            label=label,
            drawstyle="steps-post",
            linewidth=1.7,
            marker=look.marker,
            markersize=4.5,
            # Markers of different methods stand at different lengths of their curves.
            markevery=(0.08 + 0.24 * order / len(labels), 0.24),
            **look.line,
        )
    axes.set(
        title=panel.title,
        xlabel=f"{error_name} (%)",
        ylabel="faces at or below the error (%)",
        xlim=(0, panel.limit),
        ylim=(0, 101),
    )
    axes.grid(visible=True, linewidth=0.8)
    whose = "bands" if banded == list(labels) else f"band of {best}"
    axes.text(
        0.985, 0.02, f"{whose}: 95 %, over faces", transform=axes.transAxes, ha="right", fontsize=9
    )
    handles = axes.get_lines()
    legend_below(figure, handles, list(labels.values()), _LEGEND)


def _labels(panel: Panel) -> dict[str, str]:
    """What the legend says of each method, the best first."""
    means = {method: float(errors.mean()) for method, errors in panel.errors.items()}
    return {
        method: f"{method}, {number(means[method])} %"
        for method in sorted(means, key=means.__getitem__)
    }


__all__ = ["Panel", "ced_alt", "ced_band", "ced_figure", "ced_steps"]
