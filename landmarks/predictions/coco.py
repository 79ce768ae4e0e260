"""COCO-style JSON: a file with images and annotations, or a list of results."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn, final

import numpy as np
from jaxtyping import Float64

from landmarks.batch import Box
from landmarks.benchmarks.files.text import quoted
from landmarks.benchmarks.formats.json_elements import json_elements
from landmarks.errors import DataError
from landmarks.predictions.base import Faces, PredictedFace, PredictionFormat
from landmarks.predictions.coco_faces import Entry, assigned

_CURE = "correct the file, or write it anew"
_LISTS = ("", "annotations", "images")


@final
class CocoPredictions(PredictionFormat):
    """COCO keypoints, as the field's tools write them.

    Either a list of results, ``[{"image_id": …, "keypoints": [x, y, v, …]}, …]``, or an object with
    ``images`` and ``annotations``, as ground truth is written. ``keypoints`` may also be a list of
    ``[x, y]`` or ``[x, y, v]``, or flat without ``v``; ``v`` and ``score`` are not used.

    **Which picture?** The ``file_name`` of the entry's image: the picture of this name, or the only
    one of which one path ends with the other, folder by folder. A list of results has no images:
    its ids are those of ``annotations``, or of the split's own COCO file, or of the file that
    `landmarks data convert` writes, where pictures are numbered from 1 in the order of the split.
    An ``image_id`` that is a text is taken for a file name if no file is named.

    **Which face of it?** If every entry of the file has an ``id`` that is the number of a face of
    its picture, faces counted from 1 in the order of the split as `landmarks data convert` does, it
    is that face. Otherwise, where a picture shows several faces: the one whose box overlaps
    ``bbox`` (x, y, width, height) most, if all of the picture's entries have one; or as many
    entries as faces, in the order of the split.

    Args:
        annotations: A COCO file with the ``images`` that the ids of a list of results refer to.
        of_split: The COCO file that the split is read from, whose ``images`` are meant where
            neither the predictions nor ``annotations`` have any.
    """

    def __init__(self, annotations: Path | None = None, of_split: Path | None = None) -> None:
        self.annotations = annotations
        self.of_split = of_split

    @property
    def description(self) -> str:
        """COCO keypoints."""
        return "COCO keypoints in JSON (a list of results, or images and annotations)"

    @property
    def first_pixel(self) -> int:
        """0."""
        return 0

    def recognises(self, head: bytes) -> bool:
        """Whether the file begins with a bracket."""
        return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{")

    def read(self, file: Path, faces: Faces) -> Iterator[PredictedFace]:
        """Reads the entries and tells their faces; see `PredictionFormat.read`.

        Raises:
            DataError: If the file is no JSON or no COCO file, an entry cannot be understood, or it
                is not clear which face it means; the message names line and entry.
        """
        content = _Content(file, faces.points)
        content.read(file, _LISTS)
        if self.annotations is not None:
            if content.images:
                raise DataError(
                    "has images of its own, so that its ids need no --annotations; leave the "
                    "option out",
                    file=file,
                )
            content.read(self.annotations, ("images",))
            if not content.images:
                raise DataError(
                    "has no images, expected those that the predictions' ids refer to",
                    file=self.annotations,
                )
        elif self.of_split is not None and not content.images:
            content.read(self.of_split, ("images",))
        if not content.entries:
            raise DataError(
                "has no annotations and no results; expected a list of results, or an object with "
                "images and annotations",
                file=file,
            )
        return assigned(file, content.entries, content.images, faces)


class _Content:
    """The entries and images of a file."""

    def __init__(self, file: Path, points: int) -> None:
        self.file = file
        self.points = points
        self.entries: list[Entry] = []
        self.images: dict[Any, tuple[str, ...]] = {}

    def read(self, file: Path, keys: Sequence[str]) -> None:
        for key, place, line, value in json_elements(file):
            if key not in keys:
                continue
            if place is None:
                _fail(file, line, f"{quoted(key)} is {quoted(str(value))}, expected a list")
            what = {"images": "image", "annotations": "annotation"}.get(key, "result")
            title = f"{what} {place + 1:,}"
            if not isinstance(value, dict):
                _fail(file, line, f"{title} is {quoted(str(value))}, expected an object")
            if type(number := value.get("id")) in (int, str):
                title += f" (id {quoted(str(number))})"
            if key == "images":
                self._image(file, line, title, value)
            else:
                self.entries.append(self._entry(line, title, value))

    def _image(self, file: Path, line: int, title: str, value: dict[str, Any]) -> None:
        number, path, name = (value.get(member) for member in ("id", "file_name", "name"))
        if type(number) is not int and not isinstance(number, str):
            _fail(file, line, f"{title}: id is {quoted(str(number))}, expected a number or a text")
        if not isinstance(path, str) or not path:
            _fail(file, line, f"{title}: file_name is {quoted(str(path))}, expected a path")
        if number in self.images:
            _fail(file, line, f"{title} has the id of an earlier one")
        self.images[number] = (name, path) if isinstance(name, str) and name else (path,)

    def _entry(self, line: int, title: str, value: dict[str, Any]) -> Entry:
        number, image = value.get("id"), value.get("image_id")
        if number is not None and type(number) is not int and not isinstance(number, str):
            self._refuse(line, f"{title}: id is {quoted(str(number))}, expected a number")
        if type(image) is not int and not isinstance(image, str):
            self._refuse(
                line,
                f"{title}: image_id is {quoted(str(image))}, expected the id of an image",
            )
        name = value.get("file_name")
        if name is not None and not isinstance(name, str):
            self._refuse(line, f"{title}: file_name is {quoted(str(name))}, expected a path")
        points = self._keypoints(line, title, value.get("keypoints"))
        return Entry(line, title, number, image, name, points, self._box(line, title, value))

    def _keypoints(self, line: int, title: str, value: object) -> Float64[np.ndarray, "K 2"]:
        flat: list[Any] = []
        if isinstance(value, list):
            nested = len(value) == self.points and all(isinstance(point, list) for point in value)
            flat = [number for point in value for number in point] if nested else value
        width = {2 * self.points: 2, 3 * self.points: 3}.get(len(flat))
        if _nested_unevenly(value, width):
            width = None
        if width is None:
            found = f"{len(value)} entries" if isinstance(value, list) else quoted(str(value))
            self._refuse(
                line,
                f"{title}: keypoints is {found}, expected {3 * self.points}: x, y, v for each of "
                f"{self.points} points; or choose the benchmark that was predicted",
            )
        for place, number in enumerate(flat):
            if type(number) not in (int, float) and place % width < 2:
                self._refuse(
                    line,
                    f"{title}: point {place // width} (counted from 0) has {quoted(str(number))}, "
                    "expected a number",
                )
        try:
            points = np.array(
                [[float(number) for number in flat[axis::width]] for axis in (0, 1)]
            ).T.copy()
        except OverflowError:
            self._refuse(line, f"{title}: a number of keypoints is too large")
        return points

    def _box(self, line: int, title: str, value: dict[str, Any]) -> Box | None:
        found = value.get("bbox")
        if found is None or found == []:
            return None
        plain = isinstance(found, list) and all(type(number) in (int, float) for number in found)
        try:
            numbers = [float(number) for number in found] if plain else []
        except OverflowError:
            numbers = []
        if len(numbers) != 4 or not np.isfinite(numbers).all():
            self._refuse(
                line,
                f"{title}: bbox is {quoted(str(found))}, expected x, y, width, height",
            )
        x, y, width, height = numbers
        return Box(x, y, x + width, y + height)

    def _refuse(self, line: int, message: str) -> NoReturn:
        _fail(self.file, line, message)


def _nested_unevenly(value: object, width: int | None) -> bool:
    """Whether points are lists of unlike lengths, so that numbers would slip to other points.

    >>> _nested_unevenly([[1, 2], [3, 4]], 2), _nested_unevenly([[1, 2, 3], [4]], 2)
    (False, True)
    """
    if not isinstance(value, list) or not all(isinstance(point, list) for point in value):
        return False
    return any(len(point) != width for point in value)


def _fail(file: Path, line: int, message: str, cure: str = _CURE) -> NoReturn:
    raise DataError(f"{message}; {cure}", file=file, line=line)


__all__ = ["CocoPredictions"]
