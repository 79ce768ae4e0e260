"""What the choice of the checkpoint does to the result."""

import math
from collections.abc import Sequence

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from landmarks.analysis.figures.layout import (
    ROW,
    Row,
    label_rows,
    legend_below,
    legend_height,
    new_figure,
    number,
)
from landmarks.analysis.figures.style import INK, PAPER, STYLE, Looks, method_looks
from landmarks.analysis.selection import Selection

_KINDS = {"last": ("|", 9), "best_on_test": ("<", 6.5), "chosen": ("o", 7.5)}
_WORDS = {
    "chosen": "chosen on held-out faces (the result)",
    "last": "last epoch",
    "best_on_test": "picked on the test faces (never reported)",
}


def selection_figure(
    selections: Sequence[Selection], error_name: str, looks: Looks | None = None
) -> Figure:
    """A row a method: NME chosen on held-out faces, of the last epoch, and picked on test faces.

    The gap at the right is what picking each training's epoch on the test faces would have hidden.

    Args:
        selections: Of one split and one condition.
        error_name: Names the axis.
        looks: How each method is drawn; None: by its place in the selections.
    """
    looks = looks or method_looks(own.method for own in selections)
    with rc_context(STYLE):
        labels = list(_WORDS.values())
        height = 0.75 + ROW * max(len(selections), 1) + legend_height(labels)
        figure = new_figure(height)
        axes = figure.subplots()
        for y, own in enumerate(selections):
            colour = looks[own.method].colour
            places = {kind: float(getattr(own, kind)) for kind in _KINDS}
            known = [x for x in places.values() if math.isfinite(x)]
            if known:
                axes.plot([min(known), max(known)], [y, y], color=colour, linewidth=2, zorder=1)
            for kind, x in places.items():
                if math.isfinite(x):
                    axes.add_line(_mark(kind, colour, [x], [y]))
                    axes.update_datalim([(x, y)])
        axes.autoscale_view()
        label_rows(axes, [Row(s.method, _gap(s), looks[s.method]) for s in selections], 0.24)
        axes.set_xlabel(f"{error_name} (%)")
        legend_below(figure, [_mark(kind, INK, [], []) for kind in _WORDS], labels)
    return figure


def selection_alt(selections: Sequence[Selection]) -> str:
    """The figure in a sentence, for those who do not see it."""
    said = [
        f"{own.method} {number(own.chosen)} % chosen on held-out faces, {number(own.last)} % at "
        f"the last epoch, {number(own.best_on_test)} % if picked on the test faces"
        for own in selections
    ]
    return f"NME by the way the checkpoint is chosen: {'; '.join(said)}."


def _gap(own: Selection) -> str:
    return f"{number(own.chosen)} %, gap {number(own.gap, '.3f')}"


def _mark(kind: str, colour: str, x: Sequence[float], y: Sequence[float]) -> Line2D:
    marker, size = _KINDS[kind]
    return Line2D(
        x,
        y,
        linestyle="none",
        marker=marker,
        markersize=size,
        color=colour,
        markerfacecolor=PAPER if kind == "best_on_test" else colour,
        markeredgewidth=1.6,
    )


__all__ = ["selection_alt", "selection_figure"]
