from dataclasses import replace

import numpy as np
import polars
import pytest

from landmarks.analysis.scores import (
    errors_by_method,
    faces_table,
    method_pairs,
    method_scores,
    pairs_table,
    results_table,
    summary_table,
    text_table,
)
from landmarks.analysis.statistics import error_estimate
from landmarks.benchmarks.base import Subset
from tests.analysis.made_up import FACTS, PROTOCOLS, face_results, measured_run

NME = {
    ("argmax", 0): np.array([0.06, 0.04, 0.20]),
    ("argmax", 1): np.array([0.08, 0.04, 0.30]),
    ("dark", 0): np.array([0.05, 0.03, 0.19]),
    ("dark", 1): np.array([0.05, 0.05, 0.09]),
}


def scores_of(runs, split, protocol):
    return method_scores(runs, split, protocol, method_pairs(runs, split, protocol))


RUNS = [measured_run(method, seed, nme) for (method, seed), nme in NME.items()]


COLUMNS = ["method", "seed", "split", "subset", "protocol", "faces", "nme", "fr", "auc"]


def test_results_have_a_row_for_each_method_seed_split_and_protocol():
    table = results_table(RUNS, FACTS)
    assert table.columns == COLUMNS
    assert len(table) == 4 * len(PROTOCOLS)
    row = table.row(0, named=True)
    assert (row["method"], row["seed"], row["split"]) == ("argmax", 0, "ibug")
    assert (row["subset"], row["faces"]) == ("all", 3)
    assert row["nme"] == pytest.approx(10.0)
    assert row["fr"] == pytest.approx(100 / 3)
    assert row["auc"] == pytest.approx(100 * (0.4 + 0.6 + 0) / 3)


def test_results_have_rows_for_the_subsets_behind_the_whole_split():
    parts = (("common", "late"), ("challenge",), ("challenge",))
    found = replace(face_results(NME["argmax", 0], "full"), subsets=parts)
    run = replace(RUNS[0], splits={"full": found})
    facts = replace(
        FACTS, subsets={name: Subset(None, name) for name in ("common", "challenge", "unseen")}
    )
    table = results_table([run], facts)
    first = table.filter(protocol=PROTOCOLS[0].name)
    assert first["subset"].to_list() == ["all", "common", "challenge", "late"]
    assert first["faces"].to_list() == [3, 1, 2, 1]
    assert first["nme"].to_list() == pytest.approx([10, 6, 12, 6])
    assert first["fr"].to_list() == pytest.approx([100 / 3, 0, 50, 0])
    assert len(table) == 4 * len(PROTOCOLS)


def test_faces_have_a_row_for_each_method_seed_split_and_face():
    table = faces_table(RUNS)
    names = [protocol.name for protocol in PROTOCOLS]
    assert table.columns == ["method", "seed", "split", "face", "photo", *names]
    assert len(table) == 12
    assert table.schema["face"] == polars.Int64
    row = table.filter(method="dark", seed=1, face=2).row(0, named=True)
    assert row[names[0]] == pytest.approx(9.0)
    assert row["photo"] == "ibug/2.jpg"


def test_methods_are_compared_on_faces_averaged_over_seeds():
    argmax, dark = scores_of(RUNS, "ibug", PROTOCOLS[0])
    faces = {"argmax": np.array([7.0, 4.0, 25.0]), "dark": np.array([5.0, 4.0, 14.0])}
    found = errors_by_method(RUNS, "ibug", PROTOCOLS[0].name)
    for method, expected in faces.items():
        assert found[method].shape == (2, 3)
        np.testing.assert_allclose(found[method].mean(axis=0), expected)
    assert argmax.nme == error_estimate(found["argmax"])
    (pair,) = method_pairs(RUNS, "ibug", PROTOCOLS[0])
    assert (pair.method, pair.reference) == ("dark", "argmax")
    # The pair is told from the other side.
    assert argmax.difference.low == -pair.difference.high
    assert argmax.difference.high == -pair.difference.low
    assert argmax.difference.value == pytest.approx(13 / 3)
    assert dark.difference is None
    assert argmax.seed_spread == pytest.approx(np.std([10, 14], ddof=1))
    assert dark.fr == pytest.approx((100 / 3 + 0) / 2)
    assert (argmax.seeds, argmax.faces, argmax.parameters) == (2, 3, 1_234_567)


def test_a_method_that_loses_faces_is_never_the_best():
    runs = [measured_run("lost", 0, np.array([0.01, np.inf])), measured_run("dark", 0, np.ones(2))]
    lost, dark = scores_of(runs, "ibug", PROTOCOLS[0])
    assert dark.difference is None
    assert lost.nme.value == np.inf
    assert np.isnan(lost.difference.low)
    assert lost.seed_spread is None


def test_other_faces_or_other_seeds_are_refused():
    other = measured_run("dark", 0, np.ones(2))
    with pytest.raises(ValueError, match="other faces of ibug"):
        scores_of([RUNS[0], other], "ibug", PROTOCOLS[0])
    with pytest.raises(ValueError, match="under the same seeds"):
        scores_of(RUNS[:3], "ibug", PROTOCOLS[0])


def test_another_truth_or_another_distance_under_one_name_is_refused():
    found = RUNS[2].splits["ibug"]
    name = PROTOCOLS[0].name
    moved = {"true_points_photo": found.true_points_photo + 1e-6}
    scaled = {"normalisers": {**found.normalisers, name: found.normalisers[name] * 1.01}}
    renamed = {"photo": ("other.jpg", *found.photo[1:])}
    for change, message in [
        (moved, "other true points of ibug"),
        (scaled, f"another protocol '{name}'"),
        (renamed, "other faces of ibug"),
    ]:
        other = replace(RUNS[2], splits={"ibug": replace(found, **change)})
        with pytest.raises(ValueError, match=message):
            scores_of([RUNS[0], other], "ibug", PROTOCOLS[0])
    other = replace(RUNS[2], splits={"ibug": replace(found, **scaled)})
    assert scores_of([RUNS[0], other], "ibug", PROTOCOLS[1])


def test_the_summary_spreads_estimates_over_columns():
    scores = scores_of(RUNS, "ibug", PROTOCOLS[0])
    table = summary_table(scores)
    first, best = table.rows(named=True)
    assert first["nme_low"] == scores[0].nme.low
    assert first["difference_high"] == scores[0].difference.high
    assert best["difference_to_best"] is None
    assert best["decode_ms_per_face"] == 0.25


def test_every_pair_is_a_row_with_its_verdict():
    pairs = method_pairs(RUNS, "ibug", PROTOCOLS[0])
    table = pairs_table(pairs, "ibug", PROTOCOLS[0].name, {"heatmap_size": "16"})
    (row,) = table.rows(named=True)
    assert (row["heatmap_size"], row["method"], row["reference"]) == ("16", "dark", "argmax")
    assert row["difference"] == pytest.approx(-13 / 3)
    assert (row["verdict"], row["same_training"]) == ("not resolved", False)
    assert row["sentence"] == pairs[0].verdict.sentence
    assert len(pairs_table([], "ibug", PROTOCOLS[0].name)) == 0


def test_axes_are_columns_after_the_method():
    run = replace(RUNS[0], levels={"crop_size": "64", "heatmap_size": "16"})
    for table in (results_table([run], FACTS), faces_table([run])):
        assert table.columns[:4] == ["method", "crop_size", "heatmap_size", "seed"]
    foreign = replace(RUNS[0], seed=None, training=None)
    assert results_table([foreign], FACTS)["seed"].null_count() == len(PROTOCOLS)


def test_the_terminal_shows_every_method_in_columns_of_one_width():
    lines = text_table(scores_of(RUNS, "ibug", PROTOCOLS[0])).splitlines()
    assert len(lines) == 4
    assert len({len(line) for line in lines}) == 1
    assert "12.00" in lines[2]
    assert "best" in lines[3]
