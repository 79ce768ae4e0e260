"""What a comparison has left to do, and how long that will take."""

import heapq
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

from landmarks.analysis import runs as on_disk
from landmarks.analysis.diary import DIARY, EpochRow, read_diary
from landmarks.analysis.jobs import PlannedJob
from landmarks.analysis.launchers import Launcher
from landmarks.analysis.pace import Pace, measure_pace
from landmarks.analysis.plan import PlannedRun
from landmarks.analysis.scores import aligned

_MEASURING_LATENCY = 1.0
"""Seconds that a test run takes to time network and decoding, `landmarks.analysis.latency`."""


class JobState(NamedTuple):
    """How far a job is.

    Attributes:
        epochs: Epochs of its training that are done.
        of: Epochs of the training.
        trained: Whether the training is finished.
        untested: The runs that are not tested yet.
    """

    epochs: int
    of: int
    trained: bool
    untested: tuple[PlannedRun, ...]

    def of_run(self, run: PlannedRun) -> str:
        """The state of a run in words."""
        if run not in self.untested:
            return "finished"
        if self.trained:
            return "trained, to be tested"
        return f"interrupted at epoch {self.epochs} of {self.of}" if self.epochs else "to do"


class JobEstimate(NamedTuple):
    """What a job takes.

    Attributes:
        job: The job.
        state: How far it is.
        seconds: What is left, in seconds on its own devices.
        epoch: An epoch of it, with the test faces decoded after it, in seconds.
        evidence: Where the time of an epoch comes from.
        pace: What was measured.
    """

    job: PlannedJob
    state: JobState
    seconds: float
    epoch: float
    evidence: str
    pace: Pace


@dataclass(frozen=True)
class Estimate:
    """What a comparison takes.

    Attributes:
        jobs: Those that are not finished.
        starting: Seconds that each job's process takes to start.
        workers: Jobs at a time.
        threads: Threads of a CPU that each job has.
    """

    jobs: Sequence[JobEstimate]
    starting: float
    workers: int
    threads: int

    @property
    def seconds(self) -> float:
        """From start to end, if the jobs are begun in their order by whoever is free first."""
        return makespan([each.seconds + self.starting for each in self.jobs], self.workers)

    @property
    def device_hours(self) -> float:
        """Of GPUs, or of a CPU's threads."""
        return (
            sum(
                (each.seconds + self.starting)
                * (each.pace.devices if each.pace.on_gpu else self.threads)
                for each in self.jobs
            )
            / 3600
        )


def job_state(job: PlannedJob) -> JobState:
    """Reads from the disk how far a job is."""
    trainer = job.runs[0].resolved["trainer"]
    trained = on_disk.finished_training(job.runs[0]) is not None
    begun = on_disk.interrupted(job.runs[0])
    rows = read_diary(job.training / DIARY) if trained or begun else []
    untested = tuple(run for run in job.runs if not (trained and on_disk.finished_run(run)))
    return JobState(len(rows), int(trainer["max_epochs"] or 0), trained, untested)


def estimate(
    jobs: Sequence[PlannedJob],
    launcher: Launcher,
    measure: Callable[[PlannedRun, Mapping[str, PlannedRun]], Pace] = measure_pace,
) -> Estimate:
    """Finds out how long the unfinished jobs will take.

    Of trainings that differ in the seed alone one is measured: by the diaries of those that are
    finished or begun, else by a few real steps on this machine. Nothing is written to the
    comparison's folder.

    Args:
        jobs: All jobs of the comparison.
        launcher: Who will do them.
        measure: Measures the pace of a training, given a run and all readers by their methods.
    """
    groups: dict[object, list[PlannedJob]] = {}
    for job in jobs:
        groups.setdefault(_settings_but_seed(job), []).append(job)
    threads = torch.get_num_threads()
    found: dict[str, JobEstimate] = {}
    try:
        if launcher.threads is not None:
            torch.set_num_threads(launcher.threads)
        for group in groups.values():
            states = {job.name: job_state(job) for job in group}
            left = [job for job in group if states[job.name].untested]
            if not left:
                continue
            readers = {run.method: run for run in left[0].runs}
            pace = measure(left[0].runs[0], readers)
            epoch, evidence = _epoch(group, pace)
            for job in left:
                each = epoch + pace.saving
                if job.test_every_epoch:
                    each += pace.test + sum(pace.decoding[method] for method in readers)
                seconds = _seconds(job, states[job.name], each, pace)
                found[job.name] = JobEstimate(job, states[job.name], seconds, each, evidence, pace)
    finally:
        torch.set_num_threads(threads)
    starting = _starting() if launcher.elsewhere and found else 0.0
    in_order = [found[job.name] for job in jobs if job.name in found]
    return Estimate(in_order, starting, launcher.workers, launcher.threads or threads)


def makespan(seconds: Sequence[float], workers: int) -> float:
    """When the last of several jobs ends, if each is begun by the worker that is free first.

    >>> makespan([3, 1, 2], workers=2)
    3
    """
    free: list[float] = [0] * min(workers, max(1, len(seconds)))
    for each in seconds:
        heapq.heapreplace(free, free[0] + each)
    return max(free)


def dry_run_text(jobs: Sequence[PlannedJob], found: Estimate, how: str) -> str:
    """What is to be done, in tables for a terminal.

    Args:
        jobs: All jobs of the comparison.
        found: What they take.
        how: Who does them, such as ``--launcher here``.
    """
    states = {job.name: job_state(job) for job in jobs}
    axes = list(jobs[0].runs[0].condition.levels)
    rows = [
        [run.method, *run.condition.levels.values(), str(run.seed), job.name, state.of_run(run)]
        for job in jobs
        for state in (states[job.name],)
        for run in job.runs
    ]
    parts = [aligned([["method", *axes, "seed", "training", "state"], *rows], left=len(rows[0]))]
    untrained = [state for state in states.values() if not state.trained]
    untested = sum(len(state.untested) for state in states.values())
    begun = sum(state.epochs > 0 for state in untrained)
    parts.append(
        f"{len(rows)} runs of {len(jobs)} trainings; left to do: {len(untrained)} trainings"
        + (f" ({begun} of them begun)" if begun else "")
        + f" and {untested} tests"
    )
    if found.jobs:
        parts += [_times(found), _total(found, how)]
    return "\n\n".join(parts)


def duration(seconds: float) -> str:
    """Seconds for people.

    >>> [duration(seconds) for seconds in (0.456, 75, 5000, 400_000)]
    ['0.46 s', '1 min 15 s', '1 h 23 min', '4 d 15 h']
    """
    if seconds < 60:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return "{} d {} h".format(*divmod(round(seconds / 3600), 24))


def _times(found: Estimate) -> str:
    """A line for each job that is left."""
    head = ["training", "epoch", "epochs left", "tests left", "time left", "measured on"]
    rows = [
        [
            each.job.name,
            duration(each.epoch),
            str(0 if each.state.trained else each.state.of - each.state.epochs),
            str(len(each.state.untested)),
            duration(each.seconds),
            each.evidence,
        ]
        for each in found.jobs
    ]
    return aligned([head, *rows])


def _total(found: Estimate, how: str) -> str:
    on_gpu = found.jobs[0].pace.on_gpu
    hours = found.device_hours
    cost = f"{hours:.2g} GPU-hours"
    if not on_gpu:
        threads = "1 thread" if found.threads == 1 else f"{found.threads} threads"
        cost = f"{hours:.2g} CPU-hours, at {threads} a training"
    at_a_time = min(found.workers, len(found.jobs))
    text = f"estimate: {duration(found.seconds)} with {how}, {at_a_time} at a time; {cost}"
    if found.starting:
        text += f" (starting a process takes {duration(found.starting)})"
    return text


def _settings_but_seed(job: PlannedJob) -> object:
    first = job.runs[0]
    return first.method, tuple(first.condition.levels.items())


def _epoch(group: Sequence[PlannedJob], pace: Pace) -> tuple[float, str]:
    """Seconds of an epoch's training and validation, and where they come from."""
    rows: list[EpochRow] = []
    for job in group:
        if job_state(job).epochs:
            rows += read_diary(job.training / DIARY)
    if rows:
        return statistics.median(row.seconds for row in rows), f"{len(rows)} epochs done"
    return pace.epoch, f"{pace.timed_steps} steps, {duration(pace.step)} each"


def _seconds(job: PlannedJob, state: JobState, epoch: float, pace: Pace) -> float:
    seconds = 0.0
    if not state.trained:
        seconds += pace.start + (state.of - state.epochs) * epoch
    for run in state.untested:
        # A test decodes the held-out faces too, and the test faces once more at half their detail.
        seconds += pace.start + pace.validation + 2 * (pace.test + pace.decoding[run.method])
        seconds += _MEASURING_LATENCY
    return seconds


def _starting() -> float:
    """Seconds until a process of its own has read its libraries."""
    before = time.perf_counter()
    program = "import landmarks.analysis.comparison"
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - before
