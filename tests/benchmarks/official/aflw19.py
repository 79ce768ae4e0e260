"""Writes AFLW-19: all 24,386 rows of the official file, and a folder with a few of the pictures."""

from pathlib import Path

import cv2
import numpy as np

from landmarks.batch import Box
from landmarks.geometry import Size
from landmarks.markups import MARKUP_19
from landmarks.rendering.face import render_face
from tests.benchmarks.official.mat import Value, write_mat5
from tests.benchmarks.official.truth import Face, Truth

FACES, TRAINING = 24386, 20000
SIZE = Size(96, 88)
PICTURES = ("aflw", "data", "flickr")


def write_aflw19_tree(root: Path) -> Truth:
    """A tree of eight training and four test faces; each picture shows two of them."""
    truth, variables = draw_aflw19(root)
    write_mat5(root / "AFLWinfo_release.mat", variables)
    return truth


def draw_aflw19(
    root: Path, rows: int = FACES, training: int = TRAINING
) -> tuple[Truth, dict[str, Value]]:
    """Writes the pictures of folder ``0``, and returns what the annotation file must hold.

    Args:
        root: The folder that it belongs to.
        rows: How many faces the file is to have, at least 4 more than for training.
        training: How many of them are for training, at least 9.
    """
    rng = np.random.default_rng(19)
    (root.joinpath(*PICTURES) / "0").mkdir(parents=True)
    order = rng.permutation(rows)
    names = [f"{2 + row % 2}/image{row:05d}.jpg" for row in range(rows)]
    data = rng.uniform(0, 100, (rows, 38))
    boxes = np.tile([10, 90, 20, 100], (rows, 1)).astype(np.int16)
    mask = np.ones((rows, 19), dtype=np.uint8)
    truth: dict[str, list[Face]] = {}
    for split, first, count in (("train", 1, 8), ("test", training, 4)):
        truth[split] = []
        for number, row in enumerate(order[first : first + count].tolist()):
            face, name = draw(root, split, number)
            names[row] = name
            data[row] = face.points.T.ravel()
            boxes[row] = [face.box.x0, face.box.x1, face.box.y0, face.box.y1]
            mask[row] = ~face.occluded
            truth[split].append(face)
    variables = {
        "bbox": boxes,
        "data": data,
        "mask_new": mask,
        "nameList": names,
        "ra": (order + 1)[None].astype(np.int32),
        "readme": ["A permutation, ra, divides the faces."],
    }
    return truth, variables


def draw(root: Path, split: str, number: int) -> tuple[Face, str]:
    """A face, and the name of its picture; odd faces stand beside the even ones before them."""
    seed = {"train": 0, "test": 100}[split]
    pair = number - number % 2
    faces = [render_face(19, seed + pair + i, SIZE) for i in range(2)]
    name = f"0/image{seed + pair:05d}.jpg"
    picture = np.concatenate([face.image for face in faces], axis=1)
    cv2.imwrite(str(root.joinpath(*PICTURES) / name), picture[..., ::-1])
    drawn = faces[number % 2]
    shift = SIZE.width * (number % 2)
    # Even faces are called wholly visible, so that there are some of the frontal subset.
    hidden = drawn.occluded(MARKUP_19) | drawn.self_occluded(MARKUP_19)
    hidden = hidden & False if number % 2 == 0 else hidden | (np.arange(19) == 3)
    x0, y0, x1, y1 = (round(edge) for edge in drawn.box)
    return (
        Face(
            drawn.points(MARKUP_19) + np.array([shift, 0]),
            Box(x0 + shift, y0, x1 + shift, y1),
            hidden,
            frozenset({"frontal"}) if split == "test" and not hidden.any() else frozenset(),
            Size(SIZE.height, 2 * SIZE.width),
        ),
        name,
    )
