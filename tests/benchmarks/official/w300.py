"""Writes tiny benchmarks in their official layouts, with pictures of its own making."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from landmarks.benchmarks.files.folders import natural
from landmarks.geometry import Size
from landmarks.markups import MARKUP_68
from tests.benchmarks.official.truth import Face, Truth

FOLDERS_300W = (
    "afw",
    "helen/trainset",
    "helen/testset",
    "lfpw/trainset",
    "lfpw/testset",
    "ibug",
    "01_Indoor",
    "02_Outdoor",
)


SIZE = Size(96, 80)


class PtsStyle(NamedTuple):
    """How genuine ``.pts`` files differ."""

    spaces: int
    decimals: int
    line_end: str
    ends_with_line: bool


PTS_STYLES = (
    PtsStyle(spaces=2, decimals=6, line_end="\n", ends_with_line=True),
    PtsStyle(spaces=1, decimals=3, line_end="\n", ends_with_line=False),
    PtsStyle(spaces=2, decimals=6, line_end="\r\n", ends_with_line=True),
)


def write_300w(
    root: Path,
    faces_per_folder: int = 2,
    size: Size = SIZE,
    folders: Sequence[str] = FOLDERS_300W,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Writes a 300W tree below ``root``; the test set of 600 lies below ``300W/``, as distributed.

    Returns:
        The points of each face, (68, 2) float64, 0-based, by its name below the root (without
        ``300W/``); rounded to what the file says.
    """
    rng = np.random.default_rng(seed)
    written = {}
    for folder in folders:
        there = root / ("300W" if folder.startswith("0") else "") / folder
        there.mkdir(parents=True, exist_ok=True)
        for number in range(1, faces_per_folder + 1):
            style = PTS_STYLES[len(written) % len(PTS_STYLES)]
            points = np.round(random_face(rng, size) + 1, style.decimals) - 1
            stem = _stem(folder, number)
            suffix = ".jpg" if folder.startswith(("afw", "helen", "ibug")) else ".png"
            cv2.imwrite(str(there / (stem + suffix)), draw_face(points, size, rng))
            (there / f"{stem}.pts").write_bytes(pts_text(points + 1, style).encode())
            written[f"{folder}/{stem}{suffix}"] = points
    return written


def write_300w_tree(root: Path) -> Truth:
    """A tree of three faces a folder."""
    points = write_300w(root, faces_per_folder=3, size=SIZE)
    faces = {
        folder: [
            Face(shape, size=SIZE)
            for name, shape in sorted(points.items(), key=lambda entry: natural(entry[0]))
            if name.startswith(f"{folder}/")
        ]
        for folder in FOLDERS_300W
    }
    parts = {"helen/testset": "common", "ibug": "challenge", "lfpw/testset": "common"}
    full = [
        face._replace(subsets=frozenset({part}))
        for folder, part in parts.items()
        for face in faces[folder]
    ]
    return {
        "full": full,
        "train": [*faces["afw"], *faces["helen/trainset"], *faces["lfpw/trainset"]],
        "private": [*faces["01_Indoor"], *faces["02_Outdoor"]],
        "common": [*faces["helen/testset"], *faces["lfpw/testset"]],
        **faces,
    }


def random_face(rng: np.random.Generator, size: Size) -> np.ndarray:
    """68 points, (68, 2) float64, 0-based: the mean shape, moved, turned, scaled and jittered."""
    scale = 0.22 * min(size) * rng.uniform(0.9, 1.1)
    angle = rng.uniform(-0.3, 0.3)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape = MARKUP_68.mean_shape + rng.normal(0, 0.02, (68, 2))
    middle = np.array([(size.width - 1) / 2, (size.height - 1) * 0.42])
    return shape @ turn.T * scale + middle + rng.uniform(-2, 2, 2)


def draw_face(points: np.ndarray, size: Size, rng: np.random.Generator) -> np.ndarray:
    """A picture of a face, (H, W, 3) uint8."""
    picture = np.full((*size, 3), rng.integers(60, 120), np.uint8)
    hull = cv2.convexHull(np.round(points).astype(np.int32))
    cv2.fillConvexPoly(picture, hull, tuple(int(c) for c in rng.integers(150, 220, 3)))
    for part in MARKUP_68.parts.values():
        line = np.round(points[list(part.points)] * 16).astype(np.int32)
        cv2.polylines(picture, [line], part.closed, (30, 30, 30), 1, cv2.LINE_AA, shift=4)
    noisy = picture + rng.normal(0, 4, picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def pts_text(points_from_1: np.ndarray, style: PtsStyle = PTS_STYLES[0]) -> str:
    """The text of a ``.pts`` file; points as they are to stand there, counted from 1."""
    lines = ["version: 1", f"n_points:{' ' * style.spaces}{len(points_from_1)}", "{"]
    lines += [f"{x:.{style.decimals}f} {y:.{style.decimals}f}" for x, y in points_from_1]
    lines += ["}", ""] if style.ends_with_line else ["}"]
    return style.line_end.join(lines)


def _stem(folder: str, number: int) -> str:
    if folder == "ibug" and number == 2:
        return "image_092 _01"
    if folder == "afw":
        return f"134212_{number}"
    if folder.startswith("helen"):
        return f"{100 * number}_1"
    if folder == "01_Indoor":
        return f"indoor_{number:03d}"
    if folder == "02_Outdoor":
        return f"outdoor_{number:03d}"
    return f"image_{number:04d}"
