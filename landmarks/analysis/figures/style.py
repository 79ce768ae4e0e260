"""What all figures share: a look for each method, the ink, the sizes."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Told apart by the colour-blind (Okabe and Ito 2008, https://jfly.uni-koeln.de/color/); without
its black and yellow, which vanish on a dark and on a light page."""

_Dash = str | tuple[float, tuple[float, ...]]
_DASHES: tuple[_Dash, ...] = (
    "solid",
    (0, (5, 1.5)),
    (0, (1.2, 1.2)),
    (0, (6, 1.5, 1.2, 1.5)),
)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
INK = "#1a1b1c"
"""Of text and axes; in a page it becomes the colour of the page's text."""
PAPER = "#fdfdfe"
"""Of the inside of a hollow marker; in a page it becomes the colour of the page."""
UNRESOLVED = "#7f8589"
"""Of what is not resolved: a grey that is legible on a dark and on a light page."""
WIDTH = 5.2
"""Inches. Narrow enough that text of 10 points is legible on a telephone of 360 pixels."""
STYLE: Any = {  # Matplotlib types the keys by their names, one literal each
    "svg.fonttype": "none",  # text stays text: it can be searched and read aloud
    "svg.hashsalt": "landmarks",  # the same numbers give the same file
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.titlesize": 10.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.color": INK,
    "hatch.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#8888884d",
    "legend.frameon": False,
    "figure.facecolor": "white",
}


class Look(NamedTuple):
    """How a method is drawn in every figure.

    Attributes:
        colour: As ``#rrggbb``.
        dash: Line style of Matplotlib.
        marker: Marker of Matplotlib.
    """

    colour: str
    dash: _Dash
    marker: str

    @property
    def line(self) -> dict[str, Any]:
        """Arguments of a line without markers."""
        return {"color": self.colour, "linestyle": self.dash}


Looks = Mapping[str, Look]
"""The look of each method, by its name."""


def method_style(place: int) -> Look:
    """The look of the method that stands at a place of the experiment, from 0.

    Up to 24 methods differ in colour or dash, and up to 42 in colour or marker; neighbours differ
    in all three.

    >>> method_style(0)
    Look(colour='#0072B2', dash='solid', marker='o')
    >>> len({(method_style(i).colour, method_style(i).dash) for i in range(24)})
    24
    """
    colours = len(COLOURS)
    return Look(
        COLOURS[place % colours],
        _DASHES[(place // colours + place) % len(_DASHES)],
        _MARKERS[place % len(_MARKERS)],
    )


def method_looks(methods: Iterable[str]) -> dict[str, Look]:
    """A look for each method, by its place; made once a comparison and given to every figure.

    >>> [look.marker for look in method_looks(["argmax", "dark", "argmax"]).values()]
    ['o', 's']
    """
    return {method: method_style(place) for place, method in enumerate(dict.fromkeys(methods))}


__all__ = [
    "COLOURS",
    "INK",
    "PAPER",
    "STYLE",
    "UNRESOLVED",
    "WIDTH",
    "Look",
    "Looks",
    "method_looks",
    "method_style",
]
