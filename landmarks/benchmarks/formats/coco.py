"""COCO keypoints: one JSON file for all faces of a split."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, final

import numpy as np
from jaxtyping import Float, UInt8

from landmarks.batch import Box, Record
from landmarks.benchmarks.files.text import quoted
from landmarks.benchmarks.formats.base import (
    CURE,
    Annotation,
    FaceFormat,
    FaceToWrite,
    ReadFaces,
    check_face,
    present,
)
from landmarks.benchmarks.formats.json_elements import Element, json_elements
from landmarks.errors import DataError
from landmarks.files import complete_file
from landmarks.geometry import Size

_MISSING, _OCCLUDED, _VISIBLE = 0, 1, 2
_BOX_AGREES = 1e-3
"""``box`` and ``bbox`` may differ by rounding, relative to the box's size."""


@final
@dataclass(frozen=True)
class Coco(FaceFormat):
    """COCO keypoints as the tools of the field write them (https://cocodataset.org/#format-data).

    A face is an entry of ``annotations``: ``keypoints`` as a flat list ``x, y, v, …``, as a list of
    ``[x, y, v]``, or without ``v``; ``image_id``, which names an entry of ``images`` with its
    ``file_name``; ``bbox`` as ``x, y, width, height``, if there is a face box. Several faces may
    share an image. ``categories`` may be missing; where one names its keypoints, their number is
    checked. An annotation without a single annotated point is no face and is left out.

    The flag ``v`` is 0 for a missing point, 1 for one that is hidden, 2 for a visible one. Many
    files use 1, or 2, for every point that is there and say nothing of occlusion: unless told, the
    reader takes flags for occlusion only if a file has both (this project's choice).

    What COCO has no place for stands in members of this project's own, which other readers
    overlook: ``subsets`` (a list of names), ``occluded`` (a list of 0 and 1, or null where
    occlusion is not annotated; it overrides the flags), ``box`` (``x0, y0, x1, y1``, where
    ``x + width`` rounds to another number than ``x1``), and ``name`` of an image.

    Attributes:
        category: Name of the category to read where a file holds other things beside faces; all
            annotations if None.
        occlusion: Whether the flags tell hidden points from visible ones; found out if None.
    """

    category: str | None = None
    occlusion: bool | None = None

    @property
    def first_pixel(self) -> int:
        """0, as in mmpose."""
        return 0

    @property
    def pictures_lie_beside(self) -> bool:
        """False, since one file names pictures wherever they lie."""
        return False

    def read(self, source: Path, pictures: Path, count: int) -> ReadFaces:
        """Reads the faces in the order of ``annotations``; see `FaceFormat.read`.

        Raises:
            DataError: If the file is no JSON, or has no ``images`` or ``annotations``; the message
                names the line. An annotation is named by its id and its place.
        """
        parts = _Parts(source, count)
        for element in json_elements(source):
            parts.take(element)
        return parts.faces(self)

    def write(self, target: Path, faces: Sequence[FaceToWrite]) -> None:
        """Writes one annotation a line, numbers in full; pixels are counted from 0.

        Raises:
            DataError: If a face has no point, an infinite one, or a box without area.
        """
        for face in faces:
            check_face(face)
        images: dict[tuple[str, str], int] = {}
        for face in faces:
            images.setdefault((face.picture, face.record.photo.name), len(images) + 1)
        sizes = {(face.picture, face.record.photo.name): face.size for face in faces}
        count = len(faces[0].record.points_photo) if faces else 0
        names = [str(point) for point in range(count)]
        category = {"id": 1, "name": self.category or "face", "supercategory": "person"}
        category |= {"keypoints": names, "skeleton": []}
        with (
            complete_file(target) as unfinished,
            unfinished.open("w", encoding="ascii", newline="\n") as file,
        ):
            file.write('{"info": {"description": "written by landmarks data convert, pixels ')
            file.write(f'counted from 0"}},\n"categories": [{_text(category)}],\n"images": [\n')
            file.write(",\n".join(_text(_image(key, images[key], sizes[key])) for key in images))
            file.write('\n],\n"annotations": [\n')
            for number, face in enumerate(faces, start=1):
                image = images[face.picture, face.record.photo.name]
                annotation = {"id": number, "image_id": image, "category_id": 1}
                annotation |= _annotation(face.record, bool(self.occlusion))
                file.write(_text(annotation) + (",\n" if number < len(faces) else "\n"))
            file.write("]}\n")

    def losses(self, faces: Sequence[FaceToWrite]) -> list[str]:
        """Nothing is lost."""
        return []


class _Face(NamedTuple):
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


_UNSAID = object()
"""In the place of ``occluded`` where the member is not there: null has a meaning."""


class _Image(NamedTuple):
    file_name: str
    name: str | None
    size: Size | None


class _Parts:
    """What has been read of a file so far."""

    def __init__(self, file: Path, count: int) -> None:
        self.file = file
        self.count = count
        self.seen: set[str] = set()
        self.images: dict[Any, _Image] = {}
        self.categories: dict[Any, str] = {}
        self.annotations: list[_Face | DataError] = []
        self.ids: set[Any] = set()
        self.named_points: dict[Any, tuple[int, int]] = {}
        self.without_points: list[Any] = []

    def take(self, element: Element) -> None:
        key, place, line, value = element
        if key not in ("images", "annotations", "categories"):
            return
        if place is None:
            self._fail(line, f"{key} is {quoted(str(value))}, expected a list")
        if key == "annotations":
            try:
                face = self._annotation(value, place, line)
            except DataError as error:
                self.annotations.append(error)
                return
            if face is not None:
                self.annotations.append(face)
            return
        what = f"the {_ordinal(place + 1)} of {key}"
        if not isinstance(value, dict):
            self._fail(line, f"{what} is {quoted(str(value))}, expected an object")
        number = self._id(value.get("id"), line, what)
        if key == "images":
            if number in self.images:
                self._fail(line, f"{what} has the id {number!r} of an earlier one")
            self.images[number] = self._image(value, line, what)
        else:
            if number in self.categories:
                self._fail(line, f"{what} has the id {number!r} of an earlier one")
            self._category(number, value, line, what)

    def faces(self, coco: Coco) -> ReadFaces:
        if not self.images and not self.annotations and not self.without_points:
            raise DataError(
                "the file has no images and no annotations; expected COCO keypoints, an object "
                f"with the lists images and annotations; {CURE}",
                file=self.file,
                line=1,
            )
        if coco.category is not None and coco.category not in self.categories.values():
            there = ", ".join(self.categories.values()) or "none"
            raise DataError(
                f"there is no category {coco.category!r}; the file has {there}; correct 'category' "
                "of the split in the description",
                file=self.file,
                line=1,
            )
        read: list[_Face | DataError] = [
            face
            for face in self.annotations
            if coco.category is None
            or isinstance(face, DataError)
            or self.categories.get(face.category) == coco.category
        ]
        occlusion = coco.occlusion
        if occlusion is None:
            flags = [face.flags for face in read if isinstance(face, _Face)]
            occlusion = all(
                any(own is not None and (own == flag).any() for own in flags)
                for flag in (_OCCLUDED, _VISIBLE)
            )
        left_out = sum(
            coco.category is None or self.categories.get(category) == coco.category
            for category in self.without_points
        )
        return ReadFaces(tuple(self._face(face, occlusion) for face in read), left_out)

    def _face(self, face: _Face | DataError, occlusion: bool) -> Annotation | DataError:
        if isinstance(face, DataError):
            return face
        try:
            image = self.images.get(face.image)
            if image is None:
                self._fail(
                    face.line, f"{face.title} has the image_id {face.image!r}, which no image has"
                )
            if face.category in self.named_points:
                number, line = self.named_points[face.category]
                if number != self.count:
                    self._fail(
                        line,
                        f"category {self.categories[face.category]!r} names {number} keypoints, "
                        f"the description says {self.count}",
                    )
            occluded = None
            if face.occluded is not _UNSAID:
                if face.occluded is not None:
                    occluded = np.array(face.occluded, dtype=bool)
            elif occlusion and face.flags is not None:
                occluded = face.flags == _OCCLUDED
        except DataError as error:
            return error
        return Annotation(
            self.file,
            face.line,
            image.file_name,
            face.points,
            face.box,
            occluded,
            face.subsets,
            image.name,
            image.size,
        )

    def _annotation(self, value: object, place: int, line: int) -> _Face | None:
        title = f"the {_ordinal(place + 1)} annotation"
        if not isinstance(value, dict):
            self._fail(line, f"{title} is {quoted(str(value))}, expected an object")
        if "id" in value:
            number = self._id(value["id"], line, title)
            title = f"annotation {number!r} (the {_ordinal(place + 1)})"
            if number in self.ids:
                self._fail(line, f"{title} has the id of an earlier one")
            self.ids.add(number)
        if "image_id" not in value:
            self._fail(line, f"{title} has no image_id, expected that of its image")
        image = self._id(value["image_id"], line, title, "image_id")
        category = value.get("category_id")
        if category is not None:
            category = self._id(category, line, title, "category_id")
        points, flags = self._keypoints(value, line, title)
        if not present(points).any():
            self.without_points.append(category)
            return None
        occluded: Any = value.get("occluded", _UNSAID)
        if occluded is not _UNSAID and occluded is not None:
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
        return _Face(
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
                f"{self.count} points",
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
            wrong = ~np.isin(flag, (_MISSING, _OCCLUDED, _VISIBLE))
            if wrong.any():
                point = int(wrong.argmax())
                self._fail(
                    line,
                    f"{title}: the flag v of point {point} (counted from 0) is {flag[point]:g}, "
                    "expected 0 (missing), 1 (hidden) or 2 (visible)",
                )
            flags = flag.astype(np.uint8)
            missing = flags == _MISSING
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

    def _image(self, value: dict[str, Any], line: int, what: str) -> _Image:
        file_name, name = value.get("file_name"), value.get("name")
        if not isinstance(file_name, str):
            self._fail(
                line, f"{what}: file_name is {quoted(str(file_name))}, expected the picture's path"
            )
        if name is not None and (not isinstance(name, str) or not name):
            self._fail(line, f"{what}: name is {quoted(str(name))}, expected a text")
        height, width = value.get("height"), value.get("width")
        if height is None or width is None:
            return _Image(file_name, name, None)
        if type(height) is not int or type(width) is not int:
            self._fail(
                line,
                f"{what}: width and height are {quoted(str(width))} and {quoted(str(height))}, "
                "expected whole numbers, or neither",
            )
        return _Image(file_name, name, Size(height=height, width=width))

    def _category(self, number: object, value: dict[str, Any], line: int, what: str) -> None:
        name, keypoints = value.get("name"), value.get("keypoints", [])
        if not isinstance(name, str):
            self._fail(line, f"{what}: name is {quoted(str(name))}, expected a text")
        if not isinstance(keypoints, list):
            self._fail(line, f"{what}: keypoints is {quoted(str(keypoints))}, expected a list")
        self.categories[number] = name
        if keypoints:
            self.named_points[number] = len(keypoints), line

    def _id(self, value: object, line: int, title: str, member: str = "id") -> int | str:
        if type(value) is not int and not isinstance(value, str):
            self._fail(
                line, f"{title}: {member} is {quoted(str(value))}, expected a number or a text"
            )
        return value

    def _fail(self, line: int, message: str) -> NoReturn:
        raise DataError(f"{message}; {CURE}", file=self.file, line=line)


def _ordinal(number: int) -> str:
    """A place in a list, for people.

    >>> [_ordinal(n) for n in (1, 2, 3, 4, 11, 12, 22, 101, 113)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '22nd', '101st', '113th']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number:,}{ending or 'th'}"


def _text(value: object) -> str:
    return json.dumps(value, allow_nan=False)


def _image(key: tuple[str, str], number: int, size: Size) -> dict[str, Any]:
    picture, name = key
    image: dict[str, Any] = {"id": number, "file_name": picture}
    if name != picture:
        image["name"] = name
    return image | {"height": size.height, "width": size.width}


def _annotation(record: Record, occlusion: bool) -> dict[str, Any]:
    there = present(record.points_photo)
    hidden = np.zeros_like(there) if record.occluded is None else record.occluded
    flags = np.where(there, np.where(hidden, _OCCLUDED, _VISIBLE), _MISSING)
    keypoints: list[float] = []
    for (x, y), flag in zip(record.points_photo.tolist(), flags.tolist(), strict=True):
        keypoints += (x, y, flag) if flag else (0, 0, 0)
    annotation: dict[str, Any] = {"num_keypoints": int(there.sum()), "keypoints": keypoints}
    if record.box is not None:
        x0, y0, x1, y1 = (float(number) for number in record.box)
        width, height = x1 - x0, y1 - y0
        annotation |= {"bbox": [x0, y0, width, height], "area": width * height}
        if (x0 + width, y0 + height) != (x1, y1):
            annotation["box"] = [x0, y0, x1, y1]
    annotation["iscrowd"] = 0
    if record.subsets:
        annotation["subsets"] = sorted(record.subsets)
    if record.occluded is None:
        if occlusion:
            annotation["occluded"] = None
    elif not occlusion or (record.occluded & ~there).any():
        annotation["occluded"] = record.occluded.astype(int).tolist()
    return annotation


__all__ = ["Coco"]
