"""Brings a folder of prepared windows up to date."""

import hashlib
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Never

from filelock import FileLock, Timeout
from tqdm import tqdm

from landmarks.batch import Region
from landmarks.data.prepared.reach import few_regions, joined
from landmarks.data.prepared.shard import (
    DATA_SUFFIX,
    INDEX_SUFFIX,
    OtherFormatError,
    Shard,
    data_of,
    index_of,
    write_shard,
)
from landmarks.data.prepared.source import Source, Sources
from landmarks.data.prepared.wanted import WantedPhoto
from landmarks.errors import DataError

SHARD_BYTES = 1 << 29
"""Windows are written to files of about this length; an interruption costs at most one of them."""

_RESERVE = 1 << 26
"""So many bytes of the disk are left free."""

_Key = tuple[str, str]
"""A photo: the names of its benchmark and its own."""


@dataclass(frozen=True)
class Preparation:
    """What a folder of windows lacks.

    Attributes:
        folder: The folder.
        missing: Photos, with the windows that are to be written.
        there: How many of the wanted photos have all their windows.
        outdated: Indices of files that are damaged, or that hold a photo that has changed, and why:
            these files are deleted, and what is wanted of them is written again.
        refreshed: Files whose photos were written again with the same content, and these photos'
            new states, which the index is to keep.
    """

    folder: Path
    missing: tuple[WantedPhoto, ...]
    there: int
    outdated: Mapping[Path, str]
    refreshed: tuple[tuple[Shard, tuple[Source, ...]], ...]

    @property
    def bytes(self) -> int:
        """What is to be written."""
        return sum(photo.bytes for photo in self.missing)

    @property
    def done(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.missing or self.outdated or self.refreshed)

    def check_space(self) -> None:
        """Makes sure that there is room on the disk.

        Raises:
            DataError: If there is not.
        """
        there = next(place for place in (self.folder, *self.folder.parents) if place.exists())
        free = shutil.disk_usage(there).free
        old = (data_of(index) for index in self.outdated)
        freed = sum(file.stat().st_size for file in old if file.is_file())
        if self.bytes + _RESERVE > free + freed:
            raise DataError(
                f"the windows take {gigabytes(self.bytes)} and {gigabytes(free)} are free here; "
                "make room, choose a folder on another disk, or prepare fewer splits",
                file=self.folder,
            )

    def write(self) -> None:
        """Brings the folder up to date; stopped at any time, the next preparation goes on.

        The memory that it takes is that of one photo.

        Raises:
            landmarks.errors.DataError: If a photo cannot be read, a file not be written, or another
                process is preparing windows in this folder.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".lock", timeout=0):
                self._write()
        except Timeout as error:
            raise DataError(
                "another process is preparing windows here; wait until it has ended, or choose "
                "another folder",
                file=self.folder,
            ) from error
        except OSError as error:
            raise DataError(
                f"windows cannot be written here ({error.strerror or error}); what is written so "
                "far is kept, and the next run goes on there",
                file=self.folder,
            ) from error

    def _write(self) -> None:
        for index in self.outdated:
            index.unlink(missing_ok=True)
        _delete_unfinished(self.folder)
        for shard, sources in self.refreshed:
            shard.with_sources(sources)
        with tqdm(
            total=self.bytes, desc="preparing windows", unit="B", unit_scale=True
        ) as progress:
            for benchmark, photos in _portions(self.missing):
                self._write_shard(benchmark, photos, progress)

    def _write_shard(
        self, benchmark: str, photos: Sequence[WantedPhoto], progress: "tqdm[Never]"
    ) -> None:
        sources = Sources()
        data = self.folder / (_shard_name(benchmark, photos, sources) + DATA_SUFFIX)
        with write_shard(data, benchmark) as writer:
            for wanted in photos:
                part = wanted.photo.read_part(joined(wanted.regions))
                if part.whole != wanted.size:
                    raise DataError(
                        f"{wanted.photo.name} has {part.whole.height} × {part.whole.width} pixels, "
                        f"but its header says {wanted.size.height} × {wanted.size.width}; restore "
                        "it from the distribution",
                        file=wanted.file,
                    )
                windows = [(region, part.cut(region).pixels) for region in wanted.regions]
                writer.add(wanted.photo.name, wanted.size, sources.now(wanted.file), windows)
                progress.update(wanted.bytes)


def plan(folder: Path, wanted: Sequence[WantedPhoto], thoroughly: bool = False) -> Preparation:
    """Finds out what a folder of windows lacks; nothing is written.

    Windows that are not wanted now stay where they are: a folder may serve several experiments.

    Args:
        folder: The folder, which need not exist.
        wanted: The photos, each once.
        thoroughly: Whether to compare the content of all windows, and of all wanted photos, with
            their hashes, instead of lengths and times alone.

    Raises:
        landmarks.errors.DataError: If the folder belongs to another version of this program, or a
            photo cannot be read.
    """
    photos = {(photo.benchmark, photo.photo.name): photo for photo in wanted}
    regions = {key: list(photo.regions) for key, photo in photos.items()}
    kept: dict[_Key, list[Region]] = {}
    outdated: dict[Path, str] = {}
    refreshed = []
    sources = Sources()
    for index in sorted(folder.glob(f"*{INDEX_SUFFIX}")):
        shard = _readable(index, thoroughly, outdated)
        if shard is None:
            continue
        states = _states(shard, photos, sources, thoroughly)
        changed = {stored.name for stored, now in zip(shard.photos, states, strict=True) if not now}
        if changed:
            outdated[index] = f"holds {len(changed):,} photos that have changed ({min(changed)}, …)"
        for stored in shard.photos:
            key = shard.benchmark, stored.name
            places = [window.region for window in stored.windows]
            if not changed:
                kept.setdefault(key, []).extend(places)
            elif key in photos and stored.name not in changed:
                # What the file holds for other experiments is written again with the rest.
                regions[key] += places
        now = tuple(state for state in states if state is not None)
        if not changed and now != tuple(stored.source for stored in shard.photos):
            refreshed.append((shard, now))
    missing = [_lacking(photo, regions[key], kept.get(key)) for key, photo in photos.items()]
    lacking = tuple(photo for photo in missing if photo is not None)
    return Preparation(folder, lacking, len(photos) - len(lacking), outdated, tuple(refreshed))


def verify(folder: Path) -> list[DataError]:
    """Compares all windows of a folder with their hashes.

    Returns:
        What is wrong, one error a file.

    Raises:
        landmarks.errors.DataError: If there are no windows in the folder.
    """
    indices = sorted(folder.glob(f"*{INDEX_SUFFIX}"))
    if not indices:
        raise DataError("there are no prepared windows here", file=folder)
    errors = []
    for index in tqdm(indices, "verifying windows", unit="file", delay=2):
        try:
            Shard.read(index).check_content()
        except DataError as error:
            errors.append(error)
    return errors


def gigabytes(count: int) -> str:
    """A number of bytes for people.

    >>> gigabytes(1_500_000_000), gigabytes(20_300_000)
    ('1.50 GB', '20.3 MB')
    """
    return f"{count / 1e9:,.2f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"


def _readable(index: Path, thoroughly: bool, outdated: dict[Path, str]) -> Shard | None:
    """The file of an index, or None, and the reason entered, if it is damaged."""
    try:
        shard = Shard.read(index)
        if thoroughly:
            shard.check_content()
    except OtherFormatError:
        raise
    except DataError as error:
        outdated[index] = f"is damaged ({error})"
        return None
    return shard


def _states(
    shard: Shard, photos: Mapping[_Key, WantedPhoto], sources: Sources, thoroughly: bool
) -> list[Source | None]:
    """The sources as they are now, None where one has changed; those not wanted as they were."""
    states: list[Source | None] = []
    for stored in shard.photos:
        photo = photos.get((shard.benchmark, stored.name))
        if photo is None or sources.same(photo.file, stored.source, thoroughly):
            moved = photo is not None and sources.stamp(photo.file) != stored.source[:2]
            states.append(sources.now(photo.file) if photo and moved else stored.source)
        else:
            states.append(None)
    return states


def _lacking(
    photo: WantedPhoto, regions: Sequence[Region], kept: Sequence[Region] | None
) -> WantedPhoto | None:
    """The photo with those regions that are not kept yet; None if it is there with all of them."""
    lacking = [
        region for region in regions if not any(place.covers(region) for place in kept or ())
    ]
    if kept is not None and not lacking:
        return None
    return WantedPhoto(photo.benchmark, photo.photo, photo.size, few_regions(lacking))


def _portions(photos: Sequence[WantedPhoto]) -> Iterator[tuple[str, list[WantedPhoto]]]:
    """The photos of a benchmark, in portions of a file each."""
    for benchmark, group in groupby(photos, lambda photo: photo.benchmark):
        portion: list[WantedPhoto] = []
        length = 0
        for photo in group:
            if portion and length + photo.bytes > SHARD_BYTES:
                yield benchmark, portion
                portion, length = [], 0
            portion.append(photo)
            length += photo.bytes
        if portion:
            yield benchmark, portion


def _shard_name(benchmark: str, photos: Sequence[WantedPhoto], sources: Sources) -> str:
    """A name that holds all that the content depends on."""
    content = [(p.photo.name, p.size, p.regions, sources.stamp(p.file)) for p in photos]
    digest = hashlib.sha256(repr(content).encode()).hexdigest()[:16]
    return f"{re.sub(r'[^A-Za-z0-9_-]', '_', benchmark)}-{digest}"


def _delete_unfinished(folder: Path) -> None:
    """Deletes what an interrupted run has left, and windows without an index."""
    for file in folder.glob(f".*.unfinished{DATA_SUFFIX}"):
        file.unlink()
    for file in folder.glob(f"*{DATA_SUFFIX}"):
        if not index_of(file).exists():
            file.unlink()
