"""Cumulative error distributions."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib import rc_context
from matplotlib.figure import Figure

from landmarks.analysis.figures.style import STYLE, method_style


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
                axes.plot(
                    x, y, label=label, drawstyle="steps-post", linewidth=1.8, **method_style(i).line
                )
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


__all__ = ["Panel", "ced_figure", "ced_steps"]
