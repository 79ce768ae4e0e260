import polars
import pytest

from landmarks.analysis.codec_speed import SpeedRow, Times
from landmarks.analysis.codec_speed_table import (
    Machine,
    speed_figure,
    speed_frame,
    speed_text,
    write_speed,
)
from landmarks.analysis.codec_workload import Shape

CPU = Machine("cpu", "Some processor", 2, "2.9")
GPU = Machine("cuda", "Some card", 2, "2.9")
SMALL, LARGE = Shape(32, 98, 64), Shape(64, 98, 256)
FLOOR = Times(2.0, 1.9, 2.1)
LOOP = Times(50, 49, 51)
ROWS = [
    SpeedRow("dark", SMALL, "encode", Times(9, 8, 10), FLOOR, 4.5, LOOP, 10.0, 9, None, ""),
    SpeedRow("dark", SMALL, "loss", Times(8, 7, 9), FLOOR, 4.0, None, None, None, 2.5, ""),
    SpeedRow("dark", SMALL, "decode", Times(5, 4, 6), FLOOR, 2.5, LOOP, 10.0, 9, None, ""),
    SpeedRow("hih", SMALL, "decode", Times(20, 19, 21), FLOOR, 10.0, None, None, None, None, ""),
    SpeedRow("dark", LARGE, "loss", Times(8, 7, 9), FLOOR, 4.0, None, None, None, 2.5, ""),
    SpeedRow("dark", LARGE, "decode", None, None, None, None, None, None, None, "too large"),
]  # fmt: skip


def test_the_table_has_the_targets_beside_what_was_measured(tmp_path):
    write_speed(ROWS, CPU, tmp_path / "new" / "bench.csv")
    table = polars.read_csv(tmp_path / "new" / "bench.csv")
    assert table.height == 6
    decode = table.row(2, named=True)
    assert (decode["batch"], decode["points"], decode["heatmap_size"]) == (32, 98, 64)
    assert (decode["ms"], decode["ms_low"], decode["floor_ratio"]) == (5.0, 4.0, 2.5)
    assert (decode["speedup"], decode["speedup_target"], decode["floor_ratio_target"]) == (
        10,
        25,
        6,
    )
    assert table["memory_ratio"].to_list() == [None, 2.5, None, None, 2.5, None]
    assert table["memory_target"].to_list() == [None, None, None, None, 2.2, None]
    assert set(table["threads"]) == {2}
    assert table.row(5, named=True)["note"] == "too large"
    assert table.row(5, named=True)["ms"] is None
    assert table.columns == speed_frame(ROWS, CPU).columns


def test_a_gpu_has_other_targets():
    table = speed_frame(ROWS, GPU)
    assert table["floor_ratio_target"].to_list() == [None, 3.0, 2.0, 2.0, 3.0, 2.0]
    assert table["speedup_target"].to_list() == [None] * 6


def test_what_is_missed_is_marked():
    lines = speed_text(ROWS, CPU).splitlines()
    found = {tuple(line.split()[:2]): line for line in lines if line.startswith(("dark", "hih"))}
    assert "2.5 (≤ 6)  " in lines[5]
    assert "10.0 (≥ 25)!" in lines[5]
    assert "10.0 (≤ 6)!" in found["hih", "decode"]
    assert "2.5 (≤ 2.2)!" in found["dark", "loss"]
    assert "too large" in found["dark", "decode"]
    assert lines[0] == "Some processor, 2 threads, PyTorch 2.9"


@pytest.mark.parametrize("machine", [CPU, GPU])
def test_the_figure_has_three_panels_a_shape(machine):
    figure = speed_figure(ROWS, machine)
    axes = figure.axes
    assert len(axes) == 6
    widths = [bar.get_width() for bar in axes[0].patches]
    assert widths == [2.5, 10.0]
    assert [bar.get_width() for bar in axes[2].patches] == [10.0, 0.0]
    dashed = [line for line in axes[0].get_lines() if line.get_linestyle() == "--"]
    assert [line.get_xdata()[0] for line in dashed] == [6.0 if machine is CPU else 2.0]
