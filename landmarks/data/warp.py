"""The one resampling between a photo and a crop."""

import math

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from landmarks.geometry import (
    Size,
    apply_affine,
    compose_affine,
    invert_affine,
    outer_corners,
    shrink_affine,
)


def crop_photo(
    photo: UInt8[np.ndarray, "H W 3"], photo_from_crop: Float[Tensor, "2 3"], crop_size: Size
) -> UInt8[np.ndarray, "h w 3"]:
    """Cuts a crop out of a photo, bilinearly; what lies outside the photo is black.

    Where the crop is at least twice as coarse as the photo, the part of the photo that it shows is
    first averaged over whole blocks of pixels, so that fine texture does not alias.

    Args:
        photo: (H, W, 3) RGB.
        photo_from_crop: Takes crop points to photo points.
        crop_size: Size of the crop.

    >>> photo = np.zeros((4, 4, 3), np.uint8)
    >>> photo[1, 2] = 200
    >>> shift = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]], dtype=torch.float64)
    >>> crop_photo(photo, shift, Size(2, 2))[:, :, 0]
    array([[  0,   0],
           [  0, 200]], dtype=uint8)
    """
    scale = math.sqrt(abs(float(torch.det(photo_from_crop[:, :2]))))
    factor = math.floor(scale)
    if factor >= 2:
        photo, photo_from_source = _shrink_part(photo, photo_from_crop, crop_size, factor)
        source_from_crop = compose_affine(invert_affine(photo_from_source), photo_from_crop)
    else:
        source_from_crop = photo_from_crop
    crop: UInt8[np.ndarray, "h w 3"] = cv2.warpAffine(
        photo,
        source_from_crop.numpy(),
        (crop_size.width, crop_size.height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
    )
    return crop


def _shrink_part(
    photo: UInt8[np.ndarray, "H W 3"],
    photo_from_crop: Float[Tensor, "2 3"],
    crop_size: Size,
    factor: int,
) -> tuple[UInt8[np.ndarray, "h w 3"], Float[Tensor, "2 3"]]:
    """The part of the photo below the crop, shrunk, and its ``photo_from_source``."""
    seen = apply_affine(photo_from_crop, outer_corners(crop_size))
    # A block more on each side, so that bilinear sampling at the crop's edge sees the photo.
    low = (seen.min(dim=0).values.floor().long() - factor).tolist()
    high = (seen.max(dim=0).values.ceil().long() + factor + 1).tolist()
    x0, x1 = (int(np.clip(x, 0, photo.shape[1])) for x in (low[0], high[0]))
    y0, y1 = (int(np.clip(y, 0, photo.shape[0])) for y in (low[1], high[1]))
    part = photo[y0:y1, x0:x1]
    if part.size == 0:
        part = np.zeros((factor, factor, 3), np.uint8)
    below, beside = -part.shape[0] % factor, -part.shape[1] % factor
    part = cv2.copyMakeBorder(part, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    small_size = (part.shape[1] // factor, part.shape[0] // factor)
    small = cv2.resize(part, small_size, interpolation=cv2.INTER_AREA)
    place = torch.tensor([[1.0, 0.0, x0], [0.0, 1.0, y0]], dtype=torch.float64)
    return small, compose_affine(place, shrink_affine(factor))
