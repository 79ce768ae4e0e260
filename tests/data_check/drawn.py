"""Drawn faces to plant defects in: a tree of 300W's layout, and faces in memory."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from landmarks.batch import Record
from landmarks.benchmarks.base import Facts, Split
from landmarks.benchmarks.w300 import W300
from landmarks.data_check.faces import Face, Faces
from landmarks.data_check.pictures import Signatures, read_pictures
from landmarks.markups import MARKUP_68
from landmarks.rendering.face import render_face
from tests.benchmarks.official.w300 import pts_text
from tests.data.memory_photo import MemoryPhoto

SIZE = 112
FOLDERS = {"afw": (".jpg", 20), "lfpw/trainset": (".png", 12), "lfpw/testset": (".png", 12)}
FACES = sum(count for _, count in FOLDERS.values())


@lru_cache(maxsize=256)
def drawn(index):
    return render_face(3, index, SIZE)


def write_tree(root: Path) -> None:
    """44 faces, all of them different; JPEG and PNG."""
    index = 0
    for folder, (suffix, count) in FOLDERS.items():
        (root / folder).mkdir(parents=True)
        for number in range(1, count + 1):
            write_face(root / folder / f"image_{number:04d}{suffix}", index)
            index += 1


def write_face(picture: Path, index: int, points: np.ndarray | None = None) -> None:
    face = drawn(index)
    points = face.points(MARKUP_68) if points is None else points
    cv2.imwrite(str(picture), face.image[:, :, ::-1])
    picture.with_suffix(".pts").write_text(pts_text(points + 1))


FACTS = Facts(
    name="drawn",
    title="Drawn faces",
    markup=MARKUP_68,
    splits={"train": Split(None, "training faces"), "test": Split(None, "test faces")},
    test_splits=("test",),
    protocols=W300.facts.protocols,
    licence="Free.",
    citation="None.",
    source="here",
    layout="",
)


def faces_of(records: list[Record], splits: list[tuple[str, ...]] | None = None, facts=FACTS):
    splits = splits or [("train",)] * len(records)
    faces = [
        Face(record, split, Path("list.txt"), line)
        for line, (record, split) in enumerate(zip(records, splits, strict=True), start=1)
    ]
    return Faces(facts, faces, {"train": (len(records), 0)}, {})


def record_of(points, pixels=None, name="0.png", **more) -> Record:
    pixels = np.zeros((SIZE, SIZE, 3), np.uint8) if pixels is None else pixels
    return Record(MemoryPhoto(name, pixels), np.asarray(points, np.float64), **more)


def unseen(count: int) -> Signatures:
    """Pictures of which only the size is known."""
    return Signatures(
        np.full((count, 2), float(SIZE)),
        [b""] * count,
        np.zeros((count, 4), np.uint64),
        np.zeros((count, 32, 32), np.uint8),
        np.zeros(count, bool),
    )


def seen(faces: Faces) -> Signatures:
    signatures, damaged = read_pictures(faces)
    assert not damaged
    return signatures


def shapes(count: int, seed: int = 0, spread: float = 0.01) -> np.ndarray:
    """Faces in photo pixels, (N, 68, 2): the mean shape in some pose, and clicks that scatter."""
    rng = np.random.default_rng(seed)
    mean = MARKUP_68.mean_shape
    yaw, build = rng.uniform(-0.4, 0.4, count), rng.normal(0, 0.08, count)
    depth = 0.5 - np.abs(mean[:, 0])
    x = mean[:, 0] * np.cos(yaw)[:, None] + depth * np.sin(yaw)[:, None]
    y = mean[:, 1] * (1 + build)[:, None]
    faces = np.stack([x, y], axis=2) + rng.normal(0, spread, (count, 68, 2))
    turn = rng.uniform(-0.3, 0.3, count)
    turns = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return 20 * faces @ turns.transpose(2, 0, 1) + 50
