"""Methods × conditions × seeds under identical settings: trained, tested, measured and told."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock

from landmarks.analysis import runs as on_disk
from landmarks.analysis.estimate import dry_run_text, estimate
from landmarks.analysis.experiment import Experiment
from landmarks.analysis.foreign_runs import ConditionFaces, foreign_runs
from landmarks.analysis.jobs import (
    LOCKS,
    PlannedJob,
    delete_finished,
    planned_jobs,
    read_job,
    save_job,
    unfinished_jobs,
)
from landmarks.analysis.launchers import Here, Launcher
from landmarks.analysis.measured import MeasuredRun
from landmarks.analysis.missing import comparable_part
from landmarks.analysis.plan import Plan, PlannedRun, make_plan
from landmarks.analysis.publishing import publish
from landmarks.analysis.report.content import MissingRun
from landmarks.analysis.scores import MethodScore, text_table
from landmarks.analysis.wandb_log import ComparisonLog, NoLog, log_comparison
from landmarks.errors import SettingsError
from landmarks.files import delete_unfinished


class Compared(NamedTuple):
    """What came of a comparison.

    Attributes:
        scores: The methods' scores under the benchmark's first protocol, condition by condition,
            split by split; none while nothing is finished.
        missing: The runs that the report is without.
    """

    scores: list[MethodScore]
    missing: list[MissingRun]


def compare(
    experiment: Experiment,
    output: Path,
    command: str,
    launcher: Launcher | None = None,
    words: Sequence[str] = (),
    log: ComparisonLog | None = None,
) -> Compared:
    """Trains and tests what is not finished yet, and writes tables, plots and the report.

    A run that fails does not keep the others from being done: the report is made of what is
    finished. Several calls may work on one output folder at once: each does what no other is doing.

    Args:
        experiment: What to compare.
        output: The folder to write to.
        command: The command as it was typed, for the report.
        launcher: Who trains and tests, and where; this process if None. If it does not wait for
            the end, nothing is reported.
        words: The words after ``landmarks`` with which another process takes part in this
            comparison; needed where the launcher starts others.
        log: Where trainings and the result are logged besides their own files; nowhere if None.

    Raises:
        landmarks.errors.SettingsError: If any method's settings cannot be used; nothing has been
            trained then.
        landmarks.errors.DataError: If a file cannot be used.
    """
    launcher = launcher or Here(logs_folder(output))
    plan = _planned(experiment, output)
    foreign = _foreign(plan)
    jobs = planned_jobs(plan)
    for job in jobs:
        for run, label in zip(job.runs, job.labels, strict=True):
            if on_disk.finished_run(run) and on_disk.finished_training(run):
                print(f"{label}: finished earlier", flush=True)
    left = unfinished_jobs(jobs, words, log)
    failures = []
    if left:
        if launcher.elsewhere:
            for job in jobs:
                if not job.finished:
                    save_job(job, experiment, output)
        failures = launcher.run(left)
        if not launcher.waits:
            return Compared([], [])
    reasons = {failed.name: failed.reason for failed in failures}
    return _publish(plan, foreign, output, command, reasons, log or NoLog())


def compare_finished(
    experiment: Experiment, output: Path, command: str, log: ComparisonLog | None = None
) -> Compared:
    """Writes tables, plots and the report of what is finished; trains and tests nothing.

    Args:
        experiment: What to compare.
        output: The folder to write to.
        command: The command as it was typed, for the report.
        log: Where the result is logged besides its own files; nowhere if None.

    Raises:
        landmarks.errors.SettingsError: If any method's settings cannot be used.
        landmarks.errors.DataError: If a file cannot be used.
    """
    plan = _planned(experiment, output)
    return _publish(plan, _foreign(plan), output, command, {}, log or NoLog())


def dry_run(experiment: Experiment, output: Path, launcher: Launcher, how: str) -> str:
    """What `compare` would do, and how long that would take; nothing is written to the output.

    Args:
        experiment: What to compare.
        output: The folder that it would write to.
        launcher: Who would do it.
        how: Who does it, for people, such as ``--launcher here``.

    Raises:
        landmarks.errors.SettingsError: If any method's settings cannot be used.
        landmarks.errors.DataError: If a file cannot be used.
    """
    jobs = planned_jobs(_planned(experiment, output))
    if any(not job.finished for job in jobs):
        print("taking a few steps of each training that is left", flush=True)
    return dry_run_text(jobs, estimate(jobs, launcher), how)


def do_job(
    experiment: Experiment, output: Path, name: str, log: ComparisonLog | None = None
) -> None:
    """Does one training of a comparison and the tests of all methods that read it.

    Args:
        experiment: What is compared.
        output: The comparison's folder.
        name: Name of the training's folder.
        log: Where the training is logged besides its own files; nowhere if None.

    Raises:
        landmarks.analysis.launchers.Busy: If another call is doing it.
        SettingsError: If there is no such training in the comparison.
    """
    job = read_job(name, experiment, output)
    if job is None:
        known = {job.name: job for job in planned_jobs(_planned(experiment, output))}
        if name not in known:
            raise SettingsError(
                f"{experiment.path} has no training {name!r}; expected {', '.join(known)}"
            )
        job = known[name]
    (job if sys.stderr.isatty() else job.quietly()).do(log)


def logs_folder(output: Path) -> Path:
    """Where a comparison keeps what its jobs said."""
    return output / "logs"


def _planned(experiment: Experiment, output: Path) -> Plan:
    print(f"{experiment.path}: reading the settings and the faces", flush=True)
    plan = make_plan(experiment, output)
    for sentence in dict.fromkeys(found for each in plan.conditions for found in each.found):
        print(f"found {sentence}", flush=True)
    return plan


def _foreign(plan: Plan) -> dict[str, list[MeasuredRun]]:
    """Predictions of other programs, by the name of the condition whose faces they are of."""
    places = [
        ConditionFaces(each.facts.name, each.test_sets, each.condition.levels)
        for each in plan.conditions
    ]
    found = foreign_runs(plan.experiment.foreign, places)
    return {each.condition.name: own for each, own in zip(plan.conditions, found, strict=True)}


def _publish(
    plan: Plan,
    foreign: Mapping[str, Sequence[MeasuredRun]],
    output: Path,
    command: str,
    reasons: Mapping[str, str],
    log: ComparisonLog,
) -> Compared:
    jobs = planned_jobs(plan)
    finished = {run.folder for job in jobs for run in _finished_runs(job)}
    part, missing = comparable_part(plan, finished, reasons)
    scores: dict[str, list[MethodScore]] = {}
    if part.conditions:
        (output / LOCKS).mkdir(exist_ok=True)
        with FileLock(output / LOCKS / "report"):  # another call may be writing the same files
            delete_unfinished(output)
            trainings = {run.folder: on_disk.finished_training(run) for run in part.runs}
            whole = {folder: found for folder, found in trainings.items() if found is not None}
            tested = {run.folder: on_disk.load(run) for run in part.runs}
            scores = publish(part, whole, tested, output, command, missing, foreign)
            delete_finished(jobs, output)
            log_comparison(log, output)
        _print_tables(part, scores)
    if missing:
        total = len(plan.runs)
        print(f"\n{len(missing)} of {total} runs are missing; the same command does them:")
        for run in missing:
            print(f"  {run.name}: {run.reason}")
    if part.conditions:
        print(f"\n{output / 'report.html'}", flush=True)
    return Compared([score for own in scores.values() for score in own], missing)


def _finished_runs(job: PlannedJob) -> list[PlannedRun]:
    if on_disk.finished_training(job.runs[0]) is None:
        return []
    return [run for run in job.runs if on_disk.finished_run(run)]


def _print_tables(plan: Plan, scores: Mapping[str, Sequence[MethodScore]]) -> None:
    for condition in plan.conditions:
        for faces in condition.test_sets:
            own = [
                score for score in scores[condition.condition.name] if score.split == faces.split
            ]
            where = ", ".join(filter(None, (condition.condition.name, faces.split)))
            print(f"\n{where}, {own[0].faces:,} faces, {own[0].protocol}")
            print(text_table(own))
