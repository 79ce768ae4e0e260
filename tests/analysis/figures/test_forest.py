import numpy as np
import pytest

from landmarks.analysis.figures import forest_alt, forest_figure, method_looks, pairs_against
from landmarks.analysis.figures.style import PAPER, UNRESOLVED
from landmarks.analysis.statistics import Estimate, Outcome, Pair, Verdict
from tests.analysis.figures.drawn import NAN, NOTHING, is_within, names, texts, write_twice


def pair(method, reference, difference, outcome, relative=5.0):
    blank = dict.fromkeys(Pair._fields, 0.5)
    verdict = Verdict(outcome, None, None, outcome.value)
    blank |= {"method": method, "reference": reference, "seeds": 2, "faces": 30}
    blank |= {"difference": difference, "relative": relative, "verdict": verdict}
    return Pair(**blank | {"better_faces": 0.8, "effect": -0.3, "same_training": False})


PAIRS = [
    pair("b", "a", Estimate(-0.2, -0.3, -0.1), Outcome.BETTER, -20.0),
    pair("c", "a", Estimate(0.4, 0.3, 0.5), Outcome.WORSE, 40.0),
    pair("c", "b", Estimate(0.02, -0.1, 0.15), Outcome.NOT_RESOLVED, 2.0),
]


def many(count):
    rng = np.random.default_rng(0)
    outcomes = list(Outcome)
    return [
        pair(one, other, Estimate(x := rng.normal(), x - 0.3, x + 0.2), outcomes[place % 3])
        for place, one in enumerate(names(count))
        for other in names(place)
    ]


def marks(figure):
    """The line of each difference: its place, its marker and whether it is filled."""
    axes = figure.axes[0]
    return [
        (line.get_xdata()[0], line.get_marker(), line.get_markerfacecolor() != PAPER)
        for line in axes.get_lines()
        if line.get_transform() == axes.transData and len(line.get_xdata()) == 1
    ]


def test_verdicts_differ_in_marker_and_filling_and_are_written():
    figure = forest_figure(PAIRS, "a")
    assert marks(figure) == [(-0.2, "<", True), (0.4, ">", True)]
    assert {"−0.20 (−20.0 %), better", "+0.40 (+40.0 %), worse"} <= set(texts(figure))
    others = forest_figure(PAIRS, "b")
    assert marks(others) == [(0.02, "o", False), (0.2, ">", True)]
    spans = [line for line in others.axes[0].get_lines() if len(line.get_xdata()) == 2]
    assert spans[1].get_color() == UNRESOLVED


def test_a_turned_pair_says_the_same_of_the_other_method():
    same, turned = pairs_against(PAIRS, "c")
    assert (turned.method, turned.reference, turned.difference) == (
        "b",
        "c",
        Estimate(-0.02, -0.15, 0.1),
    )
    assert (same.method, same.reference) == ("a", "c")
    assert same.verdict.outcome is Outcome.BETTER
    assert same.better_faces == pytest.approx(0.2)
    assert same.effect == 0.3
    # c is 40 % above a: a is 0.4 / 1.4 below c.
    assert same.relative == pytest.approx(-100 * 0.4 / 1.4)
    (again,) = pairs_against([same], "a")
    assert again.relative == pytest.approx(40)
    assert again.difference == PAIRS[1].difference
    assert again.verdict.outcome is Outcome.WORSE


def test_all_pairs_have_the_lower_error_first_and_the_largest_difference_on_top():
    figure = forest_figure(PAIRS)
    shown = [text for text in texts(figure) if " − " in text]
    assert shown == ["a − c", "b − a", "b − c"]
    assert [place for place, _, _ in marks(figure)] == [-0.4, -0.2, -0.02]


def test_zero_is_on_the_axis_and_methods_keep_their_looks():
    looks = method_looks(["c", "b", "a"])
    figure = forest_figure(PAIRS[1:2], "a", looks)
    axes = figure.axes[0]
    low, high = axes.get_xlim()
    assert low < 0 < high
    (mark,) = [line for line in axes.get_lines() if line.get_marker() == ">"]
    assert mark.get_color() == looks["c"].colour


@pytest.mark.parametrize("count", [1, 2, 14])
def test_any_number_of_methods_can_be_drawn(count, tmp_path):
    pairs = many(count)
    assert is_within(forest_figure(pairs, names(count)[0]))
    write_twice(lambda: forest_figure(pairs, names(count)[0]), tmp_path)


def test_differences_that_are_not_known_can_be_drawn_and_told(tmp_path):
    lost = [pair("b", "a", NOTHING, Outcome.NOT_RESOLVED, NAN), *PAIRS[1:]]
    write_twice(lambda: forest_figure(lost), tmp_path)
    text = forest_alt(PAIRS, "a")
    assert "against a, 2 pairs: 1 better, 1 worse, 0 not resolved" in text
    assert "c less a, +0.40 points (+40.0 %)" in text
    assert "not resolved" in forest_alt(lost)
