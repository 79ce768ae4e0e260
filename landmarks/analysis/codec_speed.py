"""How fast codecs encode, score and decode, beside two rulers measured in the same run.

The rulers are the same algorithm as a plain loop over points (`landmarks.analysis.codec_loops`),
and one read of the maps, ``amax`` over them: no decoder of whole maps can be faster than that.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from landmarks.analysis import codec_loops
from landmarks.analysis.codec_loops import Loop
from landmarks.analysis.codec_memory import loss_memory
from landmarks.analysis.codec_workload import Shape, Workload
from landmarks.batch import Fields
from landmarks.codecs.base import Codec
from landmarks.codecs.gaussian import ContinuousHeatmap, GaussianHeatmap
from landmarks.codecs.methods import METHODS, CodecOfSize
from landmarks.codecs.peaks import Argmax, Dark, LocalSoftArgmax, QuarterOffset

_LIMIT = 8 * 2**30
"""Bytes that a step may take."""
_LOOP_CELLS = 2**20
"""Cells of the maps that a loop is timed on: 256 maps of 64 × 64, 16 of 256 × 256."""
_PASSES = {"encode": 2.0, "loss": 4.0, "decode": 1.5}
"""Of the maps' bytes, what each step is expected to take beside the outputs, the outputs' own
gradient included; only a first guard, since loss and backward are then measured."""


class Times(NamedTuple):
    """Milliseconds for a batch.

    Attributes:
        median: Median of the repeats.
        low: Lower quartile.
        high: Upper quartile.
    """

    median: float
    low: float
    high: float


class SpeedRow(NamedTuple):
    """One step of one codec on one shape.

    Attributes:
        method: Name of the codec.
        shape: What it was timed on.
        step: ``encode``, ``loss`` (loss and backward), ``decode``, or ``decode channels_last``.
        times: Of the step; None where it was not timed.
        floor: Of the ruler that no step can undercut: one read of the maps for decoding, one read
            and one write of them for loss and backward, one write for encoding.
        floor_ratio: Median over the repeats of the step's time over the floor's beside it.
        loop: Of the plain loop, scaled to the batch; None where there is none.
        speedup: Median over the repeats of the loop's time over the step's beside it.
        loop_maps: Number of maps that the loop was timed on.
        memory: Peak memory over that of the maps, maps and gradient included; of the loss alone.
        note: Why something was not measured; else empty.
    """

    method: str
    shape: Shape
    step: str
    times: Times | None
    floor: Times | None
    floor_ratio: float | None
    loop: Times | None
    speedup: float | None
    loop_maps: int | None
    memory: float | None
    note: str


def codec_speed(
    shapes: Sequence[Shape],
    methods: Mapping[str, CodecOfSize] = METHODS,
    device: torch.device | None = None,
    repeats: int = 9,
    memory: bool = True,
) -> list[SpeedRow]:
    """Times every method on every shape; shows a progress bar.

    Step and rulers take turns, and ratios are those of neighbours in time: what else the machine
    does weighs on both alike.

    Args:
        shapes: How much is encoded, scored and decoded at a time.
        methods: Codecs by name.
        device: Where; the CPU if None.
        repeats: How often each step is timed.
        memory: Whether to measure the loss's peak memory as well.

    Raises:
        ValueError: If a heatmap does not fit the crop.
    """
    device = device or torch.device("cpu")
    rows = []
    with tqdm(total=len(shapes) * len(methods), desc="time", unit="codec") as progress:
        for shape in shapes:
            for name in methods:
                progress.set_postfix_str(f"{name} {shape}")
                rows += _time_codec(Workload(name, shape, methods), device, repeats, memory)
                progress.update()
    return rows


def loop_of(codec: Codec) -> Loop | None:
    """The plain loop of a codec's decoding; None where none is written."""
    if not isinstance(codec, GaussianHeatmap):
        return None
    peak = codec.peak
    if isinstance(peak, Argmax):
        return codec_loops.argmax
    if isinstance(peak, QuarterOffset):
        return codec_loops.quarter_offset
    if isinstance(peak, Dark):
        return partial(codec_loops.dark, kernel_size=peak.kernel_size)
    if isinstance(peak, LocalSoftArgmax):
        return partial(
            codec_loops.local_soft_argmax, window=peak.window, temperature=peak.temperature
        )
    return None


class _Task(NamedTuple):
    """A step and its rulers, each a call that does all of it."""

    step: str
    run: Callable[[], object]
    floor: Callable[[], object]
    loop: Callable[[], object] | None
    loop_maps: int
    maps: int


def _time_codec(
    workload: Workload, device: torch.device, repeats: int, memory: bool
) -> list[SpeedRow]:
    codec = workload.codec().to(device)
    specs = codec.fields.values()
    size = 4 * workload.shape.batch * sum(s.channels * s.height * s.width for s in specs)
    steps = ["encode", "loss", "decode", "decode channels_last"]
    if size * (1 + min(_PASSES.values())) > _LIMIT:
        note = f"maps of {size / 2**30:.1f} GiB leave no room below {_LIMIT / 2**30:.0f} GiB"
        return [_untimed(workload, step, note) for step in steps]
    memory_ratio, memory_note = None, ""
    if memory:
        memory_ratio, memory_note = loss_memory(workload, device, _LIMIT)
    points = workload.points(device)
    outputs = workload.outputs(codec, points)
    rows = []
    for step in steps:
        if step == "loss" and memory_note:
            rows.append(_untimed(workload, step, memory_note))
            continue
        if size * (1 + _PASSES[step.split()[0]]) > _LIMIT and (step != "loss" or not memory):
            rows.append(_untimed(workload, step, f"would need more than {_LIMIT / 2**30:.0f} GiB"))
            continue
        task = _task(step, codec, outputs, points)
        if task is not None:
            row = _time(task, workload, device, repeats)
            rows.append(row._replace(memory=memory_ratio if step == "loss" else None))
    return rows


def _untimed(workload: Workload, step: str, note: str) -> SpeedRow:
    return SpeedRow(
        workload.method, workload.shape, step, None, None, None, None, None, None, None, note
    )


def _task(step: str, codec: Codec, outputs: Fields, points: Float[Tensor, "B K 2"]) -> _Task | None:
    maps = sum(field.shape[0] * field.shape[1] for field in outputs.values())
    read = partial(_read, outputs)
    if step == "encode":
        buffers = [torch.empty_like(field) for field in outputs.values()]
        some, draw = _encode_loop(codec, points)
        return _Task(
            step,
            partial(_inference, codec.encode, points),
            lambda: [buffer.zero_() for buffer in buffers],
            draw,
            some,
            maps,
        )
    if step == "loss":
        weight = points.new_ones(points.shape[:2])
        leaves = {name: field.clone().requires_grad_() for name, field in outputs.items()}
        buffers = [torch.empty_like(field) for field in outputs.values()]

        def score() -> None:
            for leaf in leaves.values():
                leaf.grad = None
            torch.autograd.backward(codec.supervise(leaves, points, weight))

        def copy() -> None:
            for buffer, field in zip(buffers, outputs.values(), strict=True):
                buffer.copy_(field)

        return _Task(step, score, copy, None, 0, maps)
    if step == "decode":
        loop = loop_of(codec)
        fields = outputs["heatmap"].flatten(0, 1) if loop is not None else None
        some, call = 0, None
        if loop is not None and fields is not None:
            some = max(1, min(len(fields), _LOOP_CELLS // fields[0].numel()))
            call = partial(codec_loops.decode, list(fields[:some].cpu().numpy()), loop)
        return _Task(step, partial(_inference, codec.decode, outputs), read, call, some, maps)
    if all(field.shape[-2] == 1 for field in outputs.values()):
        return None  # there is one layout of a line
    last = {
        name: field.contiguous(memory_format=torch.channels_last) for name, field in outputs.items()
    }
    decode = partial(_inference, codec.decode, last)
    return _Task(step, decode, partial(_read, last), None, 0, maps)


def _read(fields: Fields) -> list[Tensor]:
    return [field.amax(dim=(-2, -1)) for field in fields.values()]


def _inference(call: Callable[[Any], object], argument: object) -> object:
    with torch.inference_mode():
        return call(argument)


def _encode_loop(
    codec: Codec, points: Float[Tensor, "B K 2"]
) -> tuple[int, Callable[[], object] | None]:
    if not isinstance(codec, ContinuousHeatmap):
        return 0, None
    height, width = codec.grid.size
    cells = codec.grid.to_cells(points).flatten(0, 1).cpu().numpy().astype(np.float64)
    some = max(1, min(len(cells), _LOOP_CELLS // (height * width)))
    return some, partial(codec_loops.encode, cells[:some], height, width, codec.sigma)


def _time(task: _Task, workload: Workload, device: torch.device, repeats: int) -> SpeedRow:
    calls = [task.run, task.floor, *([task.loop] if task.loop is not None else [])]
    taken: list[list[float]] = [[] for _ in calls]
    for turn in range(repeats + 1):
        for call, times in zip(calls, taken, strict=True):
            _wait(device)
            before = time.perf_counter()
            call()
            _wait(device)
            if turn > 0:  # the first turn pays for set-up
                times.append(1000 * (time.perf_counter() - before))
    run, floor = taken[:2]
    loop = [t * task.maps / task.loop_maps for t in taken[2]] if task.loop is not None else None
    return SpeedRow(
        workload.method,
        workload.shape,
        task.step,
        _times(run),
        _times(floor),
        statistics.median(a / b for a, b in zip(run, floor, strict=True)),
        None if loop is None else _times(loop),
        None if loop is None else statistics.median(b / a for a, b in zip(run, loop, strict=True)),
        task.loop_maps or None,
        None,
        "",
    )


def _times(values: list[float]) -> Times:
    low, high = (float(each) for each in np.quantile(values, [0.25, 0.75]))
    return Times(statistics.median(values), low, high)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
