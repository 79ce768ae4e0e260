import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.analysis.figures import (
    LatencyPoint,
    latency_alt,
    latency_figure,
    latency_points,
    pareto_front,
)
from landmarks.analysis.statistics import Estimate
from tests.analysis.figures.drawn import ENDLESS, estimate, is_within, names, texts, write_twice
from tests.analysis.figures.test_interval import score


def points(count):
    return [
        LatencyPoint(name, estimate(3 + (5 * place) % count / 10), 2.0 + place % 3, 0.1 * 2**place)
        for place, name in enumerate(names(count))
    ]


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=12))
@settings(deadline=None, max_examples=60)
def test_no_method_beats_one_of_the_front_in_both(pairs):
    own = [
        LatencyPoint(str(place), Estimate(error, error, error), float(ms), 0.0)
        for place, (ms, error) in enumerate(pairs)
    ]
    front = pareto_front(own)
    for point in own:
        beaten = any(
            other.total_ms <= point.total_ms
            and other.nme.value <= point.nme.value
            and (other.total_ms, other.nme.value) != (point.total_ms, point.nme.value)
            for other in own
        )
        places = {(one.total_ms, one.nme.value) for one in front}
        assert ((point.total_ms, point.nme.value) in places) == (not beaten)


def test_a_method_stands_at_the_time_from_crop_to_points():
    own = points(3)
    axes = latency_figure(own, "NME").axes[0]
    marks = [line for line in axes.get_lines() if line.get_marker() not in ("None", None, "")]
    assert [line.get_xydata()[0].tolist() for line in marks] == [
        [point.total_ms, point.nme.value] for point in own
    ]
    decoding = axes.get_lines()[1].get_xdata().tolist()
    assert decoding == [own[0].network_ms, own[0].total_ms]
    assert axes.get_xscale() == "log"
    stairs = axes.get_lines()[-1]
    assert len(stairs.get_xdata()) == len(pareto_front(own))


@pytest.mark.parametrize("count", [1, 14])
def test_any_number_of_methods_can_be_drawn(count, tmp_path):
    assert is_within(latency_figure(points(count), "NME"))
    write_twice(lambda: latency_figure(points(count), "NME"), tmp_path)


def test_methods_that_were_not_timed_are_left_out_and_endless_errors_are_told(tmp_path):
    timed = score("timed", ENDLESS)._replace(network_ms=2.0, decode_ms=0.0)
    own = latency_points([score("foreign", estimate(3)), timed])
    assert [point.method for point in own] == ["timed"]
    write_twice(lambda: latency_figure(own, "NME"), tmp_path)
    assert "timed, 2 ms, ∞ %" in texts(latency_figure(own, "NME"))
    assert "not known" in latency_alt(own)
    assert "method_0_with_a_rather_long_name (2.1 ms a face, 3.00 %)" in latency_alt(points(2))
