"""Writes a tiny AFLW2000-3D: pictures beside ``.mat`` files of version 5."""

from pathlib import Path

import cv2
import numpy as np

from landmarks.geometry import Size
from tests.benchmarks.official.mat import write_mat5
from tests.benchmarks.official.truth import Face, Truth
from tests.benchmarks.official.w300 import draw_face, random_face

SIZE = Size(90, 90)
YAWS = {2: -29.9, 4: 30.1, 6: -59.9, 50: 60.1, 1001: 95.0}
"""Degrees, by the number in the picture's name."""


def write_aflw2000_tree(root: Path) -> Truth:
    """Five faces below ``AFLW2000``, one at least for each subset."""
    rng = np.random.default_rng(0)
    folder = root / "AFLW2000"
    folder.mkdir(parents=True, exist_ok=True)
    faces = []
    for number, yaw in YAWS.items():
        points = (random_face(rng, SIZE) + 1).astype(np.float32)
        depth = rng.normal(0, 50, (1, 68)).astype(np.float32)
        cv2.imwrite(str(folder / f"image{number:05d}.jpg"), draw_face(points - 1, SIZE, rng))
        write_mat5(
            folder / f"image{number:05d}.mat",
            {
                "pt2d": np.full((2, 21), -1.0),
                "pt3d_68": np.concatenate([points.T, depth]),
                "Pose_Para": np.array(
                    [[0.1, np.radians(yaw), -0.2, 200, 200, -80, 0.001]], np.float32
                ),
                "roi": np.array([[53, -166, 638, 419]], np.int16),
                "Shape_Para": rng.normal(0, 1e5, (199, 1)),
            },
        )
        turned = abs(yaw)
        subset = "yaw_0_30" if turned < 30 else "yaw_30_60" if turned < 60 else "yaw_60_90"
        faces.append(Face(points.astype(np.float64) - 1, subsets=frozenset({subset}), size=SIZE))
    return {"test": faces}
