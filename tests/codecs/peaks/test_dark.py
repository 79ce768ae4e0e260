import cv2
import numpy as np
import pytest

from landmarks.codecs import Dark
from tests.codecs.peaks.fields import gaussians, mean_error_over_phases, read


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


def test_errors_of_a_blur_that_suits_the_spread():
    # At stride 4 a hundredth of a pixel is 0.0025 cells.
    for kernel, sigma in ((7, 1.5), (11, 2.0), (17, 3.0)):
        assert mean_error_over_phases(Dark(kernel), sigma) < 0.0025
    assert mean_error_over_phases(Dark(11), 2.0) < 0.0003


@pytest.mark.parametrize("width", [0, -1, 4])
def test_an_even_kernel_is_refused(width):
    with pytest.raises(ValueError, match=rf"{width}.*must be odd and positive"):
        Dark(width)
