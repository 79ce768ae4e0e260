import numpy as np
import pytest

from landmarks.analysis.statistics import error_estimate, mean_estimate


def faces(count=300):
    return np.random.default_rng(0).lognormal(1.3, 0.4, count)


def test_one_seed_speaks_of_faces_alone():
    assert error_estimate(faces()[None]) == mean_estimate(faces())


def test_seeds_that_lie_apart_widen_the_interval():
    luck = np.array([[-0.2], [0.0], [0.2]])
    alone = error_estimate(faces()[None])
    found = error_estimate(faces() + luck)
    assert found.value == pytest.approx(alone.value)
    assert found.low < alone.low - 0.2
    assert found.high > alone.high + 0.2


def test_seeds_that_agree_leave_the_faces():
    alone = error_estimate(faces()[None])
    found = error_estimate(np.tile(faces(), (3, 1)))
    assert found == pytest.approx(alone, abs=0.01)


def test_the_interval_repeats():
    errors = np.random.default_rng(1).lognormal(1.3, 0.4, (3, 50))
    assert error_estimate(errors) == error_estimate(errors)
    assert error_estimate(errors) != error_estimate(errors, seed=1)


def test_a_lost_face_or_a_single_one_leaves_no_interval():
    errors = np.tile(faces(20), (3, 1))
    errors[1, 4] = np.inf
    found = error_estimate(errors)
    assert found.value == np.inf
    assert np.isnan([found.low, found.high]).all()
    single = error_estimate(np.array([[1.0], [2.0]]))
    assert single.value == 1.5
    assert np.isnan([single.low, single.high]).all()
    with pytest.raises(ValueError, match="no faces"):
        error_estimate(np.ones((3, 0)))
