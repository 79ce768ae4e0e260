"""Writes a tiny MERL-RAV, as its owners' script leaves it and as it is downloaded."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from tests.benchmarks.official.truth import Face, Truth
from tests.benchmarks.official.w300 import SIZE, draw_face, random_face

POSES = {
    "frontal": "frontal",
    "left": "profile",
    "lefthalf": "half_profile",
    "right": "profile",
    "righthalf": "half_profile",
}
SETS = ("trainset", "testset")
LEFT_HALF = [0, 1, 2, 3, 17, 18, 19, 36, 37, 41]
"""Some of the points that a face turned to its left hides by itself, and their mirror points."""
RIGHT_HALF = [16, 15, 14, 13, 26, 25, 24, 45, 44, 46]


class Drawn(NamedTuple):
    """A face: its folder and name, its picture, the text of its labels, and what is true of it."""

    folder: str
    name: str
    picture: np.ndarray
    labels: str
    face: Face


def write_merl_rav_tree(root: Path) -> Truth:
    """What the owners' script makes: pictures beside labels, two faces a folder."""
    for drawn in _faces():
        folder = root / "merl_rav_organized" / drawn.folder
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"{drawn.name}.jpg"), drawn.picture)
        (folder / f"{drawn.name}.pts").write_bytes(drawn.labels.encode())
    return _truth()


def write_merl_rav_labels(root: Path) -> Truth:
    """Labels and pictures as downloaded; the last two faces of a pose are in one picture."""
    for number, drawn in enumerate(_faces()):
        labels = root / "merl_rav_labels" / drawn.folder / "labels"
        labels.mkdir(parents=True, exist_ok=True)
        (labels / f"{drawn.name}.pts").write_bytes(drawn.labels.encode())
        aflw = root / "aflw" / "flickr" / "023"[number % 3]
        picture = drawn.name.partition("_")[0] + ".jpg"
        if not list((root / "aflw").glob(f"*/*/{picture}")):
            aflw.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(aflw / picture), drawn.picture)
    return _truth()


def _truth() -> Truth:
    folders: dict[str, list[Face]] = {}
    for drawn in _faces():
        folders.setdefault(drawn.folder, []).append(drawn.face)
    parts = {
        split: [
            face
            for folder, faces in folders.items()
            if folder.endswith(f"/{name}")
            for face in faces
        ]
        for split, name in zip(("train", "test"), SETS, strict=True)
    }
    return {**parts, **folders}


def _faces() -> Iterator[Drawn]:
    rng = np.random.default_rng(0)
    image = 0
    for name in SETS:
        for pose, subset in POSES.items():
            image += 1
            for stem in (f"image{image:05d}", f"image{image + 100:05d}_1"):
                points = random_face(rng, SIZE)
                outside = rng.random(68) < 0.2
                unknown = np.zeros(68, dtype=bool)
                if pose != "frontal":
                    unknown[LEFT_HALF if pose.startswith("left") else RIGHT_HALF] = True
                known = np.where(unknown[:, None], np.nan, points)
                face = Face(known, None, outside | unknown, frozenset({subset}), SIZE)
                yield Drawn(
                    f"{pose}/{name}",
                    stem,
                    draw_face(points, SIZE, rng),
                    _labels(points, outside, unknown),
                    face,
                )


def _labels(points: np.ndarray, outside: np.ndarray, unknown: np.ndarray) -> str:
    """The text of a genuine file: all digits, no trailing zeros, no line end behind the brace."""
    signed = np.where(outside[:, None], -points, points)
    signed[unknown] = -1
    rows = "\n".join(" ".join(str(value).removesuffix(".0") for value in row) for row in signed)
    return f"version: 1\nn_points:  68\n{{\n{rows}\n}}"
