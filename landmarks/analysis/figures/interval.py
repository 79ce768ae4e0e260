"""The methods' NME with intervals."""

from collections.abc import Sequence

from matplotlib import rc_context
from matplotlib.figure import Figure

from landmarks.analysis.figures.layout import (
    ROW,
    Row,
    draw_interval,
    interval_text,
    label_rows,
    new_figure,
    number,
)
from landmarks.analysis.figures.style import STYLE, Looks, method_looks
from landmarks.analysis.scores import MethodScore


def interval_figure(
    scores: Sequence[MethodScore], error_name: str, looks: Looks | None = None
) -> Figure:
    """Each method's NME with its 95 % interval, the best on top.

    Two intervals that overlap do not say that two methods are alike: on the same faces their
    difference is far surer than either mean. That is what the forest plot shows.

    Args:
        scores: Of one split and protocol.
        error_name: Names the axis.
        looks: How each method is drawn; None: by its place in the scores.
    """
    looks = looks or method_looks(score.method for score in scores)
    ordered = sorted(scores, key=lambda score: score.nme.value)
    with rc_context(STYLE):
        figure = new_figure(0.75 + ROW * len(ordered))
        axes = figure.subplots()
        for y, score in enumerate(ordered):
            draw_interval(axes, y, score.nme, looks[score.method])
        label_rows(axes, [Row(score.method, interval_text(score.nme)) for score in ordered])
        axes.set_xlabel(f"{error_name} (%), 95 % interval")
    return figure


def interval_alt(scores: Sequence[MethodScore]) -> str:
    """The figure in a sentence, for those who do not see it."""
    ordered = sorted(scores, key=lambda score: score.nme.value)
    said = f"{ordered[0].method} {number(ordered[0].nme.value)} %"
    if len(ordered) > 1:
        said += f" (lowest) to {ordered[-1].method} {number(ordered[-1].nme.value)} % (highest)"
    return f"NME with 95 % intervals of {len(ordered)} methods: {said}."


__all__ = ["interval_alt", "interval_figure"]
