"""Pictures on the disk, and faces on them, for tests."""

from pathlib import Path

import cv2
import numpy as np

from landmarks.batch import Photo, Record, Region
from landmarks.data.photo_file import PhotoFile
from landmarks.data.prepared.preparation import Preparation, plan
from landmarks.data.prepared.wanted import ShownFace, WantedPhoto, wanted_photos

NAMES = ("colour.png", "coarse.jpg", "grey.png", "grey.jpg")
HEIGHT, WIDTH = 90, 120


def write_picture(file: Path, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    shape = (HEIGHT, WIDTH) if "grey" in file.name else (HEIGHT, WIDTH, 3)
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), rng.integers(0, 256, shape).astype(np.uint8))


def write_photos(root: Path) -> list[PhotoFile]:
    for seed, name in enumerate(NAMES):
        write_picture(root / name, seed)
    return [PhotoFile(root / name, name) for name in NAMES]


def records_of(photos: list[PhotoFile], middles: tuple[int, ...] = (40,)) -> list[Record]:
    """Faces of 30 pixels on each photo, one for each middle."""
    shape = np.array([[-12.0, -12.0], [12.0, -12.0], [0.0, 12.0]])
    return [Record(photo, shape + np.array([x, 45.0])) for photo in photos for x in middles]


def wanted(photos: list[Photo] | list[PhotoFile], *regions: Region) -> list[WantedPhoto]:
    return wanted_photos(
        ShownFace("made_up", photo, region) for photo in photos for region in regions
    )


def prepare(folder: Path, photos: list[WantedPhoto], thoroughly: bool = False) -> Preparation:
    preparation = plan(folder, photos, thoroughly)
    preparation.write()
    return preparation
