"""What travels from a file to the network: a record, a sample, a batch."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor


class Photo(ABC):
    """A picture that can be read when it is needed: a file, or a face yet to be drawn."""

    @property
    @abstractmethod
    def name(self) -> str:
        """A short name, unique in its benchmark: a path below the root, or a number."""

    @abstractmethod
    def read(self) -> UInt8[np.ndarray, "H W 3"]:
        """Reads the picture as RGB.

        Raises:
            landmarks.errors.DataError: If it cannot be read; the message names the file.
        """


class Box(NamedTuple):
    """An axis-parallel rectangle in photo pixels; the corners are points, so width = x1 - x0."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True)
class Record:
    """One annotated face as its benchmark states it.

    Attributes:
        photo: The picture.
        points_photo: (K, 2) float64, photo pixels, 0-based; NaN where a point is not annotated.
        box: The face box that comes with the annotation, if one does (never derived from points).
        subsets: Names of the benchmark's subsets that the face belongs to, such as ``large_pose``.
        occluded: (K,) true where the point is annotated as hidden; None where it is not annotated.
    """

    photo: Photo
    points_photo: Float[np.ndarray, "K 2"]
    box: Box | None = None
    subsets: frozenset[str] = field(default_factory=frozenset)
    occluded: Bool[np.ndarray, " K"] | None = None


class Batch(NamedTuple):
    """A batch of crops; a sample is the same without the leading B.

    Attributes:
        image: (B, 3, H, W) float32, RGB, normalised by ImageNet's mean and spread.
        points: (B, K, 2) float32, crop pixels; NaN where a point is missing.
        weight: (B, K) float32, 1 where a point is to be learnt, 0 where it is missing or outside
            the crop.
        photo_from_crop: (B, 2, 3) float64, takes crop points to photo points.
        face: (B,) int64, the face's place in its split, by which evaluation finds the truth and
            drops duplicates.
    """

    image: Float[Tensor, "*B 3 H W"]
    points: Float[Tensor, "*B K 2"]
    weight: Float[Tensor, "*B K"]
    photo_from_crop: Float[Tensor, "*B 2 3"]
    face: Int64[Tensor, "*B"]


class FieldSpec(NamedTuple):
    """The shape of one map stack that a codec asks of a network, without the batch."""

    channels: int
    height: int
    width: int


FieldSpecs = Mapping[str, FieldSpec]
Fields = dict[str, Tensor]
