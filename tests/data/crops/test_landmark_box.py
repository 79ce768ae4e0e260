import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.data.crops import LandmarkBox, PFLDSquare
from landmarks.errors import DataError
from tests.data.crops.faces import record

RNG = np.random.default_rng(0)


def test_the_window_is_a_square_round_the_tight_box():
    face = record([[10.0, 10.0], [30.0, 20.0], [np.nan, np.nan]])
    assert LandmarkBox(1.25)(face, RNG) == (20.0, 15.0, 25.0, 0.0)


@pytest.mark.parametrize("policy", [LandmarkBox(), PFLDSquare()])
@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([[np.nan, np.nan], [3.0, 3.0]], "face 7 has 1 annotated points"),
        ([[3.0, 3.0], [3.0, 3.0]], "all landmarks of face 7 coincide"),
    ],
)
def test_a_face_without_a_box_is_named(policy, points, message):
    with pytest.raises(DataError, match=message):
        policy(record(points), RNG)


@pytest.mark.parametrize("policy", [LandmarkBox, PFLDSquare])
@pytest.mark.parametrize("factor", [0, -1, np.nan, np.inf])
def test_a_factor_must_be_positive(policy, factor):
    with pytest.raises(ValueError, match="crop factor"):
        policy(factor)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(-400, 9000), st.integers(-400, 9000)),
        min_size=2,
        max_size=6,
        unique=True,
    )
)
def test_the_square_holds_the_pixels_that_pfld_cuts_out(tenths):
    """Its steps in whole numbers, as a list of pixels of a photo that is large enough."""
    points = [(x / 10, y / 10) for x, y in tenths]
    columns = [int(x) for x, _ in points]  # int() drops the fraction, as a cast does
    rows = [int(y) for _, y in points]
    lengths = [max(values) - min(values) + 1 for values in (columns, rows)]
    side = int(max(lengths) * 1.2)
    first = [
        int(min(values) + length / 2) - side // 2
        for values, length in zip((columns, rows), lengths, strict=True)
    ]
    pixels = [range(start, start + side) for start in first]
    window = PFLDSquare()(record(points), RNG)
    assert window.side == side
    assert (window.x, window.y) == (np.mean(pixels[0]), np.mean(pixels[1]))
