import numpy as np
import pytest

from landmarks.batch import Record
from landmarks.data.crop import LandmarkBox
from landmarks.errors import DataError
from tests.data.memory_photo import MemoryPhoto

RNG = np.random.default_rng(0)
PHOTO = MemoryPhoto("face 7", np.zeros((4, 4, 3), np.uint8))


def test_the_window_is_a_square_round_the_tight_box():
    record = Record(PHOTO, np.array([[10.0, 10.0], [30.0, 20.0], [np.nan, np.nan]]))
    assert LandmarkBox(1.25)(record, RNG) == (20.0, 15.0, 25.0, 0.0)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([[np.nan, np.nan], [3.0, 3.0]], "face 7 has 1 annotated points"),
        ([[3.0, 3.0], [3.0, 3.0]], "all landmarks of face 7 coincide"),
    ],
)
def test_a_face_without_a_box_is_named(points, message):
    with pytest.raises(DataError, match=message):
        LandmarkBox()(Record(PHOTO, np.array(points)), RNG)


def test_a_factor_must_be_positive():
    with pytest.raises(ValueError, match="crop factor 0"):
        LandmarkBox(0)
