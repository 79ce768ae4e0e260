import math

import numpy as np
import pytest
import torch

from landmarks.codecs import (
    Argmax,
    ContinuousHeatmap,
    Dark,
    IntegerHeatmap,
    LocalSoftArgmax,
    Peak,
    QuarterOffset,
)
from landmarks.codecs.covariance import CLAIMED
from landmarks.geometry import Size
from tests.codecs import reference
from tests.codecs.methods import POINTS

DRAWN = {ContinuousHeatmap: reference.continuous_map, IntegerHeatmap: reference.integer_map}


def some_points(size, faces, seed=0):
    limits = (size.width - 0.5, size.height - 0.5)
    return np.random.default_rng(seed).uniform(-0.5, limits, (faces, POINTS.count, 2))


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize(
    ("size", "cells", "sigma"),
    [(Size(64, 64), 16, 1.5), (Size(48, 64), 12, 2.0), (Size(24, 24), 16, 0.8), (Size(9, 9), 9, 1)],
)
def test_targets_against_plain_loops(kind, size, cells, sigma):
    codec = kind(POINTS, size, cells, sigma=sigma)
    points = some_points(size, 3)
    # Points on the centre and the edge of a cell, where rounding is at its most delicate.
    points[0, 0] = codec.grid.to_crop(torch.tensor([3.0, 2.0])).numpy()
    points[0, 1] = codec.grid.to_crop(torch.tensor([2.5, 2.5])).numpy()
    points[0, 2] = codec.grid.to_crop(torch.tensor([codec.grid.width - 1.5, 0.5])).numpy()
    maps = codec.encode(torch.from_numpy(points))["heatmap"].numpy()
    for face in range(3):
        for point in range(POINTS.count):
            expected = DRAWN[kind](points[face, point], *codec.grid.size, codec.grid.stride, sigma)
            np.testing.assert_allclose(maps[face, point], expected, atol=1e-6)


def test_a_continuous_gaussian_has_its_mean_at_the_point_and_height_1():
    codec = ContinuousHeatmap(POINTS, Size(256, 256), 64, sigma=2.0)
    points = torch.full((1, 5, 2), 100.7)
    heatmap = codec.encode(points)["heatmap"][0, 0].double()
    columns = torch.arange(64, dtype=torch.float64)
    mean = torch.stack([(heatmap.sum(0) * columns).sum(), (heatmap.sum(1) * columns).sum()])
    found = codec.grid.to_crop(mean / heatmap.sum())
    torch.testing.assert_close(found, torch.tensor([100.7, 100.7]).double(), atol=1e-3, rtol=0)
    on_cell = codec.encode(codec.grid.to_crop(torch.full((1, 5, 2), 20.0)))["heatmap"]
    assert on_cell.amax() == 1


def test_mean_errors_at_64_cells_over_256_pixels():
    """What the codecs lose on points anywhere in the crop's interior, in crop pixels."""
    points = torch.rand(400, 5, 2, generator=torch.Generator().manual_seed(0)) * 200 + 28
    codec = IntegerHeatmap(POINTS, Size(256, 256), 64)
    error = (codec.decode(codec.encode(points)).points - points).norm(dim=-1).mean()
    assert error == pytest.approx(4 * (math.sqrt(2) + math.asinh(1)) / 6, rel=0.02)
    codec = ContinuousHeatmap(POINTS, Size(256, 256), 64)
    error = (codec.decode(codec.encode(points)).points - points).norm(dim=-1).mean()
    assert error == pytest.approx(4 * 0.013, abs=0.003)


@pytest.mark.parametrize("kind", DRAWN)
def test_the_confidence_is_the_highest_value(kind):
    codec = kind(POINTS, Size(64, 64), 16)
    maps = torch.randn(2, 5, 16, 16, generator=torch.Generator().manual_seed(0))
    assert torch.equal(codec.decode({"heatmap": maps}).confidence, maps.amax(dim=(2, 3)))


def test_only_decoding_depends_on_the_peak():
    assert ContinuousHeatmap.decoding_arguments == IntegerHeatmap.decoding_arguments == {"peak"}


def widened(covariance, points, size=32):
    """Gaussians of a covariance, in square cells, at points of a 128 px crop."""
    cells = (points - 1.5) / 4
    ys, xs = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    offsets = torch.stack([xs, ys], dim=-1) - cells[..., None, None, :]
    precision = torch.linalg.inv(covariance)
    return torch.exp(-0.5 * torch.einsum("bkhwi,ij,bkhwj->bkhw", offsets, precision, offsets))


@pytest.mark.parametrize(
    "peak", [Argmax(), QuarterOffset(), Dark(7), LocalSoftArgmax()], ids=lambda p: type(p).__name__
)
def test_the_covariance_is_what_the_map_is_wider_than_its_target_and_what_rounding_loses(peak):
    generator = torch.Generator().manual_seed(0)
    points = 40 + torch.rand(40, 5, 2, generator=generator) * 48
    posterior = torch.tensor([[1.5, -0.6], [-0.6, 0.5]])
    codec = ContinuousHeatmap(POINTS, Size(128, 128), 32, sigma=1.5, peak=peak)
    decoded = codec.decode({"heatmap": widened(posterior + 1.5**2 * torch.eye(2), points)})
    lost = 16 * (peak.lost_variance() + CLAIMED * 1.5**2) * torch.eye(2)
    expected = (16 * posterior + lost).expand(40, 5, 2, 2)
    torch.testing.assert_close(decoded.covariance, expected, rtol=0.02, atol=0.02 * 16)


@pytest.mark.parametrize(
    ("kind", "peak"),
    [
        (ContinuousHeatmap, Argmax()),
        (ContinuousHeatmap, QuarterOffset()),
        (IntegerHeatmap, Argmax()),
        (IntegerHeatmap, Dark(7)),
        (IntegerHeatmap, QuarterOffset()),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Peak) else value.__name__,
)
def test_on_exact_targets_the_covariance_is_that_of_rounding(kind, peak):
    """Beside what is always claimed it is what the codec loses, neither more nor less."""
    points = 40 + torch.rand(400, 5, 2, generator=torch.Generator().manual_seed(0)) * 48
    codec = kind(POINTS, Size(128, 128), 32, sigma=1.5, peak=peak)
    decoded = codec.decode(codec.encode(points))
    errors = (decoded.points - points).reshape(-1, 2)
    found = errors.T @ errors / len(errors)
    claimed = decoded.covariance.mean(dim=(0, 1)) - 16 * CLAIMED * 1.5**2 * torch.eye(2)
    torch.testing.assert_close(claimed, found, rtol=0.06, atol=0.06 * float(found.max()))


@pytest.mark.parametrize("kind", DRAWN)
def test_a_sure_codec_claims_a_small_error_but_never_none(kind):
    codec = kind(POINTS, Size(128, 128), 32, peak=Dark(7), sigma=1.5)
    points = torch.rand(40, 5, 2, generator=torch.Generator().manual_seed(0)) * 127
    values = torch.linalg.eigvalsh(codec.decode(codec.encode(points)).covariance.double())
    least = 16 * CLAIMED * 1.5**2
    assert values.min() >= 0.99 * least
    assert values.max() < 16 / 12 + least + 0.1


def test_the_covariance_turns_with_the_crop():
    generator = torch.Generator().manual_seed(0)
    points = 40 + torch.rand(20, 5, 2, generator=generator) * 48
    codec = ContinuousHeatmap(POINTS, Size(128, 128), 32)
    outputs = {"heatmap": widened(torch.tensor([[6.0, 1.5], [1.5, 4.0]]), points)}
    plain, flipped = codec.decode(outputs), codec.decode(codec.flip(outputs))
    mirror = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
    torch.testing.assert_close(
        flipped.covariance,
        (plain.covariance * mirror)[:, POINTS.mirror_index],
        rtol=1e-3,
        atol=0.01,
    )
    turn = torch.tensor([[0.8, -0.6], [0.6, 0.8]])
    middle = torch.tensor([63.5, 63.5])
    affine = torch.cat([turn, (middle - turn @ middle)[:, None]], dim=1).expand(20, 2, 3)
    turned = codec.decode(codec.warp(outputs, affine)).covariance
    # Resampling between cells widens a little.
    torch.testing.assert_close(turned, turn @ plain.covariance @ turn.T, rtol=0.08, atol=3.0)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_maps_are_decoded_alike_in_either_memory_format(memory_format):
    generator = torch.Generator().manual_seed(0)
    maps = torch.randn(3, 5, 16, 16, generator=generator)
    for peak in (Argmax(), QuarterOffset(), Dark(7), LocalSoftArgmax()):
        codec = ContinuousHeatmap(POINTS, Size(64, 64), 16, peak=peak)
        plain = codec.decode({"heatmap": maps})
        other = codec.decode({"heatmap": maps.contiguous(memory_format=memory_format)})
        for found, expected in zip(other, plain, strict=True):
            assert torch.equal(found, expected)
