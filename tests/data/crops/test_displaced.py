import numpy as np
import pytest

from landmarks.data.crops import Displaced, FixedWindow
from landmarks.markups import MARKUP_68
from tests.data.crops.faces import face


def window(**by):
    policy = Displaced(FixedWindow(100, 50, 40), **by).for_markup(MARKUP_68)
    return policy(face(), np.random.default_rng(0))


def test_each_displacement_is_one_of_the_window():
    assert window() == (100, 50, 40, 0)
    assert window(shift_x=0.25) == (110, 50, 40, 0)
    assert window(shift_y=-0.25) == (100, 40, 40, 0)
    assert window(scale=1.5) == (100, 50, 60, 0)
    assert window(rotation=-20) == (100, 50, 40, -20)


def test_displacements_of_displacements_add_up():
    twice = Displaced(Displaced(FixedWindow(100, 50, 40), rotation=90), shift_x=0.5)
    assert twice.for_markup(MARKUP_68)(face(), np.random.default_rng(0)) == pytest.approx(
        (100, 70, 40, 90)
    )


@pytest.mark.parametrize("by", [{"scale": 0}, {"shift_x": np.nan}, {"rotation": np.inf}])
def test_impossible_settings_are_named(by):
    with pytest.raises(ValueError, match=f"crop {next(iter(by))}"):
        window(**by)
