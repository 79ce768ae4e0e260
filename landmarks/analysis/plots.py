"""Curves and intervals of compared methods, as SVG."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from landmarks.analysis.calibration import PROBABILITIES, CalibrationCurve
from landmarks.analysis.scores import MethodScore
from landmarks.files import complete_file

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Told apart by the colour-blind (Okabe and Ito 2008, https://jfly.uni-koeln.de/color/); without
its black and yellow, which vanish on a dark and on a light page."""

_DASHES = ("solid", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))
INK = "#1a1b1c"
STYLE: Any = {  # Matplotlib types the keys by their names, one literal each
    "svg.fonttype": "none",  # text stays text: it can be searched and read aloud
    "svg.hashsalt": "landmarks",  # the same numbers give the same file
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#8888884d",
    "legend.frameon": False,
    "figure.facecolor": "white",
}


class Panel(NamedTuple):
    """What one CED plot shows.

    Attributes:
        title: Such as the split and the number of faces.
        errors: For each method, each face's NME in per cent.
        limit: End of the axis in per cent: the protocol's AUC threshold.
    """

    title: str
    errors: Mapping[str, Float[np.ndarray, " N"]]
    limit: float


def ced_figure(panels: Sequence[Panel], error_name: str) -> Figure:
    """Cumulative error distributions, a panel a split, a line a method with its NME in the legend.

    Args:
        panels: What to show, left to right.
        error_name: Names the horizontal axis.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(6.4 * len(panels), 4.4), layout="constrained")
        for place, panel in enumerate(panels):
            axes = figure.add_subplot(1, len(panels), place + 1)
            for i, (method, errors) in enumerate(panel.errors.items()):
                x, y = ced_steps(errors, panel.limit)
                label = f"{method}  {errors.mean():.2f} %"
                axes.plot(x, y, label=label, drawstyle="steps-post", linewidth=1.8, **_line(i))
            axes.set(
                title=panel.title,
                xlabel=f"{error_name} (%)",
                ylabel="faces at or below the error (%)",
                xlim=(0, panel.limit),
                ylim=(0, 101),
            )
            axes.grid(visible=True, linewidth=0.8)
            axes.legend(title="method, NME", loc="lower right", alignment="left")
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


def interval_figure(scores: Sequence[MethodScore], error_name: str) -> Figure:
    """Each method's NME, and its paired difference to the best, both with their intervals."""
    with rc_context(STYLE):
        height = 1.3 + 0.36 * len(scores)
        figure = Figure(figsize=(8.4, height), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        rows = range(len(scores))
        for row, score in enumerate(scores):
            colour = COLOURS[row % len(COLOURS)]
            _interval(left, row, score.nme, colour)
            if score.difference is None:
                right.plot([0], [row], marker="D", color=colour, markersize=6)
            else:
                _interval(right, row, score.difference, colour)
        left.set(title="mean", xlabel=f"{error_name} (%)")
        right.set(title="difference to the best, face by face", xlabel="NME difference (points)")
        right.axvline(0, color=INK, linewidth=0.8)
        left.set_yticks(list(rows), [score.method for score in scores])
        left.set_ylim(len(scores) - 0.5, -0.5)
        for axes in (left, right):
            axes.grid(visible=True, axis="x", linewidth=0.8)
            axes.tick_params(axis="y", length=0)
    return figure


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
            right.plot(percent, 100 * curve.coverage, label=method, linewidth=1.8, **_line(i))
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
            axes.plot(predicted, found, marker="o", markersize=4, linewidth=1.8, **_line(i))
            shown += predicted + found
    return (min(shown), max(shown)) if shown else (1.0, 10.0)


def save_svg(figure: Figure, path: Path) -> None:
    """Writes a figure as SVG; it appears when it is complete."""
    with rc_context(STYLE), complete_file(path) as unfinished:
        figure.savefig(unfinished, metadata={"Date": None})


def inline_svg(path: Path) -> str:
    """The picture as an element of a page: its ink takes the page's colour, its ids its name."""
    text = path.read_text(encoding="utf-8")
    text = text[text.index("<svg") :]
    text = text.replace(INK, "currentColor")
    text = re.sub(r"fill: #ffffff(?=[^\"]*\")", "fill: none", text)
    prefix = f"{path.stem}-"
    text = re.sub(r'(\bid=")', rf"\1{prefix}", text)
    text = re.sub(r'((?:xlink:)?href="#|url\(#)', rf"\1{prefix}", text)
    # A page needs no second document header, and its style sheet settles the size.
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    return re.sub(
        r'(<svg[^>]*?) width="[^"]*"',
        r"\1",
        re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1),
        count=1,
    )


def _line(place: int) -> dict[str, Any]:
    colours = len(COLOURS)
    dash = _DASHES[(place // colours + place) % len(_DASHES)]
    return {"color": COLOURS[place % colours], "linestyle": dash}


def _interval(axes: Axes, row: int, estimate: tuple[float, float, float], colour: str) -> None:
    value, low, high = estimate
    axes.plot([low, high], [row, row], color=colour, linewidth=2.4, solid_capstyle="butt")
    axes.plot([value], [row], marker="o", color=colour, markersize=6)
