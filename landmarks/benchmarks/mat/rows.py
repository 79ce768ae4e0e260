"""What stands in a row of a benchmark's MATLAB array: points, flags and a box."""

from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from landmarks.batch import Box
from landmarks.benchmarks.files.text import HORIZON
from landmarks.benchmarks.mat.shapes import CURE
from landmarks.errors import DataError
from landmarks.geometry import Size


def row_error(file: Path, name: str, row: int, message: str) -> DataError:
    """The error for a row, which is named as MATLAB counts it, from 1.

    >>> raise row_error(Path("a.mat"), "bbox", 6, "the width is 0")
    Traceback (most recent call last):
    landmarks.errors.DataError: a.mat, line 7: variable bbox: the width is 0; restore ...
    """
    return DataError(f"variable {name}: {message}; {CURE}", file=file, line=row + 1)


def far_away(points: Float[np.ndarray, "K 2"], picture: Size) -> int | None:
    """The first point (from 0) farther out than ten times the picture's longer side, or None.

    Points may lie outside the picture, where faces are cut off, but not anywhere.

    >>> far_away(np.array([[4.0, 5.0], [-3.0, 2e5]]), Size(100, 80))
    1
    """
    bad = np.flatnonzero((np.abs(points) > HORIZON * max(picture)).any(axis=1))
    return int(bad[0]) if len(bad) else None


def flags(
    file: Path, name: str, row: int, values: Float[np.ndarray, " K"]
) -> Bool[np.ndarray, " K"]:
    """Numbers that must be 0 or 1, as truth values.

    Raises:
        DataError: If one is anything else.
    """
    bad = np.flatnonzero((values != 0) & (values != 1))
    if len(bad):
        raise row_error(
            file, name, row, f"the flag of point {bad[0]} is {values[bad[0]]:g}, expected 0 or 1"
        )
    true: Bool[np.ndarray, " K"] = values == 1
    return true


def box_from_1(file: Path, name: str, row: int, box: Float[np.ndarray, "4"], picture: Size) -> Box:
    """``left, top, width, height``, counted from 1 as MATLAB does, as a box.

    Raises:
        DataError: If it has no width or no height, or reaches farther out than ten times the
            picture's longer side.

    >>> box_from_1(Path("a.mat"), "bbox", 0, np.array([11.0, 21.0, 5.0, 6.0]), Size(100, 80))
    Box(x0=10.0, y0=20.0, x1=15.0, y1=26.0)
    """
    left, top, width, height = box.tolist()
    if not (width > 0 and height > 0):
        raise row_error(file, name, row, f"the box is {width:g} wide and {height:g} high")
    return near_box(
        file, name, row, Box(left - 1, top - 1, left - 1 + width, top - 1 + height), picture
    )


def near_box(file: Path, name: str, row: int, box: Box, picture: Size) -> Box:
    """A box that may reach beyond the picture, but not far.

    Raises:
        DataError: If it has no area, or a corner lies farther out than ten times the picture's
            longer side.
    """
    if not (box.x0 < box.x1 and box.y0 < box.y1):
        raise row_error(
            file,
            name,
            row,
            f"the box is left {box.x0:g}, right {box.x1:g}, top {box.y0:g}, bottom {box.y1:g}, "
            "expected left below right and top below bottom",
        )
    if far_away(np.array(box).reshape(2, 2), picture) is not None:
        raise row_error(file, name, row, "the box reaches out nowhere near the picture")
    return box


__all__ = ["box_from_1", "far_away", "flags", "near_box", "row_error"]
