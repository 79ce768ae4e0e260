import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.analysis.figures.layout import (
    Row,
    draw_interval,
    label_rows,
    legend_below,
    legend_height,
    method_handle,
    new_figure,
    number,
    set_log_ticks,
    shortened,
)
from landmarks.analysis.figures.style import method_style
from landmarks.analysis.statistics import Estimate
from tests.analysis.figures.drawn import ENDLESS, NOTHING, is_within, texts


@given(
    low=st.floats(1e-3, 1e3), factor=st.floats(1.01, 1e4), data=st.sampled_from(["xaxis", "yaxis"])
)
@settings(deadline=None, max_examples=40)
def test_a_logarithmic_axis_has_a_few_ticks_within_it(low, factor, data):
    figure = new_figure(2)
    axis = getattr(figure.subplots(), data)
    axis.axes.set(xscale="log", yscale="log", xlim=(low, low * factor), ylim=(low, low * factor))
    set_log_ticks(axis, low, low * factor)
    ticks = np.asarray(axis.get_majorticklocs())
    assert 2 <= len(ticks) <= 10
    assert (ticks >= low).all()
    assert (ticks <= low * factor).all()
    labels = axis.get_major_formatter().format_ticks(list(ticks))
    assert len(set(labels)) == len(labels)


@given(st.text(min_size=1, max_size=80), st.integers(3, 40))
def test_a_shortened_name_is_short_and_begins_and_ends_as_before(name, length):
    short = shortened(name, length)
    assert len(short) <= length
    if len(name) <= length:
        assert short == name
    else:
        head, _, tail = short.rpartition("…")
        assert name.startswith(head)
        assert name.endswith(tail)


def test_numbers_have_a_true_minus_and_no_nan():
    assert number(-0.5, "+.1f") == "−0.5"
    assert [number(x) for x in (float("nan"), float("inf"), -float("inf"))] == ["–", "∞", "−∞"]


@pytest.mark.parametrize("count", [1, 3, 14])
def test_the_legend_covers_no_axes_and_fits_the_height_kept_for_it(count):
    names = [f"method_{place}" for place in range(count)]
    figure = new_figure(2 + legend_height(names, "methods"))
    axes = figure.subplots()
    handles = [method_handle(method_style(place)) for place in range(count)]
    legend_below(figure, handles, names, "methods")
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    assert not legend.overlaps(axes.get_window_extent())
    assert legend.y0 >= 0
    assert legend.height <= figure.dpi * (legend_height(names, "methods") + 0.05)
    assert axes.get_window_extent().height > figure.dpi * 1.5
    assert is_within(figure)


def test_rows_are_labelled_above_and_what_is_not_finite_is_left_out():
    figure = new_figure(2)
    axes = figure.subplots()
    look = method_style(1)
    draw_interval(axes, 0, Estimate(2.0, 1.5, 3.0), look)
    draw_interval(axes, 1, ENDLESS, look)
    draw_interval(axes, 2, NOTHING, look)
    assert [line.get_xydata().tolist() for line in axes.get_lines()] == [
        [[1.5, 0.0], [3.0, 0.0]],
        [[2.0, 0.0]],
    ]
    label_rows(axes, [Row("first", "2.0"), Row("second", "∞", look), Row("third", "–")])
    assert {"first", "2.0", "second", "∞", "third", "–"} <= set(texts(figure))
    tops = {text.get_text(): text.get_position()[1] for text in axes.texts}
    for row, name in enumerate(("first", "second", "third")):
        assert row - 1 < tops[name] < row
    assert axes.yaxis_inverted()
