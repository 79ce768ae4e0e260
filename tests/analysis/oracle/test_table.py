import polars
import pytest
from matplotlib.figure import Figure

from landmarks.analysis.corruption import WhiteNoise
from landmarks.analysis.oracle import (
    EXACT,
    CodecError,
    Condition,
    OracleRow,
    corruption_figure,
    oracle_figure,
    oracle_frame,
    oracle_text,
    write_csv,
)
from landmarks.analysis.statistics import Estimate
from landmarks.metrics.calibration import Calibration

CALIBRATION = Calibration(100, 2.5, (0.5, 0.875, 0.95), 1.5, 0.25, 0.5, 0.1, 0.2)


def row(method, size, error, bias_y=0.0, nme=0.0125, condition=EXACT, difference=None):
    found = CodecError(error, 0.125, error / 2, 0.0, bias_y, nme, CALIBRATION)
    return OracleRow(method, size, 1.5, condition, found, difference, "")


def rows():
    return [
        row("argmax", 64, 1.5, bias_y=-0.25, difference=Estimate(0.5, 0.25, 0.75)),
        row("argmax", 32, 3.0),
        row("dark", 64, 0.001),
        row("dark", 32, 0.05),
    ]


def noise(level):
    return Condition("white_noise", level, (WhiteNoise(level),))


def corrupted_rows():
    return [
        row("argmax", 64, 2.0, condition=noise(0.1)),
        row("argmax", 64, 1.5, condition=noise(0.05)),
        OracleRow("plain", 64, None, noise(0.1), None, None, "it has no map"),
        row("dark", 64, 0.5, condition=noise(0.1)),
    ]


def test_the_table_is_in_pixels_and_per_cent(tmp_path):
    write_csv(rows() + corrupted_rows(), tmp_path / "new" / "oracle.csv")
    table = polars.read_csv(tmp_path / "new" / "oracle.csv")
    assert table.columns == oracle_frame(rows()).columns
    assert table.row(0, named=True) == {
        "method": "argmax", "heatmap_size": 64, "sigma": 1.5, "corruption": "none", "level": None,
        "error_px": 1.5, "error_se": 0.125, "median_px": 0.75, "bias_x": 0.0, "bias_y": -0.25,
        "nme": 1.25, "difference_px": 0.5, "difference_low": 0.25, "difference_high": 0.75,
        "nll": 2.5, "coverage_50": 50.0, "coverage_90": 87.5, "coverage_95": 95.0,
        "predicted_px": 0.25, "temperature": 1.5, "note": "",
    }  # fmt: skip
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["oracle.csv"]
    empty = table.filter(polars.col("method") == "plain").row(0, named=True)
    assert (empty["corruption"], empty["level"]) == ("white_noise", 0.1)
    assert empty["note"] == "it has no map"
    assert {empty[name] for name in ("error_px", "nme", "nll", "sigma")} == {None}


def test_the_terminal_shows_a_block_a_condition():
    lines = oracle_text(corrupted_rows(), "some/protocol").splitlines()
    heads = [line for line in lines if line.startswith("white_noise")]
    assert heads == ["white_noise, level 0.1", "white_noise, level 0.05"]
    (reason,) = [line for line in lines if line.startswith("plain")]
    assert reason.endswith("–  it has no map")
    assert "some/protocol" in lines[-3]
    assert "white_noise" not in oracle_text(rows(), "some/protocol")


def test_the_figure_has_a_line_a_method_in_order_of_size():
    figure = oracle_figure(rows(), "some faces")
    assert isinstance(figure, Figure)
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert list(lines) == ["argmax", "dark"]
    assert lines["argmax"].get_xdata().tolist() == [32, 64]
    assert lines["argmax"].get_ydata().tolist() == [3.0, 1.5]
    assert len({line.get_color() for line in lines.values()}) == 2
    assert axes.get_title() == "some faces"


def test_the_figure_of_a_corruption_has_a_line_a_method_in_order_of_level():
    figure = corruption_figure(corrupted_rows(), "some faces")
    (axes,) = figure.axes
    lines = {
        line.get_label(): line
        for line in axes.get_lines()
        if line.get_label() in ("argmax", "dark")
    }
    assert list(lines) == ["argmax", "dark"]
    assert lines["argmax"].get_xdata().tolist() == [0.05, 0.1]
    assert lines["argmax"].get_ydata().tolist() == [1.5, 2.0]
    assert axes.get_xlabel() == "standard deviation of the noise, relative to the peak's height"
    bars = axes.collections[0].get_segments()
    assert bars[0][:, 1].tolist() == pytest.approx([1.25, 1.75])
