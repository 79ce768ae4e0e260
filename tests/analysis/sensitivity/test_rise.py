import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.analysis.sensitivity.rise import crossings, judge
from tests.analysis.sensitivity.made_up import curves


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(0.01, 5), min_size=2, max_size=6),
    st.lists(st.floats(0.001, 3), min_size=2, max_size=6),
    st.floats(0.01, 4),
)
def test_a_crossing_lies_on_the_line(steps, rises, share):
    count = min(len(steps), len(rises))
    sizes = np.concatenate([[0.0], np.cumsum(steps[:count])])
    values = 3 * np.concatenate([[1.0], 1 + np.cumsum(rises[:count])])
    (found,) = crossings(sizes, values[None], values[None], share).size
    if values[-1] < 3 * (1 + share):
        assert found == np.inf
    else:
        assert np.interp(found, sizes, values) == pytest.approx(3 * (1 + share))


def test_a_lost_face_crosses_at_the_size_that_lost_it():
    sizes = np.array([0.0, 1.0, 2.0])
    found = crossings(sizes, np.array([[1.0, 1.1, np.inf]]), sizes[None] / 4, 0.5)
    assert (found.size, found.moved) == (2.0, 0.5)
    lost = curves()
    lost[0].nme[7, 2] = np.inf
    shift = judge(lost, share=0.9).rises["shift"]
    assert shift.size == 0.1
    # A third of the resamples has not drawn the face.
    assert (shift.low, shift.high) == pytest.approx((0.1, 0.18))


def test_the_sizes_of_a_rise_are_those_of_the_line():
    verdict = judge(curves(), share=0.5)
    shift, scale, turn = (verdict.rises[name] for name in ("shift", "scale", "rotation"))
    assert (shift.size, shift.moved) == pytest.approx((0.1, 0.1))
    assert (scale.size, scale.moved) == pytest.approx((1.5, 0.125))
    assert (turn.size, turn.moved) == pytest.approx((25, 0.125))
    assert shift.low == pytest.approx(shift.high)  # every face rises by the same share


def test_position_matters_more_where_less_movement_does_as_much():
    verdict = judge(curves(noise=0.05), share=0.5)
    assert verdict.position_matters_more
    assert not verdict.orientation_matters_more
    shift = verdict.rises["shift"]
    assert shift.low < shift.size < shift.high < shift.low * 1.1


def test_orientation_matters_more_where_turning_does_it():
    verdict = judge(curves(turn_movement=0.002), share=0.5)
    assert verdict.orientation_matters_more
    assert not verdict.position_matters_more


def test_equal_movement_is_not_resolved():
    verdict = judge(curves(turn_movement=0.004, noise=0.2), share=0.5)
    assert not verdict.position_matters_more
    assert not verdict.orientation_matters_more
    assert verdict.position + verdict.orientation == pytest.approx(1)


def test_a_rise_that_is_not_reached_counts_with_the_largest_movement():
    # A rotation of 40 degrees raises the error by 40 %, moving landmarks by 20 %.
    verdict = judge(curves(turn=0.01), share=0.5)
    turn = verdict.rises["rotation"]
    assert not turn.reached
    assert turn.size == turn.high == np.inf
    assert turn.moved == pytest.approx(0.2)
    assert verdict.position_matters_more
    # Had the largest rotation moved them less than the shift, nothing could be said.
    verdict = judge(curves(turn=0.01, turn_movement=0.002), share=0.5)
    assert not verdict.position_matters_more
    assert not verdict.orientation_matters_more
    neither = judge(curves(shift=0.1, turn=0.01), share=0.5)
    assert neither.position == neither.orientation == 0
