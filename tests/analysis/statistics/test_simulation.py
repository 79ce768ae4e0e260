import numpy as np
import pytest

from landmarks.analysis.statistics.components import variance_components
from landmarks.analysis.statistics.simulation import Population


def test_errors_have_the_stated_mean_and_spread():
    population = Population((0.02, 0.1), rest_sd=0.5, worse=(0.0, 0.3), shared_seed_sd=0.2)
    drawn = population.draw(np.random.default_rng(0), 40, 4, 2000)
    assert drawn.errors.shape == (40, 2, 4, 2000)
    assert drawn.errors.mean(axis=(0, 2, 3)) == pytest.approx(drawn.truth, abs=0.06)
    assert drawn.truth.tolist() == [4.0, 4.3]
    # Between faces: the faces' own difficulty, and a method's.
    of_faces = variance_components(drawn.errors[0, 0]).face
    assert of_faces == pytest.approx(1.8**2 + 0.08**2 * (4**2 + 1.8**2), rel=0.15)
    rests = [variance_components(one).rest for one in drawn.errors[:, 0]]
    assert np.mean(rests) == pytest.approx(0.25, rel=0.05)
    apart = drawn.network_truth - drawn.network_truth.mean(axis=1, keepdims=True)
    alone = drawn.network_truth[:, 1] - drawn.network_truth[:, 0] - 0.3
    assert np.std(alone) == pytest.approx(np.hypot(0.02, 0.1), rel=0.2)
    assert np.std(drawn.network_truth[:, 0]) == pytest.approx(np.hypot(0.2, 0.02), rel=0.2)
    assert abs(apart).max() < 0.6


def test_methods_share_the_difficulty_of_faces():
    drawn = Population((0.03, 0.03)).draw(np.random.default_rng(0), 1, 1, 2000)
    first, second = drawn.errors[0, :, 0]
    assert np.corrcoef(first, second)[0, 1] > 0.8
    assert np.median(first) < 0.95 * first.mean()  # a long upper tail
