"""A folder of ``.pts`` files, as 300W and many annotation tools write them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import final

import numpy as np
from jaxtyping import Float

from landmarks.benchmarks.files.pts import read_pts
from landmarks.benchmarks.formats.annotation_folder import folder_losses, read_folder, write_folder
from landmarks.benchmarks.formats.base import FaceFormat, FaceToWrite, ReadFaces


@final
@dataclass(frozen=True)
class PtsFolder(FaceFormat):
    """A ``.pts`` file a picture: points, and nothing else (`landmarks.benchmarks.files.pts`).

    Pixels are counted from 1 in 300W's files, and so in those that are written.
    """

    @property
    def first_pixel(self) -> int:
        """1."""
        return 1

    @property
    def pictures_lie_beside(self) -> bool:
        """True."""
        return True

    def read(self, source: Path, pictures: Path, count: int) -> ReadFaces:
        """Reads the faces in the order of their paths; see `FaceFormat.read`.

        Raises:
            DataError: If the folder holds no ``.pts`` file.
        """
        return read_folder(source, pictures, ".pts", lambda file, size: read_pts(file, count, size))

    def write(self, target: Path, faces: Sequence[FaceToWrite]) -> None:
        """Writes a file a face.

        Raises:
            DataError: If a face misses a point, or shares its picture with another.
        """
        write_folder(target, faces, _place, _text)

    def losses(self, faces: Sequence[FaceToWrite]) -> list[str]:
        """Boxes, occlusion, subsets; the last digit, for points are written counted from 1."""
        shifted = any(
            bool(((face.record.points_photo + 1) - 1 != face.record.points_photo).any())
            for face in faces
        )
        last = ["the last digits of points (1 is added, as the format counts pixels from 1)"]
        return folder_losses(faces, _place) + (last if shifted else [])


def _place(picture: str) -> str:
    return str(PurePosixPath(picture).with_suffix(".pts"))


def _text(points: Float[np.ndarray, "K 2"]) -> str:
    lines = [f"{x!r} {y!r}" for x, y in (points + 1).tolist()]
    return "\n".join(["version: 1", f"n_points: {len(points)}", "{", *lines, "}", ""])


__all__ = ["PtsFolder"]
