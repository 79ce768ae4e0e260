import math

import pytest

from landmarks.codecs import LocalSoftArgmax
from tests.codecs.peaks.fields import mean_error_over_phases

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


@pytest.mark.parametrize("sigma", SOFT_ARGMAX_5)
def test_local_soft_argmax_errors_by_spread_temperature_and_window(sigma):
    for temperature, expected in SOFT_ARGMAX_5[sigma].items():
        found = mean_error_over_phases(LocalSoftArgmax(5, temperature), sigma)
        assert found == pytest.approx(expected, rel=0.006, abs=6e-4)
    for window in (3, 7):
        found = mean_error_over_phases(LocalSoftArgmax(window, 10.0), sigma)
        assert found == pytest.approx(SOFT_ARGMAX_OTHERS[sigma, window], rel=0.006, abs=6e-4)


@pytest.mark.parametrize("width", [0, -1, 4])
def test_an_even_window_is_refused(width):
    with pytest.raises(ValueError, match=rf"{width}.*must be odd and positive"):
        LocalSoftArgmax(width)


@pytest.mark.parametrize("temperature", [0.0, -10.0, math.nan, math.inf])
def test_an_impossible_temperature_is_refused(temperature):
    with pytest.raises(ValueError, match="temperature"):
        LocalSoftArgmax(temperature=temperature)
