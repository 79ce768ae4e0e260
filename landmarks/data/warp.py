"""The one resampling between a photo and a crop."""

import math

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from landmarks.batch import PhotoPart, Region
from landmarks.geometry import (
    Size,
    apply_affine,
    compose_affine,
    invert_affine,
    outer_corners,
    shrink_affine,
)


def footprint(photo_from_crop: Float[Tensor, "2 3"], crop_size: Size) -> Region:
    """The pixels of a photo that a crop is made from; it may reach beyond the photo.

    It is what the crop shows, and as much more on each side as bilinear sampling or the averaging
    over blocks looks at.

    Args:
        photo_from_crop: Takes crop points to photo points.
        crop_size: Size of the crop.

    >>> shift = torch.tensor([[1.0, 0.0, 100.0], [0.0, 1.0, 50.0]], dtype=torch.float64)
    >>> footprint(shift, Size(2, 2))
    Region(x0=98, y0=48, x1=104, y1=54)
    """
    seen = apply_affine(photo_from_crop, outer_corners(crop_size))
    # A block more on each side, so that bilinear sampling at the crop's edge sees the photo.
    margin = _block(photo_from_crop)
    low = (seen.min(dim=0).values.floor().long() - margin).tolist()
    high = (seen.max(dim=0).values.ceil().long() + margin + 1).tolist()
    return Region(low[0], low[1], high[0], high[1])


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
    return crop_part(PhotoPart.of_whole(photo), photo_from_crop, crop_size)


def crop_part(
    part: PhotoPart, photo_from_crop: Float[Tensor, "2 3"], crop_size: Size
) -> UInt8[np.ndarray, "h w 3"]:
    """Cuts a crop out of a part of a photo; the same to the last bit whatever else is in the part.

    The crop is always made from its `footprint` alone, and from places relative to it: OpenCV
    rounds the places that it samples, and would round others for other origins.

    Args:
        part: At least the crop's `footprint`, as far as it lies on the photo.
        photo_from_crop: Takes crop points to photo points.
        crop_size: Size of the crop.

    Raises:
        ValueError: If the part does not cover the footprint.
    """
    part = part.cut(footprint(photo_from_crop, crop_size))
    if part.region.empty:
        return np.zeros((*crop_size, 3), np.uint8)
    source_from_crop = photo_from_crop.clone()
    source_from_crop[:, 2] -= torch.tensor([part.x, part.y])
    block = _block(photo_from_crop)
    if block > 1:
        source = _shrink(part.pixels, block)
        source_from_crop = compose_affine(invert_affine(shrink_affine(block)), source_from_crop)
    else:
        source = np.ascontiguousarray(part.pixels)
    crop: UInt8[np.ndarray, "h w 3"] = cv2.warpAffine(
        source,
        source_from_crop.numpy(),
        (crop_size.width, crop_size.height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
    )
    return crop


def _block(photo_from_crop: Float[Tensor, "2 3"]) -> int:
    """Side of the blocks of pixels that are averaged; 1 where none are."""
    return max(1, math.floor(math.sqrt(abs(float(torch.det(photo_from_crop[:, :2]))))))


def _shrink(pixels: UInt8[np.ndarray, "H W 3"], block: int) -> UInt8[np.ndarray, "h w 3"]:
    """Averages over blocks; the last row and column are repeated where a block is not full."""
    below, beside = -pixels.shape[0] % block, -pixels.shape[1] % block
    full = cv2.copyMakeBorder(pixels, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    small_size = (full.shape[1] // block, full.shape[0] // block)
    small: UInt8[np.ndarray, "h w 3"] = cv2.resize(full, small_size, interpolation=cv2.INTER_AREA)
    return small
