"""The trained network on crops that have lost half of their detail."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from landmarks.batch import Batch
from landmarks.data.datamodule import FaceDataModule
from landmarks.data.dataset import CropDataset, collate_views
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.data.sampler import EvaluationSampler
from landmarks.geometry import apply_affine, apply_affine_to_covariance
from landmarks.results import FaceResults
from landmarks.task import LandmarkTask


def predict_at_half_resolution(task: LandmarkTask, data: FaceDataModule) -> dict[str, FaceResults]:
    """Finds the landmarks of the test faces in crops of half the detail.

    The crops are those of a test run, of the same size and at the same place; their pixels are
    averaged two by two and interpolated back (`halved_detail`). What the error rises by tells how
    much of it hangs on the resolution of the crops: of networks that never saw such crops in
    training, so that it bounds from above what training at half the resolution would cost.

    The networks' modes, the random streams and the task's own results are left as they were. Every
    face is predicted here, whatever the number of devices: call it on one of them.

    Args:
        task: The trained task; its network is run where it lies.
        data: Set up for testing.

    Returns:
        What was found, by split, as a test run finds it.
    """
    training = {name: module.training for name, module in task.named_modules()}
    task.eval()
    try:
        with torch.inference_mode():
            return {faces.split: _predict(task, data, faces) for faces in data.evaluation("test")}
    finally:
        for name, module in task.named_modules():
            module.training = training[name]


def halved_detail(image: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
    """Averages pixels two by two, and interpolates bilinearly back to the size.

    >>> halved_detail(torch.tensor([[[[0.0, 2.0, 4.0, 6.0]] * 2]]))[0, 0, 0]
    tensor([1., 2., 4., 5.])
    """
    height, width = image.shape[-2:]
    half = (-(-height // 2), -(-width // 2))
    small = functional.interpolate(image, size=half, mode="area")
    return functional.interpolate(small, size=(height, width), mode="bilinear", align_corners=False)


def _predict(task: LandmarkTask, data: FaceDataModule, faces: EvaluationSet) -> FaceResults:
    points, covariances, places = [], [], []
    for batch in _loader(data, faces):
        image = halved_detail(batch.image.to(task.device))
        decoded = task(image.contiguous(memory_format=torch.channels_last))
        found = decoded.points.double().cpu()
        points.append(apply_affine(batch.photo_from_crop, found))
        claimed = decoded.covariance.double().cpu()
        covariances.append(apply_affine_to_covariance(batch.photo_from_crop, claimed))
        places.append(batch.face)
    return FaceResults.measure(faces, torch.cat(places), torch.cat(points), torch.cat(covariances))


def _loader(data: FaceDataModule, faces: EvaluationSet) -> DataLoader[list[Batch]]:
    crops = CropDataset(faces.records, data.facts.markup, data.crop_size, data.test_crop)
    return DataLoader(
        crops,
        batch_size=data.batch_size,
        sampler=EvaluationSampler(len(crops), 1, 0),
        num_workers=data.workers,
        collate_fn=collate_views,
        # A loader without a stream of its own draws from the global one.
        generator=torch.Generator(),
    )
