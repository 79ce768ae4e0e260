import numpy as np

from landmarks.data_check.finding import FAR_OUTSIDE, MISSING, NO_POINTS, OUTSIDE
from landmarks.data_check.placement import Placement
from tests.data_check.drawn import SIZE, faces_of, record_of, shapes, unseen


def found(points):
    faces = faces_of([record_of(points)])
    return Placement()(faces, unseen(1))


def test_a_face_on_its_picture():
    points = shapes(1)[0]
    points[8] = (SIZE - 0.5, SIZE - 0.5)  # the outer edge of the last pixel
    assert found(points) == []


def test_points_outside_are_counted_and_measured():
    points = shapes(1)[0]
    points[8] = (50, SIZE - 0.5 + 3)
    points[9] = (60, SIZE + 0.5)
    [finding] = found(points)
    assert finding.kind is OUTSIDE
    assert finding.value == "2 points outside the picture, up to 3.0 px: 8, 9"
    assert finding.line == 1


def test_a_face_of_another_picture_is_far_outside():
    [finding] = found(shapes(1)[0] + 300)
    assert finding.kind is FAR_OUTSIDE


def test_missing_points():
    points = shapes(1)[0]
    points[[4, 66]] = np.nan
    [finding] = found(points)
    assert finding.kind is MISSING
    assert finding.value == "2 of 68 points missing: 4, 66"


def test_faces_without_place_or_size():
    for points, value in (
        (np.full((68, 2), np.nan), "0 points"),
        (np.full((68, 2), 5.0), "all points on one spot"),
    ):
        [finding] = found(points)
        assert finding.kind is NO_POINTS
        assert finding.value == value
