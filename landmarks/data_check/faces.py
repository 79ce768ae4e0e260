"""The faces of a benchmark as the checks see them: read once, whatever splits they are in."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from landmarks.batch import Record
from landmarks.benchmarks.base import Benchmark, FaceByFace, FaceSource, Facts
from landmarks.data_check.finding import UNREADABLE, Finding
from landmarks.errors import AbsentError, DataError


class Face(NamedTuple):
    """A face and where it is annotated.

    Attributes:
        record: The face.
        splits: The splits that hold it, in the order they were read.
        file: The annotation file, or the picture's where that is not known.
        line: The line or row there, from 1.
    """

    record: Record
    splits: tuple[str, ...]
    file: Path | None
    line: int | None

    @property
    def name(self) -> str:
        """The short name of its picture."""
        return self.record.photo.name


@dataclass(frozen=True)
class Faces:
    """All faces that could be read.

    Attributes:
        facts: The benchmark's.
        faces: Each face once.
        counts: Faces of each split that was read: those that could be read and those that not.
        found: What the reader says is there of each split.
        absent: Splits of which nothing is there.
    """

    facts: Facts
    faces: Sequence[Face]
    counts: dict[str, tuple[int, int]]
    found: dict[str, str]
    absent: frozenset[str] = frozenset()

    @cached_property
    def points_photo(self) -> Float[np.ndarray, "N K 2"]:
        """The points of all faces, in photo pixels."""
        shape = (len(self.faces), self.facts.markup.count, 2)
        points = np.array([face.record.points_photo for face in self.faces], np.float64)
        return points.reshape(shape)

    def is_training(self, face: Face) -> bool:
        """Whether a network is trained on the face."""
        return self.facts.training_split in face.splits

    def is_test(self, face: Face) -> bool:
        """Whether a network is tested on the face: it is in a test split, or not in ``train``."""
        return not self.is_training(face) or any(
            split in face.splits for split in self.facts.test_splits
        )


def read_faces(benchmark: Benchmark, splits: Sequence[str]) -> tuple[Faces, list[Finding]]:
    """Reads the annotations of some splits and goes on behind what cannot be read.

    A face that is in several splits, as 300W's are in ``full`` and ``common``, is kept once. A
    reader that can only read a split as a whole (it is not `FaceByFace`) stops at the first error;
    the finding says so.

    Args:
        benchmark: The reader.
        splits: The splits, those whose names come first in a report first.

    Raises:
        AbsentError: If nothing is there of any of the splits.
    """
    absent: dict[str, AbsentError] = {}
    findings: dict[tuple[Path | None, int | None, str], Finding] = {}
    held: dict[tuple[str, bytes, int], list[str]] = {}
    first: dict[tuple[str, bytes, int], tuple[Record, FaceSource | None]] = {}
    counts = {}
    for split in splits:
        repeats: Counter[tuple[str, bytes]] = Counter()
        bad = 0
        for outcome, source in _outcomes(benchmark, split):
            if isinstance(outcome, AbsentError) and source is None:
                absent[split] = outcome
            elif isinstance(outcome, DataError):
                finding = _unreadable(outcome, split, source)
                known = findings.setdefault((finding.file, finding.line, finding.value), finding)
                if known is not finding:
                    key = (known.file, known.line, known.value)
                    findings[key] = known._replace(split=f"{known.split}, {split}")
                bad += 1
            else:
                face = (outcome.photo.name, outcome.points_photo.tobytes())
                key_of_face = (*face, repeats[face])
                repeats[face] += 1
                held.setdefault(key_of_face, []).append(split)
                first.setdefault(key_of_face, (outcome, source))
        counts[split] = (sum(repeats.values()), bad)
    if absent and len(absent) == len(splits):
        raise absent[splits[0]]
    faces = [_face(first[key], tuple(held[key])) for key in first]
    found = {split: _found(benchmark, split) for split in splits}
    return Faces(benchmark.facts, faces, counts, found, frozenset(absent)), list(findings.values())


def _outcomes(
    benchmark: Benchmark, split: str
) -> Iterator[tuple[Record | DataError, FaceSource | None]]:
    try:
        benchmark.prepare([split])
        if not isinstance(benchmark, FaceByFace):
            for record in benchmark.records(split):
                yield record, None
            return
        sources = list(benchmark.sources(split))
    except DataError as error:
        yield error, None
        return
    bar = tqdm(sources, desc=f"reading {split}", unit="face", leave=False)
    for source in bar:
        try:
            yield source.read(), source
        except DataError as error:
            yield error, source


def _unreadable(error: DataError, split: str, source: FaceSource | None) -> Finding:
    file, line, expected = error.file, error.line, "a face that can be read"
    if source is None:
        expected = "a split that can be read; reading it stopped here"
    elif file is None:
        file, line = source.file, source.line
    place = str(error.file) if error.line is None else f"{error.file}, line {error.line}"
    value = str(error).removeprefix(f"{place}: ")
    return Finding(UNREADABLE, split, "", file, line, value, expected)


def _face(read: tuple[Record, FaceSource | None], splits: tuple[str, ...]) -> Face:
    record, source = read
    if source is None:
        return Face(record, splits, record.photo.file, None)
    return Face(record, splits, source.file, source.line)


def _found(benchmark: Benchmark, split: str) -> str:
    try:
        return benchmark.found(split)
    except DataError as error:
        return str(error)


__all__ = ["Face", "Faces", "read_faces"]
