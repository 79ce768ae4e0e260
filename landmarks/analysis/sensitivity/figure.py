"""The error against shift, scale and rotation of the crop, as a picture."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator, NullLocator

from landmarks.analysis.figures.style import COLOURS, INK, STYLE
from landmarks.analysis.sensitivity.conditions import KINDS, SCALING, SHIFT, Axis, Kind
from landmarks.files import complete_file

_CLOSEST = 0.15
"""Distance of two ticks on the axis of factors, as a natural logarithm."""
_MARKERS = ("o", "s")
_LINES = ("solid", (0, (5, 1.5)))


def sensitivity_figure(table: polars.DataFrame, rise: float, title: str) -> Figure:
    """Three panels with one NME axis: shift, scale and rotation; bands are intervals of 95 %.

    Args:
        table: Rows of `sensitivity_table` of one split and protocol.
        rise: The share that the verdict asks for, drawn as a line.
        title: Names the split, the protocol and the number of faces.
    """
    unchanged = table.row(by_predicate=polars.col("error") == "unchanged", named=True)
    with rc_context(STYLE):
        figure = Figure(figsize=(11.2, 4.1), layout="constrained")
        panels = figure.subplots(1, 3, sharey=True)
        for axes, kind in zip(panels, KINDS, strict=True):
            _panel(axes, kind, table, unchanged)
            axes.axhline(unchanged["nme"], color=INK, linewidth=0.8, zorder=1)
            axes.axhline(
                (1 + rise) * unchanged["nme"],
                color=INK,
                linewidth=0.8,
                linestyle=(0, (1.2, 2.4)),
                zorder=1,
            )
            axes.grid(visible=True, linewidth=0.8)
        first = panels[0]
        first.set_yscale("log")
        first.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
        first.yaxis.set_major_formatter("{x:g}")
        first.yaxis.set_minor_locator(NullLocator())
        first.set_ylabel(f"NME (%, {table['protocol'][0]})")
        first.annotate(
            f"{100 * rise:+g} %",
            (0.01, (1 + rise) * unchanged["nme"]),
            xycoords=("axes fraction", "data"),
            xytext=(0, 2),
            textcoords="offset points",
            fontsize=8,
        )
        first.legend(title="displaced", loc="upper center", alignment="left")
        figure.suptitle(title)
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Writes a figure as SVG or PNG, by the path's suffix; it appears when it is complete."""
    metadata: dict[str, str | None] = {"Date": None} if path.suffix == ".svg" else {}
    with rc_context(STYLE), complete_file(path) as unfinished:
        figure.savefig(unfinished, dpi=144, metadata=metadata)


def _panel(axes: Axes, kind: Kind, table: polars.DataFrame, unchanged: dict[str, Any]) -> None:
    places: Sequence[float] = ()
    for i, axis in enumerate(kind.axes):
        rows = _rows(axis, kind, table, unchanged)
        places = [100 * level if kind is SHIFT else level for level in rows["level"].to_list()]
        axes.fill_between(
            places,
            rows["low"].to_list(),
            rows["high"].to_list(),
            color=COLOURS[i],
            alpha=0.18,
            linewidth=0,
        )
        axes.plot(
            places,
            rows["nme"].to_list(),
            color=COLOURS[i],
            linestyle=_LINES[i],
            marker=_MARKERS[i],
            markersize=4.5,
            linewidth=1.8,
            label=axis.label,
        )
    axes.set(title=kind.name, xlabel=kind.unit)
    if kind is SCALING:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(_readable(places)))
        axes.xaxis.set_major_formatter("{x:.3g}")
        axes.xaxis.set_minor_locator(NullLocator())


def _readable(factors: Sequence[float]) -> list[float]:
    """Those factors that do not stand too close on a logarithmic axis, from 1 outward.

    >>> _readable([0.5, 0.9, 1.0, 1.1, 1.25, 2.0])
    [1.0, 1.25, 0.5, 2.0]
    """
    shown: list[float] = []
    for factor in sorted(factors, key=lambda factor: abs(math.log(factor))):
        if all(abs(math.log(factor / other)) > _CLOSEST for other in shown):
            shown.append(factor)
    return shown


def _rows(
    axis: Axis, kind: Kind, table: polars.DataFrame, unchanged: dict[str, Any]
) -> polars.DataFrame:
    own = table.filter(polars.col("error") == axis.name)
    middle = polars.DataFrame([{**unchanged, "level": kind.neutral}], schema=table.schema)
    return polars.concat([own, middle]).sort("level")
