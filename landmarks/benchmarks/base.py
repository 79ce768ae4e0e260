"""What a benchmark is: its facts and its reader."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from landmarks.batch import Record
from landmarks.errors import DataError
from landmarks.markups import Markup
from landmarks.metrics.protocol import Protocol


class Split(NamedTuple):
    """A named part of a benchmark.

    Attributes:
        published: The number of faces that the owners publish, or None where it is free.
        description: What it holds, in a few words.
    """

    published: int | None
    description: str


class Subset(NamedTuple):
    """Faces of a benchmark that are reported apart, such as those in a large pose.

    Attributes:
        published: The number of faces that the owners publish, or None where it is free.
        description: What it holds, in a few words.
    """

    published: int | None
    description: str


class Result(NamedTuple):
    """A published figure.

    Attributes:
        method: What the paper calls its method.
        split: Split or subset that it was tested on, by our name.
        protocol: Name of the protocol.
        nme: In per cent.
        fr: In per cent, where it is published.
        auc: In per cent, where it is published.
        source: Where the figure stands: paper, table, address.
    """

    method: str
    split: str
    protocol: str
    nme: float
    source: str
    fr: float | None = None
    auc: float | None = None


@dataclass(frozen=True)
class Facts:
    """What is true of a benchmark, apart from its files.

    Attributes:
        name: The name used everywhere, such as ``300w``.
        title: What people call it.
        markup: Its point scheme.
        splits: By name; the one called ``train``, if there is one, is what a network is trained on.
        test_splits: The splits that a test run reports unless told otherwise; none where there are
            no faces to test on.
        protocols: How its errors are normalised and scored; the first is the usual one.
        licence: Its terms, in a sentence.
        citation: How to cite it.
        source: Where to ask for it: an address, or a command.
        layout: The folder tree that is expected below the root.
        subsets: By name: groups of test faces that are reported apart; a face may be in several.
        results: What papers report on it.
    """

    name: str
    title: str
    markup: Markup
    splits: Mapping[str, Split]
    test_splits: tuple[str, ...]
    protocols: tuple[Protocol, ...]
    licence: str
    citation: str
    source: str
    layout: str
    subsets: Mapping[str, Subset] = field(default_factory=dict)
    results: tuple[Result, ...] = ()

    @property
    def training_split(self) -> str | None:
        """``train``, or None where the benchmark has only test faces."""
        return "train" if "train" in self.splits else None


class Benchmark(ABC):
    """A reader of a benchmark's files, as their owners distribute them.

    Built as ``benchmark(root)`` for files; reads annotations at once and pictures when they are
    asked for.

    Args:
        root: The folder that holds the files; a benchmark that needs none accepts None.

    Attributes:
        facts: What is true of it; of the class, but for a user's own data.
    """

    facts: Facts

    def __init__(self, root: Path | None = None) -> None:
        self.root = root

    @abstractmethod
    def prepare(self, splits: Sequence[str]) -> None:
        """Makes ready what is slow, once a machine, before processes read side by side."""

    @abstractmethod
    def records(self, split: str) -> Sequence[Record]:
        """The faces of a split, always in the same order.

        Raises:
            landmarks.errors.DataError: If a file is missing or cannot be understood.
            ValueError: If there is no such split; the message lists those there are.
        """

    @abstractmethod
    def found(self, split: str) -> str:
        """A sentence that says what is there, such as ``2,012 of 3,148 training faces``."""

    def normalisers(self, records: Sequence[Record]) -> Float[np.ndarray, "N P"]:
        """Each face's normalising distance under each protocol, in photo pixels.

        Raises:
            landmarks.errors.DataError: If a face has no such distance; the message names the
                protocol and the face.
        """
        distances = np.empty((len(records), len(self.facts.protocols)))
        for column, protocol in enumerate(self.facts.protocols):
            for row, record in enumerate(records):
                try:
                    distances[row, column] = protocol.normaliser(record)
                except DataError as error:
                    raise DataError(
                        f"{protocol.name} cannot measure face {row + 1} of {len(records):,}: "
                        f"{error}"
                    ) from error
        return distances


class FaceSource(NamedTuple):
    """Where a face is annotated, and what reads it.

    Attributes:
        file: The annotation file.
        line: The face's line there, or its row, from 1; None where the file is the face's alone.
        read: Reads the face, and checks that its picture is there; raises a `DataError` if either
            cannot be used.
    """

    file: Path
    line: int | None
    read: Callable[[], Record]


class FaceByFace(Benchmark):
    """A reader to which a face that cannot be read says nothing about the next one.

    Training stops at the first such face; `landmarks data check` goes on and reports them all.
    """

    @abstractmethod
    def sources(self, split: str) -> Iterable[FaceSource]:
        """The faces of a split before they are read, always in the same order.

        Raises:
            landmarks.errors.DataError: If nothing of the split can be read, whichever face; what
                concerns one face is raised by its `FaceSource.read`.
            ValueError: If there is no such split; the message lists those there are.
        """

    @final
    def records(self, split: str) -> Sequence[Record]:
        """The faces of a split, in the order of `sources`; see `Benchmark.records`."""
        sources = list(self.sources(split))
        bar = tqdm(sources, desc=f"{self.facts.name} {split}", unit="face", delay=2, leave=False)
        return [source.read() for source in bar]


__all__ = ["Benchmark", "FaceByFace", "FaceSource", "Facts", "Result", "Split", "Subset"]
