"""Writes a tiny LaPa: a folder a split, with pictures, points and the maps for parsing."""

from pathlib import Path

import cv2
import numpy as np

from tests.benchmarks.official.counted import SIZE, write_face
from tests.benchmarks.official.truth import Face, Truth

COUNTS = {"train": 7, "val": 2, "test": 3}


def write_lapa_tree(root: Path) -> Truth:
    """A tree with points in whole pixels, as LaPa has them."""
    truth = {}
    for seed, (split, count) in enumerate(COUNTS.items(), start=21):
        faces = []
        for index in range(count):
            stem = f"{987 + 6 * index}44_{index % 3}"  # longer as it goes: numbers, not letters
            picture = root / split / "images" / f"{stem}.jpg"
            points = write_face(
                picture, root / split / "landmarks" / f"{stem}.txt", seed, index, decimals=0
            )
            faces.append(Face(points, size=SIZE))
            labels = root / split / "labels" / f"{stem}.png"
            labels.parent.mkdir(exist_ok=True)
            cv2.imwrite(str(labels), np.zeros(SIZE, np.uint8))
        truth[split] = faces
    return truth
