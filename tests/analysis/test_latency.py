import time

import torch

from landmarks.analysis.latency import decode_milliseconds
from landmarks.codecs import IntegerHeatmap
from landmarks.geometry import Size
from landmarks.markups import MARKUP_68


def test_the_time_is_that_of_decoding_divided_by_the_faces(monkeypatch):
    codec = IntegerHeatmap(MARKUP_68, Size(64, 64), heatmap_size=16)
    outputs = {"heatmap": torch.zeros(4, 68, 16, 16)}
    calls = []

    def slow(given):
        calls.append(given)
        time.sleep(0.02)

    monkeypatch.setattr(codec, "decode", slow)
    found = decode_milliseconds(codec, outputs)
    assert 5.0 <= found < 15.0
    assert len(calls) > 10
    assert all(given is outputs for given in calls)
