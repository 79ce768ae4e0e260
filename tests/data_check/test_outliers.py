import numpy as np

from landmarks.data_check.finding import GROSS, SUSPICIOUS
from landmarks.data_check.outliers import Outliers
from landmarks.markups import MARKUP_68
from tests.data_check.drawn import faces_of, record_of, shapes, unseen


def found(points):
    faces = faces_of([record_of(p, name=f"{i}.png") for i, p in enumerate(points)])
    return Outliers()(faces, unseen(len(points)))


def test_true_faces():
    assert found(shapes(150)) == []


def test_a_point_moved_by_15_per_cent_is_suspicious():
    points = shapes(150)
    points[42, 30] += (3, 0)
    [finding] = found(points)
    assert (finding.kind, finding.line) == (SUSPICIOUS, 43)
    assert finding.value.startswith("point 30 lies 1")
    assert finding.shown[0].marked == (30,)


def test_two_swapped_points_are_named():
    points = shapes(150)
    points[10, [36, 54]] = points[10, [54, 36]]
    [finding] = found(points)
    assert finding.kind is GROSS
    assert "points 36 and 54 look swapped" in finding.value


def test_the_strangest_comes_first():
    points = shapes(150)
    points[5, 8] += (3, 0)
    points[6, 8] += (30, 0)
    assert [f.line for f in found(points)] == [7, 6]


def test_a_mirrored_face_is_another_checks_business():
    points = shapes(150)
    points[5] = points[5][list(MARKUP_68.mirror)]
    assert found(points) == []


def test_too_few_faces_to_judge():
    points = shapes(10)
    points[0, 0] += 100
    assert found(points) == []
    assert found(np.zeros((0, 68, 2))) == []
