"""Writes a tiny COFW as its owners distribute it: two MATLAB files of version 7.3."""

from pathlib import Path

import numpy as np

from landmarks.batch import Box
from landmarks.geometry import Size
from landmarks.markups import MARKUP_29
from landmarks.rendering.face import render_face
from tests.benchmarks.official.mat import write_mat73
from tests.benchmarks.official.truth import Face, Truth

SEED = 29
SIZES = (Size(96, 112), Size(104, 88), Size(120, 96))
VARIABLES = {"train": ("IsTr", "phisTr", "bboxesTr"), "test": ("IsT", "phisT", "bboxesT")}
FILES = {"train": "COFW_train_color.mat", "test": "COFW_test_color.mat"}


def write_cofw_tree(root: Path) -> Truth:
    """A tree of eight training and four test faces, every third picture grey."""
    return {split: write_cofw(root, split, count) for split, count in (("train", 8), ("test", 4))}


def write_cofw(root: Path, split: str, count: int, grey_version: bool = False) -> list[Face]:
    """Writes the file of one split; in the grey version all pictures are grey."""
    pictures, rows, boxes, faces = [], [], [], []
    for number in range(count):
        size = SIZES[number % len(SIZES)]
        picture, face = draw(split, number, size)
        pictures.append(picture[..., 1] if grey_version or number % 3 == 2 else picture)
        assert face.box is not None
        assert face.occluded is not None
        rows.append(np.concatenate([*(face.points + 1).T, face.occluded]))
        x0, y0, x1, y1 = face.box
        boxes.append([x0 + 1, y0 + 1, x1 - x0, y1 - y0])
        faces.append(face)
    images, phis, bboxes = VARIABLES[split]
    name = FILES[split].replace("_color", "") if grey_version else FILES[split]
    root.mkdir(parents=True, exist_ok=True)
    values = {phis: np.array(rows), images: pictures, bboxes: np.array(boxes, dtype=np.float64)}
    write_mat73(root / name, values)
    return faces


def draw(split: str, number: int, size: Size) -> tuple[np.ndarray, Face]:
    """A drawn picture, RGB, and the truth of it."""
    drawn = render_face(SEED, number + (100 if split == "test" else 0), size)
    points = drawn.points(MARKUP_29)
    (x0, y0), (x1, y1) = np.floor(points.min(axis=0)) - 3, np.ceil(points.max(axis=0)) + 2
    occluded = drawn.occluded(MARKUP_29)
    face = Face(points, Box(float(x0), float(y0), float(x1), float(y1)), occluded, size=size)
    return drawn.image, face
