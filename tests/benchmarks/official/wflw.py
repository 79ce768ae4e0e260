"""Writes a tiny WFLW: two lists of 207 fields, the lists of the subsets, and the pictures."""

from pathlib import Path

import cv2
import numpy as np

from landmarks.batch import Box
from landmarks.geometry import Size
from landmarks.markups import MARKUP_98
from landmarks.rendering.face import render_face
from tests.benchmarks.official.truth import Face, Truth

ANNOTATIONS = Path("WFLW_annotations")
LISTS = ANNOTATIONS / "list_98pt_rect_attr_train_test"
TRAIN_LIST = LISTS / "list_98pt_rect_attr_train.txt"
TEST_LIST = LISTS / "list_98pt_rect_attr_test.txt"
SUBSET_LISTS = ANNOTATIONS / "list_98pt_test"
SUBSETS = ("largepose", "expression", "illumination", "makeup", "occlusion", "blur")
SIDE = 72
# The faces of each picture, by split; the flags of each face, one letter a subset.
TRAIN = (("leib",), ("", "m"), ("o", "", "b"), ("",))
TEST = (("l", ""), ("ei",), ("mob", "i", ""), ("leimob",))


def write_wflw_tree(root: Path, subset_lists: bool = True) -> Truth:
    """A tree of seven training and seven test faces; most pictures show several."""
    truth = {
        "train": _write(root, TRAIN_LIST, TRAIN, seed=11),
        "test": _write(root, TEST_LIST, TEST, seed=12),
    }
    truth["train"] = [face._replace(subsets=frozenset()) for face in truth["train"]]
    if subset_lists:
        write_subset_lists(root)
    return truth


def write_subset_lists(root: Path) -> None:
    """The list of each subset: coordinates and name of the faces whose flag is set."""
    (root / SUBSET_LISTS).mkdir(parents=True, exist_ok=True)
    lines = [line.split() for line in (root / TEST_LIST).read_text().splitlines()]
    short = [(words[200:206], " ".join([*words[:196], words[206]])) for words in lines]
    for place, subset in enumerate(SUBSETS):
        chosen = [line for flags, line in short if flags[place] == "1"]
        file = root / SUBSET_LISTS / f"list_98pt_test_{subset}.txt"
        file.write_text("\n".join([*chosen, ""]))
    everyone = "\n".join([*(line for _, line in short), ""])
    (root / SUBSET_LISTS / "list_98pt_test.txt").write_text(everyone)


def _write(root: Path, file: Path, pictures: tuple[tuple[str, ...], ...], seed: int) -> list[Face]:
    faces, lines = [], []
    for number, flags in enumerate(pictures):
        drawn = [render_face(seed, 10 * number + place, SIDE) for place in range(len(flags))]
        name = f"{number}--Parade/{number}_Parade_marchingband_{seed}_{number}.jpg"
        path = root / "WFLW_images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = np.concatenate([face.image for face in drawn], axis=1)
        cv2.imwrite(str(path), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        size = Size(*picture.shape[:2])
        for place, (face, letters) in enumerate(zip(drawn, flags, strict=True)):
            points = np.round(face.points(MARKUP_98) + np.array([SIDE * place, 0]), 6)
            # A detector's rectangle: whole pixels, and not tight.
            box = Box(*np.round(points.min(axis=0) + 3), *np.round(points.max(axis=0) - 2))
            subsets = {subset for subset in SUBSETS if subset[0] in letters}
            faces.append(Face(points, box, None, frozenset(subsets), size))
            fields = [
                *(f"{value:.6f}" for value in points.ravel()),
                *(f"{value:.0f}" for value in box),
                *(str(int(subset in subsets)) for subset in SUBSETS),
                name,
            ]
            lines.append(" ".join(fields))
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text("\n".join([*lines, ""]))
    return faces
