"""What every codec loses, under every condition, and by how much it is beaten."""

import math
from collections.abc import Mapping, Sequence
from copy import copy
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor
from tqdm import tqdm

from landmarks.analysis.oracle.condition import (
    EXACT,
    GAUSSIAN_MAPS,
    Condition,
    CorruptedFaces,
)
from landmarks.analysis.oracle.faces import PlacedFaces
from landmarks.analysis.statistics import Estimate, paired_difference
from landmarks.codecs.base import Codec
from landmarks.codecs.methods import METHODS, CodecOfSize
from landmarks.geometry import apply_affine
from landmarks.markups import Markup
from landmarks.metrics.calibration import Calibration, calibration
from landmarks.metrics.functional import mean_error, normalised_mean_error, point_errors

_CELLS_AT_ONCE = 2**22
"""Heatmap cells encoded at a time: 16 MiB a tensor, whatever the heatmap's size."""


class CodecError(NamedTuple):
    """What a codec loses on a set of faces.

    Attributes:
        error_px: Mean Euclidean error of a point, crop pixels.
        error_se: Standard error of that mean, faces taken as independent, crop pixels; NaN of one
            face.
        median_px: Median Euclidean error of a point, crop pixels.
        bias_x: Mean of decoded minus true x, crop pixels.
        bias_y: Mean of decoded minus true y, crop pixels.
        nme: Mean over faces, a fraction, under the benchmark's first protocol.
        calibration: The codec's covariances against its errors, crop pixels, no temperature.
    """

    error_px: float
    error_se: float
    median_px: float
    bias_x: float
    bias_y: float
    nme: float
    calibration: Calibration


class OracleRow(NamedTuple):
    """A method's own error at one heatmap size under one condition.

    Attributes:
        method: Its name.
        heatmap_size: Cells down the heatmap.
        sigma: Spread of its Gaussian targets in cells; None where the codec has none.
        condition: What was done to the maps.
        error: What the codec loses; None where the condition does not suit it.
        difference: Mean error of a face minus that of the method with the least under the same
            condition, crop pixels, with a 95 % bootstrap interval over faces; None for that method.
        note: Why there is no error; else empty.
    """

    method: str
    heatmap_size: int
    sigma: float | None
    condition: Condition
    error: CodecError | None
    difference: Estimate | None
    note: str


class _Found(NamedTuple):
    """What was decoded, and the truth, draw after draw: (D, N, K, 2), crop pixels."""

    points: Float64[Tensor, "D N K 2"]
    covariance: Float64[Tensor, "D N K 2 2"]
    truth: Float64[Tensor, "D N K 2"]

    def face_errors(self) -> Float64[np.ndarray, " N"]:
        """Mean Euclidean error of each face's points over all draws, crop pixels."""
        errors = point_errors(self.points.flatten(0, 1), self.truth.flatten(0, 1))
        means: Float64[np.ndarray, " N"] = (
            errors.nanmean(dim=-1).view(self.truth.shape[:2]).mean(dim=0).numpy()
        )
        return means


def measure(
    codec: Codec,
    faces: PlacedFaces,
    condition: Condition = EXACT,
    heatmap_size: int = 64,
    draws: int = 1,
    seed: int = 0,
    faces_at_once: int = 32,
) -> CodecError:
    """Encodes and decodes the faces' points, with what a condition does between, and compares.

    Args:
        codec: Built for the faces' markup and crop size.
        faces: The true points.
        condition: What is done to points and maps.
        heatmap_size: Cells down the crop, by which a point's distance from the border is measured.
        draws: How often each face is measured, with other random draws.
        seed: Of the draws.
        faces_at_once: Bounds the memory; the result does not depend on it.

    Raises:
        ValueError: If the condition does not suit the codec.
    """
    found = _decode({"": codec}, faces, heatmap_size, condition, draws, seed, faces_at_once)
    return _codec_error(found[""], faces)


def oracle(
    faces: PlacedFaces,
    markup: Markup,
    heatmap_sizes: Sequence[int],
    methods: Mapping[str, CodecOfSize] = METHODS,
    conditions: Sequence[Condition] = (EXACT,),
    sigma: float | None = None,
    draws: int = 1,
    seed: int = 0,
) -> list[OracleRow]:
    """Measures every method at every heatmap size under every condition; shows a progress bar.

    Args:
        faces: The true points.
        markup: Their point scheme.
        heatmap_sizes: Cells down the heatmaps.
        methods: Codecs by name.
        conditions: What is done to points and maps.
        sigma: Spread of all Gaussian targets in cells, so that decoders see the same maps; each
            method's own if None.
        draws: How often each face is measured under a condition, with other random draws.
        seed: Of the draws.

    Returns:
        A row for each, ordered by method, size and condition.

    Raises:
        ValueError: If a heatmap does not fit the crop.
    """
    rows = []
    count = len(methods) * len(heatmap_sizes) * len(conditions)
    with tqdm(total=count, desc="encode, decode", unit="codec") as progress:
        for size in heatmap_sizes:
            codecs = {
                name: _of_sigma(build(markup, faces.crop_size, size), sigma)
                for name, build in methods.items()
            }
            for condition in conditions:
                level = "" if condition.level is None else f" {condition.level:g}"
                progress.set_postfix_str(f"{condition.name}{level}, {size} cells")
                rows += _rows(codecs, faces, size, condition, draws, seed)
                progress.update(len(codecs))
    order = list(methods)
    return sorted(rows, key=lambda row: (order.index(row.method), row.heatmap_size))


def _of_sigma(codec: Codec, sigma: float | None) -> Codec:
    """The codec with another spread of its Gaussian targets, if it has such."""
    if sigma is None or not isinstance(codec, GAUSSIAN_MAPS):
        return codec
    other = copy(codec)
    other.sigma = sigma
    return other


def _rows(
    codecs: Mapping[str, Codec],
    faces: PlacedFaces,
    size: int,
    condition: Condition,
    draws: int,
    seed: int,
) -> list[OracleRow]:
    fit = {name: codec for name, codec in codecs.items() if not condition.unfit(codec)}
    cells = max(
        (sum(s.channels * s.height * s.width for s in c.fields.values()) for c in fit.values()),
        default=1,
    )
    at_once = max(1, _CELLS_AT_ONCE // cells)
    found = _decode(fit, faces, size, condition, draws, seed, at_once)
    errors = {name: each.face_errors() for name, each in found.items()}
    best = min(errors, key=lambda name: errors[name].mean(), default=None)
    rows = []
    for name, codec in codecs.items():
        difference = None
        if best is not None and name in errors and name != best:
            difference = _difference(errors[name], errors[best])
        rows.append(
            OracleRow(
                name,
                size,
                codec.sigma if isinstance(codec, GAUSSIAN_MAPS) else None,
                condition,
                _codec_error(found[name], faces) if name in found else None,
                difference,
                condition.unfit(codec),
            )
        )
    return rows


def _difference(errors: Float64[np.ndarray, " N"], least: Float64[np.ndarray, " N"]) -> Estimate:
    """The paired difference; of a single face there is no interval."""
    if len(errors) == 1:
        return Estimate(float(errors[0] - least[0]), math.nan, math.nan)
    return paired_difference(errors, least)


def _decode(
    codecs: Mapping[str, Codec],
    faces: PlacedFaces,
    size: int,
    condition: Condition,
    draws: int,
    seed: int,
    faces_at_once: int,
) -> dict[str, _Found]:
    count = len(faces.points_crop)
    points: dict[str, list[Tensor]] = {name: [] for name in codecs}
    covariances: dict[str, list[Tensor]] = {name: [] for name in codecs}
    truth = []
    for draw in range(draws):
        for chosen in torch.split(torch.arange(count), faces_at_once):
            keys: list[tuple[int, ...]] = [(seed, face, draw) for face in chosen.tolist()]
            corrupted = CorruptedFaces(
                faces.points_crop[chosen], keys, faces.crop_size, size, condition
            )
            truth.append(corrupted.points_crop)
            for name, codec in codecs.items():
                decoded = codec.decode(corrupted.fields(codec))
                points[name].append(decoded.points.double())
                covariances[name].append(decoded.covariance.double())

    def all_draws(parts: list[Tensor]) -> Tensor:
        whole = torch.cat(parts)
        return whole.view(draws, count, *whole.shape[1:])

    return {
        name: _Found(all_draws(points[name]), all_draws(covariances[name]), all_draws(truth))
        for name in codecs
    }


def _codec_error(found: _Found, faces: PlacedFaces) -> CodecError:
    there = ~found.truth.isnan().any(dim=-1)
    difference = (found.points - found.truth)[there]
    distance = torch.linalg.vector_norm(difference, dim=-1)
    photo_from_crop = faces.photo_from_crop.repeat(len(found.truth), 1, 1)
    photo_points, photo_truth = (
        apply_affine(photo_from_crop, points.flatten(0, 1))
        for points in (found.points, found.truth)
    )
    normaliser = faces.normaliser.repeat(len(found.truth))
    nme = normalised_mean_error(photo_points, photo_truth, normaliser)
    bias = difference.mean(dim=0)
    by_face = found.face_errors()
    return CodecError(
        error_px=float(distance.mean()),
        error_se=float(by_face.std(ddof=1) / math.sqrt(len(by_face)))
        if len(by_face) > 1
        else math.nan,
        median_px=float(distance.median()),
        bias_x=float(bias[0]),
        bias_y=float(bias[1]),
        nme=float(mean_error(nme)),
        calibration=calibration(difference, found.covariance[there]),
    )
