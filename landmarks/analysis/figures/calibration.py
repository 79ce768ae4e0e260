"""Errors against the spread that was predicted for them."""

from collections.abc import Mapping

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from landmarks.analysis.calibration import PROBABILITIES, CalibrationCurve
from landmarks.analysis.figures.style import INK, STYLE, method_style


def calibration_figure(curves: Mapping[str, CalibrationCurve], protocol: str) -> Figure:
    """Error against predicted spread, and coverage of the ellipses, a line a method in both.

    Args:
        curves: For each method, its curve after the temperature.
        protocol: Name of the protocol whose normaliser errors are in per cent of.
    """
    tempered = all(curve.tempered for curve in curves.values())
    with rc_context(STYLE):
        figure = Figure(figsize=(10.4, 4.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        ends = _reliability_lines(left, curves)
        left.plot(ends, ends, color=INK, linewidth=0.8, zorder=1)
        left.set(
            title="error against predicted spread",
            xscale="log",
            yscale="log",
            xlabel=f"predicted RMS error (%, {protocol})",
            ylabel="RMS error (%)",
            aspect="equal",
        )
        for axis in (left.xaxis, left.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter("{x:g}")
            axis.set_minor_locator(NullLocator())
        percent = 100 * np.array(PROBABILITIES)
        for i, (method, curve) in enumerate(curves.items()):
            right.plot(
                percent, 100 * curve.coverage, label=method, linewidth=1.8, **method_style(i).line
            )
        right.plot([0, 100], [0, 100], color=INK, linewidth=0.8, zorder=1)
        right.set(
            title="coverage of the ellipses",
            xlabel="probability of the ellipse (%)",
            ylabel="points inside it (%)",
            xlim=(0, 100),
            ylim=(0, 101),
            aspect="equal",
        )
        for axes in (left, right):
            axes.grid(visible=True, linewidth=0.8)
        figure.suptitle("after the temperature" if tempered else "without a temperature")
        lines = right.get_legend_handles_labels()
        figure.legend(*lines, title="method", loc="outside right center", alignment="left")
    return figure


def _reliability_lines(axes: Axes, curves: Mapping[str, CalibrationCurve]) -> tuple[float, float]:
    """Draws the bins; returns the least and the largest value shown."""
    shown: list[float] = []
    for i, curve in enumerate(curves.values()):
        # A lost point has no place on the axes; the table shows it.
        pairs = [(one.predicted, one.found) for one in curve.bins]
        pairs = [pair for pair in pairs if np.isfinite(pair).all() and min(pair) > 0]
        if pairs:
            predicted, found = zip(*pairs, strict=True)
            axes.plot(
                predicted, found, marker="o", markersize=4, linewidth=1.8, **method_style(i).line
            )
            shown += predicted + found
    return (min(shown), max(shown)) if shown else (1.0, 10.0)


__all__ = ["calibration_figure"]
