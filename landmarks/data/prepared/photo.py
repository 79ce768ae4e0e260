"""Photos whose windows are read from prepared files, and from themselves beyond these."""

import hashlib
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
from jaxtyping import UInt8
from tqdm import tqdm

from landmarks.batch import Photo, PhotoPart, Record, Region
from landmarks.data.prepared.shard import CHANNELS, INDEX_SUFFIX, Shard, StoredPhoto, StoredWindow
from landmarks.data.prepared.source import Sources
from landmarks.errors import DataError
from landmarks.geometry import Size

_PREPARE = "landmarks data prepare --config EXPERIMENT.yaml --output {folder}"


class _Place(NamedTuple):
    """A window, and the file that it lies in."""

    file: Path
    window: StoredWindow


@final
class WindowFiles:
    """The files of prepared windows, mapped into the memory of each process that reads them.

    A window's hash is checked when a process first reads it: what is damaged is never trained on.

    Args:
        folder: The folder of prepared windows.

    Attributes:
        misses: How many parts of photos this process had to read from the photos themselves.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.misses = 0
        self._mapped: dict[Path, np.ndarray] = {}
        self._checked: set[tuple[Path, int]] = set()

    def __getstate__(self) -> dict[str, object]:
        """What goes to another process, which maps and checks for itself."""
        return {"folder": self.folder, "misses": 0, "_mapped": {}, "_checked": set()}

    def pixels(self, file: Path, window: StoredWindow, name: str) -> UInt8[np.ndarray, "h w 3"]:
        """The pixels of a window, read-only.

        Raises:
            DataError: If the file has gone, or the window is not what was written.
        """
        data = self._map(file)[window.offset : window.offset + window.bytes]
        key = (file, window.offset)
        if key not in self._checked:
            if hashlib.sha256(data.data).hexdigest() != window.sha256:
                raise DataError(
                    f"the prepared window of {name} is damaged; run "
                    f"'{_PREPARE.format(folder=self.folder)} --verify', which writes again what is "
                    "damaged",
                    file=file,
                )
            self._checked.add(key)
        region = window.region
        return data.reshape(region.y1 - region.y0, region.x1 - region.x0, CHANNELS)

    def miss(self, photo: Photo, wanted: Region) -> None:
        """Counts a part of a photo that is not there; the first one is warned of."""
        self.misses += 1
        if self.misses == 1:
            warnings.warn(
                f"a crop of {photo.name} at {tuple(wanted)} lies outside its windows in "
                f"{self.folder}, which were prepared for other settings; such crops are read from "
                f"the photos, which is slower. Run '{_PREPARE.format(folder=self.folder)}' with "
                "this experiment to add to the windows",
                stacklevel=2,
            )

    def _map(self, file: Path) -> np.ndarray:
        if file not in self._mapped:
            try:
                self._mapped[file] = np.asarray(np.memmap(file, np.uint8, mode="r"))
            except (OSError, ValueError) as error:
                raise DataError(
                    f"prepared windows cannot be read ({error}); run "
                    f"'{_PREPARE.format(folder=self.folder)}' again",
                    file=file,
                ) from error
        return self._mapped[file]


@final
class PreparedPhoto(Photo):
    """A photo of which some windows are kept; it is the same photo in all but speed.

    Args:
        photo: The photo itself, read where no window covers what is wanted.
        size: Its size.
        places: The windows that are kept of it.
        files: The files that these lie in.
    """

    def __init__(
        self, photo: Photo, size: Size, places: Sequence[_Place], files: WindowFiles
    ) -> None:
        self.photo = photo
        self._size = size
        self._places = tuple(places)
        self._files = files

    def __repr__(self) -> str:
        return f"PreparedPhoto({self.photo!r})"

    @property
    def name(self) -> str:
        """The photo's own."""
        return self.photo.name

    @property
    def file(self) -> Path | None:
        """The photo's own."""
        return self.photo.file

    def size(self) -> Size:
        """The photo's own, which is kept with its windows."""
        return self._size

    def read(self) -> UInt8[np.ndarray, "H W 3"]:
        """Reads the photo itself.

        Raises:
            DataError: If it cannot be read.
        """
        return self.photo.read()

    def read_part(self, wanted: Region) -> PhotoPart:
        """A window that covers what is wanted, or if there is none, what the photo itself gives.

        Raises:
            DataError: If the window is damaged, or the photo cannot be read.
        """
        region = wanted.on_photo(self._size)
        if region.empty:
            return PhotoPart(np.zeros((0, 0, CHANNELS), np.uint8), 0, 0, self._size)
        for file, window in self._places:
            if window.region.covers(region):
                pixels = self._files.pixels(file, window, self.name)
                return PhotoPart(pixels, window.region.x0, window.region.y0, self._size)
        self._files.miss(self, wanted)
        return self.photo.read_part(wanted)


@final
class PreparedWindows:
    """A folder of windows that ``landmarks data prepare`` has written.

    Args:
        folder: The folder.

    Raises:
        DataError: If it holds none, or an index or a file of windows is damaged.
    """

    def __init__(self, folder: Path) -> None:
        indices = sorted(folder.glob(f"*{INDEX_SUFFIX}"))
        if not indices:
            raise DataError(
                "there are no prepared windows here; write them with "
                f"'{_PREPARE.format(folder=folder)}', or leave out the setting 'prepared'",
                file=folder,
            )
        self.folder = folder
        self.shards = tuple(Shard.read(index) for index in indices)
        self._files = WindowFiles(folder)
        self._photos: dict[tuple[str, str], list[tuple[Path, StoredPhoto]]] = defaultdict(list)
        for shard in self.shards:
            for photo in shard.photos:
                self._photos[shard.benchmark, photo.name].append((shard.data, photo))

    def of(self, benchmark: str, records: Sequence[Record]) -> list[Record]:
        """The records with photos that are read from the windows here; all else stays as it is.

        Args:
            benchmark: Name of the benchmark that the records are of.
            records: The faces; those without windows here stay as they are, which is warned of.

        Raises:
            DataError: If a photo has changed since its windows were written.
        """
        sources = Sources()
        progress = tqdm(records, "looking for prepared windows", unit="face", delay=2)
        found = [replace(r, photo=self._prepared(benchmark, r.photo, sources)) for r in progress]
        without = [record.photo for record in found if not isinstance(record.photo, PreparedPhoto)]
        if without:
            warnings.warn(
                f"{self.folder} has no windows of {len(without):,} of {len(found):,} faces of "
                f"{benchmark}, such as {without[0].name}; these are read from the photos, which is "
                f"slower. Run '{_PREPARE.format(folder=self.folder)}' with this experiment to add "
                "them",
                stacklevel=2,
            )
        return found

    def _prepared(self, benchmark: str, photo: Photo, sources: Sources) -> Photo:
        kept = self._photos.get((benchmark, photo.name))
        if kept is None or photo.file is None:
            return photo
        valid = [(file, stored) for file, stored in kept if sources.same(photo.file, stored.source)]
        if not valid:
            raise DataError(
                f"the picture has changed since its windows in {self.folder} were written; run "
                f"'{_PREPARE.format(folder=self.folder)}', which writes them again, or leave out "
                "the setting 'prepared'",
                file=photo.file,
            )
        places = [_Place(file, window) for file, stored in valid for window in stored.windows]
        return PreparedPhoto(photo, valid[0][1].size, places, self._files)
