"""What a format of annotation files does: read faces, write faces, say what it cannot hold."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from landmarks.batch import Box, Record
from landmarks.errors import DataError
from landmarks.geometry import Size

CURE = "correct the file"
"""What to do about a file of a user's own: no distribution can restore it."""


@dataclass(frozen=True)
class Annotation:
    """A face as a file states it; pixels are counted as the file counts them.

    Attributes:
        file: The file that says so.
        line: The line there, from 1; None where the file is the face's alone.
        picture: The picture's path below the folder of the pictures.
        points: (K, 2) float64; NaN where a point is missing.
        box: The face box, if there is one.
        occluded: (K,) true where a point is hidden; None where the file does not say.
        subsets: Names of the subsets that the face belongs to.
        name: The picture's name in the benchmark, where it is another than its path.
        size: The picture's size as the file states it, if it does.
    """

    file: Path
    line: int | None
    picture: str
    points: Float[np.ndarray, "K 2"]
    box: Box | None = None
    occluded: Bool[np.ndarray, " K"] | None = None
    subsets: frozenset[str] = frozenset()
    name: str | None = None
    size: Size | None = None


class ReadFaces(NamedTuple):
    """What a file or folder holds.

    Attributes:
        faces: In the order of the file; an error in the place of a face that cannot be used, so
            that all of them can be told at once.
        left_out: Number of annotations without a single point, which are no faces.
    """

    faces: tuple[Annotation | DataError, ...]
    left_out: int = 0


class FaceToWrite(NamedTuple):
    """A face to be written.

    Attributes:
        picture: The picture's path below the folder of the pictures, with slashes.
        size: Its size.
        record: The face.
    """

    picture: str
    size: Size
    record: Record


class FaceFormat(ABC):
    """A format of annotation files. Two equal ones read alike."""

    @property
    @abstractmethod
    def first_pixel(self) -> int:
        """The number that `write` gives to the first pixel, 0 or 1."""

    @property
    @abstractmethod
    def pictures_lie_beside(self) -> bool:
        """Whether pictures usually lie in the folder of their annotations."""

    @abstractmethod
    def read(self, source: Path, pictures: Path, count: int) -> ReadFaces:
        """Reads all faces, always in the same order.

        Args:
            source: The file or folder of the annotations.
            pictures: The folder that the pictures lie below.
            count: The number of points of a face.

        Raises:
            DataError: If the file as a whole cannot be understood; what concerns one face stands in
                its place.
        """

    @abstractmethod
    def write(self, target: Path, faces: Sequence[FaceToWrite]) -> None:
        """Writes all faces to a file, or below a folder that need not be there yet.

        Raises:
            DataError: If the format cannot hold a face; the message names it.
        """

    @abstractmethod
    def losses(self, faces: Sequence[FaceToWrite]) -> list[str]:
        """What of these faces would not come back, in a few words each."""


def names_are_lost(faces: Sequence[FaceToWrite]) -> list[str]:
    """A loss for formats that know a picture by its path alone."""
    other = sum(face.picture != face.record.photo.name for face in faces)
    return [f"the names of {other:,} pictures (their paths stand for them)"] if other else []


def present(points: Float[np.ndarray, "K 2"]) -> Bool[np.ndarray, " K"]:
    """Which points are annotated."""
    annotated: Bool[np.ndarray, " K"] = np.isfinite(points).all(axis=-1)
    return annotated


def check_face(face: FaceToWrite) -> None:
    """Refuses a face that no format can hold.

    Raises:
        DataError: If it has no point, an infinite one, or a box without area.
    """
    record = face.record
    problem = None
    if not present(record.points_photo).any():
        problem = "no point is annotated"
    elif np.isinf(record.points_photo).any():
        problem = "a point is infinite"
    elif record.box is not None and not (
        record.box.x0 < record.box.x1
        and record.box.y0 < record.box.y1
        and np.isfinite(record.box).all()
    ):
        problem = f"the box {tuple(record.box)} has no area"
    if problem:
        raise DataError(
            f"{record.photo.name}: {problem}, so the face cannot be written; correct its "
            "annotation, or leave the face out"
        )


__all__ = [
    "CURE",
    "Annotation",
    "FaceFormat",
    "FaceToWrite",
    "ReadFaces",
    "check_face",
    "names_are_lost",
    "present",
]
