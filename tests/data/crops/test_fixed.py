import numpy as np
import pytest

from landmarks.data.crops import FixedWindow
from tests.data.crops.faces import face


def test_the_window_is_that_of_300w_lp_unless_told_otherwise():
    assert FixedWindow()(face(), np.random.default_rng(0)) == (225, 275, 360, 0)
    assert FixedWindow(1, 2, 3)(face(), np.random.default_rng(0)) == (1, 2, 3, 0)


@pytest.mark.parametrize("settings", [{"side": 0}, {"x": np.nan}, {"y": np.inf}])
def test_impossible_settings_are_named(settings):
    with pytest.raises(ValueError, match=f"crop {next(iter(settings))}"):
        FixedWindow(**settings)
