import numpy as np
import pytest

from landmarks.analysis.diary import EpochRow
from landmarks.analysis.figures import (
    TrainingCurves,
    training_alt,
    training_curves,
    training_figure,
)
from landmarks.analysis.figures.style import method_looks
from landmarks.analysis.measured import MeasuredRun
from tests.analysis.figures.drawn import INF, NAN, is_within, names, texts, write_twice


def rows(method, count=6, level=5.0, offset=0.0, recorded=True):
    return [
        EpochRow(
            epoch,
            1.0,
            4.0 - epoch - 3.0 * offset,
            level + abs(epoch - 3),
            {"ibug": {method: level + 1 + abs(epoch - 2)}} if recorded else {},
        )
        for epoch in range(count)
    ]


def curves(count, seeds=2):
    return [
        TrainingCurves(
            name, [rows(name, level=5.0 + place + seed) for seed in range(seeds)], [3] * seeds
        )
        for place, name in enumerate(names(count))
    ]


def run(method, seed, training, epochs):
    return MeasuredRun(method, {}, seed, {}, training, 1, 1.0, 1.0, None, epochs)


def test_seeds_are_thin_their_mean_is_thick_and_the_chosen_epoch_is_marked():
    own = curves(1)
    figure = training_figure(own)
    loss, validation, test = figure.axes
    assert "never used to choose" in test.get_title()
    lines = [line for line in validation.get_lines() if len(line.get_xdata()) > 1]
    widths = [line.get_linewidth() for line in lines]
    assert widths[0] == widths[1] < widths[2]
    np.testing.assert_allclose(lines[2].get_ydata(), [5.5 + abs(e - 3) for e in range(6)])
    chosen = [line.get_xydata()[0].tolist() for line in validation.get_lines()[3:]]
    assert chosen == [[3, 5], [3, 6]]
    assert [line.get_xydata()[0].tolist() for line in test.get_lines()[3:]] == [[3, 7], [3, 8]]
    np.testing.assert_allclose(loss.get_lines()[2].get_ydata(), np.linspace(1, 0, 6), atol=1e-12)
    assert len(loss.get_lines()) == 3


def test_without_test_errors_there_is_no_panel_of_them(tmp_path):
    own = [TrainingCurves("a", [rows("a", recorded=False)], [3])]
    assert len(training_figure(own).axes) == 2
    write_twice(lambda: training_figure(own), tmp_path)


def test_losses_below_zero_and_of_other_units_lie_between_one_and_zero():
    own = [TrainingCurves("nll", [rows("nll", offset=9.0)], [3])]
    line = training_figure(own).axes[0].get_lines()[0]
    np.testing.assert_allclose(line.get_ydata(), np.linspace(1, 0, 6), atol=1e-12)


@pytest.mark.parametrize("count", [1, 14])
def test_any_number_of_methods_can_be_drawn(count, tmp_path):
    assert is_within(training_figure(curves(count)))
    write_twice(lambda: training_figure(curves(count)), tmp_path)


def test_one_epoch_lost_trainings_and_seeds_of_other_lengths_can_be_drawn(tmp_path):
    lost = [EpochRow(0, 1.0, NAN, INF, {}), EpochRow(1, 1.0, INF, NAN, {})]
    hard = [
        TrainingCurves("one", [rows("one", 1)], [0]),
        TrainingCurves("lost", [lost], [0]),
        TrainingCurves("uneven", [rows("uneven", 4), rows("uneven", 2)], [3, 1]),
    ]
    figure = training_figure(hard)
    thick = [line for line in figure.axes[1].get_lines() if line.get_linewidth() == 1.9]
    assert np.isfinite(thick[2].get_ydata()).tolist() == [True, True, False, False]
    write_twice(lambda: training_figure(hard), tmp_path)


def test_a_training_that_methods_share_is_told_once_and_chosen_by_held_out_faces():
    found = training_curves(
        [
            run("a", 0, "a-0", rows("a")),
            run("b", 0, "a-0", rows("a")),
            run("a", 1, "a-1", rows("a")),
            run("b", 1, "a-1", rows("a")),
            run("foreign", None, None, ()),
            run("blind", 0, "c-0", [row._replace(val_nme=NAN) for row in rows("blind")]),
        ]
    )
    assert [(own.method, len(own.seeds), own.chosen) for own in found] == [
        ("a", 2, [3, 3]),
        ("blind", 1, [5]),
    ]
    assert "a 5.00 % at epoch 3, chosen, and 7.00 % at the last" in training_alt(found)


def test_methods_keep_their_looks():
    looks = method_looks(["other", *names(2)])
    figure = training_figure(curves(2, seeds=1), looks=looks)
    colours = [line.get_color() for line in figure.axes[0].get_lines()]
    assert colours == [looks[name].colour for name in names(2)]
    assert names(2)[0] in texts(figure)
