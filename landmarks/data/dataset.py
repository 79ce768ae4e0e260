"""From a record to a sample."""

from collections.abc import Sequence
from functools import reduce

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.utils.data import Dataset

from landmarks.batch import Batch, PhotoPart, Record, Region
from landmarks.data.augmentation import Augmentation, Placement
from landmarks.data.crops import CropPolicy, Window
from landmarks.data.photometry import Photometry
from landmarks.data.sampler import Draw
from landmarks.data.warp import crop_part, footprint
from landmarks.geometry import Size, apply_affine, inside, invert_affine, is_mirrored
from landmarks.markups import Markup

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SPREAD = (0.229, 0.224, 0.225)


class CropDataset(Dataset[list[Batch]]):
    """Crops of faces; item ``(epoch, face)`` is a list of the face's views.

    A view depends on (seed, epoch, face, view) and on nothing else: not on the method trained, the
    worker that makes it, or the device that sees it.

    Args:
        records: The faces.
        markup: Their point scheme.
        crop_size: Size of the crops.
        crop: Where a face's crop lies before augmentation.
        augmentation: Random placement, or None for evaluation.
        photometry: Random colours, or None for evaluation.
        views: Number of views of each face.
        seed: Of the augmentation.
    """

    def __init__(
        self,
        records: Sequence[Record],
        markup: Markup,
        crop_size: Size,
        crop: CropPolicy,
        augmentation: Augmentation | None = None,
        photometry: Photometry | None = None,
        views: int = 1,
        seed: int = 0,
    ) -> None:
        self.records = records
        self.markup = markup
        self.crop_size = crop_size
        self.crop = crop
        self.augmentation = augmentation
        self.photometry = photometry
        self.views = views
        self.seed = seed

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, draw: Draw) -> list[Batch]:
        epoch, face = draw
        places = [self.photo_from_crop(epoch, face, view) for view in range(self.views)]
        # The views share one reading.
        wanted = reduce(Region.joined, (footprint(place, self.crop_size) for place in places))
        part = self.records[face].photo.read_part(wanted)
        return [self._view(part, place, epoch, face, view) for view, place in enumerate(places)]

    def placement(self, epoch: int, face: int, view: int) -> Placement:
        """How the crop of a view departs from its window."""
        if self.augmentation is None:
            return Placement()
        return self.augmentation.draw(self._rng(epoch, face, view, 0))

    def window(self, epoch: int, face: int, view: int) -> Window:
        """Where the crop of a view lies before augmentation."""
        return self.crop(self.records[face], self._rng(epoch, face, view, 2))

    def check_windows(self) -> None:
        """Asks for every face's window once: one that has none is found before training starts.

        Raises:
            landmarks.errors.DataError: If a face lacks what the crop policy needs.
        """
        for face in range(len(self.records)):
            self.window(0, face, 0)

    def photo_from_crop(self, epoch: int, face: int, view: int) -> Float[Tensor, "2 3"]:
        """Takes the points of a view's crop to points of the photo."""
        placement = self.placement(epoch, face, view)
        return placement.photo_from_crop(self.window(epoch, face, view), self.crop_size)

    def _rng(self, epoch: int, face: int, view: int, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, epoch, face, view, purpose])

    def _view(
        self,
        part: PhotoPart,
        photo_from_crop: Float[Tensor, "2 3"],
        epoch: int,
        face: int,
        view: int,
    ) -> Batch:
        image = crop_part(part, photo_from_crop, self.crop_size)
        if self.photometry is not None:
            image = self.photometry(image, self._rng(epoch, face, view, 1))
        points_photo = torch.from_numpy(np.array(self.records[face].points_photo, np.float64))
        points = apply_affine(invert_affine(photo_from_crop), points_photo)
        if is_mirrored(photo_from_crop):
            points = points[self.markup.mirror_index]
        return Batch(
            image=normalise_image(image),
            points=points.float(),
            weight=inside(points, self.crop_size).float(),
            photo_from_crop=photo_from_crop,
            face=torch.tensor(face),
        )


def normalise_image(image: UInt8[np.ndarray, "H W 3"]) -> Float[Tensor, "3 H W"]:
    """RGB bytes to what a network takes: channels first, ImageNet's mean 0 and spread 1."""
    mean = np.array(IMAGENET_MEAN, np.float32) * 255
    spread = np.array(IMAGENET_SPREAD, np.float32) * 255
    return torch.from_numpy((image - mean) / spread).permute(2, 0, 1)


def restore_image(image: Float[Tensor, "3 H W"]) -> UInt8[np.ndarray, "H W 3"]:
    """The inverse of `normalise_image`, to show what a network saw.

    >>> crop = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    >>> bool((restore_image(normalise_image(crop)) == crop).all())
    True
    """
    mean, spread = image.new_tensor(IMAGENET_MEAN), image.new_tensor(IMAGENET_SPREAD)
    colours = (image.permute(1, 2, 0) * spread + mean) * 255
    pixels: UInt8[np.ndarray, "H W 3"] = colours.round().clamp(0, 255).byte().cpu().numpy()
    return pixels


def collate_views(samples: Sequence[Sequence[Batch]]) -> Batch:
    """Stacks samples view by view: crop ``v * B + i`` is view ``v`` of sample ``i``."""
    views = [sample[view] for view in range(len(samples[0])) for sample in samples]
    return Batch(*(torch.stack(parts) for parts in zip(*views, strict=True)))
