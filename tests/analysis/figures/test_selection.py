import pytest

from landmarks.analysis.figures import method_looks, selection_alt, selection_figure
from landmarks.analysis.selection import Selection
from tests.analysis.figures.drawn import INF, is_within, names, texts, write_twice


def selection(method, chosen=4.0, last=4.1, picked=3.9):
    return Selection(method, {}, "ibug", "p", 2, chosen, last, picked, picked, (3, 4), (2, 2))


def test_three_marks_of_three_shapes_stand_at_the_three_errors():
    looks = method_looks(["other", "a"])
    figure = selection_figure([selection("a")], "NME", looks)
    axes = figure.axes[0]
    marks = {
        line.get_marker(): (next(iter(line.get_xdata())), line.get_color())
        for line in axes.get_lines()
        if len(line.get_xdata()) == 1 and line.get_transform() == axes.transData
    }
    colour = looks["a"].colour
    assert marks == {"o": (4.0, colour), "|": (4.1, colour), "<": (3.9, colour)}
    (bar,) = [line for line in axes.get_lines() if len(line.get_xdata()) == 2]
    assert list(bar.get_xdata()) == [3.9, 4.1]
    assert "4.00 %, gap 0.100" in texts(figure)
    low, high = axes.get_xlim()
    assert low < 3.9 < 4.1 < high


@pytest.mark.parametrize("count", [1, 14])
def test_any_number_of_methods_can_be_drawn(count, tmp_path):
    own = [selection(name, 4 + place / 10) for place, name in enumerate(names(count))]
    assert is_within(selection_figure(own, "NME"))
    write_twice(lambda: selection_figure(own, "NME"), tmp_path)


def test_errors_without_end_can_be_drawn_and_are_told(tmp_path):
    lost = [selection("lost", INF, INF, INF), selection("half", 4.0, INF, 3.0)]
    write_twice(lambda: selection_figure(lost, "NME"), tmp_path)
    assert "lost ∞ % chosen on held-out faces" in selection_alt(lost)
