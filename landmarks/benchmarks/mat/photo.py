"""A picture inside a MATLAB file of version 7.3."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import UInt8

from landmarks.batch import Photo, PhotoPart, Region
from landmarks.benchmarks.mat.shapes import fail
from landmarks.benchmarks.mat.version_73 import (
    check_class,
    check_storage,
    guarded,
    is_mat73,
    open_mat73,
    read_cell,
    referenced,
)
from landmarks.errors import DataError
from landmarks.geometry import Size

_LONGEST_SIDE = 1 << 14


@final
class MatPhoto(Photo):
    """An entry of a cell array of pictures, colour or grey, in a file of version 7.3.

    Nothing is kept but where the picture lies, so that photos can be copied to other processes,
    forked or spawned. Each process opens the file for itself, once.

    Args:
        file: The MATLAB file.
        variable: The cell array, such as ``IsT``.
        row: The entry, from 0.
        name: Its short name, unique in its benchmark, such as ``test/17``.
        source: Where the file can be had, for the message if it is missing.
    """

    def __init__(self, file: Path, variable: str, row: int, name: str, source: str) -> None:
        self.variable = variable
        self.row = row
        self._file = file
        self._name = name
        self._source = source

    def __repr__(self) -> str:
        return f"MatPhoto({str(self._file)!r}, {self.variable!r}, {self.row}, {self._name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MatPhoto) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def name(self) -> str:
        """The short name that it was given."""
        return self._name

    @property
    def file(self) -> Path:
        """The MATLAB file."""
        return self._file

    def size(self) -> Size:
        """Makes sure that there is a picture, without unpacking it.

        Returns:
            Its height and width.

        Raises:
            DataError: If the file cannot be opened, or the entry is no picture.
        """
        return _size(self._picture())

    def read(self) -> UInt8[np.ndarray, "H W 3"]:
        """Reads the picture as RGB; a grey one gets three equal channels.

        Raises:
            DataError: As for `size`, or if the picture cannot be unpacked.
        """
        picture = self._picture()
        size = _size(picture)
        return self._pixels(picture, Region(0, 0, size.width, size.height))

    def read_part(self, wanted: Region) -> PhotoPart:
        """Reads the wanted pixels, as far as they lie on the picture, and no others.

        Raises:
            DataError: As for `read`.
        """
        picture = self._picture()
        size = _size(picture)
        region = wanted.on_photo(size)
        return PhotoPart(self._pixels(picture, region), region.x0, region.y0, size)

    @property
    def _key(self) -> tuple[Path, str, int, str]:
        return self.file, self.variable, self.row, self._name

    @property
    def _entry(self) -> str:
        """The entry as MATLAB writes it."""
        return f"{self.variable}{{{self.row + 1}}}"

    def _picture(self) -> Any:  # noqa: ANN401, h5py has no types
        """The dataset, of which is known that it may be read."""
        handle, references = _cell(self.file, self.variable, self._source)
        if not self.row < len(references):
            fail(self.file, self._entry, f"is missing; the file holds {len(references):,} pictures")
        dataset = referenced(handle, self.file, self._entry, references[self.row])
        with guarded(self.file, self._entry):
            check_class(dataset, self.file, self._entry, frozenset(["uint8"]), "a picture (uint8)")
            if dataset.dtype != np.uint8:
                fail(self.file, self._entry, f"is stored as {dataset.dtype}, expected bytes")
            shape = dataset.shape[::-1]
            if len(shape) not in (2, 3) or shape[2:] not in ((), (1,), (3,)):
                fail(
                    self.file,
                    self._entry,
                    f"the shape is {' × '.join(map(str, shape))}, expected height × width × 3, or "
                    "height × width if it is grey",
                )
            if min(shape) < 1 or max(shape) > _LONGEST_SIDE:
                fail(self.file, self._entry, f"has {shape[0]} × {shape[1]} pixels")
            check_storage(dataset, self.file, self._entry)
        return dataset

    def _pixels(self, picture: Any, region: Region) -> UInt8[np.ndarray, "h w 3"]:  # noqa: ANN401
        # MATLAB keeps a picture column by column: channels first, then x, then y.
        columns, rows = slice(region.x0, region.x1), slice(region.y0, region.y1)
        with guarded(self.file, self._entry):
            stored = picture[..., columns, rows]
        pixels = np.atleast_3d(stored.T)
        if pixels.shape[2] == 1:
            pixels = np.repeat(pixels, 3, axis=2)
        rgb: UInt8[np.ndarray, "h w 3"] = np.ascontiguousarray(pixels)
        return rgb


def picture_count(file: Path, variable: str, source: str) -> int:
    """How many pictures a file holds.

    Args:
        file: The MATLAB file.
        variable: The cell array of pictures.
        source: Where the file can be had, for the message if it is missing.

    Raises:
        DataError: If the file cannot be opened, or the variable is no cell array.
    """
    return len(_cell(file, variable, source)[1])


def _cell(file: Path, variable: str, source: str) -> tuple[Any, list[Any]]:
    """The open file and the references of the cell array, kept for this process."""
    try:
        stamp = file.stat()
    except FileNotFoundError as error:
        raise DataError(
            f"the file that the pictures lie in is missing; get it from {source}", file=file
        ) from error
    except OSError as error:
        raise DataError(
            f"the file that the pictures lie in cannot be read ({error.strerror}); check the file "
            "and its permissions",
            file=file,
        ) from error
    return _opened(file, variable, os.getpid(), stamp.st_mtime_ns, stamp.st_size)


def _size(picture: Any) -> Size:  # noqa: ANN401
    return Size(*picture.shape[:-3:-1])


@lru_cache(maxsize=4)
def _opened(
    file: Path, name: str, process: int, changed: int, length: int
) -> tuple[Any, list[Any]]:
    """The file as it is for one process at one time; the last few are kept open."""
    if not is_mat73(file):
        raise DataError(
            "the file is no MATLAB file of version 7.3, from which alone single pictures can be "
            "read; restore it from the distribution, or save it again in MATLAB with -v7.3",
            file=file,
        )
    handle = open_mat73(file)
    return handle, read_cell(handle, file, name, None)


__all__ = ["MatPhoto", "picture_count"]
