import numpy as np
import pytest

from landmarks.analysis.figures import (
    mean_face_alt,
    mean_face_difference_figure,
    mean_face_figure,
)
from landmarks.markups import MARKUP_19, MARKUP_68
from tests.analysis.figures.drawn import INF, NAN, is_within, names, texts, write_twice

FACE = {"shape": MARKUP_68.mean_shape, "parts": MARKUP_68.parts}


def errors(count):
    rng = np.random.default_rng(0)
    return {name: rng.uniform(2, 8, 68) for name in names(count)}


def points(axes):
    """Place, size and value of each point drawn."""
    found = {}
    for group in axes.collections:
        values = np.asarray(group.get_array())
        for place, value in zip(group.get_offsets(), values, strict=True):
            found[tuple(place)] = (float(value), float(group.get_sizes()[0]))
    return found


def test_each_landmark_stands_in_its_place_with_its_error():
    shown = errors(2)
    figure = mean_face_figure(shown, error_name="NME", **FACE)
    for axes, own in zip(figure.axes, shown.values(), strict=False):
        found = points(axes)
        assert len(found) == 68
        for place, value in zip(MARKUP_68.mean_shape, own, strict=True):
            assert found[tuple(place)][0] == value
        by_value = sorted(found.values())
        assert [size for _, size in by_value] == sorted(size for _, size in by_value)
        assert axes.yaxis_inverted()
    # All panels are on one scale, which the bar shows.
    limits = {group.get_clim() for axes in figure.axes[:2] for group in axes.collections}
    values = np.concatenate(list(shown.values()))
    assert limits == {(values.min(), values.max())}


def test_differences_point_up_or_down_and_zero_is_in_the_middle():
    shown = {"best": np.full(19, 3.0), "other": np.linspace(2, 5, 19)}
    figure = mean_face_difference_figure(
        shown, "best", MARKUP_19.mean_shape, MARKUP_19.parts, "NME"
    )
    axes = figure.axes[0]
    assert axes.get_title() == "other"
    values = {place: value for place, (value, _) in points(axes).items()}
    np.testing.assert_allclose(
        [values[tuple(place)] for place in MARKUP_19.mean_shape], np.linspace(-1, 2, 19)
    )
    for group in axes.collections:
        assert group.get_clim() == (-2, 2)
        heights = group.get_paths()[0].vertices[:-1, 1]
        ups = np.sum(heights > 0) < np.sum(heights < 0)  # one corner up, two down
        assert (np.asarray(group.get_array()) >= 0).all() == ups
    with pytest.raises(ValueError, match="best is the only method"):
        mean_face_difference_figure(
            {"best": shown["best"]}, "best", MARKUP_19.mean_shape, MARKUP_19.parts, "NME"
        )


@pytest.mark.parametrize("count", [1, 3, 14])
def test_any_number_of_methods_can_be_drawn(count, tmp_path):
    figure = mean_face_figure(errors(count), error_name="NME", **FACE)
    assert len([axes for axes in figure.axes if axes.get_title()]) == count
    assert is_within(figure)
    write_twice(lambda: mean_face_figure(errors(count), error_name="NME", **FACE), tmp_path)


def test_landmarks_without_an_error_are_left_out(tmp_path):
    shown = {"a": np.full(68, NAN), "b": np.full(68, 3.0), "c": np.full(68, INF)}
    shown["b"][:60] = NAN

    def draw():
        return mean_face_figure(shown, error_name="NME", **FACE)

    assert [len(points(axes)) for axes in draw().axes[:3]] == [0, 8, 0]
    write_twice(draw, tmp_path)
    write_twice(lambda: mean_face_difference_figure(shown, "c", error_name="NME", **FACE), tmp_path)
    assert "b from 3.00 (inner lips)" in mean_face_alt(shown, MARKUP_68.parts)
    assert "not known" in mean_face_alt(shown, MARKUP_68.parts, "a")
    assert "NME (%)" in texts(draw())
