"""Where each method's error comes from, as bars that add up."""

import math
from collections.abc import Sequence

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from landmarks.analysis.decomposition import ErrorTerms
from landmarks.analysis.figures.layout import (
    ROW,
    Row,
    interval_text,
    label_rows,
    legend_below,
    legend_height,
    new_figure,
    number,
)
from landmarks.analysis.figures.style import INK, STYLE, Looks, method_looks

_FILLS = {
    "crop": ("#43597c", "xx"),
    "encode": ("#9a9376", "\\\\\\"),
    "decode": ("#e1cc55", "///"),
    "network": ("#a9afb5", ""),
}
"""Colours of the map cividis, which are those of no method, and hatches."""


def terms_figure(
    terms: Sequence[ErrorTerms], error_name: str, looks: Looks | None = None
) -> Figure:
    """A bar a method: crop, encode, decode and network end to end, the total written above.

    A term below zero, by which a codec does better than its ideal, hangs to the left of zero.

    Args:
        terms: Of one split and one condition.
        error_name: Names the axis.
        looks: How each method's marker is drawn; None: by its place in the terms.
    """
    looks = looks or method_looks(own.method for own in terms)
    names = [name for name in _FILLS if any(t.name == name for own in terms for t in own.terms)]
    with rc_context(STYLE):
        figure = new_figure(0.75 + 1.2 * ROW * len(terms) + legend_height(names))
        axes = figure.subplots()
        axes.axvline(0, color=INK, linewidth=0.8, zorder=3)
        for y, own in enumerate(terms):
            _draw(axes, y, own)
        rows = [
            Row(own.method, f"{interval_text(own.total)} %", looks[own.method]) for own in terms
        ]
        label_rows(axes, rows, above=0.28)
        axes.set_xlabel(f"{error_name} (%)")
        legend_below(figure, [_patch(name) for name in names], names)
    return figure


def terms_alt(terms: Sequence[ErrorTerms]) -> str:
    """The figure in a sentence, for those who do not see it."""
    said = [
        f"{own.method} {number(own.total.value)} % = "
        + " + ".join(f"{term.name} {number(term.nme.value)}" for term in own.terms)
        for own in terms
    ]
    return f"Terms of the NME: {'; '.join(said)}."


def _draw(axes: Axes, y: int, own: ErrorTerms) -> None:
    ends = {True: 0.0, False: 0.0}  # of the bars to the right and to the left of zero
    for term in own.terms:
        value = term.nme.value
        if math.isfinite(value):
            colour, hatch = _FILLS[term.name]
            axes.barh(
                y,
                value,
                left=ends[value >= 0],
                height=0.4,
                color=colour,
                hatch=hatch,
                edgecolor=INK,
                linewidth=0.6,
            )
            ends[value >= 0] += value


def _patch(name: str) -> Patch:
    colour, hatch = _FILLS[name]
    return Patch(facecolor=colour, hatch=hatch, edgecolor=INK, linewidth=0.6)


__all__ = ["terms_alt", "terms_figure"]
