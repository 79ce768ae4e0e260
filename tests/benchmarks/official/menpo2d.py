"""Writes a tiny Menpo 2D training set: faces with 68 points, and profiles with 39 among them."""

from pathlib import Path

import cv2
import numpy as np

from tests.benchmarks.official.truth import Face, Truth
from tests.benchmarks.official.w300 import PTS_STYLES, SIZE, draw_face, pts_text, random_face


def write_menpo2d_tree(root: Path) -> Truth:
    """Six faces with 68 points and three with 39, numbered in turn, below ``menpo/trainset``."""
    rng = np.random.default_rng(0)
    folder = root / "menpo" / "trainset"
    folder.mkdir(parents=True, exist_ok=True)
    faces = []
    for number in range(1, 10):
        style = PTS_STYLES[number % len(PTS_STYLES)]
        points = np.round(random_face(rng, SIZE) + 1, style.decimals) - 1
        cv2.imwrite(str(folder / f"aflw__face_{number}.jpg"), draw_face(points, SIZE, rng))
        if number % 3 == 0:
            points = points[:39]
        else:
            faces.append(Face(points, size=SIZE))
        text = pts_text(points + 1, style).encode()
        (folder / f"aflw__face_{number}.pts").write_bytes(text)
    return {"semifrontal": faces}
