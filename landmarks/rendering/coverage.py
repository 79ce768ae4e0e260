"""Polygons filled with exact antialiasing.

A pixel's coverage is the area of the pixel that lies inside the polygon, computed without sampling:
what an ideal sensor with square pixels would see. An edge therefore stands in the picture exactly
where the polygon has it, at any sub-pixel phase.

The method is the signed-area accumulation of font rasterisers (R. Levien, font-rs, 2016,
https://medium.com/@raphlinus/inside-the-fastest-font-renderer-in-the-world-75ae5270c445), over all
polygons of a picture at once.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from landmarks.geometry import FIRST_EDGE, Size


class Coverage(NamedTuple):
    """How much of each pixel a polygon covers, within the rows and columns it touches.

    Attributes:
        top: First row.
        left: First column.
        alpha: (h, w) float32, from 0 to 1; h or w is 0 where nothing of the polygon is in the
            picture.
    """

    top: int
    left: int
    alpha: Float[np.ndarray, "h w"]

    @property
    def window(self) -> tuple[slice, slice]:
        """The rows and columns of the picture that ``alpha`` covers."""
        height, width = self.alpha.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


def coverage(polygons: Sequence[Float[np.ndarray, "_ 2"]], size: Size) -> list[Coverage]:
    """Fills closed polygons, each on its own.

    Where a polygon overlaps itself it counts once. Of a polygon with holes, write the hole in the
    other direction and join the two by a slit.

    Args:
        polygons: Corners in photo pixels, an integer being a pixel's centre; the last joins the
            first.
        size: Size of the picture.

    >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    >>> coverage([square], Size(4, 4))[0].alpha
    array([[0.25, 0.25],
           [0.25, 0.25]], dtype=float32)
    """
    if not polygons:
        return []
    lengths = np.array([len(polygon) for polygon in polygons])
    first = np.cumsum(lengths) - lengths
    corners = np.concatenate(polygons) - FIRST_EDGE  # here a pixel covers [i, i + 1]
    order = np.arange(1, len(corners) + 1)
    order[first + lengths - 1] = first
    nexts = corners[order]

    low = np.floor(np.minimum.reduceat(corners, first)).astype(np.int64)
    high = np.ceil(np.maximum.reduceat(corners, first)).astype(np.int64)
    limits = np.array([size.width, size.height])
    low, high = np.clip(low, 0, limits), np.clip(high, 0, limits)
    width, height = np.maximum(high - low, 0).T
    stride = width + 1  # a spare column takes what an edge in the last pixel leaves over
    start = np.cumsum(stride * height) - stride * height
    total = int((stride * height).sum())

    owner = np.repeat(np.arange(len(polygons)), lengths)
    x0, y0, x1, y1, owner = _split(
        corners[:, 1], corners[:, 0], nexts[:, 1], nexts[:, 0], owner, swap=True
    )
    x0, y0, x1, y1, owner = _split(x0, y0, x1, y1, owner, swap=False)

    middle_x = (x0 + x1) / 2
    row = np.floor((y0 + y1) / 2).astype(np.int64) - low[owner, 1]
    column = np.floor(middle_x).astype(np.int64) - low[owner, 0]
    rest = middle_x - np.floor(middle_x)
    rise = y1 - y0
    # What lies left of the picture covers its rows as from their first pixel; what lies right of it
    # goes to the spare column, so that every row sums to zero and the next starts afresh.
    left, right = column < 0, column >= width[owner]
    column = np.where(left, 0, np.where(right, width[owner], column))
    rest[left | right] = 0.0
    kept = (row >= 0) & (row < height[owner])
    row, column, rest, rise, owner = (a[kept] for a in (row, column, rest, rise, owner))
    cell = start[owner] + row * stride[owner] + column
    signed = np.bincount(cell, weights=rise * (1 - rest), minlength=total + 1)
    signed = signed.astype(np.float64, copy=False)  # of nothing at all it counts in integers
    signed += np.bincount(cell + 1, weights=rise * rest, minlength=total + 1)
    area = np.cumsum(signed, out=signed)
    alpha = np.minimum(np.abs(area, out=area), 1.0, out=area).astype(np.float32)
    return [
        Coverage(
            int(low[k, 1]),
            int(low[k, 0]),
            alpha[start[k] : start[k] + stride[k] * height[k]].reshape(height[k], stride[k])[
                :, :-1
            ],
        )
        for k in range(len(polygons))
    ]


def _split(
    a0: np.ndarray, b0: np.ndarray, a1: np.ndarray, b1: np.ndarray, owner: np.ndarray, swap: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Cuts segments where their first coordinate crosses a whole number.

    With ``swap`` the two coordinates of the pieces change places.
    """
    first_cut = np.floor(np.minimum(a0, a1)) + 1
    cuts = np.maximum(np.ceil(np.maximum(a0, a1)) - first_cut, 0).astype(np.int64)
    whole, cut_up = np.flatnonzero(cuts == 0), np.flatnonzero(cuts)  # most are whole
    first_cut, cuts = first_cut[cut_up], cuts[cut_up]
    down = (a1 < a0)[cut_up]

    pieces = cuts + 1
    ends = np.cumsum(pieces)
    count = int(ends[-1]) if len(ends) else 0
    part = np.repeat(np.arange(len(cut_up)), pieces)
    place = np.arange(count) - (ends - pieces)[part]
    source = cut_up[part]
    # Piece i of a rising segment ends at cut i; of a falling one, the cuts come in reverse.
    sense = np.where(down, -1, 1)
    cut = (first_cut + np.where(down, cuts - 1, 0))[part] + sense[part] * place
    from_a, from_b, to_a, to_b = a0[source], b0[source], a1[source], b1[source]
    is_last, is_first = place == cuts[part], place == 0
    end_a = np.where(is_last, to_a, cut)
    end_b = np.where(is_last, to_b, from_b + (cut - from_a) / (to_a - from_a) * (to_b - from_b))
    start_a = np.where(is_first, from_a, np.roll(end_a, 1))
    start_b = np.where(is_first, from_b, np.roll(end_b, 1))

    start_a = np.concatenate([a0[whole], start_a])
    start_b = np.concatenate([b0[whole], start_b])
    end_a = np.concatenate([a1[whole], end_a])
    end_b = np.concatenate([b1[whole], end_b])
    owner = np.concatenate([owner[whole], owner[source]])
    if swap:
        return start_b, start_a, end_b, end_a, owner
    return start_a, start_b, end_a, end_b, owner


def contains(
    polygon: Float[np.ndarray, "_ 2"], points: Float[np.ndarray, "K 2"]
) -> Bool[np.ndarray, " K"]:
    """Whether each point lies inside a closed polygon, by the even-odd rule.

    >>> square = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    >>> contains(square, np.array([[1.0, 1.0], [3.0, 1.0]]))
    array([ True, False])
    """
    x0, y0 = polygon.T
    x1, y1 = np.roll(polygon, -1, axis=0).T
    x, y = points[:, :1], points[:, 1:]
    straddles = (y0 > y) != (y1 > y)
    rise = np.where(y1 == y0, 1.0, y1 - y0)
    crosses = straddles & (x < x0 + (y - y0) / rise * (x1 - x0))
    inside: Bool[np.ndarray, " K"] = crosses.sum(axis=1) % 2 == 1
    return inside
