import math

import numpy as np
import pytest
import torch

from landmarks.codecs import ContinuousHeatmap, IntegerHeatmap
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
