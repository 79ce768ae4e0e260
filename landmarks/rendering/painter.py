"""Polygons laid over one another on a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float

from landmarks.geometry import Size
from landmarks.rendering.coverage import Coverage, coverage


class Lit(NamedTuple):
    """A colour under light that differs from place to place: ``light * colour``.

    Attributes:
        light: (H, W, 3) or (H, W, 1) float32, over the whole picture.
        colour: (3,) or (1,) factors.
    """

    light: Float[np.ndarray, "H W _"]
    colour: Float[np.ndarray, " _"]


Paint = Float[np.ndarray, "3"] | Lit
"""One colour, red, green and blue from 0 to 1, or a lit one."""


@dataclass(frozen=True)
class Layer:
    """A polygon to be painted.

    Attributes:
        polygon: Its corners in photo pixels.
        paint: Its colour.
        opacity: From 0 to 1.
        clip: A polygon that it is only painted within, or None.
        softness: Spread in pixels that its edge is blurred with; not the edge of ``clip``.
    """

    polygon: Float[np.ndarray, "n 2"]
    paint: Paint
    opacity: float = 1.0
    clip: Float[np.ndarray, "m 2"] | None = None
    softness: float = 0.0


class Blob(NamedTuple):
    """A round, soft change of brightness."""

    x: float
    y: float
    spread: float
    amount: float


def paint(picture: Float[np.ndarray, "H W 3"], layers: list[Layer]) -> None:
    """Paints layers onto a picture, in their order and in place."""
    size = Size(picture.shape[0], picture.shape[1])
    polygons: dict[int, np.ndarray] = {}
    for layer in layers:
        polygons[id(layer.polygon)] = layer.polygon
        if layer.clip is not None:
            polygons[id(layer.clip)] = layer.clip
    filled = dict(zip(polygons, coverage(list(polygons.values()), size), strict=True))
    for layer in layers:
        area = filled[id(layer.polygon)]
        if layer.softness > 0:
            area = _soft(area, layer.softness, size)
        if layer.clip is not None:
            area = _clipped(area, filled[id(layer.clip)])
        if area.alpha.size:
            _blend(picture, area, layer.paint, layer.opacity)


def _blend(picture: np.ndarray, area: Coverage, paint: Paint, opacity: float) -> None:
    window = area.window
    below = picture[window]
    alpha = area.alpha if opacity == 1 else area.alpha * np.float32(opacity)
    if isinstance(paint, Lit):
        change = paint.light[window] * paint.colour.astype(np.float32)
        change -= below
    else:
        change = paint.astype(np.float32) - below
    change *= alpha[..., None]
    below += change


def _clipped(area: Coverage, clip: Coverage) -> Coverage:
    """The part of one coverage that lies within another."""
    top, left = max(area.top, clip.top), max(area.left, clip.left)
    bottom = min(area.top + area.alpha.shape[0], clip.top + clip.alpha.shape[0])
    right = min(area.left + area.alpha.shape[1], clip.left + clip.alpha.shape[1])
    if bottom <= top or right <= left:
        return Coverage(top, left, np.zeros((0, 0), dtype=np.float32))
    first, second = (
        c.alpha[top - c.top : bottom - c.top, left - c.left : right - c.left] for c in (area, clip)
    )
    return Coverage(top, left, first * second)


def _soft(area: Coverage, spread: float, size: Size) -> Coverage:
    if not area.alpha.size:
        return area
    room = int(np.ceil(3 * spread))
    top, left = max(area.top - room, 0), max(area.left - room, 0)
    bottom = min(area.top + area.alpha.shape[0] + room, size.height)
    right = min(area.left + area.alpha.shape[1] + room, size.width)
    wide = np.zeros((bottom - top, right - left), dtype=np.float32)
    height, width = area.alpha.shape
    wide[area.top - top : area.top - top + height, area.left - left : area.left - left + width] = (
        area.alpha
    )
    blurred: np.ndarray = cv2.GaussianBlur(wide, (0, 0), spread)
    return Coverage(top, left, blurred)


def blobs(shapes: list[Blob], size: Size) -> Float[np.ndarray, "H W"]:
    """The sum of round Gaussian blobs.

    >>> blobs([Blob(1.0, 0.0, 1.0, 2.0)], Size(1, 3)).round(2)
    array([[1.21, 2.  , 1.21]])
    """
    x, y, spread, amount = np.array(shapes, dtype=np.float64).reshape(-1, 4).T
    across = np.exp(-0.5 * ((np.arange(size.width)[:, None] - x) / spread) ** 2)
    down = np.exp(-0.5 * ((np.arange(size.height)[:, None] - y) / spread) ** 2)
    total: Float[np.ndarray, "H W"] = (down * amount) @ across.T
    return total


def ribbon(
    first: Float[np.ndarray, "n D"], second: Float[np.ndarray, "n D"]
) -> Float[np.ndarray, "m D"]:
    """The polygon between two curves that run the same way, in any number of coordinates."""
    return np.concatenate([first, second[::-1]])


def along(curve: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    """The direction of a curve at each of its points; its length means nothing."""
    ends = np.concatenate([curve[:1], curve, curve[-1:]])
    direction: Float[np.ndarray, "n 2"] = ends[2:] - ends[:-2]
    return direction


def joined(polygons: Sequence[Float[np.ndarray, "_ 2"]]) -> Float[np.ndarray, "m 2"]:
    """One polygon that covers what several do, which must all run the same way round.

    Slits of no width lead from one to the next and back.
    """
    starts = [polygon[:1] for polygon in polygons]
    parts = [part for polygon in polygons for part in (polygon, polygon[:1])]
    return np.concatenate([*parts, *starts[-2::-1]])


def stroke(curve: Float[np.ndarray, "n 2"], width: float) -> Float[np.ndarray, "m 2"]:
    """The polygon of a line of this width, in pixels, along an open curve."""
    run = along(curve)
    length = np.hypot(run[:, :1], run[:, 1:])
    normal = run[:, ::-1] * np.array([-1.0, 1.0]) * (width / 2 / np.maximum(length, 1e-9))
    return ribbon(curve + normal, curve - normal)


def hull(points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "m 2"]:
    """The convex outline of points: what a convex solid looks like from outside."""
    # cv2 works in float32; an index keeps the points themselves exact.
    index = cv2.convexHull(points.astype(np.float32), returnPoints=False)
    outline: Float[np.ndarray, "m 2"] = points[index[:, 0]]
    return outline
