import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.analysis.decomposition.pose import inter_ocular_distance, roll, yaw_proxy
from landmarks.markups import MARKUPS, Markup

FACE = MARKUPS["68"].mean_shape[None]


def turned(points, degrees, scale=1.0, offset=(0.0, 0.0)):
    cos, sin = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return points @ np.array([[cos, sin], [-sin, cos]]) + offset


@pytest.mark.parametrize("name", MARKUPS)
def test_a_mean_face_looks_to_the_front_and_is_level(name):
    face = MARKUPS[name].mean_shape[None]
    assert yaw_proxy(face, MARKUPS[name])[0] == pytest.approx(0, abs=0.08)
    assert roll(face, MARKUPS[name])[0] == pytest.approx(0, abs=3)


@settings(deadline=None, max_examples=20)
@given(st.floats(-170, 170), st.floats(0.1, 300), st.floats(-500, 500))
def test_roll_is_found_and_changes_no_yaw(degrees, scale, x):
    markup = MARKUPS["68"]
    nosed = FACE.copy()
    nosed[0, 30, 0] += 0.4
    moved = turned(nosed, degrees, scale, (x, -x))
    assert yaw_proxy(moved, markup) == pytest.approx(yaw_proxy(nosed, markup), abs=1e-6)
    wanted = (degrees + roll(nosed, markup) + 180) % 360 - 180
    assert roll(moved, markup) == pytest.approx(wanted, abs=1e-6)
    distance = inter_ocular_distance(nosed, markup)
    assert inter_ocular_distance(moved, markup) == pytest.approx(scale * distance)


def test_the_proxy_of_a_turned_head():
    """A nose that stands out by d before eyes w apart, seen from afar: 2 d / w tan(yaw)."""
    markup, width, depth = MARKUPS["68"], 90.0, 40.0
    for yaw in (-40, -10, 0, 25):
        angle = np.radians(yaw)
        face = np.zeros((1, 68, 2))
        face[0, 36, 0] = -width / 2 * np.cos(angle)
        face[0, 45, 0] = width / 2 * np.cos(angle)
        face[0, 30] = depth * np.sin(angle), 45
        wanted = 2 * depth / width * np.tan(angle)
        assert yaw_proxy(face, markup)[0] == pytest.approx(wanted)


def test_mirrored_faces_have_the_opposite_sign():
    markup = MARKUPS["68"]
    face = FACE.copy()
    face[0, 30, 0] += 0.3
    mirrored = (face * [-1, 1])[:, list(markup.mirror)]
    assert yaw_proxy(mirrored, markup)[0] == pytest.approx(-yaw_proxy(face, markup)[0])


def test_faces_that_lack_a_point_are_not_told():
    markup = MARKUPS["68"]
    faces = np.concatenate([FACE] * 3)
    faces[1, 30] = np.nan
    faces[2, 45] = faces[2, 36]
    assert np.isnan(yaw_proxy(faces, markup)).tolist() == [False, True, True]
    assert np.isnan(roll(faces, markup)).tolist() == [False, False, True]


def test_markups_without_eyes_have_no_pose():
    bare = Markup("bare", 2, (1, 0))
    points = np.zeros((1, 2, 2))
    assert yaw_proxy(points, bare) is None
    assert roll(points, bare) is None
    assert inter_ocular_distance(points, bare) is None
    only_eyes = Markup("eyes", 4, (2, 3, 0, 1), eyes=((0, 1), (2, 3)))
    line = np.array([[[0.0, 0], [2, 0], [8, 0], [10, 0]]])
    assert inter_ocular_distance(line, only_eyes) == pytest.approx([8.0])
    assert yaw_proxy(line, only_eyes) is None
