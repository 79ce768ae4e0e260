import json
from importlib import resources

import numpy as np
import pytest

from landmarks.markups import MARKUPS
from landmarks.rendering.annotation import annotation
from landmarks.rendering.template import template

_MEANS = json.loads(resources.files("landmarks").joinpath("mean_shapes.json").read_text())


@pytest.mark.parametrize("name", MARKUPS)
def test_the_mean_face_is_the_mean_of_photographed_faces(name):
    points = annotation(name).points(template().vertices)[:, :2]
    difference = np.abs(points - np.array(_MEANS[name]["xy"]))
    assert (difference <= np.array(_MEANS[name]["sd"])).all()
    assert np.median(np.linalg.norm(difference, axis=1)) < 0.04


def test_depths_are_those_of_the_mean_3d_face():
    points = annotation("68").points(template().vertices)
    depth = np.array(_MEANS["68"]["xyz"])[:, 2]
    assert np.abs(points[:, 2] - depth).max() < 0.2


@pytest.mark.parametrize("name", MARKUPS)
def test_mirrored_points_are_mirrored(name):
    points = annotation(name).points(template().vertices)
    twins = points[list(MARKUPS[name].mirror)] * [-1, 1, 1]
    np.testing.assert_allclose(twins, points, atol=1e-9)


@pytest.mark.parametrize("name", MARKUPS)
def test_landmarks_lie_on_their_curves(name):
    annotated, face = annotation(name), template()
    for point, curve in enumerate(annotated.curves):
        span = face.spans[curve]
        ends = (annotated.first[point], annotated.second[point])
        assert span.start <= min(ends) <= max(ends) < span.stop
        assert max(ends) - min(ends) <= 1
        assert 0 <= annotated.share[point] <= 1


def test_only_pupils_share_a_place():
    for name in MARKUPS:
        points = annotation(name).points(template().vertices)
        apart = np.linalg.norm(points[:, None] - points, axis=-1) + np.eye(len(points))
        together = {tuple(sorted(pair)) for pair in np.argwhere(apart < 1e-3).tolist()}
        assert together == ({(74, 104), (83, 105)} if name == "106" else set())


def test_an_unknown_markup_is_refused():
    with pytest.raises(ValueError, match=r"markup 7 cannot be drawn.*68"):
        annotation("7")
