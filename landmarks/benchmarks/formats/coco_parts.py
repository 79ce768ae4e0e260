"""What a COCO file consists of: its images, categories and annotations, put together."""

from pathlib import Path
from typing import Any, NamedTuple, NoReturn, final

import numpy as np

from landmarks.benchmarks.files.text import fail, quoted
from landmarks.benchmarks.formats.base import CURE, Annotation, ReadFaces
from landmarks.benchmarks.formats.coco_face import (
    OCCLUDED,
    UNSAID,
    VISIBLE,
    CocoFace,
    CocoFaces,
    NoFace,
    identity,
    ordinal,
)
from landmarks.benchmarks.formats.json_elements import Element
from landmarks.errors import DataError
from landmarks.geometry import Size


class _Image(NamedTuple):
    file_name: str
    name: str | None
    size: Size | None


@final
class CocoParts:
    """What has been read of a file so far.

    Args:
        file: The file.
        count: The number of points of a face.
    """

    def __init__(self, file: Path, count: int) -> None:
        self.file = file
        self.count = count
        self.annotated = CocoFaces(file, count)
        self.images: dict[Any, _Image] = {}
        self.categories: dict[Any, str] = {}
        self.annotations: list[CocoFace | DataError] = []
        self.named_points: dict[Any, tuple[int, int]] = {}
        self.without_points: list[Any] = []

    def take(self, element: Element) -> None:
        """Reads an element of the file.

        Raises:
            DataError: If it is a list that is none, or an image or a category that is none; what
                is wrong with an annotation is kept until the faces are asked for.
        """
        key, place, line, value = element
        if key not in ("images", "annotations", "categories"):
            return
        if place is None:
            self._fail(line, f"{key} is {quoted(str(value))}, expected a list")
        if key == "annotations":
            try:
                face = self.annotated.read(value, place, line)
            except DataError as error:
                self.annotations.append(error)
                return
            if isinstance(face, NoFace):
                self.without_points.append(face.category)
            else:
                self.annotations.append(face)
            return
        what = f"the {ordinal(place + 1)} of {key}"
        if not isinstance(value, dict):
            self._fail(line, f"{what} is {quoted(str(value))}, expected an object")
        number = identity(self.file, value.get("id"), line, what)
        if key == "images":
            if number in self.images:
                self._fail(line, f"{what} has the id {number!r} of an earlier one")
            self.images[number] = self._image(value, line, what)
        else:
            if number in self.categories:
                self._fail(line, f"{what} has the id {number!r} of an earlier one")
            self._category(number, value, line, what)

    def faces(self, wanted: str | None, occlusion: bool | None) -> ReadFaces:
        """The faces, once the whole file has been read.

        Args:
            wanted: Name of the category to read; all annotations if None.
            occlusion: Whether the flags tell hidden points from visible ones; found out if None.

        Raises:
            DataError: If there are no lists of images and annotations, or no such category.
        """
        if not self.images and not self.annotations and not self.without_points:
            raise DataError(
                "the file has no images and no annotations; expected COCO keypoints, an object "
                f"with the lists images and annotations; {CURE}",
                file=self.file,
                line=1,
            )
        if wanted is not None and wanted not in self.categories.values():
            there = ", ".join(self.categories.values()) or "none"
            raise DataError(
                f"there is no category {wanted!r}; the file has {there}; correct 'category' "
                "of the split in the description",
                file=self.file,
                line=1,
            )
        read: list[CocoFace | DataError] = [
            face
            for face in self.annotations
            if wanted is None
            or isinstance(face, DataError)
            or self.categories.get(face.category) == wanted
        ]
        if occlusion is None:
            flags = [face.flags for face in read if isinstance(face, CocoFace)]
            occlusion = all(
                any(own is not None and (own == flag).any() for own in flags)
                for flag in (OCCLUDED, VISIBLE)
            )
        left_out = sum(
            wanted is None or self.categories.get(category) == wanted
            for category in self.without_points
        )
        return ReadFaces(tuple(self._face(face, occlusion) for face in read), left_out)

    def _face(self, face: CocoFace | DataError, occlusion: bool) -> Annotation | DataError:
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
            if face.occluded is not UNSAID:
                if face.occluded is not None:
                    occluded = np.array(face.occluded, dtype=bool)
            elif occlusion and face.flags is not None:
                occluded = face.flags == OCCLUDED
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

    def _fail(self, line: int, message: str) -> NoReturn:
        fail(self.file, line, message, CURE)


__all__ = ["CocoParts"]
