import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from landmarks.data.crops.similarity import fit_similarity


def umeyama(source, target):
    """Equations 34 to 43 of Umeyama (1991), by singular values; never a reflection."""
    mean_source, mean_target = source.mean(axis=0), target.mean(axis=0)
    spread = ((source - mean_source) ** 2).sum() / len(source)
    covariance = (target - mean_target).T @ (source - mean_source) / len(source)
    u, d, vt = np.linalg.svd(covariance)
    sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ np.diag(sign) @ vt
    scale = (d * sign).sum() / spread
    offset = mean_target - scale * rotation @ mean_source
    return np.hstack([scale * rotation, offset[:, None]])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(2, 9))
def test_it_is_umeyamas_without_reflection(seed, count):
    rng = np.random.default_rng(seed)
    source, target = rng.normal(size=(2, count, 2)) * rng.uniform(0.1, 100, (2, 1, 1))
    np.testing.assert_allclose(
        fit_similarity(source, target), umeyama(source, target), atol=1e-8, rtol=1e-8
    )


@pytest.mark.parametrize("seed", range(4))
def test_no_other_similarity_comes_closer(seed):
    rng = np.random.default_rng(seed)
    source, target = rng.normal(size=(2, 5, 2))
    target *= [-1, 1]  # nearer to a reflection, which is not asked for

    def misses(parts):
        a, b, x, y = parts
        return (source @ np.array([[a, b], [-b, a]]) + [x, y] - target).ravel()

    best = least_squares(misses, [1, 0, 0, 0])
    affine = fit_similarity(source, target)
    found = (affine[0, 0], affine[1, 0], affine[0, 2], affine[1, 2])
    assert np.sum(misses(found) ** 2) == pytest.approx(2 * best.cost, rel=1e-9)
    np.testing.assert_allclose(found, best.x, atol=1e-6)


def test_an_exact_similarity_is_found_exactly():
    source = np.array([[0.0, 0], [4, 1], [2, 7], [-3, 2], [1, 1]])
    linear = 2.5 * np.array([[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]])
    affine = fit_similarity(source, source @ linear.T + [30, -7])
    np.testing.assert_allclose(affine, np.hstack([linear, [[30], [-7]]]), atol=1e-12)


def test_missing_points_leave_the_rest():
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(2, 6, 2))
    kept = fit_similarity(source[[0, 2, 5]], target[[0, 2, 5]])
    source[1] = np.nan
    target[[3, 4]] = np.nan
    np.testing.assert_allclose(fit_similarity(source, target), kept)


def test_a_batch_is_each_by_itself():
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(2, 3, 4, 5, 2))
    source[1, 2, 0] = np.nan
    batch = fit_similarity(source, target)
    assert batch.shape == (3, 4, 2, 3)
    for place in np.ndindex(3, 4):
        np.testing.assert_allclose(batch[place], fit_similarity(source[place], target[place]))


def test_too_few_or_coinciding_points_are_refused():
    points = np.array([[0.0, 0], [1, 1], [2, 0]])
    with pytest.raises(ValueError, match="at least 2 points; there are 1"):
        fit_similarity(points, np.where([[True], [False], [False]], points, np.nan))
    with pytest.raises(ValueError, match="coincide"):
        fit_similarity(np.ones((3, 2)), points)
