import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.losses import Wing


def at(loss, error):
    """The loss of one coordinate and its slope."""
    output = torch.tensor(error, dtype=torch.float64).view(1, 1, 1, 1).requires_grad_()
    found = loss(output, torch.zeros(1, 1, 1, 1, dtype=torch.float64)).sum()
    (slope,) = torch.autograd.grad(found, output)
    return float(found.detach()), float(slope)


@settings(deadline=None, max_examples=50)
@given(width=st.floats(0.5, 30), epsilon=st.floats(0.1, 5), sign=st.sampled_from([-1, 1]))
def test_continuous_at_its_width_where_the_slope_becomes_1(width, epsilon, sign):
    loss = Wing(width, epsilon)
    before, slope_before = at(loss, sign * (width - 1e-9))
    after, slope_after = at(loss, sign * (width + 1e-9))
    assert after == pytest.approx(before, abs=1e-6)
    assert slope_before == pytest.approx(sign * width / (width + epsilon), rel=1e-6)
    assert slope_after == sign


def test_small_errors_have_the_steepest_slope():
    loss = Wing(10, 2)
    slopes = [at(loss, error)[1] for error in (1e-9, 0.5, 2.0, 5.0, 9.9)]
    assert slopes == sorted(slopes, reverse=True)
    assert slopes[0] == pytest.approx(5)
    assert at(loss, 0.0) == (0, 0)


@pytest.mark.parametrize("settings", [{"width": 0.0}, {"epsilon": -1.0}, {"width": math.inf}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ValueError, match="numbers above 0"):
        Wing(**settings)
