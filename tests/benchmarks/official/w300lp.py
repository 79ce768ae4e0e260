"""Writes a tiny 300W-LP: pictures beside ``.mat`` files, and points of another kind apart."""

from pathlib import Path

import cv2
import numpy as np

from landmarks.geometry import Size
from tests.benchmarks.official.mat import write_mat5
from tests.benchmarks.official.truth import Face, Truth
from tests.benchmarks.official.w300 import draw_face, random_face

SETS = ("AFW", "HELEN", "IBUG", "LFPW")
SIZE = Size(90, 90)
_NAMES = {
    "AFW": ("AFW_134212_1_0", "AFW_134212_1_10"),
    "HELEN": ("HELEN_100032540_1_0", "HELEN_2618147986_1_1"),
    "IBUG": ("IBUG_image_008_1_0", "IBUG_image_092 _01_3"),
    "LFPW": ("LFPW_image_test_0001_2", "LFPW_image_train_0001_0"),
}


def write_300w_lp_tree(root: Path) -> Truth:
    """The whole of it below ``300W_LP``, two faces a folder; read from ``landmarks``."""
    return {split: [face for face, _ in faces] for split, faces in _write(root).items()}


def write_300w_lp_pictures(root: Path) -> Truth:
    """Without ``landmarks``; read from the files beside the pictures."""
    return {
        split: [face for _, face in faces] for split, faces in _write(root, apart=False).items()
    }


def _write(root: Path, apart: bool = True) -> dict[str, list[tuple[Face, Face]]]:
    """Writes the tree; the faces by ``landmarks`` and by the files beside the pictures."""
    rng = np.random.default_rng(0)
    faces: dict[str, list[tuple[Face, Face]]] = {"train": []}
    for name in SETS:
        faces[name] = []
        folder = root / "300W_LP" / name
        landmarks = root / "300W_LP" / "landmarks" / name
        for place in (folder, landmarks) if apart else (folder,):
            place.mkdir(parents=True, exist_ok=True)
        for stem in _NAMES[name]:
            own = random_face(rng, SIZE) + 1
            other = (own + rng.normal(0, 1, own.shape)).astype(np.float32)
            cv2.imwrite(str(folder / f"{stem}.jpg"), draw_face(own - 1, SIZE, rng))
            pose = np.array([[0, -0.77, 0, 1, 1, -8, 0.001]], np.float32)
            roi = np.array([[53, -166, 638, 419]], np.int16)
            write_mat5(folder / f"{stem}.mat", {"pt2d": own.T, "Pose_Para": pose, "roi": roi})
            if apart:
                points = {"pts_2d": other, "pts_3d": np.float32(own)}
                write_mat5(landmarks / f"{stem}_pts.mat", points)
            pair = tuple(Face(p.astype(np.float64) - 1, size=SIZE) for p in (other, own))
            faces[name].append((pair[0], pair[1]))
        faces["train"] += faces[name]
    return faces
