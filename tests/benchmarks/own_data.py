"""Writes a user's own data: faces of nine points, in every format."""

import json
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from landmarks.batch import Box, Record
from landmarks.benchmarks.formats import FaceFormat, FaceToWrite
from landmarks.data.photo_file import PhotoFile
from landmarks.geometry import Size
from tests.benchmarks.official.truth import Face

COUNT = 9
SIZE = Size(height=60, width=72)
SHAPE = np.array(
    [[20, 20], [28, 20], [44, 20], [52, 20], [36, 32], [36, 36], [28, 44], [36, 47], [44, 44]],
    dtype=np.float64,
)

DESCRIPTION = """\
name: cats
title: Cat faces
points: 9
mirror: [[0, 3], [1, 2], [6, 8]]
parts: {mouth: {points: [6, 7, 8], closed: true}}
eye_corners: [0, 3]
eyes: [[0, 1], [2, 3]]
nose_tip: 5
mouth_corners: [6, 8]
"""


def faces(
    number: int,
    *,
    seed: int = 0,
    boxes: bool = True,
    occlusion: bool = True,
    missing: bool = True,
    subsets: bool = True,
) -> list[Face]:
    """Random faces; decimals that no text holds in six digits."""
    rng = np.random.default_rng(seed)
    result = []
    for place in range(number):
        points = SHAPE + rng.normal(0, 1, (COUNT, 2))
        if missing and place % 3 == 1:
            points[4] = np.nan
        corners = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
        box = Box(*(corners[0] - rng.uniform(0, 3, 2)), *(corners[1] + rng.uniform(0, 3, 2)))
        result.append(
            Face(
                points,
                Box(*map(float, box)) if boxes else None,
                rng.random(COUNT) < 0.3 if occlusion else None,
                frozenset({"fluffy"} if subsets and place % 2 else ()),
                SIZE,
            )
        )
    return result


def draw(face: Face, file: Path) -> None:
    """A picture with a dot at each point."""
    picture = np.full((*SIZE, 3), 120, np.uint8)
    for x, y in face.points[np.isfinite(face.points).all(axis=1)]:
        cv2.circle(picture, (round(x), round(y)), 2, (20, 60, 240), -1)
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), picture)


def to_write(truth: list[Face], folder: Path, prefix: str = "") -> list[FaceToWrite]:
    """The faces with a picture each, which is drawn below the folder."""
    result = []
    for place, face in enumerate(truth):
        picture = f"{prefix}{place}.png"
        draw(face, folder / picture)
        photo = PhotoFile(folder / picture, picture)
        record = Record(photo, face.points, face.box, face.subsets, face.occluded)
        result.append(FaceToWrite(picture, SIZE, record))
    return result


def write_own(
    root: Path,
    splits: Mapping[str, tuple[str, FaceFormat, str]],
    truth: Mapping[str, list[Face]],
    more: str = "",
) -> Path:
    """Writes pictures, annotations and description.

    Args:
        root: The folder.
        splits: For each its files, their format, and its entry in the description.
        truth: The faces of each split.
        more: Further lines of the description.

    Returns:
        The description.
    """
    lines = [DESCRIPTION, more, "splits:\n"]
    for split, (name, form, entry) in splits.items():
        form.write(root / name, to_write(truth[split], root / "images", f"{split}/"))
        lines.append(f"  {split}: {entry}\n")
    description = root / "cats.yaml"
    description.write_text("".join(lines))
    return description


def coco_file(file: Path, *annotations: dict, **members: object) -> Path:
    """A COCO file of one image, ``0.png`` with id 1, and these annotations."""
    content = {
        "images": [{"id": 1, "file_name": "0.png", "height": SIZE.height, "width": SIZE.width}],
        "annotations": [{"image_id": 1, **annotation} for annotation in annotations],
    }
    file.write_text(json.dumps(content | members, indent=1))
    return file
