"""Folders of ``.pts`` files beside their pictures, as 300W and its relatives are distributed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from landmarks.batch import Record
from landmarks.benchmarks.base import FaceSource
from landmarks.benchmarks.files.folder_splits import Folder
from landmarks.benchmarks.files.folders import listing, picture_beside, pictures_by_stem
from landmarks.benchmarks.files.pts import Refuse, no_refusal, read_pts
from landmarks.data.photo_file import PhotoFile

MakeRecord = Callable[[PhotoFile, Float[np.ndarray, "K 2"]], Record]
"""Makes a record of a picture and the points as they stand in the file."""

SUFFIX = ".pts"


def pts_sources(
    folder: Folder,
    names: Sequence[str],
    count: int,
    make: MakeRecord,
    refuse: Refuse = no_refusal,
) -> Iterator[FaceSource]:
    """The faces of a folder, in the order of the names.

    Args:
        folder: The folder; photos are named by it.
        names: The ``.pts`` files in it that are to be read.
        count: The number of points that the point scheme has.
        make: Makes the record.
        refuse: See `landmarks.benchmarks.files.pts.read_pts`.
    """
    pictures = pictures_by_stem(listing(folder.path))
    for name in names:
        file = folder.path / name
        yield FaceSource(file, None, partial(_read, folder, file, pictures, count, make, refuse))


def _read(
    folder: Folder,
    file: Path,
    pictures: Mapping[str, Sequence[str]],
    count: int,
    make: MakeRecord,
    refuse: Refuse,
) -> Record:
    picture = picture_beside(file, pictures)
    photo = PhotoFile(folder.path / picture, f"{folder.name}/{picture}")
    return make(photo, read_pts(file, count, photo.check(), refuse))


def from_1(
    photo: PhotoFile,
    points: Float[np.ndarray, "K 2"],
    subsets: frozenset[str] = frozenset(),
) -> Record:
    """The record of a file that counts pixels from 1, as those of 300W and Menpo do."""
    return Record(photo, points - 1, subsets=subsets)


__all__ = ["SUFFIX", "MakeRecord", "from_1", "pts_sources"]
