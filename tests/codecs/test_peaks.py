import math

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.codecs import Argmax, Dark, LocalSoftArgmax, QuarterOffset
from tests.codecs import reference

PEAKS = {
    "argmax": (Argmax(), reference.argmax),
    "quarter_offset": (QuarterOffset(), reference.quarter_offset),
    "dark_3": (Dark(3), lambda field: reference.dark(field, opencv_kernel(3))),
    "dark_7": (Dark(7), lambda field: reference.dark(field, opencv_kernel(7))),
    "dark_11": (Dark(11), lambda field: reference.dark(field, opencv_kernel(11))),
    "soft_3": (LocalSoftArgmax(3, 5.0), lambda field: reference.local_soft_argmax(field, 3, 5.0)),
    "soft_5": (LocalSoftArgmax(), lambda field: reference.local_soft_argmax(field, 5, 10.0)),
    "soft_9": (LocalSoftArgmax(9, 2.0), lambda field: reference.local_soft_argmax(field, 9, 2.0)),
}


def opencv_kernel(size):
    return cv2.getGaussianKernel(size, 0, cv2.CV_64F)[:, 0]


def read(peak, fields):
    """(N, h, w) float64 NumPy maps, read as N faces of one point each."""
    maps = torch.from_numpy(np.asarray(fields))[:, None]
    return peak(maps).cells[:, 0].numpy()


def gaussians(centres, size, sigma):
    return np.stack([reference.gaussian(x, y, size, size, sigma) for x, y in centres])


@pytest.mark.parametrize("name", PEAKS)
def test_against_plain_loops_on_gaussians_and_noise(name):
    peak, plain = PEAKS[name]
    rng = np.random.default_rng(0)
    height, width = 14, 17
    fields = [
        reference.gaussian(x, y, height, width, sigma)
        for x, y, sigma in zip(
            rng.uniform(-0.5, width - 0.5, 25),
            rng.uniform(-0.5, height - 0.5, 25),
            rng.uniform(0.8, 2.5, 25),
            strict=True,
        )
    ]
    noise = rng.normal(size=(25, height, width))
    mixed = 0.05 * noise + np.stack(fields)
    for some in (np.stack(fields), noise, mixed, np.abs(noise), -np.abs(noise)):
        expected = np.array([plain(field) for field in some])
        np.testing.assert_allclose(read(peak, some), expected, atol=2e-5)


@pytest.mark.parametrize("name", PEAKS)
def test_float32_agrees_with_float64_on_gaussians(name):
    peak, _ = PEAKS[name]
    rng = np.random.default_rng(1)
    fields = gaussians(rng.uniform(-0.5, 23.5, (200, 2)), 24, 1.75)
    single = peak(torch.from_numpy(fields).float()[:, None]).cells[:, 0].numpy()
    np.testing.assert_allclose(single, read(peak, fields), atol=2e-5)


def published_dark(field, kernel):
    """DarkPose's decoding of one map, with OpenCV's own blur of the whole padded map."""
    border = (kernel - 1) // 2
    height, width = field.shape
    row, column = np.unravel_index(field.argmax(), field.shape)
    padded = np.zeros((height + 2 * border, width + 2 * border))
    padded[border:-border, border:-border] = field
    padded = cv2.GaussianBlur(padded, (kernel, kernel), 0)
    blurred = padded[border:-border, border:-border]
    blurred = np.log(np.maximum(blurred * (field.max() / blurred.max()), 1e-10))
    if not (1 < column < width - 2 and 1 < row < height - 2):
        return column, row
    x, y, h = column, row, blurred
    dx = 0.5 * (h[y][x + 1] - h[y][x - 1])
    dy = 0.5 * (h[y + 1][x] - h[y - 1][x])
    dxx = 0.25 * (h[y][x + 2] - 2 * h[y][x] + h[y][x - 2])
    dxy = 0.25 * (h[y + 1][x + 1] - h[y - 1][x + 1] - h[y + 1][x - 1] + h[y - 1][x - 1])
    dyy = 0.25 * (h[y + 2][x] - 2 * h[y][x] + h[y - 2][x])
    step = -np.linalg.inv(np.array([[dxx, dxy], [dxy, dyy]])) @ np.array([dx, dy])
    return column + step[0], row + step[1]


@pytest.mark.parametrize(("kernel", "sigma"), [(3, 1.0), (7, 1.5), (11, 2.0), (17, 3.0)])
def test_dark_is_the_published_algorithm_with_the_whole_map_blurred(kernel, sigma):
    rng = np.random.default_rng(2)
    fields = gaussians(rng.uniform(-0.5, 47.5, (60, 2)), 48, sigma)
    # As of a network: noise, negative values and a second, lower peak far away.
    distorted = fields + 0.6 * np.roll(fields, (20, 20), axis=(1, 2))
    distorted += 0.02 * cv2.GaussianBlur(rng.normal(size=(48, 48)), (9, 9), 0)
    for some in (fields, distorted):
        expected = np.array([published_dark(field, kernel) for field in some])
        assert np.abs(expected - np.round(expected)).max() > 0.2  # steps were taken
        np.testing.assert_allclose(read(Dark(kernel), some), expected, atol=1e-6)


# Mean error of exact continuous Gaussians of height 1, in cells, away from the border, by spread,
# temperature and window. Computed from random points by another program, whose sampling error is
# half a per cent: it gives 0.381 for argmax, where theory says 0.3826.
SOFT_ARGMAX_5 = {
    1.0: {1: 0.294, 5: 0.069, 10: 0.135, 20: 0.253, 50: 0.331},
    1.5: {1: 0.277, 5: 0.044, 10: 0.029, 20: 0.133, 50: 0.277},
    1.75: {1: 0.281, 5: 0.054, 10: 0.013, 20: 0.080, 50: 0.242},
    2.0: {1: 0.289, 5: 0.069, 10: 0.010, 20: 0.042, 50: 0.203},
}
SOFT_ARGMAX_OTHERS = {
    (1.0, 3): 0.137, (1.0, 7): 0.135, (1.5, 3): 0.046, (1.5, 7): 0.028,
    (1.75, 3): 0.048, (1.75, 7): 0.010, (2.0, 3): 0.067, (2.0, 7): 0.004,
}  # fmt: skip


def mean_error_over_phases(peak, sigma, count=40):
    """The mean Euclidean error over all phases within a cell, in cells, by the midpoint rule."""
    offsets = (np.arange(count) + 0.5) / count - 0.5
    centres = np.stack(np.meshgrid(8 + offsets, 8 + offsets), axis=-1).reshape(-1, 2)
    columns = np.arange(17)
    across = np.exp(-((columns - centres[:, :1]) ** 2) / (2 * sigma**2))
    down = np.exp(-((columns - centres[:, 1:]) ** 2) / (2 * sigma**2))
    found = read(peak, down[:, :, None] * across[:, None, :])
    return np.linalg.norm(found - centres, axis=1).mean()


@pytest.mark.parametrize("sigma", SOFT_ARGMAX_5)
def test_local_soft_argmax_errors_by_spread_temperature_and_window(sigma):
    for temperature, expected in SOFT_ARGMAX_5[sigma].items():
        found = mean_error_over_phases(LocalSoftArgmax(5, temperature), sigma)
        assert found == pytest.approx(expected, rel=0.006, abs=6e-4)
    for window in (3, 7):
        found = mean_error_over_phases(LocalSoftArgmax(window, 10.0), sigma)
        assert found == pytest.approx(SOFT_ARGMAX_OTHERS[sigma, window], rel=0.006, abs=6e-4)


def test_errors_are_those_of_theory():
    # The mean distance of a uniform point in a square of side 1 from its centre.
    square = (math.sqrt(2) + math.asinh(1)) / 6
    assert mean_error_over_phases(Argmax(), 1.5) == pytest.approx(square, abs=1e-3)
    # A quarter of a cell beside the centre of each quadrant of the cell, half as large.
    assert mean_error_over_phases(QuarterOffset(), 1.5) == pytest.approx(square / 2, abs=1e-3)
    # At stride 4 a hundredth of a pixel is 0.0025 cells.
    for kernel, sigma in ((7, 1.5), (11, 2.0), (17, 3.0)):
        assert mean_error_over_phases(Dark(kernel), sigma) < 0.0025
    assert mean_error_over_phases(Dark(11), 2.0) < 0.0003


@pytest.mark.parametrize("name", PEAKS)
@pytest.mark.parametrize("sigma", [0.75, 1.0, 1.5, 2.0, 3.0])
def test_stated_errors_hold_and_are_not_loose(name, sigma):
    peak, _ = PEAKS[name]
    offsets = np.linspace(-0.499, 0.499, 9)
    centres = np.stack(np.meshgrid(12 + offsets, 12 + offsets), axis=-1).reshape(-1, 2)
    errors = np.linalg.norm(read(peak, gaussians(centres, 25, sigma)) - centres, axis=1)
    stated = peak.error(sigma)
    assert errors.max() <= stated.interior <= 1.15 * errors.max() + 2e-4
    edges = np.concatenate([[-0.5, -0.499], np.arange(-0.45, 10, 0.35)])
    corner = np.stack(np.meshgrid(edges, edges), axis=-1).reshape(-1, 2)
    errors = np.linalg.norm(read(peak, gaussians(corner, 25, sigma)) - corner, axis=1)
    assert errors.max() <= stated.border <= 1.15 * errors.max() + 2e-4
    still = peak.error(sigma, phase=0.0)
    middle = read(peak, gaussians([(12, 12)], 25, sigma)) - 12
    assert np.abs(middle).max() <= still.interior < 2e-4


@settings(deadline=None, max_examples=40)
@given(
    name=st.sampled_from(sorted(PEAKS)),
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    values=st.sampled_from([[0.0], [1.0], [-1.0, 0.0], [0.0, 1.0], [-1e3, 1e3], [1e-40, 1e-30]]),
    seed=st.integers(0, 2**31),
)
def test_flat_tied_and_tiny_maps_give_finite_points(name, height, width, values, seed):
    peak, _ = PEAKS[name]
    rng = np.random.default_rng(seed)
    maps = torch.from_numpy(rng.choice(values, size=(3, 2, height, width))).float()
    cells, confidence, spread = peak(maps)
    assert spread.isfinite().all()
    assert cells.isfinite().all()
    assert torch.equal(confidence, maps.amax(dim=(-2, -1)))
    assert (cells >= -0.5).all()
    assert (cells <= torch.tensor([width, height]) - 0.5).all()


def test_the_first_of_several_highest_cells_is_taken():
    maps = torch.zeros(1, 1, 3, 4)
    maps[0, 0, 1, 2] = maps[0, 0, 2, 0] = 1
    assert Argmax()(maps).cells.tolist() == [[[2, 1]]]


def test_a_quarter_is_not_added_on_the_border():
    maps = torch.zeros(1, 1, 4, 4)
    maps[0, 0, 0, 1], maps[0, 0, 0, 2] = 1, 0.5
    assert QuarterOffset()(maps).cells.tolist() == [[[1, 0]]]


@pytest.mark.parametrize("build", [Dark, LocalSoftArgmax])
@pytest.mark.parametrize("width", [0, -1, 4])
def test_an_even_window_is_refused(build, width):
    with pytest.raises(ValueError, match=rf"{width}.*must be odd and positive"):
        build(width)


@pytest.mark.parametrize("temperature", [0.0, -10.0, math.nan, math.inf])
def test_an_impossible_temperature_is_refused(temperature):
    with pytest.raises(ValueError, match="temperature"):
        LocalSoftArgmax(temperature=temperature)
