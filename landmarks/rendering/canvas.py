"""Polygons in colours, painted in order with exact antialiasing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from landmarks.geometry import Size
from landmarks.rendering.coverage import coverage

Polygon = Float[np.ndarray, "_ 2"]


@dataclass(frozen=True, eq=False)
class Paint:
    """A closed polygon to fill.

    Attributes:
        polygon: Corners in photo pixels.
        colour: (3,) or (H, W, 3): one colour, or a picture of which the polygon shows its part.
        opacity: How much of what lies below is hidden.
        name: By which later paints can refer to it.
        within: Name of an earlier paint outside whose polygon nothing is painted.
    """

    polygon: Polygon
    colour: Float[np.ndarray, "*_ 3"]
    opacity: float = 1.0
    name: str = ""
    within: str = ""


def paint(picture: Float32[np.ndarray, "H W 3"], paints: Sequence[Paint]) -> None:
    """Fills polygons one over the other, in place."""
    size = Size(*picture.shape[:2])
    masks: dict[str, np.ndarray] = {}
    for fill, filled in zip(paints, coverage([p.polygon for p in paints], size), strict=True):
        alpha, window = filled.alpha, filled.window
        if fill.within:
            alpha = alpha * masks[fill.within][window]
        if fill.name:
            masks[fill.name] = np.zeros(size, dtype=np.float32)
            masks[fill.name][window] = alpha
        if not alpha.size:
            continue
        if fill.opacity != 1:
            alpha = alpha * np.float32(fill.opacity)
        below = picture[window]
        colour = fill.colour[window] if fill.colour.ndim == 3 else fill.colour
        below += alpha[..., None] * (colour.astype(np.float32, copy=False) - below)


def stroke(line: Polygon, width: float | Float[np.ndarray, " _"], side: float = 0.0) -> Polygon:
    """The outline of a line that is ``width`` pixels wide.

    Args:
        line: Places along the line.
        width: One width, or one for each place.
        side: Where the stroke lies: 0 in the middle of the line; 1 on its right, seen along it in
            the picture, with an edge on the line itself; -1 on its left.
    """
    ahead = np.gradient(line, axis=0)
    normal = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    across = normal * np.broadcast_to(np.asarray(width), len(line))[:, None]
    return np.concatenate([line + across * (side - 1) / 2, (line + across * (side + 1) / 2)[::-1]])


def taper(count: int, thin: float = 0.15) -> Float[np.ndarray, " _"]:
    """Widths of a stroke that is thin at both ends and 1 in the middle."""
    t = np.linspace(-1, 1, count)
    widths: Float[np.ndarray, " _"] = thin + (1 - thin) * (1 - t * t)
    return widths


__all__ = ["Paint", "Polygon", "paint", "stroke", "taper"]
