"""What every loss between maps keeps to; each loss's own facts stand in its own file."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.losses import MSE, SoftClassification

LOSSES = [MSE(), SoftClassification()]


def mean_square(output, target):
    total = 0.0
    for row_output, row_target in zip(output, target, strict=True):
        for a, b in zip(row_output, row_target, strict=True):
            total += (a - b) ** 2
    return total / output.size


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


@pytest.mark.parametrize(
    ("loss", "reference"), [(MSE(), mean_square), (SoftClassification(), soft_classification)]
)
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31), height=st.integers(1, 8), width=st.integers(1, 8))
def test_against_plain_loops(loss, reference, seed, height, width):
    rng = np.random.default_rng(seed)
    output, target = rng.normal(scale=3, size=(2, 2, 3, height, width))
    found = loss(torch.from_numpy(output), torch.from_numpy(target))
    assert found.shape == (2, 3)
    for b in range(2):
        for k in range(3):
            expected = reference(output[b, k], target[b, k])
            assert float(found[b, k]) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_zero_where_output_and_target_agree_and_positive_elsewhere(loss):
    target = torch.rand(2, 3, 8, 8, dtype=torch.float64)
    assert loss(target, target).abs().max() < 1e-15
    assert (loss(target + torch.randn_like(target), target) > 0).all()


def test_a_constant_added_to_scores_of_classes_changes_nothing():
    output, target = torch.randn(2, 1, 3, 8, 8, dtype=torch.float64)
    loss = SoftClassification()
    torch.testing.assert_close(loss(output + 7, target - 3), loss(output, target))


def test_a_gaussian_target_of_soft_classification_is_nearly_flat():
    offsets = torch.arange(8.0) - 3
    target = torch.exp(-(offsets**2 + offsets[:, None] ** 2) / 2)[None, None]
    shares = target.flatten(2).softmax(-1)
    assert shares.max() / shares.min() < math.e + 1e-4
    flat = SoftClassification()(torch.zeros(1, 1, 8, 8), target)
    # Even a flat answer costs little: the reason why its weight is not comparable with that of MSE.
    assert 0 < float(flat) < 1e-3


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_gradients(loss):
    output = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    target = torch.rand(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(loss, (output, target))


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("autocast", [False, True])
def test_half_precision_is_compared_in_float32(loss, half, autocast):
    output, target = torch.randn(2, 2, 3, 8, 8).to(half)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        found = loss(output, target)
    assert found.dtype == torch.float32
    assert torch.equal(found, loss(output.float(), target.float()))
