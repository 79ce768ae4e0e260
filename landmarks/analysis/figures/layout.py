"""How figures of one narrow column are laid out: rows under their names, legends below the axes."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from landmarks.analysis.figures.style import PAPER, WIDTH, Look
from landmarks.analysis.statistics import Estimate

ROW = 0.42
"""Height in inches of a row and of the name above it."""
_LEGEND_LINE = 0.205
_CHARACTERS = 67
"""That stand side by side in a figure's width."""
_LABEL = 46


class Row(NamedTuple):
    """What stands above a row.

    Attributes:
        name: At its left.
        value: At its right.
        look: Draws the method's marker before the name; None for no marker.
    """

    name: str
    value: str
    look: Look | None = None


def new_figure(height: float) -> Figure:
    """A figure one narrow column wide, whose parts make room for each other.

    Args:
        height: In inches.
    """
    return Figure(figsize=(WIDTH, height), layout=ConstrainedLayoutEngine(h_pad=0.07))


def label_rows(axes: Axes, rows: Sequence[Row], above: float = 0.2) -> None:
    """Writes names and values above the rows, which stand at 0, 1, … downwards.

    Names stand above and not beside, so that long ones take nothing from a narrow figure.

    Args:
        axes: Where the rows are.
        rows: From top to bottom.
        above: Distance from a row to its name, in rows.
    """
    place = axes.get_yaxis_transform()
    # What lies behind a text would make it hard to read.
    ground = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.8}
    for y, row in enumerate(rows):
        indent = 0.0
        if row.look is not None:
            indent = 0.035
            axes.plot(
                [0.01],
                [y - above - 0.13],
                marker=row.look.marker,
                color=row.look.colour,
                markersize=5,
                linestyle="none",
                transform=place,
                clip_on=False,
            )
        text: dict[str, Any] = {"transform": place, "va": "bottom", "fontsize": 9.5, "bbox": ground}
        axes.text(indent, y - above, shortened(row.name, _LABEL), ha="left", **text)
        axes.text(1, y - above, row.value, ha="right", **text)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_ylim(len(rows) - 0.55, -0.5 - above)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x", linewidth=0.8)


def draw_interval(axes: Axes, y: float, estimate: Estimate, look: Look, size: float = 6) -> None:
    """A mean and its interval in a row; what is not finite is left out."""
    value, low, high = estimate
    if math.isfinite(low) and math.isfinite(high):
        axes.plot([low, high], [y, y], color=look.colour, linewidth=2.2, solid_capstyle="butt")
    if math.isfinite(value):
        axes.plot([value], [y], marker=look.marker, color=look.colour, markersize=size)


def legend_height(labels: Sequence[str], title: str = "") -> float:
    """Inches that `legend_below` takes."""
    if not labels:
        return 0.0
    lines = -(-len(labels) // _columns(labels)) + bool(title)
    return 0.15 + _LEGEND_LINE * lines


def legend_below(
    figure: Figure | SubFigure, handles: Sequence[Artist], labels: Sequence[str], title: str = ""
) -> None:
    """A legend under the axes, where it covers nothing, in as many columns as the names allow."""
    if handles:
        figure.legend(
            handles,
            labels,
            title=title or None,
            loc="outside lower left",
            alignment="left",
            ncols=_columns(labels),
            fontsize=9.5,
            title_fontsize=9.5,
            labelspacing=0.35,
            handlelength=2.8,
            columnspacing=1.2,
        )


def method_handle(look: Look, *, line: bool = True) -> Line2D:
    """What stands for a method in a legend: its marker, on its line or alone."""
    return Line2D(
        [],
        [],
        color=look.colour,
        linestyle=look.dash if line else "none",  # type: ignore[arg-type]
        marker=look.marker,
        markersize=5,
        linewidth=1.8,
    )


def set_log_ticks(axis: Axis, low: float, high: float) -> None:
    """Ticks at round numbers on a logarithmic axis, a few however short the axis is.

    Args:
        axis: Whose scale is logarithmic already.
        low: Least value shown, over 0.
        high: Largest value shown.
    """
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7)):
        ticks = [step * 10.0**power for power in powers for step in steps]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) >= 4:
            break
    else:  # so short that a logarithmic axis looks like a linear one
        ticks = [tick for tick in MaxNLocator(5).tick_values(low, high) if low <= tick <= high]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter("{x:.4g}")
    axis.set_minor_locator(NullLocator())


def number(value: float, pattern: str = ".2f") -> str:
    """A number as text; ∞ where it has no end, a dash where there is none.

    >>> number(3.456), number(float("inf")), number(float("nan"))
    ('3.46', '∞', '–')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return format(value, pattern).replace("-", "−")


def interval_text(estimate: Estimate, pattern: str = ".2f") -> str:
    """A mean and its limits as text.

    >>> interval_text(Estimate(3.4, 3.25, 3.5)), interval_text(Estimate(3.4, *[float("nan")] * 2))
    ('3.40 [3.25, 3.50]', '3.40')
    """
    text = number(estimate.value, pattern)
    if math.isfinite(estimate.low) and math.isfinite(estimate.high):
        text += f" [{number(estimate.low, pattern)}, {number(estimate.high, pattern)}]"
    return text


def shortened(name: str, length: int) -> str:
    """A name of at most a number of characters, its middle left out.

    >>> shortened("argmax", 9), shortened("continuous_heatmap", 9)
    ('argmax', 'cont…tmap')
    """
    if len(name) <= length:
        return name
    tail = (length - 1) // 2
    return f"{name[: length - 1 - tail]}…{name[-tail:]}"


def finite(values: Iterable[float]) -> list[float]:
    """Those values that can be drawn."""
    return [value for value in values if math.isfinite(value)]


def _columns(labels: Sequence[str]) -> int:
    longest = max(len(label) for label in labels) + 8  # the handle and the space between
    return max(1, min(4, len(labels), _CHARACTERS // longest))


__all__ = [
    "ROW",
    "Row",
    "draw_interval",
    "finite",
    "interval_text",
    "label_rows",
    "legend_below",
    "legend_height",
    "method_handle",
    "new_figure",
    "number",
    "set_log_ticks",
    "shortened",
]
