"""How long a codec takes to read points off a network's output."""

import statistics
import time

import torch

from landmarks.batch import Fields
from landmarks.codecs.base import Codec

_LEAST_REPEATS = 10
_SECONDS = 0.5


def decode_milliseconds(codec: Codec, outputs: Fields) -> float:
    """Milliseconds for a face, the median of repeats on one batch.

    Args:
        codec: The codec, on the outputs' device.
        outputs: What a network emitted for a batch, for the codec to decode.
    """
    first = next(iter(outputs.values()))
    times: list[float] = []
    started = time.perf_counter()
    with torch.inference_mode():
        codec.decode(outputs)  # the first call pays for set-up
        while len(times) < _LEAST_REPEATS or time.perf_counter() - started < _SECONDS:
            _wait(first)
            before = time.perf_counter()
            codec.decode(outputs)
            _wait(first)
            times.append(time.perf_counter() - before)
    return 1000 * statistics.median(times) / len(first)


def _wait(on: torch.Tensor) -> None:
    if on.is_cuda:
        torch.cuda.synchronize(on.device)
