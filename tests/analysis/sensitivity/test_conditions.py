import numpy as np
import pytest

from landmarks.analysis.sensitivity.conditions import (
    KINDS,
    SCALING,
    SHIFT,
    TURN,
    UNCHANGED,
    all_conditions,
    conditions_of,
)
from landmarks.data.crops import FixedWindow
from landmarks.markups import MARKUP_68
from tests.data.crops.faces import face

CROP = FixedWindow(100, 50, 40)


def window(condition):
    return condition.displaced(CROP).for_markup(MARKUP_68)(face(), np.random.default_rng(0))


def test_a_size_is_measured_in_every_direction():
    assert [window(one) for one in conditions_of(SHIFT, 0.25)] == [
        (90, 50, 40, 0),
        (110, 50, 40, 0),
        (100, 40, 40, 0),
        (100, 60, 40, 0),
    ]
    assert [window(one).side for one in conditions_of(SCALING, 1.6)] == [25, 64]
    assert [window(one).rotation for one in conditions_of(TURN, 30)] == [-30, 30]


def test_the_unchanged_crop_comes_first_and_all_names_differ():
    conditions = all_conditions([(kind, [1.1, 1.25]) for kind in KINDS])
    assert conditions[0] == UNCHANGED
    assert window(UNCHANGED) == (100, 50, 40, 0)
    assert (
        len({condition.name for condition in conditions}) == len(conditions) == 1 + 2 * (4 + 2 + 2)
    )


@pytest.mark.parametrize(
    ("kind", "size", "text"),
    [(SHIFT, 0.05, "5.0 %"), (SCALING, 1.25, "× 1.25"), (TURN, 30, "30.0°")],
)
def test_sizes_are_said_in_words(kind, size, text):
    assert kind.text(size) == text
