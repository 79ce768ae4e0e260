"""Jobs done by several processes of this machine at a time."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Never

from tqdm import tqdm

from landmarks.analysis.launchers.base import Launcher, log_file
from landmarks.analysis.launchers.job import BUSY, Failure, Job, is_busy
from landmarks.errors import SettingsError

_POLL = 0.2
"""Seconds between two looks at the processes."""
_GRACE = 10.0
"""Seconds that a process is given to end by itself before it is killed."""


@dataclass
class _Running:
    job: Job
    process: "subprocess.Popen[bytes]"
    place: Mapping[str, str]
    started: float
    said_before: int  # bytes that its log held already


class SideBySide(Launcher):
    """Does several jobs at a time, each in a process of its own.

    What a process says goes to its log; the terminal has a line for each start and end, and a bar.
    Sums over floating-point numbers depend on the number of threads in their last bits, and a
    training makes much of little: on a CPU, results are the same to the last digit under the same
    number of threads (``OMP_NUM_THREADS``), whoever does the jobs.

    On Ctrl-C or SIGTERM all processes are ended; if this process is killed, they end by themselves
    (`landmarks.analysis.launchers.child`).

    Args:
        places: For each job that may run at a time, the variables of its environment.
        logs: Folder for what the jobs say, ``NAME.log`` each; a later job of that name adds to it.
    """

    def __init__(self, places: Sequence[Mapping[str, str]], logs: Path) -> None:
        if not places:
            raise SettingsError("there is no place to run a job; expected at least 1 worker")
        self.places = tuple(places)
        self.logs = logs

    @classmethod
    def on_processors(cls, logs: Path, workers: int | None = None) -> "SideBySide":
        """On this machine's processors, which the jobs share evenly.

        Args:
            logs: Folder for what the jobs say.
            workers: Jobs at a time; half the processors if None.

        Raises:
            SettingsError: If ``workers`` is less than 1.
        """
        count = max(1, _processors() // 2) if workers is None else _checked(workers)
        return cls([_threads(count)] * count, logs)

    @classmethod
    def on_gpus(
        cls, devices: Sequence[str], logs: Path, workers: int | None = None
    ) -> "SideBySide":
        """On GPUs, one for each job.

        Args:
            devices: What ``CUDA_VISIBLE_DEVICES`` calls them: numbers or UUIDs.
            logs: Folder for what the jobs say.
            workers: Jobs at a time; one for each GPU if None. If there are more than GPUs, jobs
                share them, which uses a large GPU better where networks are small.

        Raises:
            SettingsError: If there is no GPU, or ``workers`` is less than 1.
        """
        if not devices:
            raise SettingsError(
                "no GPU was found (CUDA_VISIBLE_DEVICES, nvidia-smi); use --launcher processes"
            )
        count = len(devices) if workers is None else _checked(workers)
        return cls(
            [
                {"CUDA_VISIBLE_DEVICES": devices[place % len(devices)], **_threads(count)}
                for place in range(count)
            ],
            logs,
        )

    @property
    def workers(self) -> int:
        """Number of processes at a time."""
        return len(self.places)

    @property
    def waits(self) -> bool:
        """It does."""
        return True

    @property
    def elsewhere(self) -> bool:
        """Each is done by a process of its own."""
        return True

    @property
    def threads(self) -> int | None:
        """The share of each job."""
        share = self.places[0].get("OMP_NUM_THREADS")
        return None if share is None else int(share)

    def run(self, jobs: Sequence[Job]) -> list[Failure]:
        """Does the jobs; those of other calls last."""
        self.logs.mkdir(parents=True, exist_ok=True)
        failures: list[Failure] = []
        waiting, free, running = deque(jobs), deque(self.places), list[_Running]()
        with (
            tqdm(total=len(jobs), unit="job", dynamic_ncols=True) as progress,
            _sigterm_as_exit(),
            _all_ended(running),
        ):
            told = False
            while waiting or running:
                while waiting and free and (job := _next_free(waiting)):
                    running.append(self._start(job, free.popleft(), progress))
                if waiting and free and not told:
                    names = ", ".join(job.name for job in waiting)
                    progress.write(f"another call on this output is doing {names}; looking again")
                    told = True
                time.sleep(_POLL)
                for done in [one for one in running if one.process.poll() is not None]:
                    running.remove(done)
                    free.append(done.place)
                    failure = self._ended(done, progress)
                    if failure is not None:
                        failures.append(failure)
                    if done.process.returncode == BUSY:
                        waiting.append(done.job)
                    else:
                        progress.update()
        return failures

    def _start(self, job: Job, place: Mapping[str, str], progress: "tqdm[Never]") -> _Running:
        with log_file(self.logs, job.name).open("ab") as log:
            said_before = log.tell()
            process = subprocess.Popen(
                [*_program(), *job.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **place, "PYTHONUNBUFFERED": "1"},
                process_group=0,  # Ctrl-C reaches this process alone, which ends the others
            )
        where = ", ".join(f"{name}={value}" for name, value in place.items())
        progress.write(f"started  {job.name} ({where})" if where else f"started  {job.name}")
        return _Running(job, process, place, time.monotonic(), said_before)

    def _ended(self, done: _Running, progress: "tqdm[Never]") -> Failure | None:
        status, name = done.process.returncode, done.job.name
        minutes = (time.monotonic() - done.started) / 60
        if status == 0:
            progress.write(f"finished {name} in {minutes:.1f} min")
            return None
        if status == BUSY:
            progress.write(f"passed   {name}: another call on this output is doing it")
            return None
        log = log_file(self.logs, name)
        failure = Failure(name, _reason(status, log, done.said_before), log)
        progress.write(f"FAILED   {name} after {minutes:.1f} min: {failure.reason} (log: {log})")
        return failure


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, as ``CUDA_VISIBLE_DEVICES`` calls them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name.strip() for name in named.split(",") if name.strip() not in ("", "-1")]
    import torch  # takes seconds, and is not needed where the variable is set

    return [str(place) for place in range(torch.cuda.device_count())]


def _program() -> list[str]:
    """`landmarks` as a process that ends with this one."""
    return [sys.executable, "-m", "landmarks.analysis.launchers.child", str(os.getpid())]


def _next_free(waiting: deque[Job]) -> Job | None:
    """Takes the first job that nobody else is doing."""
    for _ in range(len(waiting)):
        job = waiting.popleft()
        if not is_busy(job.lock):
            return job
        waiting.append(job)
    return None


def _threads(workers: int) -> dict[str, str]:
    """A share of the processors' threads; what the user has settled stays."""
    if "OMP_NUM_THREADS" in os.environ:
        return {}
    return {"OMP_NUM_THREADS": str(max(1, _processors() // workers))}


def _processors() -> int:
    """Those that this process may run on."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _checked(workers: int) -> int:
    if workers < 1:
        raise SettingsError(f"--workers is {workers}; expected at least 1")
    return workers


def _reason(status: int, log: Path, said_before: int) -> str:
    if status < 0:
        name = signal.Signals(-status).name
        hint = "; was the memory used up?" if -status == signal.SIGKILL else ""
        return f"ended by signal {-status} ({name}){hint}"
    lines = log.read_bytes()[said_before:].decode("utf-8", "replace").splitlines()
    said = [line.strip() for line in lines if line.strip()]
    return said[-1] if said else f"exit status {status}"


@contextlib.contextmanager
def _all_ended(running: Sequence[_Running]) -> Iterator[None]:
    """Ends the processes that are still running when the block is left."""
    try:
        yield
    finally:
        for one in running:
            _signal(one, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        for one in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.process.wait(max(0.0, deadline - time.monotonic()))
            _signal(one, signal.SIGKILL)  # also what it has left behind
            one.process.wait()


def _signal(one: _Running, number: signal.Signals) -> None:
    """To the process and those that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(one.process.pid, number)


@contextlib.contextmanager
def _sigterm_as_exit() -> Iterator[None]:
    """Lets SIGTERM leave the block as an exit, so that what is to be done at its end is done."""

    def leave(number: int, frame: FrameType | None) -> Never:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield  # a signal handler can be set by the main thread alone
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
