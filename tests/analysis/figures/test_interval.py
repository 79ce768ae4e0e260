import numpy as np
import pytest

from landmarks.analysis.figures import interval_alt, interval_figure, method_looks
from landmarks.analysis.scores import MethodScore
from tests.analysis.figures.drawn import (
    ENDLESS,
    estimate,
    is_within,
    names,
    spans,
    texts,
    write_twice,
)


def score(method, nme):
    blank = dict.fromkeys(MethodScore._fields)
    blank |= {"split": "ibug", "protocol": "p", "seeds": 2, "faces": 20, "fr": 1.0, "auc": 50.0}
    return MethodScore(**blank | {"method": method, "nme": nme})


@pytest.mark.parametrize("count", [1, 5, 14])
def test_intervals_are_drawn_where_they_are_the_best_on_top(count, tmp_path):
    values = np.random.default_rng(1).permutation(count) + 3.0
    scores = [score(name, estimate(v)) for name, v in zip(names(count), values, strict=True)]
    figure = interval_figure(scores, "NME")
    ordered = sorted(scores, key=lambda own: own.nme.value)
    assert spans(figure.axes[0]) == [(own.nme.low, own.nme.high) for own in ordered]
    shown = [text for text in texts(figure) if text in names(count)]
    assert shown == [own.method for own in ordered]
    assert is_within(figure)
    write_twice(lambda: interval_figure(scores, "NME"), tmp_path)
    assert f"{ordered[0].method} {ordered[0].nme.value:.2f} %" in interval_alt(scores)


def test_a_method_keeps_its_look_wherever_it_comes(tmp_path):
    looks = method_looks(["a", "b", "lost"])
    scores = [score("lost", ENDLESS), score("b", estimate(2)), score("a", estimate(3))]
    figure = interval_figure(scores, "NME", looks)
    colours = [line.get_color() for line in figure.axes[0].get_lines()]
    assert colours == [looks["b"].colour] * 2 + [looks["a"].colour] * 2
    assert "∞" in write_twice(lambda: interval_figure(scores, "NME", looks), tmp_path)
