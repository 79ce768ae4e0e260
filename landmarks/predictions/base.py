"""What a format of prediction files does: find the faces and their points."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from landmarks.batch import Record


class Faces(NamedTuple):
    """The faces that predictions are wanted for.

    Attributes:
        title: What to call them in messages, such as ``COFW-68 test``.
        split: Name of their split.
        records: The faces, in the split's order.
        points: Number of points of a face, K.
    """

    title: str
    split: str
    records: Sequence[Record]
    points: int

    def name(self, face: int) -> str:
        """A face for people: its number from 1, and its picture."""
        return f"face {face + 1} ({self.records[face].photo.name})"


class PredictedFace(NamedTuple):
    """A face as a file states it.

    Attributes:
        face: Its place in the split, from 0.
        points: (K, 2) photo pixels as the file counts them.
        covariances: (K, 2, 2) square photo pixels, where the file holds any.
        line: Where it stands, from 1; None in a binary file.
        entry: What it is called there, such as ``annotation 17``.
    """

    face: int
    points: Float[np.ndarray, "K 2"]
    covariances: Float[np.ndarray, "K 2 2"] | None
    line: int | None
    entry: str


class PredictionFormat(ABC):
    """A format of prediction files."""

    @property
    @abstractmethod
    def description(self) -> str:
        """The format in a few words, such as ``COCO keypoints``."""

    @property
    @abstractmethod
    def first_pixel(self) -> int:
        """The number that the format gives to the first pixel, 0 or 1, unless a user says more."""

    @abstractmethod
    def recognises(self, head: bytes) -> bool:
        """Whether a file is of this format, by its first bytes."""

    @abstractmethod
    def read(self, file: Path, faces: Faces) -> Iterable[PredictedFace]:
        """The predicted faces, in the order of the file; a face may be missing or come twice.

        Raises:
            landmarks.errors.DataError: If the file cannot be understood, or a face in it is not one
                of ``faces``; the message names the place and the cure.
        """
