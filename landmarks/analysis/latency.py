"""How long a network takes for a face, and a codec to read points off its output."""

import statistics
import time
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.backbones.base import Network
from landmarks.batch import Fields
from landmarks.codecs.base import Codec

_LEAST_REPEATS = 10
_SECONDS = 0.5


def network_milliseconds(network: Network, images: Float[Tensor, "B 3 H W"]) -> float:
    """Milliseconds that a network takes for a face, the median of repeats on one batch.

    Args:
        network: The network, on the images' device, in evaluation mode.
        images: Normalised crops.
    """
    return _milliseconds(lambda: network(images), images)


def decode_milliseconds(codec: Codec, outputs: Fields) -> float:
    """Milliseconds that decoding takes for a face, the median of repeats on one batch.

    Args:
        codec: The codec, on the outputs' device.
        outputs: What a network emitted for a batch, for the codec to decode.
    """
    return _milliseconds(lambda: codec.decode(outputs), next(iter(outputs.values())))


def _milliseconds(call: Callable[[], object], batch: Tensor) -> float:
    """Of one call, for each of the batch's faces."""
    times: list[float] = []
    started = time.perf_counter()
    with torch.inference_mode():
        call()  # the first call pays for set-up
        while len(times) < _LEAST_REPEATS or time.perf_counter() - started < _SECONDS:
            _wait(batch)
            before = time.perf_counter()
            call()
            _wait(batch)
            times.append(time.perf_counter() - before)
    return 1000 * statistics.median(times) / len(batch)


def _wait(on: Tensor) -> None:
    if on.is_cuda:
        torch.cuda.synchronize(on.device)
