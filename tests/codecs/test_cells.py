"""Nested heatmaps as HIH's published code has them; this project's way is tested with the codec."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.codecs import HIH
from landmarks.codecs.cells import CentredCells, PublishedCells
from landmarks.geometry import Size, apply_affine
from landmarks.losses import SoftClassification
from tests.codecs import reference
from tests.codecs.methods import POINTS


def published_map(centre, height, width, sigma):
    """A patch of a Gaussian pasted on an empty map, as public code derived from HRNet's does it."""
    field = np.zeros((height, width))
    reach = sigma * 3
    left, top = int(centre[0] - reach), int(centre[1] - reach)
    right, bottom = int(centre[0] + reach + 1), int(centre[1] + reach + 1)
    if left >= width or top >= height or right < 0 or bottom < 0:
        return field
    places = np.arange(0, 2 * reach + 1)
    middle = (2 * reach + 1) // 2
    for row in range(max(0, top), min(bottom, height)):
        for column in range(max(0, left), min(right, width)):
            x, y = places[column - left] - middle, places[row - top] - middle
            field[row, column] = math.exp(-(x**2 + y**2) / (2 * sigma**2))
    return field


def published_targets(point, height, width, bins, stride, sigma, decimal_sigma):
    cells, places = [], []
    for value, count in zip(point, (width, height), strict=True):
        c = value / stride
        cell = min(max(math.floor(c), 0), count - 1)
        cells.append(cell)
        places.append(round((c - cell) * bins))  # Python rounds a half to the even number
    return (
        published_map(cells, height, width, sigma),
        published_map(places, bins, bins, decimal_sigma),
    )


def published_point(integer, decimal, stride):
    cell = reference.argmax(integer) if integer.max() > 0 else (0, 0)
    place = reference.argmax(decimal) if decimal.max() > 0 else (0, 0)
    return [stride * (cell[axis] + place[axis] / len(decimal)) for axis in range(2)]


CASES = [
    (Size(256, 256), {}),
    (Size(64, 48), {"heatmap_size": 16, "bins": 5, "sigma": 1.0, "decimal_sigma": 0.7}),
    (Size(48, 64), {"heatmap_size": 24, "bins": 8, "sigma": 2.0}),
]


@pytest.mark.parametrize(("size", "given_settings"), CASES)
@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 2**31))
def test_published_targets_against_plain_loops(size, given_settings, seed):
    codec = HIH(POINTS, size, **given_settings, convention=PublishedCells())
    rng = np.random.default_rng(seed)
    points = rng.uniform(-0.5, (size.width - 0.5, size.height - 0.5), (2, 5, 2))
    points[0] = rng.uniform(-0.5, 24, (5, 2))  # where targets are painted a cell too high
    points[1, 0] = np.floor(points[1, 0]) + 0.25  # a half bin, where 8 bins lie on 4 pixels
    found = codec.encode(torch.from_numpy(points))
    stride = codec.grid.stride
    for face in range(2):
        for k in range(5):
            targets = published_targets(
                points[face, k],
                *codec.grid.size,
                codec.cell.height,
                stride,
                codec.sigma,
                codec.decimal_sigma,
            )
            for name, expected in zip(("integer", "decimal"), targets, strict=True):
                np.testing.assert_allclose(found[name][face, k], expected, atol=1e-6)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31), lifted=st.sampled_from([0.0, -1.0, -9.0]))
def test_published_decoding_against_plain_loops(seed, lifted):
    codec = HIH(POINTS, Size(64, 48), 16, convention=PublishedCells())
    rng = np.random.default_rng(seed)
    outputs = {
        name: (lifted + rng.normal(size=(2, *spec))).astype(np.float32)
        for name, spec in codec.fields.items()
    }
    decoded = codec.decode({name: torch.from_numpy(field) for name, field in outputs.items()})
    for face in range(2):
        for k in range(5):
            expected = published_point(outputs["integer"][face, k], outputs["decimal"][face, k], 4)
            np.testing.assert_allclose(decoded.points[face, k], expected, atol=1e-5)


def test_the_published_round_trip_loses_what_was_measured_with_the_published_code():
    codec = HIH(POINTS, Size(256, 256), convention=PublishedCells())
    generator = torch.Generator().manual_seed(0)
    points = 24 + torch.rand(2000, 5, 2, generator=generator) * 228
    errors = torch.cat(
        [codec.decode(codec.encode(some)).points - some for some in points.split(200)]
    )
    distance = torch.linalg.vector_norm(errors, dim=-1).mean()
    assert float(distance) / 4 == pytest.approx(0.054, abs=0.0005)
    assert float(distance) == pytest.approx(0.22, abs=0.005)
    # The last half bin is read as the bin before it: points move up and to the left.
    assert (errors.mean(dim=(0, 1)) < -0.02).all()
    variance = float(errors.square().mean()) / 16
    assert PublishedCells().lost_variance(8) == pytest.approx(variance, rel=0.03)
    assert CentredCells().lost_variance(8) == pytest.approx(1 / 768)


def test_the_published_targets_of_the_first_cells_lie_a_cell_too_high():
    codec = HIH(POINTS, Size(256, 256), convention=PublishedCells())
    points = torch.full((1, 5, 2), 100.0)
    points[0, :, 0] = 4 * torch.arange(2, 7) + 0.5
    highest = codec.encode(points)["integer"].amax(dim=2).argmax(dim=-1)[0]
    assert highest.tolist() == [3, 4, 5, 5, 6]


def test_the_last_published_bin_gets_only_the_tail():
    codec = HIH(POINTS, Size(256, 256), convention=PublishedCells())
    points = torch.full((1, 5, 2), 100.0)
    points[..., 0] += 3.9
    decimal = codec.encode(points)["decimal"][0, 0]
    assert decimal.max() == pytest.approx(math.exp(-0.5))
    assert decimal.max() == decimal[0, 7]


@pytest.mark.parametrize("decimal_loss", [None, SoftClassification()])
def test_supervision_is_the_loss_of_published_targets(decimal_loss):
    codec = HIH(POINTS, Size(64, 64), 16, decimal_loss=decimal_loss, convention=PublishedCells())
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(3, 5, 2, generator=generator) * 63
    points[1, 2] = math.nan
    weight = (~points.isnan().any(dim=-1)).float()
    outputs = {
        name: torch.randn(3, *spec, generator=generator) for name, spec in codec.fields.items()
    }
    lean = codec.supervise(outputs, points, weight)
    torch.testing.assert_close(lean, codec.loss(outputs, codec.encode(points), weight))
    for target in codec.encode(points).values():
        assert (target[1, 2] == 0).all()


@settings(deadline=None, max_examples=20)
@given(x=st.floats(-6, 6), y=st.floats(-6, 6), seed=st.integers(0, 2**31))
def test_a_moved_crop_is_encoded_as_its_points_are(x, y, seed):
    codec = HIH(POINTS, Size(64, 64), 16, convention=PublishedCells())
    generator = torch.Generator().manual_seed(seed)
    outputs = codec.encode(28 + torch.rand(3, 5, 2, generator=generator) * 24)
    affine = torch.tensor([[1.0, 0.0, x], [0.0, 1.0, y]]).expand(3, 2, 3)
    expected = apply_affine(affine, codec.decode(outputs).points)
    found = codec.decode(codec.warp(outputs, affine)).points
    assert float((found - expected).abs().max()) <= 4 / 8 + 1e-3
