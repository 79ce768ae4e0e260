"""Faces for tests of crops, and what a similarity of the photo does to them."""

import numpy as np

from landmarks.batch import Box, Record
from landmarks.markups import MARKUP_68
from tests.data.memory_photo import MemoryPhoto


def face(seed=0, name="face 7", markup=MARKUP_68, box=None):
    """A jittered mean face, some 160 px wide, round (200, 150)."""
    rng = np.random.default_rng(seed)
    points = markup.mean_shape * 80 + [200, 150] + rng.normal(0, 2, (markup.count, 2))
    return record(points, name, box or Box(120.0, 90.0, 290.0, 300.0))


def record(points, name="face 7", box=None):
    return Record(MemoryPhoto(name, np.zeros((4, 4, 3), np.uint8)), np.asarray(points, float), box)


def moved(face, scale, degrees, shift):
    """The face in a photo that is turned about its corner, scaled and shifted."""
    turn = np.radians(degrees)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    box = None if face.box is None else np.reshape(face.box, (2, 2)) @ linear.T + shift
    return record(
        face.points_photo @ linear.T + shift,
        face.photo.name,
        None if box is None else Box(*box.ravel().tolist()),
    )
