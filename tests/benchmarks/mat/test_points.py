from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from landmarks.benchmarks.mat.points import from_1
from landmarks.errors import DataError
from landmarks.geometry import Size

FILE = Path("face.mat")
SIZE = Size(40, 50)


@settings(deadline=None, max_examples=50)
@given(arrays(np.float64, (68, 2), elements=st.floats(-1000, 1000)))
def test_points_are_counted_from_0(points):
    if np.abs(points).max() <= 500:
        np.testing.assert_array_equal(from_1(FILE, "pts_2d", points, SIZE), points - 1)
        return
    with pytest.raises(DataError, match=r"variable pts_2d: [xy] of point \d+ is .* \(50 px\) away"):
        from_1(FILE, "pts_2d", points, SIZE)


def test_the_point_is_named():
    points = np.zeros((68, 2))
    points[4, 1] = -501
    with pytest.raises(DataError, match=r"y of point 5 is -501, .* restore the file") as caught:
        from_1(FILE, "pt2d", points, SIZE)
    assert caught.value.file == FILE
