import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.codecs import HIH
from landmarks.codecs.covariance import CLAIMED
from landmarks.geometry import Size, apply_affine
from landmarks.losses import MSE, SoftClassification
from tests.codecs import reference
from tests.codecs.methods import POINTS

CROP = Size(64, 48)
SETTINGS = [
    {"heatmap_size": 16, "bins": 8, "sigma": 1.5, "decimal_sigma": 1.0},
    {"heatmap_size": 16, "bins": 5, "sigma": 1.0, "decimal_sigma": 0.6},
    {"heatmap_size": 32, "bins": 1, "sigma": 2.0, "decimal_sigma": 1.0},
]


def test_the_published_settings_are_the_defaults():
    codec = HIH(POINTS, Size(256, 256))
    assert codec.fields == {"integer": (5, 64, 64), "decimal": (5, 8, 8)}
    assert (codec.sigma, codec.decimal_sigma, codec.decimal_weight) == (1.5, 1.0, 0.05)


@pytest.mark.parametrize("given_settings", SETTINGS)
@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**31))
def test_encode_against_plain_loops(given_settings, seed):
    codec = HIH(POINTS, CROP, **given_settings)
    height, width = codec.grid.size
    rng = np.random.default_rng(seed)
    points = rng.uniform(-0.5, (47.5, 63.5), (2, 5, 2)).astype(np.float32)
    found = codec.encode(torch.from_numpy(points))
    for face in range(2):
        for k in range(5):
            point = points[face, k].astype(np.float64)
            place = (point, height, width, codec.grid.stride)
            np.testing.assert_allclose(
                found["integer"][face, k], reference.integer_map(*place, codec.sigma), atol=1e-6
            )
            np.testing.assert_allclose(
                found["decimal"][face, k],
                reference.decimal_map(*place, codec.decimal_sigma, codec.cell.height),
                atol=1e-6,
            )


@pytest.mark.parametrize("given_settings", SETTINGS)
@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**31))
def test_decode_of_any_maps_against_plain_loops(given_settings, seed):
    codec = HIH(POINTS, CROP, **given_settings)
    rng = np.random.default_rng(seed)
    outputs = {
        name: rng.normal(size=(2, *spec)).astype(np.float32) for name, spec in codec.fields.items()
    }
    decoded = codec.decode({name: torch.from_numpy(field) for name, field in outputs.items()})
    for face in range(2):
        for k in range(5):
            integer, decimal = outputs["integer"][face, k], outputs["decimal"][face, k]
            cells = reference.hih(integer, decimal)
            expected = [reference.crop_of(cell, codec.grid.stride) for cell in cells]
            np.testing.assert_allclose(decoded.points[face, k], expected, atol=1e-4)
            assert float(decoded.confidence[face, k]) == integer.max()


def test_the_mean_error_is_that_of_bins_and_not_of_the_published_rounding():
    codec = HIH(POINTS, Size(256, 256))
    points = torch.rand(400, 5, 2, generator=torch.Generator().manual_seed(0)) * 255
    errors = torch.linalg.vector_norm(codec.decode(codec.encode(points)).points - points, dim=-1)
    # The mean distance from the middle of a square of half a pixel; the published code: 0.22 px.
    expected = 0.5 * (math.sqrt(2) + math.asinh(1)) / 6
    assert expected == pytest.approx(0.191, abs=5e-4)
    assert float(errors.mean()) == pytest.approx(expected, rel=0.03)


def test_more_bins_lose_less():
    points = torch.rand(40, 5, 2, generator=torch.Generator().manual_seed(0)) * 63
    for bins in (1, 2, 3, 4, 8, 16):
        codec = HIH(POINTS, Size(64, 64), 16, bins=bins)
        errors = (codec.decode(codec.encode(points)).points - points).abs()
        assert float(errors.max()) <= 4 / bins / 2 + 1e-4
        assert float(errors.max()) > 0.9 * 4 / bins / 2


def test_the_loss_weighs_the_decimal_maps():
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(2, 5, 2, generator=generator) * 63
    weight = torch.tensor([[1.0, 1, 0, 1, 1], [1, 0, 1, 1, 1]])
    parts = {}
    for decimal_loss in (MSE(), SoftClassification()):
        for decimal_weight in (0.0, 0.05, 1.0):
            codec = HIH(
                POINTS,
                Size(64, 64),
                16,
                decimal_loss=decimal_loss,
                decimal_weight=decimal_weight,
            )
            targets = codec.encode(points)
            outputs = {name: target + 0.3 * target.cos() for name, target in targets.items()}
            parts[decimal_weight] = codec.loss(outputs, targets, weight)
        decimal = decimal_loss(outputs["decimal"], targets["decimal"])[weight > 0].mean()
        integer = MSE()(outputs["integer"], targets["integer"])[weight > 0].mean()
        torch.testing.assert_close(parts[0.0], integer)
        torch.testing.assert_close(parts[1.0], integer + decimal)
        torch.testing.assert_close(parts[0.05], integer + 0.05 * decimal)


@settings(deadline=None, max_examples=20)
@given(x=st.floats(-6, 6), y=st.floats(-6, 6), seed=st.integers(0, 2**31))
def test_a_moved_crop_is_encoded_as_its_points_are(x, y, seed):
    """Both maps of a warped answer name the same cell, though only one is resampled."""
    codec = HIH(POINTS, Size(64, 64), 16)
    generator = torch.Generator().manual_seed(seed)
    outputs = codec.encode(20 + torch.rand(3, 5, 2, generator=generator) * 24)
    affine = torch.tensor([[1.0, 0.0, x], [0.0, 1.0, y]]).expand(3, 2, 3)
    expected = apply_affine(affine, codec.decode(outputs).points)
    found = codec.decode(codec.warp(outputs, affine)).points
    # Half a bin, for the moved point lies between bins; and no cell mistaken for its neighbour.
    assert float((found - expected).abs().max()) <= 4 / 8 / 2 + 1e-3


@pytest.mark.parametrize(
    "wrong",
    [
        {"bins": 0},
        {"sigma": 0.0},
        {"sigma": math.nan},
        {"decimal_sigma": -1.0},
        {"decimal_weight": -0.05},
        {"decimal_weight": math.nan},
    ],
    ids=str,
)
def test_impossible_settings_are_named(wrong):
    name, value = next(iter(wrong.items()))
    with pytest.raises(ValueError, match=f"{name} {value}"):
        HIH(POINTS, Size(64, 64), 16, **wrong)


def test_a_map_larger_than_the_crop_is_refused():
    with pytest.raises(ValueError, match="65 cells does not fit a crop of 64 × 64"):
        HIH(POINTS, Size(64, 64), 65)


def test_on_exact_targets_the_covariance_is_that_of_rounding():
    points = 8 + torch.rand(400, 5, 2, generator=torch.Generator().manual_seed(0)) * 48
    for bins in (1, 2, 5, 8):
        codec = HIH(POINTS, Size(64, 64), 16, bins=bins)
        least = 16 * CLAIMED * (1.5**2 + 1 / bins**2)
        decoded = codec.decode(codec.encode(points))
        found = (decoded.points - points).square().mean()
        claimed = decoded.covariance.diagonal(dim1=-2, dim2=-1).mean()
        torch.testing.assert_close(claimed - least, found, rtol=0.06, atol=1e-3)


def test_the_covariance_grows_where_a_cell_or_a_bin_is_unsure():
    codec = HIH(POINTS, Size(64, 64), 16)
    points = torch.full((1, 5, 2), 30.0)
    sure = codec.encode(points)
    wide = {
        "integer": HIH(POINTS, Size(64, 64), 16, sigma=2.5).encode(points)["integer"],
        "decimal": HIH(POINTS, Size(64, 64), 16, decimal_sigma=2.0).encode(points)["decimal"],
    }

    def variance(outputs):
        return codec.decode(outputs).covariance[0, 0, 0, 0]

    rounding = 16 / 12 / 64 + 16 * CLAIMED * (1.5**2 + 1 / 64)
    assert variance(sure) == pytest.approx(rounding, rel=0.1)
    unsure_cell = variance(sure | {"integer": wide["integer"]})
    assert unsure_cell == pytest.approx(16 * (2.5**2 - 1.5**2) + rounding, rel=0.05)
    unsure_bin = variance(sure | {"decimal": wide["decimal"]})
    assert unsure_bin == pytest.approx(16 / 64 * (2.0**2 - 1.0**2) + rounding, rel=0.1)
    # Soft-classification leaves open what is added to a decimal map.
    lifted = sure | {"decimal": sure["decimal"] - 7}
    assert variance(lifted) == pytest.approx(rounding, rel=0.1)


@pytest.mark.parametrize("bins", [1, 5, 8])
def test_ten_thousand_points_against_plain_loops(bins):
    codec = HIH(POINTS, Size(256, 256), 64, bins=bins)
    points = torch.rand(2000, 5, 2, generator=torch.Generator().manual_seed(bins)) * 256 - 0.5
    parts = [codec.decode(codec.encode(part)).points for part in points.split(100)]
    for point, found in zip(
        points.reshape(-1, 2).tolist(), torch.cat(parts).reshape(-1, 2).tolist(), strict=True
    ):
        cell = reference.integer_cell(point, 64, 64, 4)
        place = reference.decimal_bin(point, 64, 64, 4, bins)
        expected = [
            reference.crop_of(cell[axis] + (place[axis] - (bins - 1) / 2) / bins, 4)
            for axis in range(2)
        ]
        assert found == pytest.approx(expected, abs=1e-4)
