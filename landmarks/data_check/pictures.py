"""Every picture decoded once: whether it is whole, and what each of its faces looks like."""

import hashlib
from dataclasses import dataclass

import cv2
import imagehash
import numpy as np
from jaxtyping import Bool, Float, UInt8, UInt64
from PIL import Image
from tqdm import tqdm

from landmarks.batch import Photo, Record
from landmarks.data.augmentation import Placement
from landmarks.data.crops import LandmarkBox
from landmarks.data.warp import crop_photo
from landmarks.data_check.faces import Faces
from landmarks.data_check.finding import DAMAGED, Finding
from landmarks.data_check.strict import read_strictly
from landmarks.errors import DataError
from landmarks.geometry import Size

_WINDOW = Size(64, 64)
_FACTOR = 1.2
_THUMBNAIL = 32
_HASH = 16
_FLAT = 3.0
"""A window whose grey levels spread less than this shows nothing that could be compared."""


@dataclass(frozen=True)
class Signatures:
    """What the pictures look like, face by face, in some 1.2 KB a face.

    Attributes:
        sizes: (N, 2) height and width of each face's picture; NaN where it could not be read.
        digests: A hash of the decoded picture for each face; empty where it could not be read.
        hashes: (N, 4) perceptual hash of the face's window, 256 bits.
        thumbnails: (N, 32, 32) the window in grey.
        comparable: (N,) whether there is a window, and something in it.
    """

    sizes: Float[np.ndarray, "N 2"]
    digests: list[bytes]
    hashes: UInt64[np.ndarray, "N 4"]
    thumbnails: UInt8[np.ndarray, "N h w"]
    comparable: Bool[np.ndarray, " N"]


def read_pictures(faces: Faces) -> tuple[Signatures, list[Finding]]:
    """Decodes every picture once and takes the signatures of its faces.

    One picture is in memory at a time.
    """
    count = len(faces.faces)
    signatures = Signatures(
        np.full((count, 2), np.nan),
        [b""] * count,
        np.zeros((count, _HASH * _HASH // 64), np.uint64),
        np.zeros((count, _THUMBNAIL, _THUMBNAIL), np.uint8),
        np.zeros(count, bool),
    )
    findings = []
    for photo, places in tqdm(_by_photo(faces), desc="decoding", unit="picture", leave=False):
        try:
            pixels = read_strictly(photo)
        except DataError as error:
            first = faces.faces[places[0]]
            splits = dict.fromkeys(s for place in places for s in faces.faces[place].splits)
            value = str(error).removeprefix(f"{error.file}: ")
            file = error.file or first.file
            expected = "a picture that decodes without errors"
            findings.append(
                Finding(DAMAGED, ", ".join(splits), first.name, file, None, value, expected)
            )
            continue
        digest = hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16)
        digest.update(repr(pixels.shape).encode())
        for place in places:
            signatures.sizes[place] = pixels.shape[:2]
            signatures.digests[place] = digest.digest()
            window = face_window(pixels, faces.faces[place].record)
            if window is not None and window.std() >= _FLAT:
                signatures.hashes[place] = perceptual_hash(window)
                signatures.thumbnails[place] = cv2.resize(
                    window, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA
                )
                signatures.comparable[place] = True
    return signatures, findings


def face_window(
    pixels: UInt8[np.ndarray, "H W 3"], record: Record
) -> UInt8[np.ndarray, "h w"] | None:
    """The face in 64 × 64 grey pixels; None if its points give it no place."""
    try:
        window = LandmarkBox(_FACTOR)(record, np.random.default_rng(0))
    except DataError:
        return None
    crop = crop_photo(pixels, Placement().photo_from_crop(window, _WINDOW), _WINDOW)
    grey: UInt8[np.ndarray, "h w"] = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return grey


def perceptual_hash(window: UInt8[np.ndarray, "h w"]) -> UInt64[np.ndarray, " 4"]:
    """The signs of the window's 16 × 16 lowest cosine frequencies about their median."""
    bits = imagehash.phash(
        Image.fromarray(window), hash_size=_HASH, highfreq_factor=_WINDOW.height // _HASH
    )
    return np.packbits(bits.hash.ravel()).view(np.uint64)


def _by_photo(faces: Faces) -> list[tuple[Photo, list[int]]]:
    photos: dict[str, tuple[Photo, list[int]]] = {}
    for place, face in enumerate(faces.faces):
        photos.setdefault(face.name, (face.record.photo, []))[1].append(place)
    return list(photos.values())


__all__ = ["Signatures", "face_window", "perceptual_hash", "read_pictures"]
