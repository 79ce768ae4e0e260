"""How much memory a step of a codec takes at its peak, measured in a process of its own."""

import multiprocessing
import resource
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from landmarks.analysis.codec_workload import Workload

_STATUS = Path("/proc/self/status")


def loss_memory(workload: Workload, device: torch.device, limit: int) -> tuple[float | None, str]:
    """Peak memory of loss and backward relative to the maps, the maps and their gradient included.

    On a CPU it is the peak of the resident memory above what the process held before the maps were
    made, in a fresh process that may not allocate more than the limit; on a GPU what PyTorch
    allocated there at most.

    Args:
        workload: What is scored.
        device: Where.
        limit: Bytes that the step may take.

    Returns:
        The ratio, and an empty text; or None, and why it was not measured.
    """
    if device.type == "cuda":
        return _on_gpu(workload, device), ""
    if not _STATUS.exists():
        return None, "peak memory is read from /proc, which this system has not"
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_in_process, args=(workload, limit, there), daemon=True)
    process.start()
    there.close()
    try:
        result: tuple[float | None, str] = here.recv()
    except EOFError:
        result = None, "the process that measured it was killed"
    process.join()
    return result


def _in_process(workload: Workload, limit: int, answer: Connection) -> None:
    try:
        answer.send((_on_cpu(workload, limit), ""))
    except (MemoryError, RuntimeError) as error:
        refused = isinstance(error, MemoryError) or "memory" in str(error)
        reason = f"needs more than {limit / 2**30:.0f} GiB" if refused else traceback.format_exc()
        answer.send((None, reason))


def _on_cpu(workload: Workload, limit: int) -> float:
    device = torch.device("cpu")
    # The first step pays for what is loaded once.
    _step(workload.reduced(), device)
    # Private memory that is mapped, more than what is used: libraries' and threads' own.
    held = _kibibytes("VmData") * 1024
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (held + limit, hard))
    before = _kibibytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    maps = _step(workload, device)
    return (_kibibytes("VmHWM") - before) * 1024 / maps


def _on_gpu(workload: Workload, device: torch.device) -> float:
    _step(workload.reduced(), device)
    torch.cuda.synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    maps = _step(workload, device)
    torch.cuda.synchronize(device)
    return (torch.cuda.max_memory_allocated(device) - before) / maps


def _step(workload: Workload, device: torch.device) -> int:
    """Loss and backward; the number of bytes of the maps that a network would emit."""
    codec = workload.codec().to(device)
    points = workload.points(device)
    outputs = workload.outputs(codec, points)
    for field in outputs.values():
        field.requires_grad_()
    loss = codec.supervise(outputs, points, points.new_ones(points.shape[:2]))
    torch.autograd.backward(loss)
    return sum(field.nbytes for field in outputs.values())


def _kibibytes(name: str) -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1])
