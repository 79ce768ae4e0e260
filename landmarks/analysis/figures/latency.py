"""Accuracy against time, decoding included."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib import rc_context
from matplotlib.figure import Figure

from landmarks.analysis.figures.layout import (
    finite,
    legend_below,
    legend_height,
    method_handle,
    new_figure,
    number,
    set_log_ticks,
)
from landmarks.analysis.figures.style import INK, STYLE, Looks, method_looks
from landmarks.analysis.scores import MethodScore
from landmarks.analysis.statistics import Estimate

_LEGEND = "method, ms a face, NME"


class LatencyPoint(NamedTuple):
    """A method's accuracy and time.

    Attributes:
        method: Its name.
        nme: In per cent.
        network_ms: Time of the network, in milliseconds a face.
        decode_ms: Time of decoding, in milliseconds a face.
    """

    method: str
    nme: Estimate
    network_ms: float
    decode_ms: float

    @property
    def total_ms(self) -> float:
        """From crop to points."""
        return self.network_ms + self.decode_ms


def latency_points(scores: Sequence[MethodScore]) -> list[LatencyPoint]:
    """The methods whose network and decoding were both timed; other programs' are left out."""
    return [
        LatencyPoint(score.method, score.nme, score.network_ms, score.decode_ms)
        for score in scores
        if score.network_ms is not None and score.decode_ms is not None
    ]


def latency_figure(
    points: Sequence[LatencyPoint], error_name: str, looks: Looks | None = None
) -> Figure:
    """A marker a method at its time from crop to points, with the interval of its NME.

    The thin line to the left of a marker is its decoding: it begins at the time of the network
    alone. The stair joins the methods that no other beats in both time and accuracy.

    Args:
        points: Methods timed on one machine.
        error_name: Names the vertical axis.
        looks: How each method is drawn; None: by its place in the points.
    """
    looks = looks or method_looks(point.method for point in points)
    shown = [p for p in points if _drawable(p)]
    labels = [
        f"{p.method}, {number(p.total_ms, '.3g')} ms, {number(p.nme.value)} %" for p in points
    ]
    with rc_context(STYLE):
        height = 3.6 + legend_height(labels, _LEGEND)
        figure = new_figure(height)
        axes = figure.subplots()
        for point in shown:
            look = looks[point.method]
            x, (value, low, high) = point.total_ms, point.nme
            if math.isfinite(low) and math.isfinite(high):
                axes.plot([x, x], [low, high], color=look.colour, linewidth=1.6)
            axes.plot([point.network_ms, x], [value, value], color=look.colour, linewidth=0.9)
            axes.plot([x], [value], marker=look.marker, color=look.colour, markersize=7)
        front = pareto_front(shown)
        axes.plot(
            [point.total_ms for point in front],
            [point.nme.value for point in front],
            drawstyle="steps-post",
            color=INK,
            linewidth=0.8,
            zorder=1,
        )
        if shown:
            starts = [p.network_ms if p.network_ms > 0 else p.total_ms for p in shown]
            low, high = min(starts) / 1.12, max(p.total_ms for p in shown) * 1.12
            axes.set_xscale("log")
            axes.set_xlim(low, high)
            set_log_ticks(axes.xaxis, low, high)
        axes.set(xlabel="network and decoding (ms a face, log scale)", ylabel=f"{error_name} (%)")
        axes.grid(visible=True, linewidth=0.8)
        handles = [method_handle(looks[point.method], line=False) for point in points]
        legend_below(figure, handles, labels, _LEGEND)
    return figure


def pareto_front(points: Sequence[LatencyPoint]) -> list[LatencyPoint]:
    """The methods that no other one beats in both time and accuracy, the fastest first.

    >>> points = [LatencyPoint(n, Estimate(e, e, e), ms, 0.0)
    ...           for n, e, ms in (("a", 4.0, 1.0), ("b", 3.0, 2.0), ("c", 3.5, 3.0))]
    >>> [point.method for point in pareto_front(points)]
    ['a', 'b']
    """
    front: list[LatencyPoint] = []
    for point in sorted(points, key=lambda p: (p.total_ms, p.nme.value)):
        if not front or point.nme.value < front[-1].nme.value:
            front.append(point)
    return front


def latency_alt(points: Sequence[LatencyPoint]) -> str:
    """The figure in a sentence, for those who do not see it."""
    front = pareto_front([p for p in points if _drawable(p)])
    said = [
        f"{p.method} ({number(p.total_ms, '.3g')} ms a face, {number(p.nme.value)} %)"
        for p in front
    ]
    return (
        f"NME against the time of network and decoding of {len(points)} methods; none beats in "
        f"both: {', '.join(said) or 'not known'}."
    )


def _drawable(point: LatencyPoint) -> bool:
    return len(finite([point.total_ms, point.nme.value])) == 2 and point.total_ms > 0


__all__ = ["LatencyPoint", "latency_alt", "latency_figure", "latency_points", "pareto_front"]
