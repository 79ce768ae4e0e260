"""One file of prepared windows, and the index beside it.

The file holds the windows' pixels, rows of RGB bytes, one window after the other. The index beside
it (``.windows.json``) says of which photos they are, where they lie on them and in the file, and
the SHA-256 of each window, of the file and of the index itself. The index appears last: a file
without one was never finished.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from jaxtyping import UInt8

from landmarks.batch import Region
from landmarks.data.prepared.source import Source, file_digest
from landmarks.errors import DataError
from landmarks.files import complete_file
from landmarks.geometry import Size

DATA_SUFFIX, INDEX_SUFFIX = ".windows", ".windows.json"
CHANNELS = 3
_FORMAT = 1
_AGAIN = "run 'landmarks data prepare' again, which writes it anew"


class OtherFormatError(DataError):
    """An index that another version of this program has written."""


def data_of(index: Path) -> Path:
    """The file of windows that an index is of.

    >>> data_of(Path("a.windows.json")).name
    'a.windows'
    """
    return index.with_name(index.name.removesuffix(INDEX_SUFFIX) + DATA_SUFFIX)


def index_of(data: Path) -> Path:
    """The index of a file of windows; undoes `data_of`."""
    return data.with_name(data.name.removesuffix(DATA_SUFFIX) + INDEX_SUFFIX)


class StoredWindow(NamedTuple):
    """A window of a photo in a file.

    Attributes:
        region: Its place on the photo.
        offset: The file's byte that it begins with.
        sha256: Of its bytes.
    """

    region: Region
    offset: int
    sha256: str

    @property
    def bytes(self) -> int:
        """Its length in the file."""
        return CHANNELS * self.region.area


class StoredPhoto(NamedTuple):
    """A photo of which windows are kept.

    Attributes:
        name: Its name, unique in its benchmark.
        size: Of the whole photo.
        source: The file that it was read from, as it was then.
        windows: What is kept of it.
    """

    name: str
    size: Size
    source: Source
    windows: tuple[StoredWindow, ...]


@dataclass(frozen=True)
class Shard:
    """A file of windows.

    Attributes:
        data: The file of pixels; the index lies beside it.
        benchmark: Name of the benchmark that the photos are of.
        bytes: Length of the file.
        sha256: Of its content.
        photos: What is in it, in order.
    """

    data: Path
    benchmark: str
    bytes: int
    sha256: str
    photos: tuple[StoredPhoto, ...]

    @classmethod
    def read(cls, index: Path) -> "Shard":
        """Reads an index, and makes sure that the file of windows has the length it should have.

        Raises:
            DataError: If either cannot be used.
        """
        try:
            content = json.loads(index.read_bytes())
            kept = content.pop("index_sha256")
            form = content["format"]
        except OSError as error:
            raise DataError(f"cannot be read ({error.strerror}); {_AGAIN}", file=index) from error
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise DataError(f"no index of prepared windows; {_AGAIN}", file=index) from error
        if form != _FORMAT:
            raise OtherFormatError(
                f"prepared by another version of this program (format {form}, expected {_FORMAT}); "
                "prepare into another folder, or delete this one",
                file=index,
            )
        if kept != _digest(content):
            raise DataError(f"the index is damaged; {_AGAIN}", file=index)
        shard = cls(
            data_of(index),
            content["benchmark"],
            content["bytes"],
            content["sha256"],
            tuple(_photo(entry) for entry in content["photos"]),
        )
        shard.check_length()
        return shard

    @property
    def index(self) -> Path:
        """The index's file."""
        return index_of(self.data)

    def check_length(self) -> None:
        """Makes sure that the file of windows is there, as long as it should be.

        Raises:
            DataError: If it is not.
        """
        try:
            found = self.data.stat().st_size
        except OSError as error:
            raise DataError(
                f"prepared windows cannot be read ({error.strerror}); {_AGAIN}", file=self.data
            ) from error
        if found != self.bytes:
            raise DataError(
                f"prepared windows are damaged: {found:,} bytes, expected {self.bytes:,}; {_AGAIN}",
                file=self.data,
            )

    def check_content(self) -> None:
        """Makes sure that the whole file of windows is as it was written, to the last bit.

        Raises:
            DataError: If it is not.
        """
        try:
            found = file_digest(self.data)
        except OSError as error:
            raise DataError(
                f"cannot be read ({error.strerror}); {_AGAIN}", file=self.data
            ) from error
        if found != self.sha256:
            raise DataError(
                "prepared windows are damaged: their SHA-256 is not what was written; delete this "
                f"file and {self.index.name}, and run 'landmarks data prepare' again",
                file=self.data,
            )

    def with_sources(self, sources: Sequence[Source]) -> "Shard":
        """The same windows with sources newly looked at, one for each photo; writes the index."""
        pairs = zip(self.photos, sources, strict=True)
        shard = replace(self, photos=tuple(p._replace(source=source) for p, source in pairs))
        shard._write_index()
        return shard

    def _write_index(self) -> None:
        content: dict[str, Any] = {
            "format": _FORMAT,
            "benchmark": self.benchmark,
            "bytes": self.bytes,
            "sha256": self.sha256,
            "photos": [_entry(photo) for photo in self.photos],
        }
        content["index_sha256"] = _digest(content)
        with complete_file(self.index) as unfinished:
            unfinished.write_text(json.dumps(content, indent=0))


class ShardWriter:
    """Writes windows one after the other; see `write_shard`."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._offset = 0
        self.photos: list[StoredPhoto] = []

    def add(
        self,
        name: str,
        size: Size,
        source: Source,
        windows: Sequence[tuple[Region, UInt8[np.ndarray, "_ _ 3"]]],
    ) -> None:
        """Writes the windows of a photo.

        Args:
            name: The photo's name.
            size: Of the whole photo.
            source: The file that it was read from.
            windows: Places on the photo, and the pixels there.
        """
        stored = []
        for region, pixels in windows:
            data = np.ascontiguousarray(pixels).reshape(-1).data
            self._file.write(data)
            self._digest.update(data)
            stored.append(StoredWindow(region, self._offset, hashlib.sha256(data).hexdigest()))
            self._offset += data.nbytes
        self.photos.append(StoredPhoto(name, size, source, tuple(stored)))

    def shard(self, data: Path, benchmark: str) -> Shard:
        """What was written."""
        return Shard(data, benchmark, self._offset, self._digest.hexdigest(), tuple(self.photos))


@contextmanager
def write_shard(data: Path, benchmark: str) -> Iterator[ShardWriter]:
    """Lends a writer; the file and its index appear once the block has ended well.

    Args:
        data: The file of windows to be.
        benchmark: Name of the benchmark that the photos are of.

    Raises:
        OSError: If it cannot be written.
    """
    with complete_file(data) as unfinished, unfinished.open("wb") as file:
        writer = ShardWriter(file)
        yield writer
    writer.shard(data, benchmark)._write_index()


def _digest(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _entry(photo: StoredPhoto) -> dict[str, Any]:
    return {
        "name": photo.name,
        "size": list(photo.size),
        "source": list(photo.source),
        "windows": [[*window.region, window.offset, window.sha256] for window in photo.windows],
    }


def _photo(entry: dict[str, Any]) -> StoredPhoto:
    windows = (
        StoredWindow(Region(*window[:4]), window[4], window[5]) for window in entry["windows"]
    )
    return StoredPhoto(
        entry["name"], Size(*entry["size"]), Source(*entry["source"]), tuple(windows)
    )
