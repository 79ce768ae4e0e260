"""The error of each landmark, drawn where it lies on the mean face."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from landmarks.analysis.figures.layout import new_figure, number, shortened
from landmarks.analysis.figures.style import INK, STYLE, UNRESOLVED, WIDTH
from landmarks.markups import Part

_SEQUENTIAL = colormaps["viridis"].resampled(32)
_SIZES = 12
_DIVERGING = LinearSegmentedColormap.from_list(
    "blue_grey_orange", ["#0072B2", "#c3c6c9", "#D55E00"], 33
)
"""Blue is better, orange is worse; the middle is legible on a dark and on a light page."""


def mean_face_figure(
    errors: Mapping[str, Float[np.ndarray, " K"]],
    shape: Float[np.ndarray, "K 2"],
    parts: Mapping[str, Part],
    error_name: str,
) -> Figure:
    """Each landmark's error on the mean face, a panel a method, all on one scale.

    Colour and size of a point both tell the error. A landmark without an error is left out.

    Args:
        errors: For each method, each landmark's error in per cent; NaN where there is none.
        shape: (K, 2) the mean face, x to the right and y down, in any unit
            (`landmarks.markups.Markup.mean_shape`).
        parts: Lines to draw the face with (`landmarks.markups.Markup.parts`).
        error_name: Names the scale.
    """
    known = _known(errors)
    low, high = (known.min(), known.max()) if known.size else (0.0, 1.0)
    scale = Normalize(low, high if high > low else low + 1)
    look: dict[str, Any] = {"markers": ("o", "o"), "colours": _SEQUENTIAL, "scale": scale}
    return _figure(errors, shape, parts, f"{error_name} (%)", **look)


def mean_face_difference_figure(
    errors: Mapping[str, Float[np.ndarray, " K"]],
    reference: str,
    shape: Float[np.ndarray, "K 2"],
    parts: Mapping[str, Part],
    error_name: str,
) -> Figure:
    """Each landmark's error less that of one method, a panel for each of the others.

    A point of lower error is blue and points down, one of higher error is orange and points up; its
    size tells how large the difference is.

    Args:
        errors: For each method, each landmark's error in per cent; NaN where there is none.
        reference: Name of the method to compare with, which is mostly the best.
        shape: See `mean_face_figure`.
        parts: See `mean_face_figure`.
        error_name: Names the scale.

    Raises:
        ValueError: If there is no other method.
    """
    others = _differences(errors, reference)
    if not others:
        raise ValueError(f"{reference} is the only method; there is nothing to compare it with")
    known = _known(others)
    end = float(np.abs(known).max()) if known.size else 0.0
    scale = Normalize(-(end or 1), end or 1)
    look: dict[str, Any] = {"markers": ("v", "^"), "colours": _DIVERGING, "scale": scale}
    return _figure(
        others,
        shape,
        parts,
        f"{error_name},\nless that of {shortened(reference, 40)} (points)",
        **look,
    )


def mean_face_alt(
    errors: Mapping[str, Float[np.ndarray, " K"]],
    parts: Mapping[str, Part],
    reference: str | None = None,
) -> str:
    """Either figure in a sentence, for those who do not see it.

    Args:
        errors: For each method, each landmark's error in per cent.
        parts: The markup's.
        reference: Of the figure of differences; None for that of the errors themselves.
    """
    said = []
    shown = errors if reference is None else _differences(errors, reference)
    for method, own in shown.items():
        means = {
            part: float(own[list(line.points)].mean())
            for part, line in parts.items()
            if np.isfinite(own[list(line.points)]).all()
        }
        if means:
            worst, best = (pick(means, key=means.__getitem__) for pick in (max, min))
            said.append(
                f"{method} from {number(means[best])} ({_words(best)}) "
                f"to {number(means[worst])} ({_words(worst)})"
            )
    less = "" if reference is None else f", less that of {reference}"
    parts_said = "; ".join(said) or "not known"
    return f"Error of each landmark on the mean face{less}, in per cent; by part: {parts_said}."


def _figure(
    errors: Mapping[str, Float[np.ndarray, " K"]],
    shape: Float[np.ndarray, "K 2"],
    parts: Mapping[str, Part],
    scale_name: str,
    markers: tuple[str, str],
    colours: Colormap,
    scale: Normalize,
) -> Figure:
    columns = 1 if len(errors) == 1 else 2 if len(errors) <= 4 else 3
    lines = -(-len(errors) // columns)
    extent = np.ptp(shape, axis=0)
    side = min(WIDTH / columns, 3.8)
    height = lines * (side * 0.92 * float(extent[1] / extent[0]) + 0.3) + 0.75
    with rc_context(STYLE):
        figure = new_figure(height)
        panels = figure.subplots(lines, columns, squeeze=False)
        for place, axes in enumerate(panels.flat):
            axes.set_axis_off()
            axes.set_aspect("equal")
            axes.set_xlim(shape[:, 0].min() - 0.15, shape[:, 0].max() + 0.15)
            axes.set_ylim(shape[:, 1].max() + 0.15, shape[:, 1].min() - 0.15)
            if place < len(errors):
                method = list(errors)[place]
                axes.set_title(shortened(method, 54 // columns), fontsize=9.5)
                _draw(axes, errors[method], shape, parts, markers, colours, scale, columns)
        bar = figure.colorbar(
            ScalarMappable(scale, colours),
            ax=panels,
            location="bottom",
            aspect=36,
            shrink=0.8,
            pad=0.02,
        )
        bar.set_label(scale_name)
        bar.outline.set_visible(False)
    return figure


def _draw(
    axes: Axes,
    errors: Float[np.ndarray, " K"],
    shape: Float[np.ndarray, "K 2"],
    parts: Mapping[str, Part],
    markers: tuple[str, str],
    colours: Colormap,
    scale: Normalize,
    columns: int,
) -> None:
    for part in parts.values():
        line = [*part.points, part.points[0]] if part.closed else list(part.points)
        axes.plot(*shape[line].T, color=UNRESOLVED, linewidth=0.7, zorder=1)
    known = np.isfinite(errors)
    largest = max(abs(float(scale.vmin or 0)), abs(float(scale.vmax or 0)))
    # Points of one size are drawn at once: in the file they then share one shape.
    sizes = np.rint(_SIZES * np.abs(np.where(known, errors, 0)) / largest)
    for marker, lower in zip(markers, (True, False), strict=True):
        for size in range(_SIZES + 1):
            own = known & (sizes == size) & ((errors < 0) == lower)
            if own.any():
                axes.scatter(
                    shape[own, 0],
                    shape[own, 1],
                    s=(10 + 80 * size / _SIZES) / columns**0.7,
                    c=errors[own],
                    cmap=colours,
                    norm=scale,
                    marker=marker,
                    edgecolors=INK,
                    linewidths=0.4,
                    zorder=2,
                )


def _differences(
    errors: Mapping[str, Float[np.ndarray, " K"]], reference: str
) -> dict[str, Float[np.ndarray, " K"]]:
    with np.errstate(invalid="ignore"):  # of two errors without end there is no difference
        return {
            method: own - errors[reference] for method, own in errors.items() if method != reference
        }


def _known(errors: Mapping[str, Float[np.ndarray, " K"]]) -> Float[np.ndarray, " M"]:
    values = np.concatenate(list(errors.values()))
    known: Float[np.ndarray, " M"] = values[np.isfinite(values)]
    return known


def _words(part: str) -> str:
    return part.replace("_", " ")


__all__ = ["mean_face_alt", "mean_face_difference_figure", "mean_face_figure"]
