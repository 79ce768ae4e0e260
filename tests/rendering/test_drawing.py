import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.geometry import Size
from landmarks.rendering.annotation import annotation
from landmarks.rendering.drawing import draw_parameters
from landmarks.rendering.projection import project_face


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_a_face_belongs_to_its_seed_and_index(seed, index):
    drawn = draw_parameters(seed, index)
    assert drawn == draw_parameters(seed, index)
    assert drawn != draw_parameters(seed, index + 1)
    assert drawn != draw_parameters(seed + 1, index)


def test_sequences_do_not_meet():
    # Train and test splits are sequences 2 * seed and 2 * seed + 1.
    drawn = [draw_parameters(seed, index) for seed in range(4) for index in range(30)]
    assert len({repr(parameters) for parameters in drawn}) == len(drawn)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**9))
def test_colours_are_colours(index):
    drawn = draw_parameters(0, index)
    look = drawn.appearance
    for colour in (look.skin, look.hair, look.iris, look.cloth):
        assert all(0 <= channel <= 1 for channel in colour)
        assert all(type(channel) is float for channel in colour)
    assert 0.3 < drawn.lighting.exposure < 1.5


@pytest.mark.parametrize(
    ("low", "high", "share"), [(0, 15, (0.25, 0.6)), (15, 40, (0.2, 0.6)), (40, 61, (0.08, 0.5))]
)
def test_every_pose_has_its_share(low, high, share):
    yaw = np.abs([draw_parameters(0, index).pose.yaw for index in range(400)])
    assert share[0] < np.mean((yaw >= low) & (yaw < high)) < share[1]


def test_left_and_right_are_alike():
    yaw = np.array([draw_parameters(0, index).pose.yaw for index in range(400)])
    assert 0.42 < (yaw > 0).mean() < 0.58


def test_faces_vary_in_place_and_size():
    boxes = []
    for index in range(150):
        face = project_face(draw_parameters(0, index), Size(100, 100))
        points = face.points(annotation("68"))
        low, high = points.min(axis=0), points.max(axis=0)
        boxes.append([*(low + high) / 2, (high - low).max()])
    spread = np.std(boxes, axis=0)
    assert (spread > 2).all()
    assert np.abs(np.mean(boxes, axis=0)[:2] - 49.5).max() < 3
