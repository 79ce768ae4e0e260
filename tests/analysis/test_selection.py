import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.analysis.diary import EpochRow
from landmarks.analysis.measured import MeasuredRun
from landmarks.analysis.selection import (
    selection_sentence,
    selection_table,
    selections,
    without_selection,
)
from tests.analysis.made_up import PROTOCOLS, face_results

FIRST = PROTOCOLS[0].name


def row(epoch, val, **test):
    return EpochRow(epoch, 1.0, 0.1, val, {"ibug": test} if test else {})


def trained(method, seed, rows, nme=None, levels=None, training="t"):
    """A run whose measured NME is that of the epoch that the held-out faces choose."""
    if nme is None:
        kept = min(rows, key=lambda one: one.val_nme)
        nme = kept.test_nme["ibug"][method] if kept.test_nme else 5.0
    found = {"ibug": face_results(np.full(3, nme / 100))}
    return MeasuredRun(method, levels or {}, seed, found, training, 9, 1.0, 0.1, 1.0, rows)


def rows_of(method, values):
    """Rows from (validation, test) of each epoch."""
    return [row(epoch, val, **{method: test}) for epoch, (val, test) in enumerate(values)]


def test_each_way_of_choosing_claims_its_own_number():
    runs = [
        trained("dark", 0, rows_of("dark", [(9, 8.0), (5, 6.0), (6, 5.0), (7, 7.0)])),
        trained("dark", 1, rows_of("dark", [(9, 9.0), (8, 4.0), (5, 5.0), (6, 5.5)])),
    ]
    (found,) = selections(runs, FIRST)
    assert (found.method, found.split, found.protocol, found.seeds) == ("dark", "ibug", FIRST, 2)
    assert found.chosen == pytest.approx((6.0 + 5.0) / 2)
    assert found.last == pytest.approx((7.0 + 5.5) / 2)
    assert found.best_on_test == pytest.approx((5.0 + 4.0) / 2)
    assert found.best_seed == 4.0
    assert found.gap == pytest.approx(1.0)
    assert found.seed_gap == pytest.approx(1.5)
    assert found.chosen_epochs == (1, 2)
    assert found.best_epochs == (2, 1)


def test_the_table_counts_epochs_from_1_and_has_a_column_for_each_axis():
    levels = {"heatmap_size": "32"}
    run = trained("dark", 0, rows_of("dark", [(9, 8.0), (5, 6.0), (6, 5.0)]), levels=levels)
    table = selection_table(selections([run], FIRST))
    assert table.columns[:3] == ["method", "heatmap_size", "split"]
    (found,) = table.rows(named=True)
    assert found["heatmap_size"] == "32"
    assert (found["chosen_epochs"], found["best_epochs"]) == ("2", "3")
    assert found["gap"] == pytest.approx(1.0)
    assert selection_table([]).height == 0
    assert "gap" in selection_table([]).columns


def test_conditions_are_kept_apart():
    runs = [
        trained("dark", 0, rows_of("dark", [(5, size / 10)]), levels={"heatmap_size": str(size)})
        for size in (32, 64)
    ]
    assert [(one.levels["heatmap_size"], one.chosen) for one in selections(runs, FIRST)] == [
        ("32", pytest.approx(3.2)),
        ("64", pytest.approx(6.4)),
    ]


def test_a_training_of_one_epoch_leaves_nothing_to_choose():
    (found,) = selections([trained("dark", 0, rows_of("dark", [(5, 6.0)]))], FIRST)
    assert found.chosen == pytest.approx(found.last) == found.best_on_test == found.best_seed
    assert found.gap == pytest.approx(0)
    assert "no less than held-out faces do" in selection_sentence([found])


def test_methods_that_share_a_training_read_their_own_errors():
    rows = [row(0, 5, argmax=6.0, dark=5.5), row(1, 6, argmax=5.0, dark=5.25)]
    runs = [trained(method, 0, rows) for method in ("argmax", "dark")]
    assert [one.best_on_test for one in selections(runs, FIRST)] == [5.0, 5.25]


def test_an_epoch_trained_twice_counts_as_it_went_on():
    rows = [*rows_of("dark", [(9, 8.0), (5, 1.0)]), row(1, 5, dark=6.0), row(2, 7, dark=7.0)]
    (found,) = selections([trained("dark", 0, rows, nme=6.0)], FIRST)
    assert found.best_on_test == 6.0
    assert found.last == 7.0


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row(0, 5), row(1, 4)],
        [row(0, 5), row(1, 4, dark=4.0)],  # begun by a version that did not record
        [row(1, 4, dark=4.0)],  # the first epoch's row is lost
        [row(0, 4, hih=4.0)],  # recorded for another method alone
    ],
)
def test_what_was_not_recorded_is_left_out_and_said(rows):
    runs = [trained("hih", 0, rows_of("hih", [(5, 6.0)])), trained("dark", 0, rows, nme=4.0)]
    assert [one.method for one in selections(runs, FIRST)] == ["hih"]
    assert without_selection(runs).startswith("dark was trained without recording")
    assert without_selection(runs[:1]) is None


def test_a_seed_that_was_not_recorded_leaves_its_method_out():
    whole = rows_of("dark", [(5, 6.0)])
    runs = [trained("dark", 0, whole), trained("dark", 1, [], nme=5.0)]
    assert selections(runs, FIRST) == []
    assert "dark" in without_selection(runs)


def test_predictions_of_other_programs_are_neither_shown_nor_missed():
    foreign = trained("published", None, [], nme=4.0, training=None)
    assert selections([foreign], FIRST) == []
    assert without_selection([foreign]) is None


def test_epochs_that_lost_a_face_are_never_the_best():
    values = [(9, math.inf), (8, math.nan), (5, 6.0), (7, math.inf)]
    (found,) = selections([trained("dark", 0, rows_of("dark", values))], FIRST)
    assert (found.best_on_test, found.best_epochs) == (6.0, (2,))
    assert found.last == math.inf
    assert found.gap == pytest.approx(0)


def test_a_method_without_any_finite_epoch_has_no_gap():
    run = trained("dark", 0, rows_of("dark", [(math.nan, math.inf)]), nme=math.inf)
    (found,) = selections([run], FIRST)
    assert math.isnan(found.gap)
    assert math.isnan(found.seed_gap)
    assert selection_sentence([found]) is None
    assert selection_table([found])["chosen"].item() == math.inf


def test_the_sentence_says_whose_gap_is_widest_and_whether_the_order_would_change():
    runs = [
        trained("argmax", 0, rows_of("argmax", [(5, 6.0), (6, 5.0)])),
        trained("dark", 0, rows_of("dark", [(5, 5.8), (6, 5.6)])),
    ]
    sentence = selection_sentence(selections(runs, FIRST))
    assert "claimed 5.00 % for argmax in place of 6.00 %: 1.00 points less" in sentence
    assert sentence.endswith("It would have put argmax first; held-out faces put dark first.")
    same = [
        trained("argmax", 0, rows_of("argmax", [(5, 6.0), (6, 5.9)])),
        trained("dark", 0, rows_of("dark", [(5, 5.8), (6, 5.6)])),
    ]
    assert selection_sentence(selections(same, FIRST)).endswith("is the same both ways.")


VALUES = st.lists(st.tuples(st.floats(0.5, 90), st.floats(0.5, 90)), min_size=1, max_size=6)


@given(seeds=st.lists(VALUES, min_size=1, max_size=3))
@settings(deadline=None, max_examples=30)
def test_picking_on_test_never_claims_more_than_held_out_faces_do(seeds):
    runs = [trained("dark", place, rows_of("dark", own)) for place, own in enumerate(seeds)]
    (found,) = selections(runs, FIRST)
    rounding = 1e-9
    assert found.best_seed <= found.best_on_test + rounding
    assert found.best_on_test <= min(found.chosen, found.last) + rounding
    assert 0 <= found.gap + rounding <= found.seed_gap + 2 * rounding
