"""Errors against the spread that was predicted for them."""

from collections.abc import Mapping

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from landmarks.analysis.calibration import PROBABILITIES, CalibrationCurve
from landmarks.analysis.figures.layout import (
    legend_below,
    legend_height,
    method_handle,
    new_figure,
    number,
    set_log_ticks,
)
from landmarks.analysis.figures.style import INK, STYLE, Looks, method_looks


def calibration_figure(
    curves: Mapping[str, CalibrationCurve], protocol: str, looks: Looks | None = None
) -> Figure:
    """Error against predicted spread, and coverage of the ellipses, a line a method in both.

    Args:
        curves: For each method, its curve after the temperature.
        protocol: Name of the protocol whose normaliser errors are in per cent of.
        looks: How each method is drawn; None: by its place in the curves.
    """
    looks = looks or method_looks(curves)
    tempered = all(curve.tempered for curve in curves.values())
    title = "method, after the temperature" if tempered else "method, without a temperature"
    with rc_context(STYLE):
        height = 7.2 + legend_height(list(curves), title)
        figure = new_figure(height)
        top, bottom = figure.subplots(2, 1)
        low, high = _reliability_lines(top, curves, looks)
        top.plot([low, high], [low, high], color=INK, linewidth=0.8, zorder=1)
        top.set(
            title="error against predicted spread",
            xscale="log",
            yscale="log",
            xlabel=f"predicted RMS error (%, {protocol})",
            ylabel="RMS error (%)",
        )
        for axis in (top.xaxis, top.yaxis):
            set_log_ticks(axis, *axis.get_view_interval())
        percent = 100 * np.array(PROBABILITIES)
        for place, (method, curve) in enumerate(curves.items()):
            look = looks[method]
            bottom.plot(
                percent,
                100 * curve.coverage,
                label=method,
                linewidth=1.7,
                marker=look.marker,
                markersize=4.5,
                markevery=(3 + place % 10, 10),
                **look.line,
            )
        bottom.plot([0, 100], [0, 100], color=INK, linewidth=0.8, zorder=1)
        bottom.set(
            title="coverage of the ellipses",
            xlabel="probability of the ellipse (%)",
            ylabel="points inside it (%)",
            xlim=(0, 100),
            ylim=(0, 101),
        )
        for axis in (bottom.xaxis, bottom.yaxis):
            axis.set_major_locator(MultipleLocator(20))
        for axes in (top, bottom):
            axes.grid(visible=True, linewidth=0.8)
        handles = [method_handle(looks[method]) for method in curves]
        legend_below(figure, handles, list(curves), title)
    return figure


def calibration_alt(curves: Mapping[str, CalibrationCurve]) -> str:
    """The figure in a sentence, for those who do not see it."""
    half = PROBABILITIES.index(0.5)
    said = [
        f"{method} {number(100 * float(curve.coverage[half]), '.0f')} %"
        for method, curve in curves.items()
    ]
    return (
        "Error against predicted spread, and coverage of the predicted ellipses; points inside "
        f"their 50 % ellipse: {', '.join(said)}."
    )


def _reliability_lines(
    axes: Axes, curves: Mapping[str, CalibrationCurve], looks: Looks
) -> tuple[float, float]:
    """Draws the bins; returns the least and the largest value shown."""
    shown: list[float] = []
    for method, curve in curves.items():
        # A lost point has no place on the axes; the table shows it.
        pairs = [(one.predicted, one.found) for one in curve.bins]
        pairs = [pair for pair in pairs if np.isfinite(pair).all() and min(pair) > 0]
        if pairs:
            predicted, found = zip(*pairs, strict=True)
            look = looks[method]
            axes.plot(
                predicted, found, marker=look.marker, markersize=4.5, linewidth=1.7, **look.line
            )
            shown += predicted + found
    return (min(shown), max(shown)) if shown else (1.0, 10.0)


__all__ = ["calibration_alt", "calibration_figure"]
