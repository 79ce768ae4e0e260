"""Networks whose errors are known: true points, predictions and crops of made-up faces."""

import numpy as np
import torch

from landmarks.analysis.decomposition import CropPlaces
from landmarks.analysis.measured import MeasuredRun
from landmarks.geometry import Size, photo_from_crop_affine
from landmarks.results import FaceResults

CROP = Size(64, 64)
PROTOCOL = "made up/distance"


def crop_places(count, split="test", scale=2.0, rotation=10.0):
    """Crops whose pixels are ``scale`` photo pixels wide."""
    affine = photo_from_crop_affine((100.0, 90.0), scale * CROP.height, CROP, rotation)
    return CropPlaces(CROP, {split: affine.expand(count, 2, 3).clone()})


def to_photo(points_crop, crops, split="test"):
    """(N, K, 2) of the crop to the photo, by a plain formula."""
    affine = crops.photo_from_crop[split].numpy()
    return np.einsum("nij,nkj->nki", affine[:, :, :2], points_crop) + affine[:, None, :, 2]


def true_points(count, points, seed=0, margin=14.0):
    rng = np.random.default_rng(seed)
    return rng.uniform(margin, CROP.width - margin, (count, points, 2))


def results(points_crop, true_crop, crops, normaliser=50.0, split="test", subsets=None):
    """What a test run finds, of crop points."""
    points, truth = to_photo(points_crop, crops), to_photo(true_crop, crops)
    distance = np.full(len(points), normaliser)
    errors = np.linalg.norm(points - truth, axis=-1)
    return FaceResults(
        split=split,
        face=np.arange(len(points)),
        photo=tuple(f"{face}.jpg" for face in range(len(points))),
        subsets=((),) * len(points) if subsets is None else subsets,
        points_photo=points,
        covariances_photo=None,
        true_points_photo=truth,
        normalisers={PROTOCOL: distance},
        nme={PROTOCOL: np.nanmean(errors, axis=1) / distance},
    )


def run(method, found, seed=0, training=None, levels=None):
    training = f"{method}-seed{seed}" if training is None else training
    return MeasuredRun(
        method, levels or {}, seed, {found.split: found}, training, None, None, None, None
    )


def mean_distance(values):
    """Mean length of 2-D errors."""
    return float(np.linalg.norm(values, axis=-1).mean())


def decoded(codec, points):
    """What a network that emits the exact targets of points would be read as, (N, K, 2)."""
    with torch.inference_mode():
        found = codec.decode(codec.encode(torch.from_numpy(points).float())).points
    return found.double().numpy()
