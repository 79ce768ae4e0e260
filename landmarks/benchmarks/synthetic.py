"""Synthetic faces: drawn, not photographed, so that every landmark's true position is known."""

import hashlib
import multiprocessing
import os
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
from jaxtyping import UInt8
from tqdm import tqdm

from landmarks.batch import Photo, PhotoPart, Record, Region
from landmarks.benchmarks.base import Benchmark, Facts, Split
from landmarks.errors import DataError
from landmarks.files import complete_file
from landmarks.geometry import Size
from landmarks.markups import (
    MARKUP_19,
    MARKUP_29,
    MARKUP_68,
    MARKUP_98,
    MARKUP_106,
    MARKUPS,
    Markup,
)
from landmarks.metrics.normalisers import (
    InterOcular,
    InterPupil,
    LandmarkBoxDiagonal,
    LandmarkBoxSize,
)
from landmarks.metrics.protocol import Protocol
from landmarks.rendering.face import RENDERER_VERSION, render_face

_SPLITS = ("train", "test")
_CHUNK = 50
"""Faces that a process draws at a time."""

_OCCLUDED = 0.1
"""Share of the points that must be covered for a face to belong to the occluded ones."""

_WORTH_A_PROCESS = 1000
"""From so many faces on, a second process is worth the seconds that its start takes."""


def _facts(markup: Markup) -> Facts:
    name = "synthetic" if markup is MARKUP_68 else f"synthetic_{markup.name}"
    corners, eyes = markup.eye_corners, markup.eyes
    assert corners is not None
    assert eyes is not None
    return Facts(
        name=name,
        title=f"Synthetic faces, {markup.count} points",
        markup=markup,
        splits={
            "train": Split(None, "synthetic training faces"),
            "test": Split(None, "synthetic test faces"),
        },
        test_splits=("test",),
        protocols=(
            Protocol(f"{name}/inter_ocular", InterOcular(*corners)),
            Protocol(f"{name}/inter_pupil", InterPupil(*eyes)),
            Protocol(f"{name}/box", LandmarkBoxSize(), failure_threshold=0.07, auc_threshold=0.07),
            Protocol(f"{name}/diag", LandmarkBoxDiagonal()),
        ),
        licence="Apache-2.0, as the project that draws them; no person is depicted.",
        citation="The synthetic faces of the landmarks project (landmarks.rendering).",
        source="drawn on this machine when they are first asked for",
        layout="no files are needed; drawn pictures are kept in the cache folder",
    )


class _Faces(NamedTuple):
    """A split's files in the cache."""

    pictures: Path
    truth: Path


@final
class SyntheticPhoto(Photo):
    """One picture of a file of drawn faces.

    Args:
        pictures: An ``.npy`` of shape (N, H, W, 3), mapped into memory when first read.
        place: Which of its pictures.
        name: A short name, such as ``train/17``.
    """

    def __init__(self, pictures: Path, place: int, name: str) -> None:
        self.pictures = pictures
        self.place = place
        self._name = name

    def __repr__(self) -> str:
        return f"SyntheticPhoto({self._name!r})"

    @property
    def name(self) -> str:
        """The short name that it was given."""
        return self._name

    @property
    def file(self) -> Path:
        """The file of drawn faces."""
        return self.pictures

    def size(self) -> Size:
        """Height and width of all pictures of the file.

        Raises:
            DataError: If the file has gone, or is not what was written.
        """
        return Size(*_mapped(self.pictures).shape[1:3])

    def read(self) -> UInt8[np.ndarray, "H W 3"]:
        """Copies the picture out of the file.

        Raises:
            DataError: If the file has gone, or is not what was written.
        """
        pictures = _mapped(self.pictures)
        picture: UInt8[np.ndarray, "H W 3"] = np.array(pictures[self.place])
        return picture

    def read_part(self, wanted: Region) -> PhotoPart:
        """Copies the wanted pixels out of the file.

        Raises:
            DataError: As for `read`.
        """
        part = PhotoPart.of_whole(_mapped(self.pictures)[self.place]).cut(wanted)
        return part._replace(pixels=np.array(part.pixels))


@lru_cache(maxsize=16)
def _mapped(path: Path) -> np.ndarray:
    """The pictures of a file; each process maps it once."""
    try:
        pictures: np.ndarray = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"the drawn faces cannot be read ({error}); delete the file, and they are drawn again",
            file=path,
        ) from error
    return pictures


class _Drawn(NamedTuple):
    """Some faces: pictures, and for each markup points and flags."""

    pictures: UInt8[np.ndarray, "N H W 3"]
    truth: dict[str, np.ndarray]


def _draw(seed: int, first: int, count: int, size: int) -> _Drawn:
    faces = [render_face(seed, index, size) for index in range(first, first + count)]
    truth: dict[str, np.ndarray] = {"yaw": np.array([face.yaw for face in faces])}
    for name, markup in MARKUPS.items():
        truth[f"points_{name}"] = np.array([face.points(markup) for face in faces])
        truth[f"self_occluded_{name}"] = np.array([face.self_occluded(markup) for face in faces])
        truth[f"occluded_{name}"] = np.array([face.occluded(markup) for face in faces])
    return _Drawn(np.stack([face.image for face in faces]), truth)


class Synthetic(Benchmark):
    """Faces drawn by `landmarks.rendering`, annotated with 68 points.

    Splits: ``train`` and ``test``, of as many faces as are asked for, none in both. They are drawn
    once and kept in a cache folder, in files whose names hold all that they depend on. The picture
    does not depend on the markup: `Synthetic98`, `Synthetic29`, `Synthetic19` and `Synthetic106`
    annotate the same faces and share the files.

    Subsets: ``frontal`` (yaw within ±15°), ``half_profile`` (±15° to ±40°), ``profile`` (beyond),
    and ``occluded`` where an object, hair, a hat or dark glasses hide a tenth of the 68 points.
    `Record.occluded` marks points that are hidden by those or by the head itself.

    Protocols: inter-ocular (the first), inter-pupil, FR and AUC at 10 %; ``sqrt(w * h)`` of the
    landmarks' box at 7 %; and its diagonal.

    Args:
        root: The cache folder; ``$XDG_CACHE_HOME/landmarks`` or ``~/.cache/landmarks`` if None.
        train_faces: Faces in ``train``.
        test_faces: Faces in ``test``.
        image_size: Height and width of the pictures.
        seed: Of the faces; another seed gives other faces.

    Raises:
        ValueError: If a number is out of range.
    """

    facts = _facts(MARKUP_68)

    def __init__(
        self,
        root: Path | None = None,
        train_faces: int = 2000,
        test_faces: int = 500,
        image_size: int = 128,
        seed: int = 0,
    ) -> None:
        super().__init__(root)
        if train_faces < 1 or test_faces < 1:
            raise ValueError(
                f"train_faces {train_faces} and test_faces {test_faces} must be at least 1"
            )
        if image_size < 16:
            raise ValueError(f"image_size is {image_size}, but a face needs at least 16 pixels")
        if seed < 0:
            raise ValueError(f"seed is {seed}, expected 0 or more")
        self.counts = {"train": train_faces, "test": test_faces}
        self.image_size = image_size
        self.seed = seed

    def prepare(self, splits: Sequence[str]) -> None:
        """Draws what is not in the cache yet.

        Raises:
            DataError: If the cache folder cannot be written to.
            ValueError: If there is no such split.
        """
        for split in splits:
            files = self._files(split)
            if not (files.pictures.is_file() and files.truth.is_file()):
                self._render(split, files)

    def records(self, split: str) -> Sequence[Record]:
        """The faces of a split; those that are not in the cache are drawn first.

        Raises:
            DataError: If the cache cannot be written or read.
            ValueError: If there is no such split; the message lists those there are.
        """
        self.prepare((split,))
        files = self._files(split)
        name = self.facts.markup.name
        try:
            with np.load(files.truth) as truth:
                points, yaws = truth[f"points_{name}"], truth["yaw"]
                hidden = truth[f"occluded_{name}"] | truth[f"self_occluded_{name}"]
                # The same faces in every markup.
                covered = truth["occluded_68"].mean(axis=1) >= _OCCLUDED
        except (OSError, ValueError, EOFError, KeyError) as error:
            raise DataError(
                f"the drawn faces' points cannot be read ({error}); delete the file, and they are "
                "drawn again",
                file=files.truth,
            ) from error
        return [
            Record(
                SyntheticPhoto(files.pictures, place, f"{split}/{place}"),
                points[place],
                subsets=_subsets(float(yaws[place]), bool(covered[place])),
                occluded=hidden[place],
            )
            for place in range(self.counts[split])
        ]

    def found(self, split: str) -> str:
        """How many faces the split has, such as ``500 synthetic test faces``."""
        return f"{self._count(split):,} {self.facts.splits[split].description}"

    def _count(self, split: str) -> int:
        if split not in _SPLITS:
            raise ValueError(
                f"{self.facts.title} have no split {split!r}; choose from {', '.join(_SPLITS)}"
            )
        return self.counts[split]

    def _files(self, split: str) -> _Faces:
        count = self._count(split)
        content = (RENDERER_VERSION, self.seed, split, count, self.image_size)
        key = hashlib.sha256(repr(content).encode()).hexdigest()[:12]
        folder = _cache_folder() if self.root is None else self.root
        stem = f"synthetic-{split}-{count}-{self.image_size}px-{key}"
        return _Faces(folder / f"{stem}.npy", folder / f"{stem}.npz")

    def _render(self, split: str, files: _Faces) -> None:
        count, size = self._count(split), self.image_size
        # Splits are disjoint because they are different sequences of faces.
        sequence = 2 * self.seed + _SPLITS.index(split)
        chunks = [(first, min(_CHUNK, count - first)) for first in range(0, count, _CHUNK)]
        truths: list[dict[str, np.ndarray]] = []
        try:
            with complete_file(files.pictures) as unfinished:
                pictures = np.lib.format.open_memmap(
                    unfinished, mode="w+", dtype=np.uint8, shape=(count, size, size, 3)
                )
                drawn = _in_order(sequence, chunks, size)
                with (
                    tqdm(total=count, desc=f"Drawing {split} faces", unit="face") as bar,
                    closing(drawn),
                ):
                    for (first, number), part in zip(chunks, drawn, strict=True):
                        pictures[first : first + number] = part.pictures
                        truths.append(part.truth)
                        bar.update(number)
                pictures.flush()
                del pictures
                # The truth comes first, so that a file of pictures never stands without it.
                truth = {key: np.concatenate([t[key] for t in truths]) for key in truths[0]}
                with complete_file(files.truth) as unfinished_truth:
                    np.savez(unfinished_truth, **truth)  # type: ignore[arg-type]
        except OSError as error:
            raise DataError(
                f"the drawn faces cannot be kept here ({error.strerror}); choose a folder that can "
                "be written to as the benchmark's root, or set XDG_CACHE_HOME",
                file=files.pictures,
            ) from error


def _in_order(
    sequence: int, chunks: Sequence[tuple[int, int]], size: int
) -> Generator[_Drawn, None, None]:
    """The drawn chunks in order; where there are many, a second process draws from the end."""
    if sum(number for _, number in chunks) < _WORTH_A_PROCESS or _is_helper():
        for first, number in chunks:
            yield _draw(sequence, first, number, size)
        return
    # Spawned, since a process that has loaded PyTorch is not safe to fork.
    helper = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    try:
        waiting = [
            helper.submit(_draw, sequence, first, number, size) for first, number in chunks[::-1]
        ][::-1]
        for (first, number), future in zip(chunks, waiting, strict=True):
            try:
                drawn = None if future.cancel() else future.result()
            except BrokenProcessPool:
                drawn = None
            yield drawn or _draw(sequence, first, number, size)
    finally:
        helper.shutdown(cancel_futures=True)


def _is_helper() -> bool:
    """Whether this process may have no children: a worker of a DataLoader, or a lone core."""
    return multiprocessing.current_process().daemon or (os.cpu_count() or 1) < 2


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "landmarks"


def _subsets(yaw: float, covered: bool) -> frozenset[str]:
    turned = abs(yaw)
    pose = "frontal" if turned < 15 else "half_profile" if turned <= 40 else "profile"
    return frozenset({pose, "occluded"} if covered else {pose})


@final
class Synthetic98(Synthetic):
    """The faces of `Synthetic` with WFLW's 98 points."""

    facts = _facts(MARKUP_98)


@final
class Synthetic29(Synthetic):
    """The faces of `Synthetic` with COFW's 29 points."""

    facts = _facts(MARKUP_29)


@final
class Synthetic19(Synthetic):
    """The faces of `Synthetic` with AFLW's 19 points."""

    facts = _facts(MARKUP_19)


@final
class Synthetic106(Synthetic):
    """The faces of `Synthetic` with JD-landmark's 106 points."""

    facts = _facts(MARKUP_106)


__all__ = [
    "Synthetic",
    "Synthetic19",
    "Synthetic29",
    "Synthetic98",
    "Synthetic106",
    "SyntheticPhoto",
]
