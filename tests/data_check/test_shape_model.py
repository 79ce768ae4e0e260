import numpy as np
import pytest

from landmarks.data_check.shape_model import ShapeModel
from tests.data_check.drawn import shapes

EYES = (36, 45)
UNIT = 20.0  # about the distance of the eye corners, in pixels


@pytest.fixture(scope="module")
def model():
    return ShapeModel(shapes(300), EYES)


def test_noise_is_measured_in_its_own_standard_deviations(model):
    strangeness = model.judge(shapes(100, seed=5)).strangeness
    assert 0.9 < np.median(strangeness) < 1.6  # 1.18 for a normal distribution
    assert strangeness.max() < 8


def test_a_moved_point_is_found_and_its_place_foretold(model):
    faces = shapes(40, seed=6)
    true = faces[11, 52].copy()
    faces[11, 52] += (0.15 * UNIT, 0)
    judgement = model.judge(faces)
    assert np.unravel_index(judgement.strangeness.argmax(), (40, 68)) == (11, 52)
    assert np.linalg.norm(judgement.expected[11, 52] - true) < 0.05 * UNIT
    assert abs(judgement.distance[11, 52] - 0.15) < 0.05


def test_no_face_is_fitted_twice(model):
    """The residual of a point does not depend on where the point itself is."""
    faces = shapes(1, seed=7).repeat(2, axis=0)
    faces[1, 33] += (40, 40)
    one, other = model.judge(faces).expected[:, 33]
    assert np.linalg.norm(one - other) < 0.06 * UNIT


def test_missing_points_are_neither_judged_nor_in_the_way(model):
    faces = shapes(10, seed=8)
    faces[:, :17] = np.nan
    faces[3, 60] += (0.3 * UNIT, 0)
    judgement = model.judge(faces)
    assert np.isnan(judgement.strangeness[:, :17]).all()
    assert np.nanargmax(judgement.strangeness) == 3 * 68 + 60


def test_errors_among_the_faces_learnt_from_do_not_hide():
    faces = shapes(200, seed=9)
    faces[::20, 8] += (0.3 * UNIT, 0.3 * UNIT)
    worst = ShapeModel(faces, EYES).judge(faces).strangeness.max(axis=1)
    assert set(np.argsort(-worst)[:10].tolist()) == set(range(0, 200, 20))


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_few_faces_are_no_crash(count):
    judgement = ShapeModel(shapes(count), EYES).judge(shapes(3))
    assert judgement.strangeness.shape == (3, 68)
