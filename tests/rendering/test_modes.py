import json
from importlib import resources

import numpy as np
import pytest

from landmarks.rendering.annotation import annotation
from landmarks.rendering.drawing import draw_parameters
from landmarks.rendering.modes import expression_modes, identity_modes, mirrored_weights, shape
from landmarks.rendering.template import template

_MODES = {**identity_modes(), **expression_modes()}


def test_no_weights_give_the_mean_face():
    np.testing.assert_array_equal(shape({}), template().vertices)


def test_shapes_are_linear_in_their_weights():
    weights = {"face_width": 1.3, "mouth_open": 0.4, "left_smile": -0.2}
    expected = template().vertices.copy()
    for name, weight in weights.items():
        expected += weight * _MODES[name]
    np.testing.assert_allclose(shape(weights), expected, atol=1e-12)


@pytest.mark.parametrize("name", _MODES)
def test_a_mirrored_mode_mirrors_the_face(name):
    mirror = template().mirror
    mirrored = shape({name: 0.7})[mirror] * [-1, 1, 1]
    np.testing.assert_allclose(shape(mirrored_weights({name: 0.7})), mirrored, atol=1e-12)
    assert np.abs(_MODES[name]).max() > 0.005


def test_mirroring_twice_changes_nothing():
    weights = draw_parameters(0, 0).expression
    assert mirrored_weights(mirrored_weights(weights)) == weights


def test_a_closed_eye_is_nearly_shut_and_an_open_mouth_wide():
    spans = template().spans

    def gap(face: np.ndarray, upper: str, lower: str) -> float:
        return float(np.max(face[spans[lower], 1] - face[spans[upper], 1]))

    open_eye, closed = shape({}), shape({"left_eye_close": 1.0})
    assert gap(open_eye, "left_upper_lid", "left_lower_lid") > 0.1
    assert abs(gap(closed, "left_upper_lid", "left_lower_lid")) < 0.03
    wide = shape({"mouth_open": 1.0})
    assert gap(wide, "inner_upper_lip", "inner_lower_lip") > 0.3


def test_drawn_faces_spread_as_photographed_ones_do():
    file = resources.files("landmarks").joinpath("mean_shapes.json")
    known = np.array(json.loads(file.read_text())["68"]["sd"])
    annotated = annotation("68")
    faces = []
    for index in range(300):
        parameters = draw_parameters(0, index)
        points = annotated.points(shape({**parameters.identity, **parameters.expression}))[:, :2]
        left, right = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
        points = points - (left + right) / 2
        faces.append(points / np.linalg.norm(right - left))
    spread = np.std(faces, axis=0)
    ratio = spread.mean(axis=0) / known.mean(axis=0)
    assert (ratio > 0.4).all()
    assert (ratio < 1.6).all()
