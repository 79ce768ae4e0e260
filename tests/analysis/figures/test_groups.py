import numpy as np
import pytest

from landmarks.analysis.decomposition import GroupError
from landmarks.analysis.figures import groups_alt, groups_figure, method_looks
from tests.analysis.figures.drawn import (
    ENDLESS,
    estimate,
    is_within,
    names,
    spans,
    texts,
    write_twice,
)


def group(method, grouping, name, nme, faces=1200):
    return GroupError(method, {}, "ibug", grouping, name, faces, 68 * faces, nme)


def groups(count):
    return [
        group(method, grouping, name, estimate(3 + 0.1 * place + 0.5 * row))
        for place, method in enumerate(names(count))
        for grouping, found in (("part", ("jaw", "nose")), ("yaw proxy", ("left", "right")))
        for row, name in enumerate(found)
    ]


def test_methods_stand_below_each_other_within_a_group_in_their_own_looks():
    looks = method_looks(["unseen", *names(2)])
    figure = groups_figure(groups(2), "NME", looks)
    assert [axes.get_title() for axes in figure.axes] == ["by part", "by yaw proxy"]
    axes = figure.axes[0]
    expected = [own.nme[1:] for own in groups(2) if own.grouping == "part"]
    np.testing.assert_allclose(spans(axes), expected)
    marks = [
        (line.get_ydata()[0], line.get_color())
        for line in axes.get_lines()
        if len(line.get_xdata()) == 1
    ]
    colours = [looks[name].colour for name in names(2)]
    assert [colour for _, colour in sorted(marks)] == colours * 2
    shown = [text for text in texts(figure) if text in ("jaw", "nose", "left", "right")]
    assert shown == ["jaw", "nose", "left", "right"]
    assert "1,200 faces" in texts(figure)


@pytest.mark.parametrize("count", [1, 14])
def test_any_number_of_methods_can_be_drawn(count, tmp_path):
    figure = groups_figure(groups(count), "NME")
    assert is_within(figure)
    for axes in figure.axes:
        low, high = sorted(axes.get_ylim())
        assert all(low < line.get_ydata()[0] < high for line in axes.get_lines())
    write_twice(lambda: groups_figure(groups(count), "NME"), tmp_path)


def test_groups_that_not_all_methods_have_and_endless_errors_can_be_drawn(tmp_path):
    hard = [group("a", "subset", "x", ENDLESS, 1), group("b", "subset", "y", estimate(2.0), 1)]
    write_twice(lambda: groups_figure(hard, "NME"), tmp_path)
    assert groups_alt(hard) == (
        "NME of each method on groups: by subset from 2.00 % (y, b) to ∞ % (x, a)."
    )
