"""A face of a COCO file: one entry of its annotations."""

import math
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, final

import numpy as np
from jaxtyping import Float, UInt8

from landmarks.batch import Box
from landmarks.benchmarks.files.text import fail, quoted
from landmarks.benchmarks.formats.base import CURE, present

MISSING, OCCLUDED, VISIBLE = 0, 1, 2
"""The flag ``v`` of a point."""
_BOX_AGREES = 1e-3
"""``box`` and ``bbox`` may differ by rounding, relative to the box's size."""


class CocoFace(NamedTuple):
    """What an annotation says before its image and the meaning of its flags are known."""

    line: int
    title: str
    image: Any
    category: Any
    points: Float[np.ndarray, "K 2"]
    flags: UInt8[np.ndarray, " K"] | None
    box: Box | None
    subsets: frozenset[str]
    occluded: Any


UNSAID = object()
"""In the place of ``occluded`` where the member is not there: null has a meaning."""


class NoFace(NamedTuple):
    """An annotation without a single annotated point, and its category."""

    category: Any


@final
class CocoFaces:
    """Reads the annotations of one file, whose ids must differ.

    Args:
        file: The file, for messages.
        count: The number of points of a face.
    """

    def __init__(self, file: Path, count: int) -> None:
        self.file = file
        self.count = count
        self._ids: set[Any] = set()

    def read(self, value: object, place: int, line: int) -> "CocoFace | NoFace":
        """Reads an entry of the list.

        Args:
            value: What stands there.
            place: Its place in the list, from 0.
            line: The line that it begins in, from 1.

        Raises:
            DataError: If it is no annotation of a face with this number of points.
        """
        title = f"the {ordinal(place + 1)} annotation"
        if not isinstance(value, dict):
            self._fail(line, f"{title} is {quoted(str(value))}, expected an object")
        if "id" in value:
            number = identity(self.file, value["id"], line, title)
            title = f"annotation {number!r} (the {ordinal(place + 1)})"
            if number in self._ids:
                self._fail(line, f"{title} has the id of an earlier one")
            self._ids.add(number)
        if "image_id" not in value:
            self._fail(line, f"{title} has no image_id, expected that of its image")
        image = identity(self.file, value["image_id"], line, title, "image_id")
        category = value.get("category_id")
        if category is not None:
            category = identity(self.file, category, line, title, "category_id")
        points, flags = self._keypoints(value, line, title)
        if not present(points).any():
            return NoFace(category)
        occluded: Any = value.get("occluded", UNSAID)
        if occluded is not UNSAID and occluded is not None:
            plain = isinstance(occluded, list) and all(type(flag) is int for flag in occluded)
            if not plain or len(occluded) != self.count or not set(occluded) <= {0, 1}:
                self._fail(
                    line,
                    f"{title}: occluded is {quoted(str(occluded))}, expected {self.count} times 0 "
                    "or 1, or null",
                )
        subsets = value.get("subsets", [])
        if not isinstance(subsets, list) or not all(isinstance(name, str) for name in subsets):
            self._fail(
                line, f"{title}: subsets is {quoted(str(subsets))}, expected a list of names"
            )
        return CocoFace(
            line,
            title,
            image,
            category,
            points,
            flags,
            self._box(value, line, title),
            frozenset(subsets),
            occluded,
        )

    def _keypoints(
        self, value: dict[str, Any], line: int, title: str
    ) -> tuple[Float[np.ndarray, "K 2"], UInt8[np.ndarray, " K"] | None]:
        if "keypoints" not in value:
            self._fail(
                line,
                f"{title} has no keypoints; if the file holds other things beside faces, name the "
                "faces' category as 'category' of the split in the description, and give the "
                "others' annotations to another file",
            )
        found = value["keypoints"]
        numbers: list[Any] = found if isinstance(found, list) else []
        width = None
        if numbers and all(isinstance(point, list) for point in numbers):
            widths = {len(point) for point in numbers}
            if len(numbers) == self.count and widths in ({2}, {3}):
                width = widths.pop()
                numbers = [number for point in numbers for number in point]
        else:
            width = {3 * self.count: 3, 2 * self.count: 2}.get(len(numbers))
        if width is None:
            what = f"{len(found)} entries" if isinstance(found, list) else quoted(str(found))
            self._fail(
                line,
                f"{title}: keypoints is {what}, expected {3 * self.count}: x, y and v for each of "
                f"the description's {self.count} points",
            )
        for number in numbers:
            if type(number) is not float and type(number) is not int:
                self._fail(line, f"{title}: keypoints hold {quoted(str(number))}, no number")
        try:
            table = np.array(numbers, dtype=np.float64).reshape(self.count, width)
        except OverflowError:
            self._fail(line, f"{title}: a number in keypoints is too large")
        points = table[:, :2].copy()
        if width == 2:
            missing = np.isnan(points).any(axis=1)
            flags = None
        else:
            flag = table[:, 2]
            wrong = ~np.isin(flag, (MISSING, OCCLUDED, VISIBLE))
            if wrong.any():
                point = int(wrong.argmax())
                self._fail(
                    line,
                    f"{title}: the flag v of point {point} (counted from 0) is {flag[point]:g}, "
                    "expected 0 (missing), 1 (hidden) or 2 (visible)",
                )
            flags = flag.astype(np.uint8)
            missing = flags == MISSING
        points[missing] = np.nan
        strange = ~np.isfinite(points).all(axis=1) & ~missing
        if strange.any():
            point = int(strange.argmax())
            x, y = points[point]
            self._fail(
                line,
                f"{title}: point {point} (counted from 0) is ({x:g}, {y:g}), expected two finite "
                "numbers, or the flag v = 0 for a missing point",
            )
        return points, flags

    def _box(self, value: dict[str, Any], line: int, title: str) -> Box | None:
        bbox, box = value.get("bbox"), value.get("box")
        if bbox is None and box is None:
            return None
        result = None
        if bbox is not None:
            x, y, width, height = self._four(bbox, line, f"{title}: bbox", "x, y, width, height")
            if width <= 0 or height <= 0:
                self._fail(
                    line,
                    f"{title}: bbox is {width:g} wide and {height:g} high, expected more than 0; "
                    "remove the bbox if the face has none",
                )
            result = Box(x, y, x + width, y + height)
        if box is not None:
            exact = Box(*self._four(box, line, f"{title}: box", "x0, y0, x1, y1"))
            if exact.x1 <= exact.x0 or exact.y1 <= exact.y0:
                self._fail(line, f"{title}: box is inside out, expected x0 < x1 and y0 < y1")
            if result is not None:
                size = max(exact.x1 - exact.x0, exact.y1 - exact.y0)
                apart = max(abs(a - b) for a, b in zip(result, exact, strict=True))
                if apart > _BOX_AGREES * size:
                    self._fail(line, f"{title}: box and bbox differ by {apart:g} px; remove one")
            result = exact
        return result

    def _four(self, value: object, line: int, what: str, expected: str) -> list[float]:
        plain = isinstance(value, list) and all(type(number) in (int, float) for number in value)
        if not plain or len(value) != 4:  # type: ignore[arg-type]
            self._fail(line, f"{what} is {quoted(str(value))}, expected {expected}")
        try:
            numbers = [float(number) for number in value]  # type: ignore[attr-defined]
        except OverflowError:
            numbers = [math.inf]
        if not all(map(math.isfinite, numbers)):
            self._fail(line, f"{what} is {quoted(str(value))}, expected finite numbers")
        return numbers

    def _fail(self, line: int, message: str) -> NoReturn:
        fail(self.file, line, message, CURE)


def identity(file: Path, value: object, line: int, title: str, member: str = "id") -> int | str:
    """An id, which is a number or a text.

    Raises:
        DataError: If it is anything else.
    """
    if type(value) is not int and not isinstance(value, str):
        fail(
            file,
            line,
            f"{title}: {member} is {quoted(str(value))}, expected a number or a text",
            CURE,
        )
    return value


def ordinal(number: int) -> str:
    """A place in a list, for people.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 22, 101, 113)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '22nd', '101st', '113th']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number:,}{ending or 'th'}"


__all__ = [
    "MISSING",
    "OCCLUDED",
    "UNSAID",
    "VISIBLE",
    "CocoFace",
    "CocoFaces",
    "NoFace",
    "identity",
    "ordinal",
]
