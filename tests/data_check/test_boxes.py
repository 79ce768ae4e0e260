import numpy as np
import pytest

from landmarks.batch import Box
from landmarks.data_check.boxes import Boxes
from landmarks.data_check.finding import BAD_BOX, BOX_AWAY, NO_BOX
from tests.data_check.drawn import faces_of, record_of, shapes, unseen

POINTS = shapes(1)[0]
GOOD = Box(*POINTS.min(axis=0).tolist(), *POINTS.max(axis=0).tolist())


def kinds(*boxes):
    faces = faces_of([record_of(POINTS, box=box) for box in boxes])
    return [finding.kind for finding in Boxes()(faces, unseen(len(boxes)))]


def test_a_box_about_the_points_need_not_hold_them_all():
    assert kinds(GOOD, Box(GOOD.x0 + 5, GOOD.y0 + 10, GOOD.x1 - 5, GOOD.y1 + 40)) == []


def test_no_box_counts_only_beside_faces_with_one():
    assert kinds(None, None) == []
    assert kinds(GOOD, None) == [NO_BOX]


@pytest.mark.parametrize(
    "box", [Box(40, 40, 30, 60), Box(40, 40, 60, 40), Box(float("nan"), 0, 60, 40)]
)
def test_inside_out(box):
    assert kinds(box) == [BAD_BOX]


def test_the_box_of_another_face_or_with_mixed_columns():
    assert kinds(Box(200, 200, 260, 260)) == [BOX_AWAY]
    wide = POINTS + np.array([300, 0])
    box = Box(GOOD.y0, GOOD.x0 + 300, GOOD.y1, GOOD.x1 + 300)
    faces = faces_of([record_of(wide, box=box)])
    assert [f.kind for f in Boxes()(faces, unseen(1))] == [BOX_AWAY]
