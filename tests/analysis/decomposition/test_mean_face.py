import math

import numpy as np
import pytest

from landmarks.analysis.decomposition import landmark_errors, mean_face
from landmarks.markups import MARKUPS, Markup
from tests.analysis.decomposition.simulated import run
from tests.analysis.decomposition.test_groups import FACES, PROTOCOL, faces


def test_landmarks_against_plain_loops():
    found = faces(missing=0.3)
    found.true_points_photo[:, 5] = np.nan
    rows = landmark_errors([run("a", found)], MARKUPS["68"], PROTOCOL)
    assert [row.point for row in rows] == [point for point in range(68) if point != 5]
    for row in rows:
        own = [
            100
            * math.dist(
                found.points_photo[face, row.point], found.true_points_photo[face, row.point]
            )
            / found.normalisers[PROTOCOL][face]
            for face in range(FACES)
            if not math.isnan(found.true_points_photo[face, row.point, 0])
        ]
        assert row.faces == len(own)
        assert row.nme.value == pytest.approx(np.mean(own))
        half = np.std(own, ddof=1) / math.sqrt(len(own))
        assert 1.96 * half < row.nme.high - row.nme.value < 2.3 * half
    assert rows[0].parts == ("jaw",)


def moved(shape, rng, spread=0.0):
    angle, scale = rng.normal(0, 0.3), rng.uniform(30, 200)
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return (shape + rng.normal(0, spread, shape.shape)) @ turn + rng.uniform(0, 500, 2)


@pytest.mark.parametrize("name", MARKUPS)
def test_the_mean_face_is_found_again_in_any_place(name):
    rng = np.random.default_rng(1)
    markup = MARKUPS[name]
    truth = np.array([moved(markup.mean_shape, rng) for _ in range(30)])
    truth[rng.uniform(size=truth.shape[:2]) < 0.3] = np.nan
    found = faces(markup)
    found.true_points_photo[:30] = truth
    found.true_points_photo[30:] = np.nan
    shape = mean_face(found, markup)
    left, right = (shape[list(eye)].mean(axis=0) for eye in markup.eyes)
    assert np.allclose([left, right], [[-0.5, 0], [0.5, 0]], atol=1e-9)
    # The markup's own shape is level within rounding only, and its eyes may be told otherwise.
    own = markup.mean_shape
    left, right = (own[list(eye)].mean(axis=0) for eye in markup.eyes)
    (x, y), width = right - left, math.dist(left, right)
    level = (own - (left + right) / 2) @ (np.array([[x, -y], [y, x]]) / width**2)
    assert np.abs(shape - level).max() < 1e-6


def test_noise_averages_out():
    rng = np.random.default_rng(2)
    markup = MARKUPS["68"]
    found = faces(markup, count=400)
    found.true_points_photo[:] = [moved(markup.mean_shape, rng, 0.05) for _ in range(400)]
    assert np.abs(mean_face(found, markup) - markup.mean_shape).max() < 0.03


def test_without_eyes_faces_are_upright_on_average_and_of_size_one():
    rng = np.random.default_rng(3)
    markup = Markup("bare", 68, tuple(range(68)))
    found = faces()
    found.true_points_photo[:] = [moved(MARKUPS["68"].mean_shape, rng) for _ in range(FACES)]
    shape = mean_face(found, markup)
    assert shape.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert (shape**2).sum(axis=1).mean() == pytest.approx(1)
    jaw = shape[16] - shape[0]
    assert abs(math.degrees(math.atan2(jaw[1], jaw[0]))) < 12


def test_a_landmark_that_no_face_has_is_nowhere():
    found = faces(missing=0.0)
    found.true_points_photo[:, 3] = np.nan
    shape = mean_face(found, MARKUPS["68"])
    assert np.isnan(shape[3]).all()
    assert np.isfinite(np.delete(shape, 3, axis=0)).all()
    found.true_points_photo[:] = np.nan
    assert np.isnan(mean_face(found, MARKUPS["68"])).all()
