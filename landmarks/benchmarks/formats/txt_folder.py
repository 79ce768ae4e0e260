"""A folder of ``.txt`` files: a line with the number of points, then ``x y`` on a line each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float

from landmarks.benchmarks.files.text import coordinate, fail, quoted, read_lines
from landmarks.benchmarks.formats.annotation_folder import folder_losses, read_folder, write_folder
from landmarks.benchmarks.formats.base import CURE, FaceFormat, FaceToWrite, ReadFaces
from landmarks.geometry import Size


@final
@dataclass(frozen=True)
class TxtFolder(FaceFormat):
    """A ``.txt`` file for each picture, as in LaPa (``a.txt``) and JD-landmark (``a.jpg.txt``)."""

    @property
    def first_pixel(self) -> int:
        """0."""
        return 0

    @property
    def pictures_lie_beside(self) -> bool:
        """True."""
        return True

    def read(self, source: Path, pictures: Path, count: int) -> ReadFaces:
        """Reads the faces in the order of their paths; see `FaceFormat.read`.

        Raises:
            DataError: If the folder holds no ``.txt`` file.
        """
        return read_folder(source, pictures, ".txt", lambda file, size: _read(file, count, size))

    def write(self, target: Path, faces: Sequence[FaceToWrite]) -> None:
        """Writes a file a face, named after the picture with its suffix; numbers in full.

        Raises:
            DataError: If a face misses a point, or shares its picture with another.
        """
        write_folder(target, faces, _place, _text)

    def losses(self, faces: Sequence[FaceToWrite]) -> list[str]:
        """Boxes, occlusion, subsets."""
        return folder_losses(faces, _place)


def _place(picture: str) -> str:
    return f"{picture}.txt"


def _text(points: Float[np.ndarray, "K 2"]) -> str:
    return "\n".join([str(len(points)), *(f"{x!r} {y!r}" for x, y in points.tolist()), ""])


def _read(file: Path, count: int, picture: Size) -> Float[np.ndarray, "K 2"]:
    lines = [line.strip() for line in read_lines(file, cure=CURE)]
    while lines and not lines[-1]:
        lines.pop()
    first = lines[0] if lines else ""
    if first != str(count):
        fail(
            file, 1, f"{quoted(first)}, expected {count}, the description's number of points", CURE
        )
    if len(lines) != count + 1:
        fail(
            file,
            len(lines),
            f"{len(lines) - 1} lines behind the first, expected {count}: x and y of each point",
            CURE,
        )
    points = np.empty((count, 2))
    for number, line in enumerate(lines[1:], start=2):
        words = line.split()
        if len(words) != 2:
            fail(file, number, f"{quoted(line)}, expected x and y", CURE)
        points[number - 2] = [coordinate(file, number, word, picture, CURE) for word in words]
    return points


__all__ = ["TxtFolder"]
