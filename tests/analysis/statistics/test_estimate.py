import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.analysis.statistics.estimate import Estimate, mean_estimate, paired_difference


def percentile_interval(values, seed):
    """A bootstrap in plain loops: percentiles of the means of faces drawn with replacement."""
    rng = np.random.default_rng(seed)
    means = []
    for _ in range(4000):
        total = 0.0
        for place in rng.integers(0, len(values), len(values)):
            total += values[place]
        means.append(total / len(values))
    means.sort()
    return means[100], means[3900]


def test_the_interval_agrees_with_a_plain_bootstrap():
    values = np.random.default_rng(1).normal(5, 2, 60)
    low, high = percentile_interval(values.tolist(), seed=2)
    found = mean_estimate(values)
    assert found.value == values.mean()
    # For symmetric values BCa and percentiles agree to the noise of the draws.
    assert found.low == pytest.approx(low, abs=0.06)
    assert found.high == pytest.approx(high, abs=0.06)


def test_the_interval_agrees_with_theory_for_many_faces():
    values = np.random.default_rng(3).normal(4, 1, 4000)
    error = values.std(ddof=1) / np.sqrt(len(values))
    found = mean_estimate(values)
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)


def test_the_interval_follows_a_long_upper_tail():
    found = mean_estimate(np.random.default_rng(0).lognormal(0, 1.2, 50))
    assert found.high - found.value > 1.2 * (found.value - found.low)


def test_nineteen_of_twenty_intervals_cover_the_true_mean():
    rng = np.random.default_rng(5)
    covered = sum(
        found.low <= 1.0 <= found.high
        for found in (mean_estimate(rng.normal(1.0, 0.3, 40)) for _ in range(100))
    )
    assert 88 <= covered <= 99


def test_a_pairing_resolves_what_means_cannot():
    rng = np.random.default_rng(0)
    hard = rng.lognormal(1.3, 0.5, 200)
    other = hard + 0.1 + rng.normal(0, 0.2, 200)
    ours, theirs = mean_estimate(hard), mean_estimate(other)
    assert ours.high > theirs.low
    difference = paired_difference(other, hard)
    assert difference.excludes_zero
    assert difference.value == pytest.approx((other - hard).mean())
    assert paired_difference(hard, other).value == pytest.approx(-difference.value)


def test_two_methods_that_do_not_differ_are_not_told_apart():
    missed = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        hard = rng.lognormal(1.3, 0.5, 150)
        first, second = (hard + rng.normal(0, 0.3, 150) for _ in range(2))
        missed += paired_difference(first, second).excludes_zero
    assert missed <= 6


# Errors in per cent, to six digits: SciPy's own sums fail on numbers near the smallest there are.
ERRORS = st.floats(0, 50).map(lambda value: round(value, 6))


@given(st.lists(ERRORS, min_size=2, max_size=20), st.integers(0, 5))
@settings(max_examples=10, deadline=None)
def test_the_interval_repeats_and_holds_the_mean(values, seed):
    found = mean_estimate(np.array(values), seed=seed)
    assert found == mean_estimate(np.array(values), seed=seed)
    if not np.isnan(found.low):
        margin = 1e-9 * max(values)
        assert min(values) - margin <= found.low <= found.high <= max(values) + margin


def test_what_has_no_spread_has_no_width():
    assert mean_estimate(np.array([2.5])) == Estimate(2.5, 2.5, 2.5)
    assert not Estimate(0.0, 0.0, 0.0).excludes_zero


def test_a_lost_prediction_leaves_no_interval():
    found = mean_estimate(np.array([1.0, np.inf, 2.0]))
    assert found.value == np.inf
    assert np.isnan([found.low, found.high]).all()
    assert not found.excludes_zero


def test_what_cannot_be_averaged_or_paired_is_refused():
    with pytest.raises(ValueError, match="no faces"):
        mean_estimate(np.array([]))
    with pytest.raises(ValueError, match="3 faces cannot be paired with 2"):
        paired_difference(np.ones(3), np.ones(2))
