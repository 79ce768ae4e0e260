"""``bench.csv``, its table with the targets beside, and its figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars
from matplotlib.figure import Figure

from landmarks.analysis.codec_speed import SpeedRow, Times
from landmarks.analysis.figures.style import COLOURS
from landmarks.files import complete_file


class Machine(NamedTuple):
    """Where it was measured.

    Attributes:
        device: ``cpu`` or ``cuda``.
        name: Of the processor or the card.
        threads: Of PyTorch on the CPU.
        torch: PyTorch's version.
    """

    device: str
    name: str
    threads: int
    torch: str

    def __str__(self) -> str:
        where = f", {self.threads} threads" if self.device == "cpu" else ""
        return f"{self.name}{where}, PyTorch {self.torch}"


LEAST_SPEEDUP: Mapping[str, float] = {
    "argmax": 4,
    "quarter_offset": 4,
    "continuous_subpixel": 10,
    "dark": 25,
}
"""How many times faster than its loop a method is to decode on a CPU."""

MOST_MEMORY = 2.2
"""Peak memory of loss and backward, relative to the maps, gradient included."""

_LARGE = 2**26
"""Cells from which `MOST_MEMORY` holds: what a process needs anyway hardly counts beside them."""


def most_floor(step: str, device: str) -> float | None:
    """How many times the floor a step may take; None where there is no target.

    >>> most_floor("decode", "cpu"), most_floor("loss", "cuda"), most_floor("loss", "cpu")
    (6.0, 3.0, None)
    """
    if step == "decode":
        return 2.0 if device == "cuda" else 6.0
    return 3.0 if step == "loss" and device == "cuda" else None


def speed_frame(rows: Sequence[SpeedRow], machine: Machine) -> polars.DataFrame:
    """The rows as ``bench.csv`` shows them: milliseconds for a batch, medians and quartiles."""
    texts = ("method", "step", "device", "device_name", "torch", "note")
    wholes = ("batch", "points", "heatmap_size", "loop_maps", "threads")
    columns = [
        "method",
        *("batch", "points", "heatmap_size", "step", "ms", "ms_low", "ms_high"),
        *("floor_ms", "floor_ratio", "floor_ratio_target"),
        *("loop_ms", "loop_maps", "speedup", "speedup_target", "memory_ratio", "memory_target"),
        *("device", "device_name", "threads", "torch", "note"),
    ]
    schema = {
        name: polars.String if name in texts else polars.Int64 if name in wholes else polars.Float64
        for name in columns
    }
    data = [
        (
            row.method,
            *row.shape[:3],
            row.step,
            *(row.times or (None, None, None)),
            _median(row.floor),
            row.floor_ratio,
            most_floor(row.step, machine.device),
            _median(row.loop),
            row.loop_maps,
            row.speedup,
            _least_speedup(row, machine),
            row.memory,
            _most_memory(row) if row.memory is not None else None,
            *machine,
            row.note,
        )
        for row in rows
    ]
    return polars.DataFrame(data, schema=schema, orient="row")


def write_speed(rows: Sequence[SpeedRow], machine: Machine, path: Path) -> None:
    """Writes ``bench.csv``; it appears when it is complete."""
    with complete_file(path) as unfinished:
        speed_frame(rows, machine).write_csv(unfinished)


def speed_text(rows: Sequence[SpeedRow], machine: Machine) -> str:
    """The rows as a terminal shows them, targets beside what was measured.

    A target that is missed is marked with an exclamation mark.
    """
    width = max(len(row.method) for row in rows)
    lines = [str(machine)]
    for shape in dict.fromkeys(row.shape for row in rows):
        lines.append(f"{shape}: milliseconds a batch, median (quartiles)")
        lines.append(
            f"{'method':{width}}  {'step':20}  {'ms':>9} {'':19}  {'over floor':>16}  "
            f"{'over loop':>17}  {'memory':>14}"
        )
        lines += [_words(row, machine, width) for row in rows if row.shape == shape]
    lines.append(
        "over floor: times one read of the maps (decode), one read and write (loss and backward), "
        "one write (encode);\nover loop: how many times faster than the plain NumPy and OpenCV "
        "loop, timed on some maps and scaled;\nmemory: peak of loss and backward relative to the "
        "maps, maps and gradient included; in brackets the target, ! where it is missed"
    )
    return "\n".join(lines)


def _words(row: SpeedRow, machine: Machine, width: int) -> str:
    head = f"{row.method:{width}}  {row.step:20}  "
    if row.times is None:
        return f"{head}{'–':>9}  {row.note}"
    most = most_floor(row.step, machine.device)
    cells = [
        f"{row.times.median:9.2f} {f'({row.times.low:.2f}–{row.times.high:.2f})':19}",
        _with_target(row.floor_ratio, most, most_wanted=True, width=16),
        _with_target(row.speedup, _least_speedup(row, machine), most_wanted=False, width=17),
        _with_target(row.memory, _most_memory(row), most_wanted=True, width=14),
    ]
    return (head + "  ".join(cells) + row.note).rstrip()


def _with_target(
    value: float | None, target: float | None, *, most_wanted: bool, width: int
) -> str:
    if value is None:
        return " " * width
    text = f"{value:.1f}"
    if target is not None:
        missed = value > target if most_wanted else value < target
        text += f" ({'≤' if most_wanted else '≥'} {target:g}){'!' if missed else ' '}"
    return f"{text:>{width}}"


def speed_figure(rows: Sequence[SpeedRow], machine: Machine) -> Figure:
    """Decoding beside its rulers: a row of panels a shape, a bar a method."""
    shapes = list(dict.fromkeys(row.shape for row in rows))
    methods = list(dict.fromkeys(row.method for row in rows))
    height = (1.2 + 0.3 * len(methods)) * len(shapes)
    figure = Figure(figsize=(10.4, height + 0.4), layout="constrained")
    figure.suptitle(str(machine))
    panels = figure.subplots(len(shapes), 3, sharey=True, squeeze=False)
    for shape, (decode, loss, loop) in zip(shapes, panels, strict=True):
        for axes, step, title in (
            (decode, "decode", "decode / one read of the maps"),
            (loss, "loss", "loss + backward / one read and write"),
            (loop, "decode", "the plain loop / decode"),
        ):
            own = {row.method: row for row in rows if (row.shape, row.step) == (shape, step)}
            values = [
                None
                if method not in own
                else own[method].speedup
                if axes is loop
                else own[method].floor_ratio
                for method in methods
            ]
            axes.barh(
                methods,
                [value or 0.0 for value in values],
                color=[COLOURS[place % len(COLOURS)] for place in range(len(methods))],
                height=0.65,
            )
            target = most_floor(step, machine.device)
            if axes is not loop and target is not None:
                axes.axvline(target, color="#888888", linestyle="--", linewidth=1.2)
            if axes is loop and machine.device == "cpu":
                for place, method in enumerate(methods):
                    if method in LEAST_SPEEDUP:
                        goal = LEAST_SPEEDUP[method]
                        axes.plot([goal] * 2, [place - 0.45, place + 0.45], color="#888888")
            axes.set(title=f"{shape}" if axes is decode else "", xlabel=title)
            axes.grid(visible=True, axis="x", linewidth=0.6, alpha=0.5)
            axes.tick_params(axis="y", length=0)
        decode.invert_yaxis()
    return figure


def _median(times: Times | None) -> float | None:
    return None if times is None else times.median


def _least_speedup(row: SpeedRow, machine: Machine) -> float | None:
    wanted = row.step == "decode" and machine.device == "cpu"
    return LEAST_SPEEDUP.get(row.method) if wanted else None


def _most_memory(row: SpeedRow) -> float | None:
    shape = row.shape
    large = shape.batch * shape.points * shape.heatmap_size**2 >= _LARGE
    return MOST_MEMORY if large else None
