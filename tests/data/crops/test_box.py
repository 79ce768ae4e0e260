import numpy as np
import pytest

from landmarks.batch import Box
from landmarks.data.crops import AnnotatedBox, FANBox
from landmarks.errors import DataError
from tests.data.crops.faces import record

RNG = np.random.default_rng(0)
POINTS = [[0.0, 0.0], [1.0, 1.0]]


def test_an_annotated_box_is_enlarged_about_its_middle():
    face = record(POINTS, box=Box(10, 20, 50, 100))
    assert AnnotatedBox(1.5)(face, RNG) == (30, 60, 120, 0)
    # 1/8 outward on every side: 8 px of 64 to the left and 8 to the right.
    assert AnnotatedBox(1.25)(record(POINTS, box=Box(0, 0, 64, 64)), RNG).side == 64 + 8 + 8


def test_fans_box_is_that_of_its_code():
    """``center[1] -= 0.12 h``, ``scale = (w + h) / 195``, and a crop of ``200 * scale`` px."""
    window = FANBox()(record(POINTS, box=Box(10, 20, 49, 98)), RNG)
    assert (window.x, window.y) == pytest.approx((29.5, 59 - 0.12 * 78))
    assert window.side == pytest.approx(200 * 117 / 195)
    assert window.rotation == 0


@pytest.mark.parametrize("policy", [AnnotatedBox(), FANBox()])
@pytest.mark.parametrize(
    ("box", "message"),
    [
        (None, "face 7 comes without a face box"),
        (Box(10, 10, 10, 20), "face box of face 7 reaches from"),
        (Box(10, np.nan, 20, 20), "face box of face 7 reaches from"),
    ],
)
def test_a_face_without_a_box_is_named(policy, box, message):
    with pytest.raises(DataError, match=message):
        policy(record(POINTS, box=box), RNG)


@pytest.mark.parametrize("settings", [{"divisor": 0}, {"offset": np.inf}])
def test_impossible_settings_are_named(settings):
    with pytest.raises(ValueError, match=f"crop {next(iter(settings))}"):
        FANBox(**settings)
