import math

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.codecs import Dark, LocalSoftArgmax, UDPDark, UDPHeatmap, UDPOffset, VotedOffset
from landmarks.geometry import Size, apply_affine
from landmarks.losses import MSE
from tests.codecs import reference_udp
from tests.codecs.methods import POINTS

CROP = Size(64, 64)
SMALL = (20, 20, 64, 64)


def test_the_published_settings_are_the_defaults():
    codec = UDPHeatmap(POINTS, Size(256, 256))
    assert codec.sigma == 2
    assert codec.grid.stride == pytest.approx(255 / 63)
    assert isinstance(codec.peak, UDPDark)
    assert codec.peak.kernel_size == 13
    combined = UDPOffset(POINTS, Size(256, 256))
    assert combined.radius == 3.5
    assert (len(combined.kernel), len(combined.offset.kernel)) == (15, 7)
    assert set(combined.fields) == {"heatmap", "offset_x", "offset_y"}


def drawn(seed, faces, low=-0.5, high=63.5):
    rng = np.random.default_rng(seed)
    return rng.uniform(low, high, (faces, 5, 2)).astype(np.float32)


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 2**31), sigma=st.sampled_from([1.0, 1.5, 2.0]))
def test_gaussians_against_plain_loops(seed, sigma):
    codec = UDPHeatmap(POINTS, CROP, 20, sigma=sigma)
    points = drawn(seed, 1)
    found = codec.encode(torch.from_numpy(points))["heatmap"]
    for k in range(5):
        x, y = reference_udp.cells_of(points[0, k].astype(np.float64), *SMALL)
        expected = reference_udp.windowed_gaussian(x, y, 20, 20, sigma)
        np.testing.assert_allclose(found[0, k], expected, atol=2e-6)


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 2**31))
def test_discs_against_plain_loops(seed):
    codec = UDPOffset(POINTS, CROP, 20, radius=0.15)
    points = drawn(seed, 1)
    found = codec.encode(torch.from_numpy(points))
    for k in range(5):
        x, y = reference_udp.cells_of(points[0, k].astype(np.float64), *SMALL)
        expected = reference_udp.disc_and_offsets(x, y, 20, 20, codec.radius)
        for field, map_of in zip(found.values(), expected, strict=True):
            np.testing.assert_allclose(field[0, k], map_of, atol=2e-6)


@pytest.mark.parametrize("noise", [0.02, 1.0])
@pytest.mark.parametrize("kernel", [7, 13])
@pytest.mark.parametrize("both_diagonals", [False, True])
def test_the_newton_step_against_plain_loops(kernel, noise, both_diagonals):
    codec = UDPHeatmap(POINTS, CROP, 20, peak=UDPDark(kernel, both_diagonals))
    points = drawn(kernel, 12)
    maps = codec.encode(torch.from_numpy(points))["heatmap"].numpy()
    maps = maps + noise * np.random.default_rng(0).normal(size=maps.shape).astype(np.float32)
    found = codec.decode({"heatmap": torch.from_numpy(maps)}).points
    weights = cv2.getGaussianKernel(kernel, 0, cv2.CV_64F)[:, 0]
    close = []
    for face in range(12):
        for k in range(5):
            cells = reference_udp.udp_dark(
                maps[face, k].astype(np.float64), weights, both_diagonals
            )
            # Kept on the map as well as on the crop.
            cells = np.clip(cells, -0.5, 19.5)
            expected = reference_udp.crop_of(cells, *SMALL)
            close.append(np.abs(found[face, k].numpy() - expected).max() < 1e-4 + 1e-3 * noise)
    # On noise a Hessian can be so nearly singular that float32's last digits decide.
    assert np.mean(close) >= (1 if noise < 1 else 0.95)


def test_the_offset_against_plain_loops():
    codec = UDPOffset(POINTS, CROP, 20, radius=0.15)
    fields = codec.encode(torch.from_numpy(drawn(0, 6)))
    generator = torch.Generator().manual_seed(0)
    fields = {
        name: field + 0.05 * torch.randn(field.shape, generator=generator)
        for name, field in fields.items()
    }
    found = codec.decode(fields).points
    kernels = [cv2.getGaussianKernel(size, 0, cv2.CV_64F)[:, 0] for size in (15, 7)]
    for face in range(6):
        for k in range(5):
            maps = [field[face, k].double().numpy() for field in fields.values()]
            cells = reference_udp.combined(*maps, codec.radius, *kernels)
            expected = reference_udp.crop_of(cells, *SMALL)
            np.testing.assert_allclose(found[face, k], expected, atol=1e-4)


@pytest.mark.slow
def test_ten_thousand_points_against_plain_loops():
    """The loops read what the Newton step needs alone, so that this stays bearable."""
    codec = UDPHeatmap(POINTS, CROP, 20)
    weights = cv2.getGaussianKernel(13, 0, cv2.CV_64F)[:, 0]
    points = drawn(7, 2000)
    maps = codec.encode(torch.from_numpy(points))["heatmap"]
    found = codec.decode({"heatmap": maps}).points.reshape(-1, 2).numpy()
    for field, place in zip(maps.flatten(0, 1).double().numpy(), found, strict=True):
        cells = np.clip(reference_udp.udp_dark(field, weights, both_diagonals=True), -0.5, 19.5)
        np.testing.assert_allclose(place, reference_udp.crop_of(cells, *SMALL), atol=1e-4)


@pytest.mark.slow
def test_ten_thousand_offsets_against_opencvs_blur():
    """One map after another, in float64; the loops above would take minutes."""
    codec = UDPOffset(POINTS, CROP, 20, radius=0.15)
    fields = codec.encode(torch.from_numpy(drawn(8, 2000)))
    found = codec.decode(fields).points.reshape(-1, 2).numpy()
    maps = [field.flatten(0, 1).double().numpy() for field in fields.values()]
    for disc, along, down, place in zip(*maps, found, strict=True):
        smooth = cv2.GaussianBlur(disc, (15, 15), 0)
        # Cells of a disc that is symmetric about the point's cell blur to the same value but for
        # rounding: what they lead to is as good.
        tied = np.argwhere(smooth >= smooth.max() - 1e-6)
        offsets = [cv2.GaussianBlur(part, (7, 7), 0) for part in (along, down)]
        expected = [
            reference_udp.crop_of(
                np.clip(
                    (x + codec.radius * offsets[0][y, x], y + codec.radius * offsets[1][y, x]),
                    -0.5,
                    19.5,
                ),
                *SMALL,
            )
            for y, x in tied
        ]
        assert min(np.abs(place - np.array(each)).max() for each in expected) < 1e-4


def test_the_blur_is_opencvs():
    codec = UDPOffset(POINTS, CROP, 20)
    field = torch.randn(1, 5, 20, 20, generator=torch.Generator().manual_seed(0))
    confidence = codec.decode(dict.fromkeys(codec.fields, field)).confidence[0]
    for k in range(5):
        expected = cv2.GaussianBlur(field[0, k].numpy(), (15, 15), 0).max()
        assert float(confidence[k]) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("heatmap_size", [16, 32, 64])
def test_votes_are_exact_up_to_the_border(heatmap_size):
    codec = UDPOffset(POINTS, CROP, heatmap_size, radius=3.5 / heatmap_size, offset=VotedOffset())
    points = torch.from_numpy(drawn(0, 60))
    found = codec.decode(codec.encode(points)).points
    assert (found - points).abs().max() < 1e-4


def test_the_published_offset_takes_zeros_beyond_the_disc_for_offsets():
    """The reason for `VotedOffset`, and what the stated error says."""
    codec = UDPOffset(POINTS, Size(256, 256))
    points = 60 + torch.rand(60, 5, 2, generator=torch.Generator().manual_seed(0)) * 130
    errors = torch.linalg.vector_norm(codec.decode(codec.encode(points)).points - points, dim=-1)
    assert 0.2 < float(errors.mean()) < 0.3
    assert 0.5 < float(errors.max()) < codec.stated_error.interior < 1.2


@pytest.mark.parametrize("peak", [LocalSoftArgmax(), Dark(11), Dark(7), UDPDark(7)])
@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0])
def test_other_peaks_keep_what_is_stated_on_cut_off_gaussians(peak, sigma):
    codec = UDPHeatmap(POINTS, Size(128, 128), 32, sigma=sigma, peak=peak)
    points = 48 + torch.rand(60, 5, 2, generator=torch.Generator().manual_seed(0)) * 32
    errors = torch.linalg.vector_norm(codec.decode(codec.encode(points)).points - points, dim=-1)
    assert float(errors.max()) <= codec.stated_error.interior


@settings(deadline=None, max_examples=15)
@given(degrees=st.floats(-40, 40), scale=st.floats(0.85, 1.2), mirrored=st.booleans())
def test_offsets_turn_with_the_crop(degrees, scale, mirrored):
    codec = UDPOffset(POINTS, CROP, 32, radius=3.5 / 32, offset=VotedOffset())
    angle = math.radians(degrees)
    linear = scale * torch.tensor(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    if mirrored:
        linear = linear @ torch.diag(torch.tensor([-1.0, 1.0]))
    middle = torch.tensor([31.5, 31.5])
    affine = torch.cat([linear, (middle - linear @ middle)[:, None]], dim=1)[None]
    points = 20 + torch.rand(1, 5, 2, generator=torch.Generator().manual_seed(0)) * 24
    found = codec.decode(codec.warp(codec.encode(points), affine)).points
    expected = apply_affine(affine, points)
    if mirrored:
        expected = expected[:, POINTS.mirror_index]
    # Resampling mixes the zeros beyond the disc into its outer cells, whose votes count little.
    assert (found - expected).abs().max() < 0.15


def test_the_losses_are_halved_and_the_offsets_masked():
    generator = torch.Generator().manual_seed(0)
    points = torch.from_numpy(drawn(0, 2))
    weight = torch.tensor([[1.0, 1, 0, 1, 1], [1, 0, 1, 1, 1]])
    codec = UDPHeatmap(POINTS, CROP, 16)
    targets = codec.encode(points)
    outputs = {"heatmap": torch.randn(2, 5, 16, 16, generator=generator)}
    whole = MSE()(outputs["heatmap"], targets["heatmap"])[weight > 0].mean()
    torch.testing.assert_close(codec.loss(outputs, targets, weight), whole / 2)

    combined = UDPOffset(POINTS, CROP, 16)
    targets = combined.encode(points)
    outputs = {n: torch.randn(2, 5, 16, 16, generator=generator) for n in combined.fields}
    disc = targets["heatmap"]
    parts = (outputs["heatmap"] - disc).square().mean(dim=(-2, -1))
    for name in ("offset_x", "offset_y"):
        parts = parts + (disc * (outputs[name] - targets[name]).square()).mean(dim=(-2, -1))
    expected = parts[weight > 0].mean() / 2
    torch.testing.assert_close(combined.loss(outputs, targets, weight), expected)


def test_a_disc_blurred_by_a_posterior_is_read_as_that_posterior():
    """The mean of many discs is what squared error learns where the point is not certain."""
    codec = UDPOffset(POINTS, CROP, 32, radius=3.5 / 32, offset=VotedOffset())
    generator = torch.Generator().manual_seed(0)
    spread = torch.tensor([[1.2, 0.0], [0.5, 0.7]])
    cells = torch.tensor([15.3, 16.1]) + torch.randn(4000, 2, generator=generator) @ spread.T
    fields = codec.encode(codec.grid.to_crop(cells).reshape(-1, 5, 2))
    mean = {
        name: field.mean(dim=(0, 1)).expand(1, 5, 32, 32).clone() for name, field in fields.items()
    }
    # An offset is the mean over the points whose disc holds the cell.
    for name in ("offset_x", "offset_y"):
        mean[name] = mean[name] / mean["heatmap"].clamp(min=1e-6)
    found = codec.decode(mean).covariance[0, 0] / codec.grid.stride**2
    # The window of four radii leaves some of the tails out.
    torch.testing.assert_close(found, spread @ spread.T, atol=0.25, rtol=0)


def test_a_crop_that_is_not_square_is_refused():
    for kind in (UDPHeatmap, UDPOffset):
        with pytest.raises(ValueError, match="use a square crop"):
            kind(POINTS, Size(64, 48), 16)


@pytest.mark.parametrize("wrong", [{"radius": 0.0}, {"radius": math.inf}, {"kernel_size": 4}])
def test_impossible_settings_are_named(wrong):
    value = next(iter(wrong.values()))
    with pytest.raises(ValueError, match=f" {value}"):
        UDPOffset(POINTS, CROP, 16, **wrong)
