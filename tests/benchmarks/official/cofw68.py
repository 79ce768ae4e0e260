"""Writes a tiny COFW-68: annotations in files of version 5, pictures in COFW's test file."""

from pathlib import Path

import numpy as np

from landmarks.batch import Box
from landmarks.markups import MARKUP_68
from landmarks.rendering.face import render_face
from tests.benchmarks.official.cofw import SEED, SIZES, write_cofw
from tests.benchmarks.official.mat import write_mat5
from tests.benchmarks.official.truth import Face, Truth


def write_cofw68_tree(root: Path, pictures: bool = True) -> Truth:
    """A tree of eleven faces, so that number 10 comes behind number 9."""
    count = 11
    if pictures:
        write_cofw(root, "test", count)
    data = root / "COFW68_Data"
    (data / "test_annotations").mkdir(parents=True)
    faces, boxes = [], []
    for number in range(count):
        size = SIZES[number % len(SIZES)]
        drawn = render_face(SEED, 100 + number, size)  # what the test split of COFW shows
        points, occluded = drawn.points(MARKUP_68), drawn.occluded(MARKUP_68)
        x0, y0, x1, y1 = (float(round(edge)) for edge in drawn.box)
        faces.append(Face(points, Box(x0, y0, x1, y1), occluded, size=size))
        boxes.append([x0 + 1, y0 + 1, x1 - x0, y1 - y0])
        file = data / "test_annotations" / f"{number + 1}_points.mat"
        write_mat5(file, {"Points": points + 1, "Occ": occluded[None].astype(np.uint8)})
    write_mat5(data / "cofw68_test_bboxes.mat", {"bboxes": np.array(boxes)})
    return {"test": faces}
