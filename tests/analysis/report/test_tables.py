from dataclasses import replace

import numpy as np
import polars

from landmarks.analysis.report import tables
from landmarks.analysis.report.content import Proof, TrainingReport
from landmarks.analysis.statistics import Estimate, Outcome
from tests.analysis.report.small_split import PROTOCOL, score, small_split


def column(table, title):
    own = next(column for column in table.columns if column.title == title)
    return [own.text(row) for row in table.rows]


def titles(table):
    return [column.title for column in table.columns]


def test_verdicts_are_turned_to_stand_beside_the_best():
    split = small_split()
    assert tables.best_method(split.scores) == "b_2"
    assert tables.beside_best(split.scores, split.pairs) == {
        "a%": Outcome.WORSE,  # the pair says that b_2 is better
        "c & d": Outcome.NOT_RESOLVED,
        "[e]": Outcome.WORSE,
    }
    assert tables.leading_rows(split.scores, split.pairs) == {1, 2}


def test_the_methods_stand_in_their_order_with_the_leading_ones_bold():
    table = tables.methods_table(small_split())
    assert column(table, "method") == ["a%", "b_2", "c & d", "[e]"]
    assert column(table, "NME, 95 % interval") == ["4.50", "4.00", "4.02", "4.40"]
    assert column(table, "to the best, paired") == ["+0.50", "best", "+0.02", "+0.40"]
    assert column(table, "verdict") == ["worse", "best", "not resolved", "worse"]
    assert column(table, "parameters") == ["1,234,567"] * 3 + ["–"]
    assert column(table, "± seeds") == ["0.03"] * 3 + ["–"]
    assert column(table, "predictions of") == ["this comparison"] * 3 + ["another program"]
    bold = {own.title for own in table.columns if own.strong}
    assert bold == {"method", "NME, 95 % interval", "to the best, paired", "verdict"}
    assert {own.strong for own in table.columns if own.strong} == {frozenset({1, 2})}
    assert "224 faces" in table.caption
    assert table.caption.endswith("and all that are not told apart from it")


def test_a_single_method_has_neither_difference_nor_verdict():
    split = replace(small_split(), scores=[score("only", 4.0, None, seeds=1)], pairs=[])
    table = tables.methods_table(split)
    assert titles(table) == [
        "method", "NME, 95 % interval", "FR", "AUC", "parameters", "network ms", "decode ms",
    ]  # fmt: skip
    assert "Bold" not in table.caption
    assert not any(own.strong for own in table.columns)


def test_other_programs_alone_have_no_costs():
    split = replace(
        small_split(),
        scores=[score("x", 4.0, None, seeds=0), score("y", 4.1, Estimate(0.1, 0.0, 0.2), seeds=0)],
        pairs=[],
    )
    assert titles(tables.methods_table(split))[-2:] == ["AUC", "predictions of"]


def test_a_lost_face_is_told_without_an_interval():
    lost = score("a%", 4.5, None)._replace(nme=Estimate(np.inf, np.nan, np.nan))
    split = replace(small_split(), scores=[lost, *small_split().scores[1:]])
    own = tables.methods_table(split).columns[1]
    assert own.text(0) == "∞"
    assert own.interval(0) is None


def test_every_pair_has_its_numbers_and_its_words():
    split = small_split()
    table = tables.pairs_table(split)
    assert len(table.rows) == 6
    assert column(table, "difference, 95 % interval")[0] == "−0.500"
    assert column(table, "p bootstrap")[0] == "< 0.001"
    assert column(table, "p Wilcoxon, Holm")[0] == "0.060"
    assert column(table, "better on % of faces")[0] == "37.5"
    assert column(table, "trainings") == ["shared", "own", "own", *["unknown"] * 3]
    assert "SD seeds" in titles(table)
    assert column(tables.verdicts_table(split), "verdict")[2] == "not resolved: a sentence"


def test_one_seed_has_no_seed_variance():
    pairs = [pair._replace(seed_sd=None, rest_sd=None) for pair in small_split().pairs]
    table = tables.pairs_table(replace(small_split(), pairs=pairs))
    assert not {"SD seeds", "SD rest"} & set(titles(table))


def test_scores_are_averaged_over_seeds_and_keep_the_axes():
    rows = [
        (method, size, seed, "ibug", subset, PROTOCOL.name, 20, nme + seed, 1.0, 60.0)
        for method, nme in (("a", 4.0), ("b", 5.0))
        for size in ("16", "32")
        for seed in (0, 1)
        for subset in ("all", "large pose")
    ]
    names = ["method", "heatmap_size", "seed", "split", "subset", "protocol", "faces"]
    results = polars.DataFrame(rows, schema=[*names, "nme", "fr", "auc"], orient="row")
    table = tables.scores_table(results)
    assert titles(table)[:3] == ["faces of", "heatmap_size", "faces"]
    assert column(table, "faces of") == ["ibug", "ibug", "ibug: large pose", "ibug: large pose"] * 2
    assert column(table, "heatmap_size") == ["16"] * 4 + ["32"] * 4
    assert column(table, "method") == ["a", "b"] * 4
    assert column(table, "NME") == ["4.50", "5.50"] * 4


def test_trainings_tell_their_cost():
    one = TrainingReport("a-seed0", ["a", "b"], 0, 30, 90.0, 4.87, "NVIDIA H100", "", 2, True)
    table = tables.trainings_table([one])
    assert one.hours == 3.0
    assert column(table, "GPU-hours") == ["3.000"]
    assert column(table, "methods") == ["a, b"]
    assert "condition" not in titles(table)
    both = tables.trainings_table([one, one._replace(on_gpu=False, condition="size 16")])
    assert "CPU/GPU-hours" in titles(both)
    assert column(both, "condition") == ["", "size 16"]


def test_what_differs_is_said():
    same = Proof("weights", "0", {"a": "11" * 32, "b": "11" * 32})
    assert same.holds
    assert same.sentence == f"same for all methods: {'11' * 8}"
    other = Proof("weights", "0", {"a": "11" * 32, "b": "22" * 32, "c": "11" * 32})
    assert not other.holds
    assert other.sentence == f"differs: {'11' * 8} for a, c; {'22' * 8} for b"


def test_protocols_say_what_they_mean():
    table = tables.meanings_table([PROTOCOL])
    assert column(table, "errors are divided by") == [PROTOCOL.normaliser.description]
    assert column(table, "FR above %") == [f"{100 * PROTOCOL.failure_threshold:g}"]
