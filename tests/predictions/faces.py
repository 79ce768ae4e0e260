"""Faces to predict, without pictures, and files of predictions of them."""

import json
from pathlib import Path

import numpy as np

from landmarks.batch import Box, Record
from landmarks.data.photo_file import PhotoFile
from landmarks.predictions import Faces

POINTS = 5
PICTURES = ("afw/1.jpg", "afw/2 b.jpg", "ibug/2 b.jpg", "ibug/3.jpg", "ibug/3.jpg", "ibug/4.jpg")
"""Faces 3 and 4 share a picture; face 1 and face 2 are of pictures of one name."""


def faces() -> Faces:
    """Six faces of five points, side by side; only the last two have a box."""
    shape = np.array([[0.0, 0.0], [20, 0], [10, 10], [2, 20], [18, 20]])
    records = [
        Record(
            PhotoFile(Path(name), name),
            shape + np.array([100 * place, 7]),
            Box(100 * place - 5, 0, 100 * place + 25, 30) if place > 3 else None,
        )
        for place, name in enumerate(PICTURES)
    ]
    return Faces("Tiny test", "test", records, POINTS)


def predicted(seed: int = 0) -> np.ndarray:
    """(6, 5, 2) points near the truth, with all digits of a double."""
    true = np.array([record.points_photo for record in faces().records])
    return true + np.random.default_rng(seed).normal(size=true.shape)


def keypoints(points: np.ndarray) -> list[float]:
    """Flat ``x, y, v``; the last is a score, as tools write it."""
    return np.concatenate([points, np.full((len(points), 1), 0.9)], axis=1).ravel().tolist()


def results(points: np.ndarray, **more: object) -> list[dict]:
    """A list of results with the ids that this project gives."""
    numbers = {name: i for i, name in enumerate(dict.fromkeys(PICTURES), start=1)}
    return [
        {
            "id": place + 1,
            "image_id": numbers[PICTURES[place]],
            "category_id": 1,
            "keypoints": keypoints(own),
            "score": 0.5,
            **more,
        }
        for place, own in enumerate(points)
    ]


def lines(entries: list[dict]) -> bytes:
    """A list of results, one on each line."""
    return ("[" + ",\n".join(json.dumps(entry) for entry in entries) + "]\n").encode()


def text(points: np.ndarray, order: list[int] | None = None) -> bytes:
    """The text format; pixels are counted from 1."""
    rows = []
    for place in order or range(len(points)):
        rows += [f"{place + 1} "]
        rows += [" ".join(map(repr, axis)) + " " for axis in (points[place] + 1).T.tolist()]
        rows += ["0 1 " + "0 " * (points.shape[1] - 2)]
    return ("\n".join(rows) + "\n").encode()


__all__ = ["PICTURES", "POINTS", "faces", "keypoints", "lines", "predicted", "results", "text"]
