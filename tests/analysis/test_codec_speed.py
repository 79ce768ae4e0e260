import math

import pytest
import torch

from landmarks.analysis import codec_speed as module
from landmarks.analysis.codec_speed import codec_speed
from landmarks.analysis.codec_workload import Shape
from landmarks.codecs.methods import METHODS

SHAPE = Shape(2, 3, 32, crop_size=64)
FEW = {name: METHODS[name] for name in ("argmax", "dark", "hih")}


def test_every_step_of_every_codec_is_timed_beside_its_rulers(capsys):
    rows = codec_speed([SHAPE], FEW, repeats=2, memory=False)
    steps = ["encode", "loss", "decode", "decode channels_last"]
    assert [(row.method, row.step) for row in rows] == [(m, s) for m in FEW for s in steps]
    for row in rows:
        assert row.note == ""
        assert 0 < row.times.low <= row.times.median <= row.times.high
        assert 0 < row.floor.median < math.inf
        # The ratio is of neighbours in time, so near that of the medians.
        assert 0 < row.floor_ratio < math.inf
        looped = (row.method, row.step) in {
            ("argmax", "decode"), ("dark", "decode"), ("dark", "encode"),
        }  # fmt: skip
        assert (row.loop is not None, row.speedup is not None) == (looped, looped)
        assert row.loop_maps == (6 if looped else None)
        assert row.memory is None
    assert "3/3" in capsys.readouterr().err


def test_a_loop_is_timed_on_some_maps_and_scaled(monkeypatch):
    monkeypatch.setattr(module, "_LOOP_CELLS", 2 * 32 * 32)
    row = codec_speed([SHAPE], {"argmax": METHODS["argmax"]}, repeats=3, memory=False)[2]
    assert (row.step, row.loop_maps) == ("decode", 2)
    whole = codec_speed([SHAPE], {"argmax": METHODS["argmax"]}, repeats=1, memory=False)[2]
    assert whole.times is not None


def test_what_would_not_fit_is_left_out_with_a_reason(monkeypatch):
    maps = 4 * 2 * 3 * 32 * 32
    monkeypatch.setattr(module, "_LIMIT", maps)
    rows = codec_speed([SHAPE], {"argmax": METHODS["argmax"]}, repeats=1, memory=False)
    assert all(row.times is None and "leave no room" in row.note for row in rows)
    monkeypatch.setattr(module, "_LIMIT", int(2.8 * maps))
    rows = codec_speed([SHAPE], {"argmax": METHODS["argmax"]}, repeats=1, memory=False)
    assert [row.times is None for row in rows] == [True, True, False, False]
    assert "would need more than" in rows[0].note


def test_lines_have_one_layout():
    rows = codec_speed([SHAPE], {"simcc": METHODS["simcc"]}, repeats=1, memory=False)
    assert [row.step for row in rows] == ["encode", "loss", "decode"]


@pytest.mark.gpu
def test_on_a_gpu():
    rows = codec_speed([SHAPE], FEW, torch.device("cuda"), repeats=2)
    assert all(row.times is not None for row in rows)
    assert all(row.memory > 2 for row in rows if row.step == "loss")
