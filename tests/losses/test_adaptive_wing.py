import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.losses import AdaptiveWing

shapes = st.builds(
    AdaptiveWing,
    alpha=st.floats(1.5, 4),
    omega=st.floats(1, 20),
    epsilon=st.floats(0.2, 3),
    theta=st.floats(0.1, 2),
)


def at(loss, error, target):
    """The loss of one cell and its slope."""
    output = torch.tensor(target + error, dtype=torch.float64).view(1, 1, 1, 1).requires_grad_()
    found = loss(output, torch.tensor(target, dtype=torch.float64).view(1, 1, 1, 1)).sum()
    (slope,) = torch.autograd.grad(found, output)
    return float(found.detach()), float(slope)


@settings(deadline=None, max_examples=50)
@given(loss=shapes, target=st.floats(0, 1), sign=st.sampled_from([-1, 1]))
def test_value_and_slope_are_continuous_at_theta(loss, target, sign):
    (before, slope_before), (after, slope_after) = (
        at(loss, sign * (loss.theta + step), target) for step in (-1e-9, 1e-9)
    )
    assert after == pytest.approx(before, abs=1e-6)
    assert slope_after == pytest.approx(slope_before, rel=1e-5)
    assert sign * slope_after > 0


@settings(deadline=None, max_examples=50)
@given(loss=shapes, target=st.floats(-0.5, 1.5), error=st.floats(0, 3))
def test_a_larger_error_costs_more_and_both_sides_the_same(loss, target, error):
    smaller, larger = at(loss, error, target)[0], at(loss, error + 0.01, target)[0]
    assert larger > smaller
    assert at(loss, -error, target)[0] == pytest.approx(smaller, rel=1e-6, abs=1e-9)


def test_small_errors_cost_more_on_the_peak_than_on_the_background():
    loss = AdaptiveWing()
    assert at(loss, 0.05, 1.0)[1] > 10 * at(loss, 0.05, 0.0)[1]
    assert at(loss, 0.0, 1.0) == (0, 0)
    assert at(loss, 0.0, 0.0) == (0, 0)


def test_a_target_above_1_has_a_finite_slope():
    for error in (0.0, 1e-12, 0.3, 2.0):
        value, slope = at(AdaptiveWing(), error, 1.7)
        assert math.isfinite(value)
        assert math.isfinite(slope)


@pytest.mark.parametrize(
    "settings", [{"alpha": 1.0}, {"omega": 0.0}, {"epsilon": -1.0}, {"theta": math.nan}]
)
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ValueError, match="Adaptive Wing needs alpha above 1"):
        AdaptiveWing(**settings)
