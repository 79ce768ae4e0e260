"""A network that emits the exact targets of the points that a real one predicted.

The points are moved by random parts of a cell together with the truth, so that the network's errors
stay what they are and rounding meets them at every phase.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from landmarks.analysis.decomposition.crop_places import CropPlaces
from landmarks.analysis.decomposition.targets import CELLS_AT_ONCE, TargetGroups, field_values
from landmarks.codecs.base import Codec
from landmarks.geometry import Size, apply_affine, inside, invert_affine, kept_inside
from landmarks.metrics.functional import normalised_mean_error
from landmarks.results import FaceResults

_WIDEST = 8
"""Points are moved by at most the crop's height over this, from end to end."""

_PURPOSE = 8
"""Sets the draws apart from others of the same seed: zeros at the end would not."""


class Placed(NamedTuple):
    """Predictions of S trainings and the truth, where the network saw them.

    Attributes:
        points: (S, N, K, 2) crop pixels; moved to the crop's nearest edge where they lay beyond
            it, and to the truth where they were not finite.
        truth: (N, K, 2) crop pixels, moved likewise; NaN for a missing point.
        photo_from_crop: (N, 2, 3).
        normaliser: (N,) photo pixels.
        crop_size: Size of the crops.
    """

    points: Float64[Tensor, "S N K 2"]
    truth: Float64[Tensor, "N K 2"]
    photo_from_crop: Float64[Tensor, "N 2 3"]
    normaliser: Float64[Tensor, " N"]
    crop_size: Size

    @classmethod
    def of(
        cls,
        points_photo: Float64[Tensor, "S N K 2"],
        truth_photo: Float64[Tensor, "N K 2"],
        photo_from_crop: Float64[Tensor, "N 2 3"],
        normaliser: Float64[Tensor, " N"],
        crop_size: Size,
    ) -> "Placed":
        """Moves points from the photo into the crop."""
        crop_from_photo = invert_affine(photo_from_crop)
        truth = kept_inside(apply_affine(crop_from_photo, truth_photo), crop_size)
        points = torch.stack([apply_affine(crop_from_photo, own) for own in points_photo])
        finite = points.isfinite().all(dim=-1, keepdim=True)
        points = torch.where(finite, kept_inside(points, crop_size), truth)
        return cls(points, truth, photo_from_crop, normaliser, crop_size)

    @classmethod
    def of_results(
        cls, results: Sequence[FaceResults], crops: CropPlaces, protocol: str
    ) -> "Placed":
        """The predictions of S trainings of one method, and the truth.

        Args:
            results: On the same faces.
            crops: Where the faces' crops lay.
            protocol: Name of the protocol whose normaliser errors are divided by.
        """
        first = results[0]
        return cls.of(
            torch.from_numpy(np.stack([own.points_photo for own in results])).double(),
            torch.from_numpy(first.true_points_photo).double(),
            crops.of_results(first),
            torch.from_numpy(first.normalisers[protocol]).double(),
            crops.crop_size,
        )

    def nme(
        self, points: Float64[Tensor, "N K 2"], truth: Float64[Tensor, "N K 2"]
    ) -> Float64[Tensor, " N"]:
        """NME of each face as a fraction, of points and truth in crop pixels."""
        points, truth = (apply_affine(self.photo_from_crop, each) for each in (points, truth))
        return normalised_mean_error(points, truth, self.normaliser)

    def chosen(self, faces: Int64[Tensor, " M"]) -> "Placed":
        """Some of the faces, by their rows."""
        return Placed(
            self.points[:, faces],
            self.truth[faces],
            self.photo_from_crop[faces],
            self.normaliser[faces],
            self.crop_size,
        )


def period(codec: Codec) -> float:
    """Crop pixels from one cell of the codec's finest map to the next; 1 where it has no map.

    At most an eighth of the crop, so that a field that is no map does not move points far.

    >>> from landmarks.codecs import HIH
    >>> from landmarks.markups import MARKUP_19
    >>> period(HIH(MARKUP_19, Size(256, 256), heatmap_size=64))
    4.0
    """
    height, width = codec.crop_size
    strides = [height / spec.height for spec in codec.fields.values() if spec.height > 1]
    strides += [width / spec.width for spec in codec.fields.values() if spec.width > 1]
    return min([*strides, height / _WIDEST]) if strides else 1.0


def phases(faces: Placed, extent: float, draw: int, seed: int) -> Float64[Tensor, "N K 2"]:
    """How far each point is moved in a draw: evenly spread over a square, crop pixels.

    A point that would leave the crop, or whose prediction would, is moved the other way; where
    that leads out too, not at all. A draw depends on the faces' places and the two numbers alone:
    all methods meet the same.

    Args:
        faces: The points.
        extent: The square's side, a period of the codec, crop pixels.
        draw: Which draw.
        seed: Of the draws.
    """
    rng = np.random.default_rng([seed, draw, _PURPOSE])
    moved = torch.from_numpy(rng.uniform(-0.5, 0.5, tuple(faces.truth.shape))) * extent
    everything = torch.cat([faces.truth[None], faces.points])
    for _ in range(2):
        leaves = ~inside(everything + moved, faces.crop_size).all(dim=0)
        moved = torch.where(leaves[..., None], -moved, moved)
    leaves = ~inside(everything + moved, faces.crop_size).all(dim=0)
    return torch.where(leaves[..., None], 0.0, moved)


def round_trip(codec: Codec, points: Float64[Tensor, "N K 2"]) -> Float64[Tensor, "N K 2"]:
    """What the codec decodes of the points' own targets, crop pixels, some faces at a time."""
    at_once = max(1, CELLS_AT_ONCE // field_values(codec))
    with torch.inference_mode():
        parts = [
            codec.decode(codec.encode(part.float())).points.double()
            for part in torch.split(points, at_once)
        ]
    return torch.cat(parts).clone()


def limited_rise(
    groups: TargetGroups,
    faces: Placed,
    points: Float64[Tensor, "N K 2"],
    moved: Float64[Tensor, "N K 2"],
) -> Float64[Tensor, " N"]:
    """What each face's NME rises by when points are replaced by the means of their groups.

    Exactly 0 where the targets tell all points apart.

    Args:
        groups: Of the codec.
        faces: The truth.
        points: Predictions, crop pixels.
        moved: How far each is moved before, together with the truth, crop pixels.
    """
    asked, truth = points + moved, faces.truth + moved
    return faces.nme(groups.means(asked), truth) - faces.nme(asked, truth)
