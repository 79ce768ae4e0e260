"""Where the crops of test faces lie."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from landmarks.data.datamodule import FaceDataModule
from landmarks.data.dataset import CropDataset
from landmarks.geometry import Size
from landmarks.results import FaceResults


@dataclass(frozen=True)
class CropPlaces:
    """The crops that a test run sees, without their pixels.

    Attributes:
        crop_size: Size of the crops.
        photo_from_crop: For each split: (N, 2, 3), one for each of its faces, in its order.
    """

    crop_size: Size
    photo_from_crop: Mapping[str, Float64[Tensor, "N 2 3"]]

    @classmethod
    def of(cls, data: FaceDataModule) -> "CropPlaces":
        """The crops of the test splits.

        Args:
            data: Set up for testing: ``data.setup("test")``.
        """
        places = {}
        for faces in data.evaluation("test"):
            crops = CropDataset(faces.records, data.facts.markup, data.crop_size, data.test_crop)
            places[faces.split] = torch.stack(
                [crops.photo_from_crop(0, face, 0) for face in range(len(crops))]
            )
        return cls(data.crop_size, places)

    def of_results(self, results: FaceResults) -> Float64[Tensor, "N 2 3"]:
        """The crops of the faces that were predicted, in the results' order.

        Raises:
            KeyError: If the split is not among the test splits.
        """
        return self.photo_from_crop[results.split][torch.from_numpy(results.face)]
