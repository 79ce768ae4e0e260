"""The error against the resolution of the map and of the crop."""

import math
from collections.abc import Sequence

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from landmarks.analysis.decomposition import ResolutionPoint
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

_AXES = {
    "heatmap_size": ("error against heatmap resolution", "heatmap size (cells, log scale)"),
    "crop_size": ("error against input resolution", "crop size (pixels, log scale)"),
}
_KEY = "markers: trained, with 95 % interval; lines: simulated"


def resolution_figure(
    points: Sequence[ResolutionPoint], error_name: str, looks: Looks | None = None
) -> Figure:
    """A panel for each resolution there is, a line a codec; both axes are logarithmic.

    Where networks were trained there is a marker with its interval; where the error is simulated
    from that of networks trained at another resolution there is a line alone.

    Args:
        points: Of one split; levels of other axes are not told apart.
        error_name: Names the vertical axis.
        looks: How each method is drawn; None: by its place in the points.
    """
    looks = looks or method_looks(point.method for point in points)
    axis_names = [name for name in _AXES if any(point.axis == name for point in points)]
    methods = [m for m in looks if any(point.method == m for point in points)]
    with rc_context(STYLE):
        height = 3.1 * max(len(axis_names), 1) + legend_height(methods, _KEY)
        figure = new_figure(height)
        panels = figure.subplots(max(len(axis_names), 1), 1, squeeze=False)[:, 0]
        for axes, name in zip(panels, axis_names, strict=False):
            shown = [point for point in points if point.axis == name]
            for method in methods:
                own = [point for point in shown if point.method == method]
                _draw(axes, sorted(own, key=lambda point: point.size), looks[method])
            _set_axes(axes, shown)
            axes.set(title=_AXES[name][0], xlabel=_AXES[name][1], ylabel=f"{error_name} (%)")
        legend_below(figure, [method_handle(looks[method]) for method in methods], methods, _KEY)
    return figure


def resolution_alt(points: Sequence[ResolutionPoint]) -> str:
    """The figure in a sentence, for those who do not see it."""
    said = []
    for name in _AXES:
        shown = [point for point in points if point.axis == name]
        if shown:
            ends = []
            for size in (min(p.size for p in shown), max(p.size for p in shown)):
                best = min((p for p in shown if p.size == size), key=lambda point: point.nme.value)
                ends.append(f"at {size} {best.method} with {number(best.nme.value)} %")
            said.append(f"{name.replace('_', ' ')}, lowest NME {' and '.join(dict.fromkeys(ends))}")
    return f"Error against resolution: {'; '.join(said) or 'no points'}."


def _draw(axes: Axes, own: Sequence[ResolutionPoint], look: Look) -> None:
    drawn = [point for point in own if math.isfinite(point.nme.value)]
    axes.plot(
        [point.size for point in drawn],
        [point.nme.value for point in drawn],
        linewidth=1.6,
        **look.line,
    )
    for point in drawn:
        if point.trained:
            low, value, high = point.nme.low, point.nme.value, point.nme.high
            known = math.isfinite(low) and math.isfinite(high)
            axes.errorbar(
                [point.size],
                [value],
                yerr=[[value - low], [high - value]] if known else None,
                color=look.colour,
                marker=look.marker,
                markersize=6,
                elinewidth=1.6,
                capsize=3,
            )


def _set_axes(axes: Axes, shown: Sequence[ResolutionPoint]) -> None:
    sizes = sorted({point.size for point in shown})
    axes.set_xscale("log", base=2)
    # Ticks at the powers of two, or else at the sizes there are.
    powers = [2**power for power in range(3, 12) if sizes[0] <= 2**power <= sizes[-1]]
    axes.xaxis.set_major_locator(FixedLocator(powers if len(powers) > 1 else sizes))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(sizes[0] / 1.15, sizes[-1] * 1.15)
    values = [x for x in finite(x for p in shown for x in p.nme) if x > 0]
    if values:
        low, high = min(values) / 1.06, max(values) * 1.06
        axes.set_yscale("log")
        axes.set_ylim(low, high)
        set_log_ticks(axes.yaxis, low, high)
    axes.grid(visible=True, linewidth=0.8)


__all__ = ["resolution_alt", "resolution_figure"]
