from dataclasses import replace

import numpy as np
import polars
import pytest

from landmarks.analysis.calibration import (
    PROBABILITIES,
    calibration_curves,
    calibration_means,
    calibration_table,
)
from tests.analysis.made_up import PROTOCOLS, measured_run

PROTOCOL = PROTOCOLS[0].name


def run(method, seed, scale, temperature, faces=200):
    """Gaussian errors of many spreads, of which a method claims ``1 / scale``."""
    rng = np.random.default_rng(seed)
    spread = rng.lognormal(0, 0.5, (faces, 68))
    points = spread[..., None] * rng.normal(size=(faces, 68, 2))
    claimed = {"spread": spread / scale, "points": points, "temperature": temperature}
    return measured_run(method, seed, np.full(faces, 0.05), **claimed)


RUNS = [run("sure", 0, 2.0, 4.0), run("sure", 1, 2.0, 4.0), run("right", 0, 1.0, None)]


def test_a_row_for_each_method_seed_and_split():
    table = calibration_table(RUNS, PROTOCOL)
    assert table.select("method", "seed", "split").rows() == [
        ("sure", 0, "ibug"), ("sure", 1, "ibug"), ("right", 0, "ibug"),
    ]  # fmt: skip
    sure, _, right = table.rows(named=True)
    assert sure["points"] == 200 * 68
    results = RUNS[0].splits["ibug"]
    raw, tempered = results.calibration(PROTOCOL), results.calibration(PROTOCOL, 4.0)
    assert (sure["nll"], sure["nll_tempered"]) == (raw.nll, tempered.nll)
    assert sure["rms_error"] == pytest.approx(sure["rms_predicted_tempered"], rel=0.03)
    assert sure["coverage_90"] == pytest.approx(100 * (1 - 0.1 ** (1 / 4)), abs=1)
    assert sure["coverage_90_tempered"] == pytest.approx(90, abs=1)
    assert right["coverage_50"] == pytest.approx(50, abs=1.5)
    for name in table.columns:
        assert (right[name] is None) == (name == "temperature" or name.endswith("_tempered"))


def test_the_table_survives_its_file(tmp_path):
    table = calibration_table(RUNS[2:], PROTOCOL)
    table.write_csv(tmp_path / "calibration.csv")
    again = polars.read_csv(tmp_path / "calibration.csv", schema=table.schema)
    assert again.equals(table)


def test_one_spread_for_all_ranks_nothing():
    (row,) = calibration_table([measured_run("m", 0, np.ones(3))], PROTOCOL).rows(named=True)
    assert row["spearman"] is None
    assert row["nll"] is not None


def test_means_are_over_the_seeds():
    table = calibration_table(RUNS, PROTOCOL)
    sure, right = calibration_means(table, "ibug")
    nll = table.filter(method="sure")["nll"]
    assert (sure["method"], sure["nll"]) == ("sure", pytest.approx(nll.mean()))
    assert (right["method"], right["temperature"]) == ("right", None)
    half = calibration_table([RUNS[0], run("sure", 1, 2.0, None)], PROTOCOL)
    assert calibration_means(half, "ibug")[0]["nll_tempered"] is None


def test_curves_pool_the_seeds_under_each_ones_own_temperature():
    curves = calibration_curves(RUNS, "ibug", PROTOCOL)
    assert list(curves) == ["sure", "right"]
    assert curves["sure"].tempered
    assert not curves["right"].tempered
    for curve in curves.values():
        np.testing.assert_allclose(curve.coverage, PROBABILITIES, atol=0.015)
        for one in curve.bins:
            assert one.found == pytest.approx(one.predicted, rel=0.08)
    assert sum(one.points for one in curves["sure"].bins) == 2 * 200 * 68


def test_predictions_without_covariances_are_left_out():
    without = replace(RUNS[2].splits["ibug"], covariances_photo=None)
    foreign = replace(RUNS[2], method="foreign", seed=None, splits={"ibug": without})
    table = calibration_table([foreign, *RUNS], PROTOCOL)
    assert table.equals(calibration_table(RUNS, PROTOCOL))
    assert list(calibration_curves([foreign, *RUNS], "ibug", PROTOCOL)) == ["sure", "right"]
    none = calibration_table([foreign], PROTOCOL)
    assert (none.height, none.schema) == (0, table.schema)
    assert calibration_means(none, "ibug") == []
    assert calibration_curves([foreign], "ibug", PROTOCOL) == {}
