import math

import pytest

from landmarks.analysis.report.table import (
    DASH,
    Change,
    Column,
    Table,
    fixed,
    probability,
    signed,
)
from landmarks.analysis.statistics import Estimate


def texts(column):
    return [column.text(row) for row in range(len(column.cells))]


def test_numbers_without_a_value_are_dashes_that_have_no_place_in_the_order():
    column = Column("NME", [1.234, None, math.nan, math.inf, -math.inf])
    assert texts(column) == ["1.23", DASH, DASH, "∞", "−∞"]
    assert [column.number(row) for row in range(5)] == [1.234, None, None, math.inf, -math.inf]


def test_an_estimate_is_sorted_by_its_value_and_written_with_its_interval():
    nan = math.nan
    column = Column(
        "difference", [Estimate(-0.126, -0.2, 0.05), Estimate(0.5, nan, nan)], signed(2)
    )
    assert texts(column) == ["−0.13", "+0.50"]
    assert column.interval(0) == ("−0.20", "+0.05")
    assert column.interval(1) is None
    assert column.number(0) == -0.126


def test_words_may_stand_for_a_number_which_still_settles_the_order():
    column = Column("to the best", [Estimate(0.0, 0.0, 0.0), 1.0], words={0: "best"})
    assert texts(column) == ["best", "1.00"]
    assert column.number(0) == 0.0
    assert column.interval(0) is None
    assert not column.is_text


def test_a_change_is_written_from_and_to():
    column = Column("NLL", [Change(2.0, 1.5), Change(2.0, None), Change(None, None)])
    assert [column.before(row) for row in range(3)] == ["2.00", "2.00", DASH]
    assert texts(column) == ["1.50", DASH, DASH]
    assert [column.number(row) for row in range(3)] == [1.5, 2.0, None]


@pytest.mark.parametrize(
    ("number", "text"), [(0.0, "< 0.001"), (0.00049, "< 0.001"), (0.0005, "0.001"), (0.5, "0.500")]
)
def test_no_p_value_is_written_as_zero(number, text):
    assert probability(number) == text


def test_large_numbers_have_separators():
    assert fixed(0)(2_345_678) == "2,345,678"


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="'a': 1, 'b': 2"):
        Table("", [Column("a", [1.0]), Column("b", [1.0, 2.0])])
    with pytest.raises(ValueError, match="none"):
        Table("", [])
