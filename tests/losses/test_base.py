import math

import pytest
import torch

from landmarks.losses import float32_at_least, mean_over_points


def test_the_mean_is_over_points_that_count():
    loss = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert mean_over_points(loss, torch.ones(2, 2)) == 2.5
    assert mean_over_points(loss, torch.tensor([[1.0, 0.0], [0.0, 1.0]])) == 2.5
    assert mean_over_points(loss, torch.tensor([[2.0, 0.0], [0.0, 1.0]])) == 3
    assert mean_over_points(loss, torch.zeros(2, 2)) == 0


@pytest.mark.parametrize("value", [math.inf, math.nan, 1e30])
def test_a_point_that_does_not_count_has_exactly_no_gradient(value):
    loss = torch.tensor([[1.0, value]], requires_grad=True)
    total = mean_over_points(loss, torch.tensor([[1.0, 0.0]]))
    assert total == 1
    (gradient,) = torch.autograd.grad(total, loss)
    assert gradient.tolist() == [[1, 0]]


def test_no_points_have_no_gradient():
    loss = torch.tensor([[1.0, 2.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(mean_over_points(loss, torch.zeros(1, 2)), loss)
    assert gradient.tolist() == [[0, 0]]


def test_half_precision_becomes_float32_and_float64_stays():
    for half in (torch.float16, torch.bfloat16, torch.float32):
        assert float32_at_least(torch.ones(2, dtype=half)).dtype == torch.float32
    assert float32_at_least(torch.ones(2, dtype=torch.float64)).dtype == torch.float64
