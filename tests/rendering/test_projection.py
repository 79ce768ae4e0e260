from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.geometry import Size
from landmarks.rendering.annotation import annotation
from landmarks.rendering.drawing import draw_parameters
from landmarks.rendering.parameters import FaceParameters, Pose
from landmarks.rendering.projection import PIVOT, Camera, project_face
from landmarks.rendering.template import template

_SIZE = Size(200, 300)


def test_a_frontal_face_far_away_keeps_its_proportions():
    pose = Pose(distance=1e9, unit=0.2)
    face = project_face(FaceParameters(pose=pose), _SIZE)
    flat = template().vertices[:, :2] - PIVOT[:2]
    expected = flat * 0.2 * 200 + [149.5, 99.5]
    # The outline is drawn where the head ends, which is at the jaw.
    np.testing.assert_allclose(face.vertices, expected, atol=1e-5)


@settings(deadline=None, max_examples=40)
@given(st.floats(-60, 60), st.floats(-25, 25), st.floats(-30, 30), st.integers(0, 99))
def test_a_camera_projects_as_plain_trigonometry_says(yaw, pitch, roll, seed):
    pose = Pose(yaw=yaw, pitch=pitch, roll=roll, distance=8.0, unit=0.25, x=0.4, y=0.6)
    point = np.random.default_rng(seed).uniform(-1, 1, 3)
    x, y, z = point - PIVOT
    yaw, pitch, roll = np.radians([yaw, pitch, roll])
    x, z = x * np.cos(yaw) + z * np.sin(yaw), z * np.cos(yaw) - x * np.sin(yaw)
    y, z = y * np.cos(pitch) + z * np.sin(pitch), z * np.cos(pitch) - y * np.sin(pitch)
    nearer = 8.0 / (8.0 - z)
    x, y = x * np.cos(roll) - y * np.sin(roll), y * np.cos(roll) + x * np.sin(roll)
    expected = [
        0.25 * 200 * nearer * x + 0.4 * 300 - 0.5, 0.25 * 200 * nearer * y + 0.6 * 200 - 0.5
    ]  # fmt: skip
    np.testing.assert_allclose(Camera.of(pose, _SIZE).project(point), expected, atol=1e-9)


@settings(deadline=None, max_examples=20)
@given(st.floats(5, 60), st.integers(0, 50))
def test_the_far_outline_is_where_the_head_ends(yaw, index):
    """No place of the head's surface reaches further to the far side than the outline there."""
    drawn = draw_parameters(0, index)
    pose = Pose(yaw=yaw, pitch=0.0, roll=0.0, distance=1e9)
    face = project_face(replace(drawn, pose=pose), _SIZE)
    spans, solid = template().spans, face.solid
    outline, front = solid[spans["right_outline"]], solid[spans["right_front"]]
    turn = np.radians(yaw)
    for level in range(5, len(outline) - 5):
        half = outline[level, 0]
        # An ellipse round the middle plane, from the jaw to the front of the face.
        middle = outline[level, 0] - abs(half)
        angle = np.linspace(0, np.pi / 2, 400)
        x = middle + abs(half) * np.sin(angle) + (front[level, 0] - middle) * np.cos(angle)
        z = outline[level, 2] + (front[level, 2] - outline[level, 2]) * np.cos(angle)
        reached = ((x - PIVOT[0]) * np.cos(turn) + (z - PIVOT[2]) * np.sin(turn)).max()
        drawn_x = (face.curve("right_outline")[level, 0] - 149.5) / (face.camera.unit)
        assert abs(drawn_x - reached) < 2e-3


def test_the_near_outline_is_the_jaw():
    pose = Pose(yaw=40.0, distance=9.0)
    face = project_face(FaceParameters(pose=pose), _SIZE)
    span = template().spans["left_outline"]
    jaw = face.camera.project(face.solid[span])
    np.testing.assert_allclose(face.vertices[span], jaw, atol=1e-9)


def test_more_is_hidden_the_further_a_head_turns():
    shares = []
    for yaw in (0.0, 20.0, 40.0, 60.0):
        face = project_face(FaceParameters(pose=Pose(yaw=yaw)), _SIZE)
        shares.append(face.self_occluded(annotation("98")).mean())
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert 0.1 < shares[-1] < 0.5
