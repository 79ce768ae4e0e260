"""Decoding that does not look away: a picture is whole, or it is an error."""

import warnings
from pathlib import Path

import numpy as np
import simplejpeg
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from landmarks.batch import Photo
from landmarks.data.photo_file import PhotoFile
from landmarks.errors import DataError

_JPEG = b"\xff\xd8\xff"
_CURE = "restore it from the distribution, or remove it together with its annotation"


def read_strictly(photo: Photo) -> UInt8[np.ndarray, "H W 3"]:
    """Reads a picture as RGB as `Photo.read` does, and refuses one that is damaged inside.

    OpenCV and Pillow decode a JPEG with damage in its compressed data and say nothing, or speak to
    the terminal only; libjpeg's warnings are errors here. They notice what upsets the decoder: a
    part that is missing nearly always, a few bytes overwritten in every second to third file.
    Damage that happens to decode cannot be told from a strange picture. Other formats are decoded
    by Pillow first, which compares the checksums that PNG holds.

    Raises:
        DataError: If the picture is missing, truncated, damaged or no picture.
    """
    if not isinstance(photo, PhotoFile):
        return photo.read()
    photo.check()
    data = photo.path.read_bytes()
    if data.startswith(_JPEG):
        return _jpeg(data, photo.path)
    _decode_strictly(photo.path)
    return photo.read()


def _jpeg(data: bytes, path: Path) -> UInt8[np.ndarray, "H W 3"]:
    try:
        pixels: UInt8[np.ndarray, "H W 3"] = simplejpeg.decode_jpeg(data, "RGB", strict=True)
    except ValueError as error:
        raise DataError(
            f"the picture is damaged inside its compressed data ({error}); {_CURE}", file=path
        ) from error
    return pixels


def _decode_strictly(path: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata is no damage
            with Image.open(path) as picture:
                picture.load()
    except UnidentifiedImageError:
        return  # a format of OpenCV's alone
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(
            f"the picture is damaged inside its compressed data ({error}); {_CURE}", file=path
        ) from error


__all__ = ["read_strictly"]
