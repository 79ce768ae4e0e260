"""The methods' NME with intervals, and their differences to the best."""

from collections.abc import Sequence

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landmarks.analysis.figures.style import COLOURS, INK, STYLE
from landmarks.analysis.scores import MethodScore


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


def _interval(axes: Axes, row: int, estimate: tuple[float, float, float], colour: str) -> None:
    value, low, high = estimate
    axes.plot([low, high], [row, row], color=colour, linewidth=2.4, solid_capstyle="butt")
    axes.plot([value], [row], marker="o", color=colour, markersize=6)


__all__ = ["interval_figure"]
