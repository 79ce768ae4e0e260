"""What travels from a file to the network: a record, a sample, a batch."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor

from landmarks.geometry import Size


class Region(NamedTuple):
    """Whole pixels of a photo: columns ``x0`` to ``x1 - 1`` and rows ``y0`` to ``y1 - 1``.

    It may reach beyond the photo, and be empty.

    >>> Region(-3, 2, 5, 9).on_photo(Size(height=6, width=4))
    Region(x0=0, y0=2, x1=4, y1=6)
    """

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def empty(self) -> bool:
        """Whether there is no pixel in it."""
        return self.x1 <= self.x0 or self.y1 <= self.y0

    @property
    def area(self) -> int:
        """Its number of pixels."""
        return 0 if self.empty else (self.x1 - self.x0) * (self.y1 - self.y0)

    def on_photo(self, whole: Size) -> "Region":
        """The part of it that lies on a photo of this size; all zeros if none does."""
        x0, y0 = max(self.x0, 0), max(self.y0, 0)
        part = Region(x0, y0, min(self.x1, whole.width), min(self.y1, whole.height))
        return Region(0, 0, 0, 0) if part.empty else part

    def covers(self, other: "Region") -> bool:
        """Whether every pixel of another region lies in this one."""
        return other.empty or (
            self.x0 <= other.x0
            and self.y0 <= other.y0
            and self.x1 >= other.x1
            and self.y1 >= other.y1
        )

    def joined(self, other: "Region") -> "Region":
        """The smallest region that covers both; an empty one adds nothing."""
        if self.empty or other.empty:
            return other if self.empty else self
        return Region(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )


class PhotoPart(NamedTuple):
    """Some of a photo's pixels, and where they lie on it.

    Attributes:
        pixels: (h, w, 3) RGB; without height and width if no pixel was wanted. It may be read-only.
        x: The photo's column that ``pixels`` begins with.
        y: The photo's row that ``pixels`` begins with.
        whole: Size of the whole photo, so that what is not here can be told from what is nowhere.
    """

    pixels: UInt8[np.ndarray, "h w 3"]
    x: int
    y: int
    whole: Size

    @classmethod
    def of_whole(cls, photo: UInt8[np.ndarray, "H W 3"]) -> "PhotoPart":
        """All of a photo."""
        return cls(photo, 0, 0, Size(*photo.shape[:2]))

    @property
    def region(self) -> Region:
        """The pixels that are here."""
        height, width = self.pixels.shape[:2]
        return Region(self.x, self.y, self.x + width, self.y + height)

    def cut(self, wanted: Region) -> "PhotoPart":
        """The wanted pixels as far as they lie on the photo, and no others.

        Raises:
            ValueError: If one of them lies on the photo, but not in this part.

        >>> part = PhotoPart.of_whole(np.zeros((6, 4, 3), np.uint8)).cut(Region(-3, 2, 2, 9))
        >>> part.region
        Region(x0=0, y0=2, x1=2, y1=6)
        """
        region = wanted.on_photo(self.whole)
        if not self.region.covers(region):
            raise ValueError(f"the part of the photo at {self.region} does not cover {region}")
        if region.empty:
            return PhotoPart(self.pixels[:0, :0], 0, 0, self.whole)
        rows = slice(region.y0 - self.y, region.y1 - self.y)
        columns = slice(region.x0 - self.x, region.x1 - self.x)
        return PhotoPart(self.pixels[rows, columns], region.x0, region.y0, self.whole)


class Photo(ABC):
    """A picture that can be read when it is needed: a file, or a face yet to be drawn."""

    @property
    @abstractmethod
    def name(self) -> str:
        """A short name, unique in its benchmark: a path below the root, or a number."""

    @property
    @abstractmethod
    def file(self) -> Path | None:
        """The file that the picture is read from, which other pictures may lie in too.

        What is kept of the picture is no longer valid once this file has changed. None for a
        picture that comes from no file; nothing is kept of it.
        """

    @abstractmethod
    def size(self) -> Size:
        """Height and width of the whole picture, found without decoding it where that can be.

        Raises:
            landmarks.errors.DataError: As for `read`.
        """

    @abstractmethod
    def read(self) -> UInt8[np.ndarray, "H W 3"]:
        """Reads the picture as RGB.

        Raises:
            landmarks.errors.DataError: If it cannot be read; the message names the file.
        """

    @abstractmethod
    def read_part(self, wanted: Region) -> PhotoPart:
        """Reads at least the wanted pixels, as far as they lie on the picture, as RGB.

        A photo that has to decode the whole picture anyway returns all of it.

        Args:
            wanted: The pixels that are needed; it may reach beyond the picture.

        Raises:
            landmarks.errors.DataError: As for `read`.
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
