"""Targets that are drawn when they are needed give the loss of targets that are kept."""

import math
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.codecs import HIH, ContinuousHeatmap, IntegerHeatmap, supervision
from landmarks.geometry import Size
from landmarks.losses import CellLoss, PointLoss, SoftClassification
from tests.codecs.methods import POINTS


class Cubed(PointLoss):
    """Neither linear nor quadratic, infinite where the output is huge."""

    def forward(self, output, target):
        return (output.float() - target).abs().pow(3).sum(dim=(-2, -1))


CODECS = {
    "continuous": partial(ContinuousHeatmap, POINTS, Size(48, 64), 12),
    "integer": partial(IntegerHeatmap, POINTS, Size(64, 64), 16),
    "soft_classification": partial(
        ContinuousHeatmap, POINTS, Size(48, 64), 12, loss=SoftClassification()
    ),
    "another_loss": partial(ContinuousHeatmap, POINTS, Size(48, 64), 12, loss=Cubed()),
    "hih": partial(HIH, POINTS, Size(64, 64), 16),
    "hih_csc": partial(HIH, POINTS, Size(64, 64), 16, decimal_loss=SoftClassification()),
}
LAYOUTS = {
    "contiguous": lambda maps: maps,
    "channels_last": lambda maps: maps.contiguous(memory_format=torch.channels_last),
    "part": lambda maps: torch.cat([maps, maps], dim=3)[..., : maps.shape[-1]],
}


def case(codec, seed, dtype=torch.float32, layout=LAYOUTS["contiguous"]):
    """Outputs, points of which some are missing or far outside, and weights."""
    generator = torch.Generator().manual_seed(seed)
    outputs = {
        name: layout(torch.randn(3, *spec, generator=generator).to(dtype))
        for name, spec in codec.fields.items()
    }
    points = torch.rand(3, 5, 2, generator=generator) * 80 - 8
    points[0, 1], points[1, 2, 0], points[2, 0] = math.nan, math.nan, 1e9
    weight = torch.rand(3, 5, generator=generator).round(decimals=1)
    weight[points.isnan().any(dim=-1)] = 0
    return outputs, points, weight


def value_and_gradients(score, outputs, scale=1.0):
    leaves = {name: output.detach().requires_grad_() for name, output in outputs.items()}
    loss = score(leaves)
    return loss.detach(), torch.autograd.grad(scale * loss, list(leaves.values()))


@settings(deadline=None, max_examples=60)
@given(
    name=st.sampled_from(sorted(CODECS)),
    layout=st.sampled_from(sorted(LAYOUTS)),
    dtype=st.sampled_from([torch.float32, torch.bfloat16, torch.float16, torch.float64]),
    cells=st.sampled_from([1, 300, 1000, 2**20]),
    scale=st.sampled_from([1.0, 1024.0]),
    autocast=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_value_and_gradient_are_those_of_the_loss(
    name, layout, dtype, cells, scale, autocast, seed
):
    codec = CODECS[name]()
    outputs, points, weight = case(codec, seed, dtype, LAYOUTS[layout])
    with (
        pytest.MonkeyPatch.context() as patch,
        torch.autocast("cpu", torch.bfloat16, enabled=autocast),
    ):
        patch.setattr(supervision, "_CELLS_AT_ONCE", cells)
        lean, lean_gradients = value_and_gradients(
            lambda leaves: codec.supervise(leaves, points, weight), outputs, scale
        )
    kept, kept_gradients = value_and_gradients(
        lambda leaves: codec.loss(leaves, codec.encode(points), weight), outputs, scale
    )
    torch.testing.assert_close(lean, kept, rtol=1e-5, atol=1e-7)
    rounding = max(1e-5, torch.finfo(dtype).eps)
    for output, found, expected in zip(
        outputs.values(), lean_gradients, kept_gradients, strict=True
    ):
        assert found.dtype == dtype
        assert found.stride() == torch.empty_like(output).stride()
        tolerance = rounding * float(expected.abs().max())
        torch.testing.assert_close(found, expected, rtol=rounding, atol=tolerance)
        assert (found[weight == 0] == 0).all()


@pytest.mark.parametrize("name", CODECS)
def test_what_a_missing_point_emits_does_not_count(name):
    codec = CODECS[name]()
    outputs, points, weight = case(codec, 0)
    odd = {
        field: torch.where(weight[..., None, None] == 0, math.inf, output)
        for field, output in outputs.items()
    }
    score = partial(codec.supervise, points=points, weight=weight)
    expected, gradients = value_and_gradients(score, outputs)
    found, odd_gradients = value_and_gradients(score, odd)
    assert found == expected
    for gradient, odd_gradient in zip(gradients, odd_gradients, strict=True):
        assert torch.equal(gradient, odd_gradient)


@pytest.mark.parametrize("name", CODECS)
def test_the_loss_of_no_points_is_zero(name):
    codec = CODECS[name]()
    outputs, points, weight = case(codec, 0)
    score = partial(codec.supervise, points=points, weight=torch.zeros_like(weight))
    loss, gradients = value_and_gradients(score, outputs)
    assert loss == 0
    assert all((gradient == 0).all() for gradient in gradients)


@pytest.mark.parametrize("name", CODECS)
def test_it_is_scored_where_no_gradient_is_kept(name):
    codec = CODECS[name]()
    outputs, points, weight = case(codec, 0)
    expected = codec.loss(outputs, codec.encode(points), weight)
    for context in (torch.no_grad(), torch.inference_mode()):
        with context:
            loss = codec.supervise(outputs, points, weight)
        assert not loss.requires_grad
        torch.testing.assert_close(loss, expected)


def test_gradients_against_finite_differences():
    codec = ContinuousHeatmap(POINTS, Size(12, 12), 4)
    outputs, points, weight = case(codec, 0, torch.float64)
    points = points.clamp(0, 11)

    def score(maps):
        return codec.supervise({"heatmap": maps}, points, weight.double())

    assert torch.autograd.gradcheck(score, outputs["heatmap"][:, :5].requires_grad_())


def test_the_backward_pass_may_be_repeated():
    codec = ContinuousHeatmap(POINTS, Size(48, 64), 12)
    outputs, points, weight = case(codec, 0)
    maps = outputs["heatmap"].requires_grad_()
    loss = codec.supervise({"heatmap": maps}, points, weight)
    once = torch.autograd.grad(loss, maps, retain_graph=True)[0]
    twice = torch.autograd.grad(2 * loss, maps)[0]
    torch.testing.assert_close(twice, 2 * once)


def test_half_precision_gradients_are_not_lost_below_their_smallest_number():
    """A loss scaled up, as mixed precision does, so that float16 can hold its gradient."""
    codec = ContinuousHeatmap(POINTS, Size(256, 256), 64)
    maps = torch.full((1, 5, 64, 64), 1e-2).half().requires_grad_()
    points, weight = torch.full((1, 5, 2), 100.0), torch.ones(1, 5)
    loss = codec.supervise({"heatmap": maps}, points, weight)
    gradient = torch.autograd.grad(65536.0 * loss, maps)[0] / 65536.0
    assert (gradient != 0).float().mean() > 0.9


class Learnt(CellLoss):
    """Cells compared with a learnt strength."""

    def __init__(self):
        super().__init__()
        self.strength = torch.nn.Parameter(torch.tensor(2.0))

    def cells(self, output, target):
        return self.strength * (output - target).square()


def test_a_learnt_loss_gets_its_gradient():
    point_loss = Learnt()
    codec = ContinuousHeatmap(POINTS, Size(48, 64), 12, loss=point_loss)
    outputs, points, weight = case(codec, 0)
    loss = codec.supervise(outputs, points, weight)
    (found,) = torch.autograd.grad(loss, [point_loss.strength])
    torch.testing.assert_close(found, loss.detach() / 2)
