"""Shapes brought over one another by similarities, with missing points and gross errors among them.

Points are complex numbers here, ``x + iy``: a similarity without reflection is then ``a * z + b``.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Complex, Float

_ROUNDS = 10
"""Rounds of aligning to the mean and taking the mean anew; it hardly moves after five."""

_REWEIGHTINGS = 3
"""How often a face's points are weighed anew by their distance from the mean shape."""


class Similarity(NamedTuple):
    """What takes each face to a shape: ``shape = factor * face + offset``; complex numbers."""

    factor: Complex[np.ndarray, " N"]
    offset: Complex[np.ndarray, " N"]

    def apply(self, faces: Complex[np.ndarray, "N K"]) -> Complex[np.ndarray, "N K"]:
        """The faces over the shape."""
        moved: Complex[np.ndarray, "N K"] = self.factor[:, None] * faces + self.offset[:, None]
        return moved

    def undo(self, shapes: Complex[np.ndarray, "N K"]) -> Complex[np.ndarray, "N K"]:
        """Places of the shape back on the photos."""
        back: Complex[np.ndarray, "N K"] = (shapes - self.offset[:, None]) / self.factor[:, None]
        return back


def as_complex(points: Float[np.ndarray, "*batch K 2"]) -> Complex[np.ndarray, "*batch K"]:
    """Points as complex numbers; a missing one is NaN.

    >>> as_complex(np.array([[1.0, 2.0], [np.nan, np.nan]]))
    array([ 1. +2.j, nan+nanj])
    """
    numbers: Complex[np.ndarray, "*batch K"] = np.ascontiguousarray(points, np.float64).view(
        np.complex128
    )[..., 0]
    return numbers


def as_points(numbers: Complex[np.ndarray, "*batch K"]) -> Float[np.ndarray, "*batch K 2"]:
    """Complex numbers as points; undoes `as_complex`."""
    return np.stack([numbers.real, numbers.imag], axis=-1)


def align(
    faces: Complex[np.ndarray, "N K"],
    shape: Complex[np.ndarray, " K"],
    weights: Float[np.ndarray, "N K"] | None = None,
) -> Similarity:
    """The similarities of least squared distance from the faces to a shape.

    Args:
        faces: (N, K), NaN where a point is missing.
        shape: (K,), no point missing.
        weights: (N, K) of the points; equal ones if None. Missing points have none in any case.

    Returns:
        A similarity for each face; NaN where fewer than two points, or none apart, are there.
    """
    there = ~np.isnan(faces)
    weights = there.astype(np.float64) if weights is None else np.where(there, weights, 0.0)
    faces = np.where(there, faces, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = weights.sum(axis=1)
        face_middle = (weights * faces).sum(axis=1) / total
        shape_middle = (weights @ shape) / total
        face = faces - face_middle[:, None]
        spread = (weights * np.abs(face) ** 2).sum(axis=1)
        # What is left of one point, or of points on one spot, is rounding.
        spread[(there.sum(axis=1) < 2) | (spread <= 1e-18 * np.abs(face_middle) ** 2)] = np.nan
        product = (weights * face.conj() * (shape - shape_middle[:, None])).sum(axis=1)
        factor = product / spread
    return Similarity(factor, shape_middle - factor * face_middle)


def align_robustly(
    faces: Complex[np.ndarray, "N K"], shape: Complex[np.ndarray, " K"]
) -> Similarity:
    """As `align`, but a point far off its place pulls little (Cauchy weights, reweighed thrice)."""
    similarity = align(faces, shape)
    for _ in range(_REWEIGHTINGS):
        distances = np.abs(similarity.apply(faces) - shape)
        with np.errstate(invalid="ignore"):
            typical = _row_median(distances)[:, None] + 1e-9 * float(np.abs(shape).max())
            weights = 1 / (1 + (distances / typical) ** 2 / 4)
        similarity = align(faces, shape, np.nan_to_num(weights))
    return similarity


def misfit(
    faces: Complex[np.ndarray, "N K"], shape: Complex[np.ndarray, " K"]
) -> Float[np.ndarray, " N"]:
    """How little each face resembles a shape, whatever its place, size and turn: 0 to 1.

    The full Procrustes distance, ``sqrt(1 - rho²)`` with the correlation ``rho`` of the centred
    complex numbers (Dryden and Mardia, Statistical Shape Analysis, 2016, chapter 4).

    >>> triangle = np.array([[0j, 4, 3j]])
    >>> bool(misfit(triangle * 2j + 7, triangle[0])[0] < 1e-6)
    True
    """
    there = ~np.isnan(faces)
    count = there.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        face = np.where(there, faces, 0)
        face = np.where(there, face - (face.sum(axis=1) / count)[:, None], 0)
        other = np.where(there, shape, 0)
        other = np.where(there, other - (other.sum(axis=1) / count)[:, None], 0)
        product = np.abs((face.conj() * other).sum(axis=1)) ** 2
        size = (np.abs(face) ** 2).sum(axis=1) * (np.abs(other) ** 2).sum(axis=1)
        distance: Float[np.ndarray, " N"] = np.sqrt(np.clip(1 - product / size, 0, 1))
    return distance


def mean_shape(
    faces: Complex[np.ndarray, "N K"], unit: tuple[int, int] | None
) -> Complex[np.ndarray, " K"]:
    """The median shape of faces, each brought over it by a similarity.

    Args:
        faces: (N, K), NaN where a point is missing.
        unit: The two points whose distance is 1 in the result, the outer eye corners; None for
            markups without: then ``sqrt(w * h)`` of the shape's tight box is 2, about what it is
            in units of the inter-ocular distance.

    Returns:
        (K,), its middle at 0; NaN for a point that no face has.
    """
    with np.errstate(invalid="ignore"):
        middle = _median(faces.T)
        centred = faces - middle[:, None]
        size = _row_median(np.abs(centred))
        shape = _median((centred / size[:, None])[size > 0])
        for _ in range(_ROUNDS):
            known = ~np.isnan(shape)
            if known.sum() < 2:
                break
            filled = np.where(known, shape, 0)
            part = np.where(known, faces, np.nan)
            aligned = align_robustly(part, filled).apply(faces)
            shape = _median(aligned)
            shape = (shape - np.nanmean(shape)) / _length(shape, unit)
    return shape


def _length(shape: Complex[np.ndarray, " K"], unit: tuple[int, int] | None) -> float:
    if unit is not None and not np.isnan(shape[list(unit)]).any():
        length = float(abs(shape[unit[0]] - shape[unit[1]]))
    else:
        width = float(np.nanmax(shape.real) - np.nanmin(shape.real))
        height = float(np.nanmax(shape.imag) - np.nanmin(shape.imag))
        length = float(np.sqrt(width * height)) / 2
    return length if length > 0 else 1.0


def _median(values: Complex[np.ndarray, "N K"]) -> Complex[np.ndarray, " K"]:
    """The median over the first axis, of x and y apart; NaN where there is no value."""
    return _column_median(values.real) + 1j * _column_median(values.imag)


def _row_median(values: Float[np.ndarray, "N K"]) -> Float[np.ndarray, " N"]:
    return _column_median(values.T)


def _column_median(values: Float[np.ndarray, "N K"]) -> Float[np.ndarray, " K"]:
    """As `numpy.nanmedian` over the first axis, without its warning about columns of NaN."""
    ordered = np.sort(values, axis=0)  # NaN last
    count = (~np.isnan(values)).sum(axis=0)
    columns = np.arange(values.shape[1])
    if not len(values):
        return np.full(values.shape[1], np.nan)
    low = ordered[np.maximum(count - 1, 0) // 2, columns]
    high = ordered[np.minimum(count // 2, len(values) - 1), columns]
    return np.where(count > 0, (low + high) / 2, np.nan)


__all__ = [
    "Similarity",
    "align",
    "align_robustly",
    "as_complex",
    "as_points",
    "mean_shape",
    "misfit",
]
