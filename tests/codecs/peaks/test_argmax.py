import math

import pytest
import torch

from landmarks.codecs import Argmax
from tests.codecs.peaks.fields import mean_error_over_phases


def test_the_mean_error_is_that_of_theory():
    # The mean distance of a uniform point in a square of side 1 from its centre.
    square = (math.sqrt(2) + math.asinh(1)) / 6
    assert mean_error_over_phases(Argmax(), 1.5) == pytest.approx(square, abs=1e-3)


def test_the_first_of_several_highest_cells_is_taken():
    maps = torch.zeros(1, 1, 3, 4)
    maps[0, 0, 1, 2] = maps[0, 0, 2, 0] = 1
    assert Argmax()(maps).cells.tolist() == [[[2, 1]]]
