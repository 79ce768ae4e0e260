import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.batch import Box, Photo, PhotoPart, Record, Region
from landmarks.errors import DataError
from landmarks.geometry import Size
from landmarks.metrics.normalisers import (
    AnnotatedBoxDiagonal,
    AnnotatedBoxSize,
    InterOcular,
    InterPupil,
    LandmarkBoxDiagonal,
    LandmarkBoxSize,
)

POINTS = [[1.0, 2.0], [4.0, 6.0], [7.0, 6.0], [3.0, 14.0], [9.0, 2.0]]
ALL = [
    InterOcular(0, 1),
    InterPupil([0, 1], [2]),
    LandmarkBoxSize(),
    LandmarkBoxDiagonal(),
    AnnotatedBoxSize(),
    AnnotatedBoxDiagonal(),
]


class NoPhoto(Photo):
    @property
    def name(self) -> str:
        return "afw/7.jpg"

    @property
    def file(self) -> None:
        raise AssertionError("a normaliser needs no picture")

    def size(self) -> Size:
        raise AssertionError("a normaliser needs no picture")

    def read(self) -> np.ndarray:
        raise AssertionError("a normaliser needs no picture")

    def read_part(self, wanted: Region) -> PhotoPart:
        raise AssertionError("a normaliser needs no picture")


def face(points=POINTS, box=Box(10.0, 10.0, 13.0, 14.0)) -> Record:  # noqa: B008, a tuple
    return Record(NoPhoto(), np.array(points, dtype=np.float64), box)


@pytest.mark.parametrize(
    ("normaliser", "distance"),
    [
        (InterOcular(0, 1), 5.0),
        (InterOcular(1, 0), 5.0),
        (InterPupil([0], [4]), 8.0),
        (InterPupil(range(2), (2, 4)), math.dist((2.5, 4), (8, 4))),
        (LandmarkBoxSize(), math.sqrt(8 * 12)),
        (LandmarkBoxDiagonal(), math.sqrt(8**2 + 12**2)),
        (AnnotatedBoxSize(), math.sqrt(3 * 4)),
        (AnnotatedBoxDiagonal(), 5.0),
    ],
)
def test_distance(normaliser, distance):
    assert normaliser(face()) == pytest.approx(distance, rel=1e-15)


@settings(deadline=None, max_examples=25)
@given(
    scale=st.floats(0.01, 100),
    x=st.floats(-1e3, 1e3),
    y=st.floats(-1e3, 1e3),
    normaliser=st.sampled_from(ALL),
)
def test_distances_scale_with_the_photo_and_do_not_move_with_it(scale, x, y, normaliser):
    box = Box(10 * scale + x, 10 * scale + y, 13 * scale + x, 14 * scale + y)
    moved = face(np.array(POINTS) * scale + [x, y], box)
    assert normaliser(moved) == pytest.approx(scale * normaliser(face()), rel=1e-6)


def test_missing_points_do_not_count_for_the_landmark_box():
    points = [*POINTS, [math.nan, math.nan]]
    assert LandmarkBoxSize()(face(points)) == LandmarkBoxSize()(face())
    assert LandmarkBoxDiagonal()(face(points)) == LandmarkBoxDiagonal()(face())


@pytest.mark.parametrize(
    ("normaliser", "record", "message"),
    [
        (InterOcular(0, 1), face([[math.nan, math.nan], [1, 1]]), "eye corner 0 .* not annotated"),
        (InterOcular(0, 1), face([[1, 1], [1, 1]]), "inter-ocular distance is 0 px"),
        (InterOcular(0, 5), face(), "has 5 points, but the normaliser needs point 5"),
        (
            InterPupil([0, 1], [2]),
            face([[1, 1], [math.nan, 1], [2, 2]]),
            "eye point 1 .* not annotated",
        ),
        (InterPupil([0, 1], [2]), face([[0, 0], [2, 2], [1, 1]]), "inter-pupil distance is 0 px"),
        (LandmarkBoxSize(), face([[1, 1], [1, 9]]), "landmark box size is 0 px"),
        (LandmarkBoxSize(), face([[math.nan, math.nan]] * 3), "no point is annotated"),
        (LandmarkBoxDiagonal(), face([[1, 1], [1, 1]]), "landmark box diagonal is 0 px"),
        (AnnotatedBoxSize(), face(box=None), "no annotated box"),
        (AnnotatedBoxDiagonal(), face(box=None), "no annotated box"),
        (AnnotatedBoxSize(), face(box=Box(0, 0, 0, 9)), "annotated box size is 0 px"),
        (AnnotatedBoxSize(), face(box=Box(9, 9, 0, 0)), "inside out"),
        (AnnotatedBoxDiagonal(), face(box=Box(3, 3, 3, 3)), "annotated box diagonal is 0 px"),
        (AnnotatedBoxSize(), face(box=Box(0, 0, math.nan, 9)), "annotated box size is nan px"),
    ],
)
def test_a_face_without_the_distance_is_named(normaliser, record, message):
    with pytest.raises(DataError, match=rf"^afw/7\.jpg: .*{message}"):
        normaliser(record)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InterOcular(3, 3), "both eyes hold point 3"),
        (lambda: InterOcular(-1, 3), "point -1 is negative"),
        (lambda: InterPupil([], [3]), "an eye has no points"),
        (lambda: InterPupil([1, 2], [2, 3]), "both eyes hold point 2"),
    ],
)
def test_senseless_eyes_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_normalisers_are_values():
    assert InterPupil([1, 2], [3]) == InterPupil((1, 2), (3,))
    assert hash(InterOcular(1, 2)) == hash(InterOcular(1, 2))
    assert InterOcular(1, 2) != InterOcular(2, 1)
    with pytest.raises(FrozenInstanceError):
        InterOcular(1, 2).left = 5
