"""The codecs as plain loops over points, with NumPy and OpenCV: one map at a time.

This is how the published code of most methods works. It is written from their definitions and
shares nothing with the codecs but where a map ends: what the codecs are timed against is also what
tests hold them to.
Maps are float32, ``(h, w)``; points are ``(x, y)`` in cells.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from jaxtyping import Float, Float32

from landmarks.geometry import FIRST_EDGE

Map = Float32[np.ndarray, "h w"]
Point = Float[np.ndarray, "2"]
Loop = Callable[[Map], Point]
"""Reads one point off one map."""


def gaussian(point: Point, height: int, width: int, sigma: float) -> Map:
    """A Gaussian of height 1, drawn over the whole map.

    >>> gaussian(np.array([1.0, 0.0]), height=1, width=3, sigma=1.0).round(3).tolist()
    [[0.6069999933242798, 1.0, 0.6069999933242798]]
    """
    x = np.arange(width, dtype=np.float32)
    y = np.arange(height, dtype=np.float32)[:, None]
    square = (x - np.float32(point[0])) ** 2 + (y - np.float32(point[1])) ** 2
    drawn: Map = np.exp(-square / np.float32(2 * sigma**2))
    return drawn


def argmax(field: Map) -> Point:
    """The highest cell, the first of several."""
    row, column = np.unravel_index(int(np.argmax(field)), field.shape)
    return np.array([float(column), float(row)])


def quarter_offset(field: Map) -> Point:
    """HRNet's ``get_final_preds`` (lib/core/evaluation.py), counted from 0."""
    height, width = field.shape
    point = argmax(field)
    x, y = int(point[0]), int(point[1])
    if 0 < x < width - 1 and 0 < y < height - 1:
        slope = np.array(
            [field[y, x + 1] - field[y, x - 1], field[y + 1, x] - field[y - 1, x]], dtype=float
        )
        point = point + 0.25 * np.sign(slope)
    return point


def dark(field: Map, kernel_size: int) -> Point:
    """DarkPose's decoding (lib/core/inference.py): blur and logarithm of the whole map.

    A point is kept on the map, which that code does not do.
    """
    height, width = field.shape
    point = argmax(field)
    border = kernel_size // 2
    padded = np.zeros((height + 2 * border, width + 2 * border), dtype=np.float32)
    padded[border : border + height, border : border + width] = field
    blurred = cv2.GaussianBlur(padded, (kernel_size, kernel_size), 0)
    smooth = blurred[border : border + height, border : border + width]
    log = np.log(np.maximum(smooth * (field.max() / max(smooth.max(), 1e-30)), 1e-10))
    x, y = int(point[0]), int(point[1])
    if 1 < x < width - 2 and 1 < y < height - 2:
        log = log[y - 2 : y + 3, x - 2 : x + 3].astype(float)
        dx = 0.5 * (log[2, 3] - log[2, 1])
        dy = 0.5 * (log[3, 2] - log[1, 2])
        dxx = 0.25 * (log[2, 4] - 2 * log[2, 2] + log[2, 0])
        dyy = 0.25 * (log[4, 2] - 2 * log[2, 2] + log[0, 2])
        dxy = 0.25 * (log[3, 3] - log[1, 3] - log[3, 1] + log[1, 1])
        if dxx * dyy - dxy**2 != 0:
            point = point - np.linalg.solve(np.array([[dxx, dxy], [dxy, dyy]]), np.array([dx, dy]))
    return _kept_on(point, height, width)


def local_soft_argmax(field: Map, window: int, temperature: float) -> Point:
    """The highest cell, and the mean offset under a softmax round it, zeros beyond the border."""
    height, width = field.shape
    point = argmax(field)
    reach = window // 2
    x, y = int(point[0]), int(point[1])
    patch = np.zeros((window, window), dtype=np.float32)
    top, bottom = max(y - reach, 0), min(y + reach + 1, height)
    left, right = max(x - reach, 0), min(x + reach + 1, width)
    first_row, first_column = top - (y - reach), left - (x - reach)
    patch[first_row : first_row + bottom - top, first_column : first_column + right - left] = field[
        top:bottom, left:right
    ]
    share = np.exp(temperature * (patch - patch.max()))
    share = share / share.sum()
    offsets = np.arange(-reach, reach + 1)
    mean = np.array([(share.sum(axis=0) * offsets).sum(), (share.sum(axis=1) * offsets).sum()])
    return _kept_on(point + mean, height, width)


def decode(fields: Sequence[Map], loop: Loop) -> Float[np.ndarray, "N 2"]:
    """Reads a point off each map, one after the other."""
    return np.stack([loop(field) for field in fields])


def encode(
    points: Float[np.ndarray, "N 2"], height: int, width: int, sigma: float
) -> Float32[np.ndarray, "N h w"]:
    """Draws a Gaussian for each point, one after the other."""
    return np.stack([gaussian(point, height, width, sigma) for point in points])


def _kept_on(point: Point, height: int, width: int) -> Point:
    kept: Point = np.clip(point, FIRST_EDGE, [width + FIRST_EDGE, height + FIRST_EDGE])
    return kept
