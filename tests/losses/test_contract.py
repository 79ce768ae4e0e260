"""What every loss between maps keeps to; each loss's own facts stand in its own file."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.losses import (
    MSE,
    AdaptiveWing,
    JensenShannon,
    KullbackLeibler,
    SoftClassification,
    Weighted,
    Wing,
)

CELLS = [MSE(), AdaptiveWing(), Wing(), Weighted(MSE()), Weighted(AdaptiveWing())]
"""Least where outputs equal the target."""

SCORES = [SoftClassification(), KullbackLeibler(), JensenShannon()]
"""Outputs are scores of classes."""

LOSSES = CELLS + SCORES


def name(loss):
    return type(loss).__name__ + (
        f"_{type(loss.base).__name__}" if isinstance(loss, Weighted) else ""
    )


def mean_of(cell):
    def loss(output, target):
        total = 0.0
        for row_output, row_target in zip(output, target, strict=True):
            for a, b in zip(row_output, row_target, strict=True):
                total += cell(a, b)
        return total / output.size

    return loss


def square(a, b):
    return (a - b) ** 2


def adaptive_wing(a, b, alpha=2.1, omega=14.0, epsilon=1.0, theta=0.5):
    """As the paper prints it."""
    power = alpha - min(max(b, 0.0), 1.0)
    if abs(a - b) < theta:
        return omega * math.log(1 + abs((a - b) / epsilon) ** power)
    ratio = theta / epsilon
    slope = omega * (1 / (1 + ratio**power)) * power * ratio ** (power - 1) * (1 / epsilon)
    return slope * abs(a - b) - (theta * slope - omega * math.log(1 + ratio**power))


def wing(a, b, width=10.0, epsilon=2.0):
    if abs(a - b) < width:
        return width * math.log(1 + abs(a - b) / epsilon)
    return abs(a - b) - (width - width * math.log(1 + width / epsilon))


def weighted(cell, weight=10.0, threshold=0.2, reach=1):
    def loss(output, target):
        height, width = output.shape
        total = 0.0
        for i in range(height):
            for j in range(width):
                near = target[
                    max(0, i - reach) : i + reach + 1, max(0, j - reach) : j + reach + 1
                ].max()
                counts = weight + 1 if near >= threshold else 1
                total += counts * cell(output[i, j], target[i, j])
        return total / output.size

    return loss


def densities(output, target):
    scores = [math.exp(a) for a in output.ravel()]
    heights = [max(float(b), 0.0) for b in target.ravel()]
    return [a / sum(scores) for a in scores], [b / sum(heights) for b in heights]


def divergence(p, q):
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def kullback_leibler(output, target):
    predicted, wanted = densities(output, target)
    return divergence(wanted, predicted)


def jensen_shannon(output, target):
    predicted, wanted = densities(output, target)
    middle = [(a + b) / 2 for a, b in zip(predicted, wanted, strict=True)]
    return (divergence(predicted, middle) + divergence(wanted, middle)) / 2


def soft_classification(output, target):
    """KL(softmax(target) || softmax(output)), divided by the number of cells."""
    cells = [(a, b) for a, b in zip(output.ravel(), target.ravel(), strict=True)]
    predicted = sum(math.exp(a) for a, _ in cells)
    wanted = sum(math.exp(b) for _, b in cells)
    total = 0.0
    for a, b in cells:
        p, q = math.exp(b) / wanted, math.exp(a) / predicted
        total += p * (math.log(p) - math.log(q))
    return total / len(cells)


REFERENCES = [
    (MSE(), mean_of(square)),
    (AdaptiveWing(), mean_of(adaptive_wing)),
    (
        AdaptiveWing(3.0, 5.0, 0.7, 0.2),
        mean_of(lambda a, b: adaptive_wing(a, b, 3.0, 5.0, 0.7, 0.2)),
    ),
    (Wing(), mean_of(wing)),
    (Wing(1.5, 0.5), mean_of(lambda a, b: wing(a, b, 1.5, 0.5))),
    (Weighted(MSE()), weighted(square)),
    (Weighted(AdaptiveWing(), 3.0, 0.5, 5), weighted(adaptive_wing, 3.0, 0.5, 2)),
    (Weighted(MSE(), dilation=1), weighted(square, reach=0)),
    (SoftClassification(), soft_classification),
    (KullbackLeibler(), kullback_leibler),
    (JensenShannon(), jensen_shannon),
]


@pytest.mark.parametrize(("loss", "reference"), REFERENCES)
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31), height=st.integers(1, 8), width=st.integers(1, 8))
def test_against_plain_loops(loss, reference, seed, height, width):
    rng = np.random.default_rng(seed)
    output = rng.normal(scale=3, size=(2, 3, height, width))
    target = rng.uniform(size=output.shape) ** 3
    found = loss(torch.from_numpy(output), torch.from_numpy(target))
    assert found.shape == (2, 3)
    for b in range(2):
        for k in range(3):
            expected = reference(output[b, k], target[b, k])
            assert float(found[b, k]) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("loss", CELLS, ids=name)
def test_zero_where_output_and_target_agree_and_positive_elsewhere(loss):
    target = torch.rand(2, 3, 8, 8, dtype=torch.float64)
    assert (loss(target, target) == 0).all()
    assert (loss(target + torch.randn_like(target), target) > 0).all()


@pytest.mark.parametrize("loss", SCORES, ids=name)
def test_a_constant_added_to_scores_of_classes_changes_nothing(loss):
    output = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    target = torch.rand(2, 3, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(loss(output + 7, target), loss(output, target))


@pytest.mark.parametrize("loss", LOSSES, ids=name)
def test_gradients(loss):
    output = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    target = torch.rand(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(loss, (output, target))


@pytest.mark.parametrize("loss", LOSSES, ids=name)
def test_gradients_are_finite_whatever_a_network_emits(loss):
    target = torch.zeros(1, 3, 4, 4)
    target[:, 0, 1, 2] = 1
    target[:, 1] = 0.25
    for output in (target, torch.zeros_like(target), 1e4 * torch.randn_like(target)):
        leaves = [part.clone().requires_grad_() for part in (output, target)]
        found = loss(*leaves)
        assert found.isfinite().all()
        for gradient in torch.autograd.grad(found.sum(), leaves, allow_unused=True):
            assert gradient is None or gradient.isfinite().all()


@pytest.mark.parametrize("loss", LOSSES, ids=name)
@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("autocast", [False, True])
def test_half_precision_is_compared_in_float32(loss, half, autocast):
    output, target = torch.randn(2, 2, 3, 8, 8).to(half)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        found = loss(output, target)
    assert found.dtype == torch.float32
    assert torch.equal(found, loss(output.float(), target.float()))
