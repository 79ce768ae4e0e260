import math

import pytest
import torch

from landmarks.codecs import QuarterOffset
from tests.codecs.peaks.fields import mean_error_over_phases


def test_the_mean_error_is_that_of_theory():
    # The mean distance of a uniform point in a square of side 1 from its centre.
    square = (math.sqrt(2) + math.asinh(1)) / 6
    # A quarter of a cell beside the centre of each quadrant of the cell, half as large.
    assert mean_error_over_phases(QuarterOffset(), 1.5) == pytest.approx(square / 2, abs=1e-3)


def test_a_quarter_is_not_added_on_the_border():
    maps = torch.zeros(1, 1, 4, 4)
    maps[0, 0, 0, 1], maps[0, 0, 0, 2] = 1, 0.5
    assert QuarterOffset()(maps).cells.tolist() == [[[1, 0]]]
