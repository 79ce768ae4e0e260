"""The entries of a COCO file as they are written."""

import json
from typing import Any

import numpy as np

from landmarks.batch import Record
from landmarks.benchmarks.formats.base import present
from landmarks.benchmarks.formats.coco_face import MISSING, OCCLUDED, VISIBLE
from landmarks.geometry import Size


def json_line(value: object) -> str:
    """An object on one line; numbers in full."""
    return json.dumps(value, allow_nan=False)


def image_entry(key: tuple[str, str], number: int, size: Size) -> dict[str, Any]:
    """The entry of an image: ``key`` is where the picture lies, and its name."""
    picture, name = key
    image: dict[str, Any] = {"id": number, "file_name": picture}
    if name != picture:
        image["name"] = name
    return image | {"height": size.height, "width": size.width}


def annotation_entry(record: Record, occlusion: bool) -> dict[str, Any]:
    """The entry of a face, without its ids.

    Args:
        record: The face.
        occlusion: Whether a reader is told to take the flags for occlusion.
    """
    there = present(record.points_photo)
    hidden = np.zeros_like(there) if record.occluded is None else record.occluded
    flags = np.where(there, np.where(hidden, OCCLUDED, VISIBLE), MISSING)
    keypoints: list[float] = []
    for (x, y), flag in zip(record.points_photo.tolist(), flags.tolist(), strict=True):
        keypoints += (x, y, flag) if flag else (0, 0, 0)
    annotation: dict[str, Any] = {"num_keypoints": int(there.sum()), "keypoints": keypoints}
    if record.box is not None:
        x0, y0, x1, y1 = (float(number) for number in record.box)
        width, height = x1 - x0, y1 - y0
        annotation |= {"bbox": [x0, y0, width, height], "area": width * height}
        if (x0 + width, y0 + height) != (x1, y1):
            annotation["box"] = [x0, y0, x1, y1]
    annotation["iscrowd"] = 0
    if record.subsets:
        annotation["subsets"] = sorted(record.subsets)
    if record.occluded is None:
        if occlusion:
            annotation["occluded"] = None
    elif not occlusion or (record.occluded & ~there).any():
        annotation["occluded"] = record.occluded.astype(int).tolist()
    return annotation


__all__ = ["annotation_entry", "image_entry", "json_line"]
