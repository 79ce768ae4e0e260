"""The error of each group of faces, and of each part of the face, methods side by side."""

from collections.abc import Sequence

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landmarks.analysis.decomposition import GroupError
from landmarks.analysis.figures.layout import (
    Row,
    draw_interval,
    label_rows,
    legend_below,
    legend_height,
    method_handle,
    new_figure,
    number,
)
from landmarks.analysis.figures.style import STYLE, Looks, method_looks

_DOT = 0.105
"""Inches between two methods of a group."""
_LEGEND = "method, 95 % interval"


def groups_figure(
    groups: Sequence[GroupError], error_name: str, looks: Looks | None = None
) -> Figure:
    """A panel a grouping, a row a group, in it a dot with its interval for each method.

    The number of faces of a group stands at the right of its name. All panels share one axis.

    Args:
        groups: Of one split and one condition.
        error_name: Names the axis.
        looks: How each method is drawn; None: by its place in the groups.
    """
    looks = looks or method_looks(group.method for group in groups)
    methods = [m for m in looks if any(group.method == m for group in groups)]
    groupings = list(dict.fromkeys(group.grouping for group in groups))
    row = 0.34 + _DOT * len(methods)
    counts = [len({g.group for g in groups if g.grouping == name}) for name in groupings]
    heights = [0.35 + row * count for count in counts]
    with rc_context(STYLE):
        figure = new_figure(0.6 + sum(heights) + legend_height(methods, _LEGEND))
        panels = figure.subplots(
            len(groupings), 1, sharex=True, squeeze=False, height_ratios=heights
        )[:, 0]
        for axes, name in zip(panels, groupings, strict=True):
            own = [group for group in groups if group.grouping == name]
            _draw(axes, own, methods, looks, row)
            axes.set_title(f"by {name}")
            axes.tick_params(labelbottom=True)  # the figure may be longer than a screen
        panels[-1].set_xlabel(f"{error_name} (%)")
        handles = [method_handle(looks[method]) for method in methods]
        legend_below(figure, handles, methods, _LEGEND)
    return figure


def groups_alt(groups: Sequence[GroupError]) -> str:
    """The figure in a sentence, for those who do not see it."""
    said = []
    for name in dict.fromkeys(group.grouping for group in groups):
        own = [group for group in groups if group.grouping == name]
        low, high = (pick(own, key=lambda g: g.nme.value) for pick in (min, max))
        said.append(
            f"by {name} from {number(low.nme.value)} % ({low.group}, {low.method}) "
            f"to {number(high.nme.value)} % ({high.group}, {high.method})"
        )
    return f"NME of each method on groups: {'; '.join(said)}."


def _draw(
    axes: Axes, own: Sequence[GroupError], methods: Sequence[str], looks: Looks, row: float
) -> None:
    names = list(dict.fromkeys(group.group for group in own))
    step = _DOT / row
    for group in own:
        # The first method stands under the name, the others below it.
        y = names.index(group.group) + step * methods.index(group.method)
        draw_interval(axes, y, group.nme, looks[group.method], size=5)
    rows = []
    for name in names:
        faces = max(group.faces for group in own if group.group == name)
        rows.append(Row(name, f"{faces:,} faces"))
    label_rows(axes, rows, above=0.11 / row)
    axes.set_ylim(len(rows) - 0.16 / row, -0.33 / row)


__all__ = ["groups_alt", "groups_figure"]
