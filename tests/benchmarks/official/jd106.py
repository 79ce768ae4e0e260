"""Writes a tiny JD-landmark in the layout of 2019, with a folder ``Val`` in that of 2020."""

from pathlib import Path

import numpy as np

from landmarks.batch import Box
from tests.benchmarks.official.counted import SIZE, write_face, write_points
from tests.benchmarks.official.truth import Face, Truth

BOXES = (
    "training_dataset_face_detection_bounding_box_v1/training_dataset_face_detection_bounding_box"
)


def write_jd106_tree(root: Path) -> Truth:
    """A tree of eight training, two validation and three test faces.

    A training face and a test face are corrected, and one training face has no rectangle.
    """
    train = []
    for number, part in enumerate(("AFW", "HELEN", "IBUG", "LFPW")):
        folder = root / "Training_data" / part
        train += write_jd106_folder(folder, part, 2, 31 + number, root / BOXES)
    test = write_jd106_folder(root / "Test_data1", "TEST", 3, 41)
    val = write_jd106_folder(root / "Val", "VAL", 2, 51)
    for faces, place, name in ((train, 3, "HELEN_1_3"), (test, 1, "TEST_1_3")):
        points = np.round(faces[place].points + np.array([1.5, -0.25]), 6)
        faces[place] = faces[place]._replace(points=points)
        write_points(root / "Corrected_landmark" / f"{name}.jpg.txt", points)
    (root / BOXES / "IBUG_0_0.jpg.rect").unlink()
    train[4] = train[4]._replace(box=None)
    return {"train": train, "val": val, "test": test}


def write_jd106_folder(
    folder: Path, prefix: str, count: int, seed: int, boxes: Path | None = None
) -> list[Face]:
    """One folder with ``picture`` and ``landmark``, and the rectangles in ``rect`` or elsewhere."""
    boxes = boxes or folder / "rect"
    boxes.mkdir(parents=True, exist_ok=True)
    faces = []
    for index in range(count):
        name = f"{prefix}_{index}_{3 * index}.jpg"
        points = write_face(
            folder / "picture" / name, folder / "landmark" / f"{name}.txt", seed, index, decimals=6
        )
        box = Box(*np.floor(points.min(axis=0) - 5), *np.ceil(points.max(axis=0) + 4))
        (boxes / f"{name}.rect").write_text(" ".join(f"{value:.0f}" for value in box) + "\n")
        faces.append(Face(points, box, size=SIZE))
    return faces
