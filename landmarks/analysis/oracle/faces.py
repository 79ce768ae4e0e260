"""True points, where a network would see them."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from landmarks.benchmarks.base import Benchmark
from landmarks.data.crops import Crop
from landmarks.data.dataset import CropDataset
from landmarks.errors import DataError
from landmarks.geometry import Size, apply_affine, inside, invert_affine


@dataclass(frozen=True)
class PlacedFaces:
    """True points in the crops that a network would see.

    Attributes:
        points_crop: (N, K, 2) crop pixels; NaN where a point is missing or outside the crop.
        photo_from_crop: (N, 2, 3) takes crop points to photo points.
        normaliser: (N,) photo pixels, under the benchmark's first protocol.
        crop_size: Size of the crops.
        missing: Number of points that are not annotated.
        outside: Number of annotated points outside their crop.
    """

    points_crop: Float64[Tensor, "N K 2"]
    photo_from_crop: Float64[Tensor, "N 2 3"]
    normaliser: Float64[Tensor, " N"]
    crop_size: Size
    missing: int
    outside: int


def place_faces(benchmark: Benchmark, split: str, crop_size: Size, crop: Crop) -> PlacedFaces:
    """Reads the true points of a split and moves them into the crops that a test run would see.

    A face of which no point lies in its crop is left out.

    Raises:
        landmarks.errors.DataError: If a file is missing or damaged, or no face is left.
        ValueError: If there is no such split.
    """
    records = benchmark.records(split)
    points_photo = torch.from_numpy(
        np.stack([record.points_photo for record in records]).astype(np.float64)
        if len(records)
        else np.zeros((0, benchmark.facts.markup.count, 2))
    )
    markup = benchmark.facts.markup
    crops = CropDataset(records, markup, crop_size, crop.for_markup(markup))
    photo_from_crop = torch.stack(
        [crops.photo_from_crop(0, face, 0) for face in range(len(records))]
        or [torch.zeros(2, 3, dtype=torch.float64)]
    )[: len(records)]
    points = apply_affine(invert_affine(photo_from_crop), points_photo)
    there = inside(points, crop_size)
    missing = points.isnan().any(dim=-1)
    points = torch.where(there[..., None], points, torch.nan)
    kept = there.any(dim=-1)
    if not kept.any():
        raise DataError(
            f"split {split!r} of {benchmark.facts.title} has no face with a point in its crop, so "
            "there is nothing to measure; choose another split"
        )
    normaliser = torch.from_numpy(benchmark.normalisers(records)[:, 0])
    return PlacedFaces(
        points[kept],
        photo_from_crop[kept],
        normaliser[kept],
        crop_size,
        missing=int(missing.sum()),
        outside=int((~there & ~missing).sum()),
    )
