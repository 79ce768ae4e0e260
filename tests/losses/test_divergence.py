import math

import pytest
import torch
from torch.nn import functional

from landmarks.losses import JensenShannon, KullbackLeibler

BOTH = [KullbackLeibler(), JensenShannon()]


@pytest.mark.parametrize("loss", BOTH, ids=lambda loss: type(loss).__name__)
def test_zero_for_the_logarithm_of_the_target_and_positive_elsewhere(loss):
    target = torch.rand(2, 3, 8, 8, dtype=torch.float64) + 0.01
    assert loss(target.log(), target).abs().max() < 1e-14
    # The height of a target says nothing, only its shape.
    assert loss(target.log(), 5 * target).abs().max() < 1e-14
    assert (loss(target.log() + torch.randn_like(target), target) > 1e-3).all()


def test_the_gradient_of_kullback_leibler_is_that_of_cross_entropy():
    scores = torch.randn(4, 1, 1, 9, dtype=torch.float64, requires_grad=True)
    target = torch.rand(4, 1, 1, 9, dtype=torch.float64)
    target = target / target.sum(dim=-1, keepdim=True)
    (found,) = torch.autograd.grad(KullbackLeibler()(scores, target).sum(), scores)
    entropy = functional.cross_entropy(scores.view(4, 9), target.view(4, 9), reduction="sum")
    (expected,) = torch.autograd.grad(entropy, scores)
    torch.testing.assert_close(found, expected)


def test_jensen_shannon_is_at_most_the_logarithm_of_2():
    scores, target = torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
    scores[..., 0, 0] = 1e4
    target[..., 3, 3] = 1
    assert float(JensenShannon()(scores, target)) == pytest.approx(math.log(2))
    # The other way round as well: it is symmetric.
    assert float(JensenShannon()(1e4 * target, scores)) == pytest.approx(math.log(2))


@pytest.mark.parametrize("loss", BOTH, ids=lambda loss: type(loss).__name__)
def test_a_target_of_nothing_costs_a_finite_amount_and_teaches_next_to_nothing(loss):
    scores = torch.randn(1, 2, 4, 4, requires_grad=True)
    found = loss(scores, torch.zeros(1, 2, 4, 4))
    assert found.isfinite().all()
    (gradient,) = torch.autograd.grad(found.sum(), scores)
    assert gradient.isfinite().all()
