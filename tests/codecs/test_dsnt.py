import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.codecs import DSNT
from landmarks.codecs.dsnt import _log_line_of_mean
from landmarks.geometry import Size, flip_affine
from landmarks.losses import KullbackLeibler
from landmarks.markups import Markup
from tests.codecs import reference_lines as reference

POINTS = Markup("5", 5, (1, 0, 2, 4, 3))
SIZE = Size(48, 64)


def drawn(faces, seed=0, size=SIZE):
    generator = torch.Generator().manual_seed(seed)
    share = torch.rand(faces, 5, 2, generator=generator, dtype=torch.float64)
    return share * torch.tensor([size.width, size.height]) - 0.5


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.5])
def test_targets_and_moments_are_those_of_plain_loops(sigma):
    codec = DSNT(POINTS, SIZE, 12, sigma=sigma)
    points = drawn(4)
    targets = codec.encode(points)["heatmap"]
    generator = torch.Generator().manual_seed(1)
    learnt = targets + 0.3 * torch.randn(targets.shape, generator=generator)
    decoded = codec.decode({"heatmap": learnt})
    for face in range(4):
        for point in range(5):
            rows = reference.dsnt_map(points[face, point].tolist(), 12, 16, 4, sigma)
            expected = torch.tensor(rows, dtype=torch.float32)
            torch.testing.assert_close(targets[face, point], expected, atol=1e-4, rtol=1e-4)
            mean, spread = reference.dsnt_moments(learnt[face, point].tolist())
            found = decoded.points[face, point].tolist()
            assert found == pytest.approx([4 * (m + 0.5) - 0.5 for m in mean], abs=1e-4)
            values, axes = torch.linalg.eigh(torch.tensor(spread, dtype=torch.float64))
            values = (values - sigma**2).clamp(min=0) + 0.1 * sigma**2
            covariance = 16 * (axes * values) @ axes.T
            torch.testing.assert_close(
                decoded.covariance[face, point].double(), covariance, atol=1e-3, rtol=1e-3
            )


def test_10000_points_are_encoded_and_decoded_as_by_a_plain_loop():
    size = Size(128, 128)
    codec = DSNT(POINTS, size, 32)
    points = drawn(2000, size=size)
    encoded = [codec.encode(part) for part in points.split(200)]
    found = torch.cat([codec.decode(part).points for part in encoded]).reshape(-1, 2)
    # No mean lies beyond the outer cells' centres; elsewhere it is the point.
    low, high = 1.5 + 4 * 0.01, 125.5 - 4 * 0.01
    expected = points.reshape(-1, 2).clamp(low, high)
    torch.testing.assert_close(found.double(), expected, atol=1e-4, rtol=0)


@settings(deadline=None, max_examples=60)
@given(
    count=st.integers(2, 200),
    sigma=st.floats(0.5, 12),
    places=st.lists(st.floats(0, 1), min_size=1, max_size=6),
)
def test_a_gaussian_is_found_for_every_mean(count, sigma, places):
    means = 0.01 + torch.tensor([places], dtype=torch.float64) * (count - 1.02)
    line = _log_line_of_mean(means, count, sigma)
    assert line.isfinite().all()
    found = (line.softmax(dim=-1) * torch.arange(count)).sum(dim=-1)
    torch.testing.assert_close(found, means, atol=1e-6, rtol=0)


def test_the_published_target_in_the_interior():
    codec = DSNT(POINTS, SIZE, 12)
    points = torch.tensor([30.3, 24.9], dtype=torch.float64).expand(1, 5, 2)
    cells = codec.grid.to_cells(points)[0, 0]
    columns, rows = torch.arange(16) - cells[0], torch.arange(12)[:, None] - cells[1]
    gaussian = torch.exp(-(columns**2 + rows**2) / 2)
    density = codec.encode(points)["heatmap"][0, 0].double().flatten().softmax(-1).view(12, 16)
    torch.testing.assert_close(density, gaussian / gaussian.sum(), atol=1e-6, rtol=0)


def test_the_published_gaussians_mean_is_off_at_the_border():
    """The number that the docstring gives, and the reason for moving the Gaussian."""
    mean = reference.expectation([-((k - 0.5) ** 2) / 2 for k in range(64)])
    assert mean - 0.5 == pytest.approx(0.283, abs=0.001)


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_the_loss_is_that_of_a_plain_loop(weight):
    codec = DSNT(POINTS, SIZE, 12, weight=weight)
    targets = codec.encode(drawn(2))
    generator = torch.Generator().manual_seed(2)
    outputs = {"heatmap": torch.randn(2, 5, 12, 16, generator=generator)}
    expected = [
        reference.dsnt_loss(
            outputs["heatmap"][face, point].tolist(),
            targets["heatmap"][face, point].tolist(),
            weight,
        )
        for face in range(2)
        for point in range(5)
    ]
    found = float(codec.loss(outputs, targets, torch.ones(2, 5)))
    assert found == pytest.approx(sum(expected) / len(expected), rel=1e-5)


def test_gradients_of_the_loss():
    codec = DSNT(POINTS, Size(16, 16), 4, loss=KullbackLeibler())
    targets = codec.encode(drawn(2, size=Size(16, 16)))
    targets = {"heatmap": targets["heatmap"].double()}
    outputs = torch.randn(2, 5, 4, 4, dtype=torch.float64, requires_grad=True)
    weight = torch.tensor([[1.0, 0.0, 2.0, 1.0, 0.5]] * 2, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda maps: codec.loss({"heatmap": maps}, targets, weight), outputs
    )


def test_consistency_of_two_views_has_a_finite_gradient():
    codec = DSNT(POINTS, SIZE, 12)
    outputs = torch.randn(2, 2, 5, 12, 16, requires_grad=True)
    affine = flip_affine(64).expand(2, 2, 3)
    warped = codec.warp({"heatmap": outputs[1]}, affine)
    loss = codec.loss({"heatmap": outputs[0]}, warped, torch.ones(2, 5))
    (gradient,) = torch.autograd.grad(loss, outputs)
    assert gradient.isfinite().all()
    assert (gradient != 0).flatten(2).any(dim=-1).all()


def test_the_covariance_is_elongated_as_the_map_is():
    codec = DSNT(POINTS, Size(64, 64), 32)
    offsets = torch.arange(32) - 15.5
    scores = -(offsets**2) / 8 - offsets[:, None] ** 2 / 2
    covariance = codec.decode({"heatmap": scores.expand(1, 5, 32, 32)}).covariance[0, 0]
    # Variances of 4 and 1 square cells, less 1 each and more by a tenth, over cells of 2 px.
    assert covariance[0, 0] == pytest.approx(12 + 0.4, rel=0.01)
    assert covariance[1, 1] == pytest.approx(0.4, rel=0.01)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sigma": 0.4}, "at least 0.5 cells"),
        ({"sigma": math.nan}, "at least 0.5 cells"),
        ({"weight": -1.0}, "weight of at least 0"),
        ({"heatmap_size": 64}, "does not fit"),
        ({"heatmap_size": 1}, "no mean that moves|whole number"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        DSNT(POINTS, Size(48, 48), **{"heatmap_size": 12} | settings)
