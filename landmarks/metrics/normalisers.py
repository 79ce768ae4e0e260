"""The distances that a face's error is divided by.

The same predictions score 2.99 %, 4.20 %, 1.74 % or 1.23 % on 300W under the inter-ocular,
inter-pupil, box-size and box-diagonal normalisers: a number without its normaliser means nothing.
All distances are in photo pixels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float

from landmarks.batch import Box, Record
from landmarks.errors import DataError
from landmarks.metrics.protocol import Normaliser


@final
@dataclass(frozen=True)
class InterOcular(Normaliser):
    """The distance between the outer corners of the eyes, the usual normaliser of 300W and WFLW.

    Attributes:
        left: Index of the outer corner of the eye on the left of the picture.
        right: Index of the outer corner of the other eye.

    Raises:
        ValueError: If both are one point, or one is negative.
    """

    left: int
    right: int

    def __post_init__(self) -> None:
        _check_indices((self.left,), (self.right,))

    @property
    def description(self) -> str:
        """The distance in one line."""
        return f"distance of the outer eye corners, points {self.left} and {self.right}"

    def __call__(self, record: Record) -> float:
        """The distance between the two points.

        Raises:
            DataError: If a corner is not annotated, or the two lie on one spot.
        """
        corners = _points(record, (self.left, self.right), "eye corner")
        return _positive(math.dist(corners[0], corners[1]), "inter-ocular distance", record)


@final
@dataclass(frozen=True, init=False)
class InterPupil(Normaliser):
    """The distance between the centres of the eyes, each the mean of a group of points.

    With 68 points the groups are the outlines of the eyes (36–41 and 42–47), whose mean stands for
    the pupil; schemes with pupils have groups of one point.

    Attributes:
        left: Indices of the points round the eye on the left of the picture.
        right: Indices of the points round the other eye.

    Raises:
        ValueError: If a group is empty, the two share a point, or an index is negative.
    """

    left: tuple[int, ...]
    right: tuple[int, ...]

    def __init__(self, left: Sequence[int], right: Sequence[int]) -> None:
        object.__setattr__(self, "left", tuple(left))
        object.__setattr__(self, "right", tuple(right))
        _check_indices(self.left, self.right)

    @property
    def description(self) -> str:
        """The distance in one line.

        >>> InterPupil(range(36, 42), range(42, 48)).description
        'distance of the eye centres, means of points 36–41 and of 42–47'
        """
        if len(self.left) == len(self.right) == 1:
            return f"distance of the pupils, points {self.left[0]} and {self.right[0]}"
        left, right = _listed(self.left), _listed(self.right)
        return f"distance of the eye centres, means of points {left} and of {right}"

    def __call__(self, record: Record) -> float:
        """The distance between the means of the two groups.

        Raises:
            DataError: If a point of a group is not annotated, for a mean without it lies elsewhere,
                or if the means coincide.
        """
        left = _points(record, self.left, "eye point").mean(axis=0)
        right = _points(record, self.right, "eye point").mean(axis=0)
        return _positive(math.dist(left, right), "inter-pupil distance", record)


@final
@dataclass(frozen=True)
class LandmarkBoxSize(Normaliser):
    """``sqrt(w * h)`` of the tight box of the true landmarks, ``NME_box`` of 300W Split 2.

    Source: the evaluation code of LUVLi (Kumar et al. 2020, https://arxiv.org/abs/2004.02980).
    Points that are not annotated do not count.
    """

    @property
    def description(self) -> str:
        """The distance in one line."""
        return "sqrt(w·h) of the tight box of the true landmarks"

    def __call__(self, record: Record) -> float:
        """The size of the box.

        Raises:
            DataError: If the box has no area, or no point is annotated.
        """
        box = _landmark_box(record)
        return _positive(_size(box), "landmark box size", record)


@final
@dataclass(frozen=True)
class LandmarkBoxDiagonal(Normaliser):
    """The diagonal of the tight box of the true landmarks; missing points do not count."""

    @property
    def description(self) -> str:
        """The distance in one line."""
        return "diagonal of the tight box of the true landmarks"

    def __call__(self, record: Record) -> float:
        """The length of the diagonal.

        Raises:
            DataError: If all points lie on one spot, or none is annotated.
        """
        box = _landmark_box(record)
        return _positive(_diagonal(box), "landmark box diagonal", record)


@final
@dataclass(frozen=True)
class AnnotatedBoxSize(Normaliser):
    """``sqrt(w * h)`` of the face box that comes with the annotation."""

    @property
    def description(self) -> str:
        """The distance in one line."""
        return "sqrt(w·h) of the face box of the annotation"

    def __call__(self, record: Record) -> float:
        """The size of the box.

        Raises:
            DataError: If the face has no box, or one without area.
        """
        return _positive(_size(_annotated_box(record)), "annotated box size", record)


@final
@dataclass(frozen=True)
class AnnotatedBoxDiagonal(Normaliser):
    """The diagonal of the face box that comes with the annotation, usual for AFLW."""

    @property
    def description(self) -> str:
        """The distance in one line."""
        return "diagonal of the face box of the annotation"

    def __call__(self, record: Record) -> float:
        """The length of the diagonal.

        Raises:
            DataError: If the face has no box, or its corners coincide.
        """
        return _positive(_diagonal(_annotated_box(record)), "annotated box diagonal", record)


def _listed(indices: tuple[int, ...]) -> str:
    """Indices as text, a run by its ends.

    >>> _listed((36, 37, 38)), _listed((8, 10))
    ('36–38', '8, 10')
    """
    if len(indices) > 2 and indices == tuple(range(indices[0], indices[-1] + 1)):
        return f"{indices[0]}–{indices[-1]}"
    return ", ".join(map(str, indices))


def _check_indices(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    if not left or not right:
        raise ValueError("an eye has no points; name at least one point for each eye")
    if min(left + right) < 0:
        raise ValueError(
            f"point {min(left + right)} is negative; points are counted from 0, so that a face "
            "with another number of points cannot be measured by mistake"
        )
    if set(left) & set(right):
        raise ValueError(f"both eyes hold point {min(set(left) & set(right))}")


def _points(record: Record, indices: tuple[int, ...], what: str) -> Float[np.ndarray, "N 2"]:
    count = len(record.points_photo)
    if max(indices) >= count:
        raise DataError(
            f"{record.photo.name}: the face has {count} points, but the normaliser needs point "
            f"{max(indices)} (counted from 0); use the normaliser of the face's own markup"
        )
    points = record.points_photo[list(indices)].astype(np.float64)
    for index, point in zip(indices, points, strict=True):
        if not np.isfinite(point).all():
            raise DataError(
                f"{record.photo.name}: {what} {index} (counted from 0) is not annotated, so its "
                "error cannot be normalised; leave the face out or use another normaliser"
            )
    return points


def _landmark_box(record: Record) -> Box:
    points = record.points_photo[np.isfinite(record.points_photo).all(axis=-1)]
    if not len(points):
        raise DataError(
            f"{record.photo.name}: no point is annotated, so the face has no landmark box; leave "
            "the face out"
        )
    x0, y0 = points.min(axis=0).tolist()
    x1, y1 = points.max(axis=0).tolist()
    return Box(x0, y0, x1, y1)


def _annotated_box(record: Record) -> Box:
    if record.box is None:
        raise DataError(
            f"{record.photo.name}: the face has no annotated box; use a normaliser by landmarks, "
            "or a benchmark that comes with boxes"
        )
    if record.box.x1 < record.box.x0 or record.box.y1 < record.box.y0:
        raise DataError(
            f"{record.photo.name}: the annotated box {tuple(record.box)} is inside out; expected "
            "x0 < x1 and y0 < y1"
        )
    return record.box


def _size(box: Box) -> float:
    return math.sqrt((box.x1 - box.x0) * (box.y1 - box.y0))


def _diagonal(box: Box) -> float:
    return math.hypot(box.x1 - box.x0, box.y1 - box.y0)


def _positive(distance: float, what: str, record: Record) -> float:
    if not (distance > 0 and math.isfinite(distance)):
        raise DataError(
            f"{record.photo.name}: the {what} is {distance:g} px, but it must be larger than 0 to "
            "normalise an error; check the annotation of the face or leave it out"
        )
    return distance
