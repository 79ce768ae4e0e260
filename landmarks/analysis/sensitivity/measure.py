"""The error of a network on the faces of a split, their crops displaced in one way."""

from collections.abc import Callable

import polars
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from landmarks.codecs.base import Decoded
from landmarks.data.crops import CropPolicy
from landmarks.data.datamodule import FaceDataModule
from landmarks.data.dataset import CropDataset
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.geometry import apply_affine, inside, invert_affine
from landmarks.results import FaceResults

MOVED, OUTSIDE = "moved", "outside"


def measure_faces(
    locate: Callable[[Tensor], Decoded],
    device: torch.device,
    data: FaceDataModule,
    faces: EvaluationSet,
    policy: CropPolicy,
    reference: CropPolicy,
    advance: Callable[[int], object] = lambda count: None,
) -> polars.DataFrame:
    """Every face's error, and how far its landmarks lie from where they should in the crop.

    Args:
        locate: Finds the landmarks of normalised crops, as `LandmarkTask.forward` does.
        device: Where it wants the crops.
        data: Makes the crops.
        faces: The faces.
        policy: Where their crops lie.
        reference: Where they should lie.
        advance: Told how many faces have been measured since it was last told.

    Returns:
        A row a face: split, face, photo, NME in per cent under each protocol, ``moved`` (mean
        distance that the annotated landmarks move within the crop, in crop heights), ``outside``
        (share of the annotated landmarks that lie outside the crop).
    """
    found: list[tuple[Int64[Tensor, " B"], Float64[Tensor, "B K 2"]]] = []
    with torch.inference_mode():
        for batch in data.evaluation_loader(faces, policy):
            image = batch.image.to(device, memory_format=torch.channels_last)
            points = locate(image).points.double().cpu()
            found.append((batch.face, apply_affine(batch.photo_from_crop, points)))
            advance(len(batch.face))
    face, points_photo = (torch.cat(parts) for parts in zip(*found, strict=True))
    moved, outside = misplacement(data, faces, policy, reference)
    table = FaceResults.measure(faces, face, points_photo).table()
    return table.with_columns(
        polars.Series(MOVED, moved.numpy()), polars.Series(OUTSIDE, outside.numpy())
    )


def misplacement(
    data: FaceDataModule, faces: EvaluationSet, policy: CropPolicy, reference: CropPolicy
) -> tuple[Float64[Tensor, " N"], Float64[Tensor, " N"]]:
    """How far landmarks move within their crops, in crop heights, and the share left outside."""
    there, here = (
        apply_affine(_crops_from_photo(data, faces, one), faces.points_photo)
        for one in (policy, reference)
    )
    distance = (there - here).norm(dim=-1) / data.crop_size.height
    annotated = ~faces.points_photo.isnan().any(dim=-1)
    lost = annotated & ~inside(there, data.crop_size)
    count = annotated.sum(dim=-1)
    return distance.nanmean(dim=-1), lost.sum(dim=-1).double() / count


def _crops_from_photo(
    data: FaceDataModule, faces: EvaluationSet, policy: CropPolicy
) -> Float[Tensor, "N 2 3"]:
    crops = CropDataset(faces.records, data.facts.markup, data.crop_size, policy)
    places = [crops.photo_from_crop(0, face, 0) for face in range(len(crops))]
    return invert_affine(torch.stack(places))
