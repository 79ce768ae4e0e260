import numpy as np
import pytest

from landmarks.analysis.figures import COLOURS, Panel, ced_alt, ced_band, ced_figure, ced_steps
from landmarks.analysis.figures.style import method_looks
from tests.analysis.figures.drawn import INF, is_within, names, texts, write_twice


def errors(methods, faces=60, seeds=2):
    rng = np.random.default_rng(0)
    hard = rng.lognormal(1.2, 0.5, faces)
    return {
        name: hard * (1 + 0.05 * place) + rng.uniform(0, 0.2, (seeds, faces))
        for place, name in enumerate(names(methods))
    }


def test_the_curve_is_the_share_of_faces_at_or_below_each_error():
    values = np.random.default_rng(0).uniform(0, 14, 50)
    x, y = ced_steps(values, 10.0)
    for limit in np.linspace(0, 10, 101):
        share = 100 * sum(value <= limit for value in values) / 50
        assert y[np.searchsorted(x, limit, side="right") - 1] == pytest.approx(share)


def test_each_method_has_a_line_of_its_own_with_its_nme(tmp_path):
    shown = errors(9)
    figure = ced_figure([Panel("ibug", shown, 10.0), Panel("common", shown, 8.0)], "NME")
    for axes, part, limit in zip(figure.axes, figure.subfigs, (10.0, 8.0), strict=True):
        assert axes.get_xlim() == (0, limit)
        looks = {(line.get_color(), line.get_linestyle()) for line in axes.get_lines()}
        assert len(axes.get_lines()) == 9
        assert len(looks) > len(COLOURS)
        labels = [text.get_text() for text in part.legends[0].get_texts()]
        first = names(9)[0]
        assert labels[0] == f"{first}, {shown[first].mean():.2f} %"
    assert is_within(figure)
    write_twice(lambda: ced_figure([Panel("ibug", shown, 10.0)], "NME"), tmp_path)


def test_a_line_is_the_mean_of_the_seeds_curves_however_many_corners_it_has():
    shown = errors(1, faces=400, seeds=3)
    (values,) = shown.values()
    (line,) = ced_figure([Panel("ibug", shown, 10.0)], "NME").axes[0].get_lines()
    x, y = line.get_data()
    assert len(x) < 300
    expected = [np.mean([100 * (own <= place).mean() for own in values]) for place in x]
    np.testing.assert_allclose(y, expected)


def test_a_method_keeps_the_look_it_is_given_and_the_best_comes_first():
    shown = dict(reversed(errors(3).items()))
    looks = method_looks(names(3))
    figure = ced_figure([Panel("ibug", shown, 10.0)], "NME", looks)
    colours = [line.get_color() for line in figure.axes[0].get_lines()]
    assert colours == [looks[name].colour for name in names(3)]


def test_the_band_holds_the_true_share_as_often_as_it_says():
    rng = np.random.default_rng(5)
    places, trials = np.array([0.7, 1.0, 1.6]), 200
    true = 100 * (1 - np.exp(-places))
    held = np.zeros(3)
    for _ in range(trials):
        low, high = ced_band(rng.exponential(1.0, (1, 120)), places)
        held += (low <= true) & (true <= high)
    # Three standard errors of a share of 0.95 in 200 trials, and what a percentile interval lacks.
    assert (np.abs(held / trials - 0.95) < 3 * np.sqrt(0.95 * 0.05 / trials) + 0.015).all()


def test_seeds_that_agree_leave_the_band_as_it_is_and_do_not_count_as_faces():
    values = np.random.default_rng(1).exponential(2.0, (1, 40))
    places = np.linspace(0, 5, 20)
    one, three = ced_band(values, places), ced_band(np.repeat(values, 3, axis=0), places)
    np.testing.assert_allclose(one, three)
    assert (one[0] <= one[1]).all()


@pytest.mark.parametrize(("methods", "bands"), [(1, 1), (6, 6), (7, 1), (14, 1)])
def test_many_methods_have_a_band_for_the_best_alone_which_is_said(methods, bands):
    figure = ced_figure([Panel("ibug", errors(methods), 10.0)], "NME")
    assert len(figure.axes[0].collections) == bands
    (note,) = [text for text in texts(figure) if "band" in text]
    assert note.startswith("bands" if bands == methods else f"band of {names(1)[0]}")


def test_one_face_lost_faces_and_far_errors_can_be_drawn(tmp_path):
    hard = {
        "one": np.array([3.0]),
        "lost": np.array([INF]),
        "far": np.array([[50.0], [INF]]),
    }
    panel = Panel("hard", hard, 10.0)
    text = write_twice(lambda: ced_figure([panel], "NME"), tmp_path)
    assert "lost, ∞ %" in text
    assert "one has the lowest NME, 3.00 %" in ced_alt([panel])
