"""A comparison's jobs: a training and the tests of all methods that read it, by one process."""

import gc
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.loggers import Logger

from landmarks.analysis import runs as on_disk
from landmarks.analysis.experiment import Experiment
from landmarks.analysis.identity import digest_of
from landmarks.analysis.launchers import Busy, Job, held, reason_of
from landmarks.analysis.matrix import Condition, overlay
from landmarks.analysis.plan import FacesSeen, Plan, PlannedRun
from landmarks.analysis.wandb_log import ComparisonLog, NoLog
from landmarks.files import complete_file, delete_unfinished

LOCKS = ".locks"
"""The folder of a comparison in which its locks lie: an empty file each, which goes with no run."""


@dataclass(frozen=True)
class PlannedJob:
    """A training and the runs that read it.

    Attributes:
        runs: The runs, at least one, of one training.
        common_weights: For each run, names of the parameters that its condition's networks share.
        labels: What each run is called while it is done, such as ``run 2 of 9: dark, seed 0``.
        test_every_epoch: Whether test faces are decoded after each epoch, for the report alone.
    """

    runs: tuple[PlannedRun, ...]
    common_weights: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]
    test_every_epoch: bool

    @property
    def training(self) -> Path:
        """The training's folder."""
        return self.runs[0].training

    @property
    def name(self) -> str:
        """The name of the training's folder."""
        return self.training.name

    @property
    def lock(self) -> Path:
        """Held locked by whoever does the job."""
        return _lock(self.training)

    @property
    def finished(self) -> bool:
        """Whether the training and all tests are done."""
        return on_disk.finished_training(self.runs[0]) is not None and all(
            on_disk.finished_run(run) for run in self.runs
        )

    def do(self, log: ComparisonLog | None = None) -> None:
        """Trains and tests what is not finished.

        Args:
            log: Where the training is logged besides its own files; nowhere if None.

        Raises:
            Busy: If another call is doing the same.
            ExceptionGroup: If tests failed; the others have been done. The message names them.
        """
        _free_memory()
        with held(self.lock):
            delete_unfinished(self.training)
            delete_unfinished(self.training / "checkpoints")
            training = on_disk.finished_training(self.runs[0])
            if training is None:
                resumed = on_disk.interrupted(self.runs[0])
                begins = "going on with its training" if resumed else "training"
                print(f"{self.labels[0]}: {begins}", flush=True)
                on_disk.train(self.runs[0], self._readers(), self._loggers(log or NoLog()))
                training = on_disk.finished_training(self.runs[0])
                assert training is not None
            failed: dict[str, Exception] = {}
            for run, names, label in zip(self.runs, self.common_weights, self.labels, strict=True):
                try:
                    with held(_lock(run.folder)):
                        if on_disk.finished_run(run):
                            continue
                        delete_unfinished(run.folder)
                        print(f"{label}: decoding the training {self.name}", flush=True)
                        on_disk.measure(run, training, training.weights_digest(names))
                except (Busy, BrokenPipeError):
                    raise
                except Exception as error:
                    failed[run.name] = error
        if failed:
            reasons = "; ".join(f"{name}: {reason_of(error)}" for name, error in failed.items())
            raise ExceptionGroup(reasons, list(failed.values()))

    def _loggers(self, log: ComparisonLog) -> list[Logger]:
        first = self.runs[0]
        methods = list(dict.fromkeys(run.method for run in self.runs))
        return log.loggers(self.name, first.training_key, methods, first.resolved)

    def quietly(self) -> "PlannedJob":
        """The same job without a progress bar, which would fill a file with its lines."""
        quiet = {"trainer": {"enable_progress_bar": False}}
        runs = [replace(run, settings=overlay(run.settings, quiet)) for run in self.runs]
        return replace(self, runs=tuple(runs))

    def _readers(self) -> dict[str, PlannedRun]:
        readers: dict[str, PlannedRun] = {}
        for run in self.runs if self.test_every_epoch else ():
            readers.setdefault(run.method, run)
        return readers


def planned_jobs(plan: Plan) -> list[PlannedJob]:
    """All jobs of a plan, in the order of their first runs."""
    places: dict[Path, list[int]] = {}
    runs = plan.runs
    for place, run in enumerate(runs):
        places.setdefault(run.training, []).append(place)
    return [
        PlannedJob(
            tuple(runs[place] for place in own),
            tuple(tuple(plan.condition_of(runs[place]).common_weights) for place in own),
            tuple(f"run {place + 1} of {len(runs)}: {runs[place].name}" for place in own),
            plan.experiment.test_every_epoch,
        )
        for own in places.values()
    ]


def unfinished_jobs(
    jobs: Sequence[PlannedJob], words: Sequence[str], log: ComparisonLog | None = None
) -> list[Job]:
    """What is left to do, for a launcher.

    Args:
        jobs: All jobs of a comparison.
        words: The words after ``landmarks`` that name the comparison.
        log: Where trainings of this process are logged besides their own files; nowhere if None.
    """
    return [
        Job(job.name, (*words, "--only", job.name), job.lock, partial(job.do, log))
        for job in jobs
        if not job.finished
    ]


def save_job(job: PlannedJob, experiment: Experiment, output: Path) -> None:
    """Writes down what a process of its own is to do, so that it need not plan all anew."""
    with complete_file(_file(output, job.name)) as unfinished:
        content = {
            "experiment": _digest(experiment),
            "runs": [_run_to_json(run) for run in job.runs],
            "common_weights": job.common_weights,
            "labels": job.labels,
            "test_every_epoch": job.test_every_epoch,
        }
        unfinished.write_text(json.dumps(content, default=str), encoding="utf-8")


def read_job(name: str, experiment: Experiment, output: Path) -> PlannedJob | None:
    """What `save_job` wrote; None if it did not, or if the experiment has changed since."""
    try:
        found = json.loads(_file(output, name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if found["experiment"] != _digest(experiment):
        return None
    return PlannedJob(
        tuple(_run_from_json(run) for run in found["runs"]),
        tuple(tuple(names) for names in found["common_weights"]),
        tuple(found["labels"]),
        found["test_every_epoch"],
    )


def delete_finished(jobs: Sequence[PlannedJob], output: Path) -> None:
    """Deletes what `save_job` wrote of jobs that are finished."""
    for job in jobs:
        if job.finished:
            _file(output, job.name).unlink(missing_ok=True)
    folder = output / "jobs"
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _lock(folder: Path) -> Path:
    """The lock of a folder of ``OUTPUT/trainings`` or ``OUTPUT/runs``."""
    return folder.parents[1] / LOCKS / folder.parent.name / folder.name


def _file(output: Path, name: str) -> Path:
    return output / "jobs" / f"{name}.json"


def _digest(experiment: Experiment) -> str:
    """Of all that a plan is made from, the benchmark's files apart."""
    return digest_of(
        [
            experiment.shared,
            dict(experiment.methods),
            experiment.seeds,
            [repr(axis) for axis in experiment.axes],
            experiment.test_every_epoch,
        ]
    )


def _run_to_json(run: PlannedRun) -> dict[str, Any]:
    return {
        "method": run.method,
        "levels": dict(run.condition.levels),
        "seed": run.seed,
        "training": str(run.training),
        "training_key": run.training_key,
        "key": run.key,
        "settings": run.settings,
        "resolved": run.resolved,
        "faces": run.faces._asdict(),
    }


def _run_from_json(found: dict[str, Any]) -> PlannedRun:
    # The changes are in the settings already.
    condition = Condition(found.pop("levels"), ())
    training, faces = Path(found.pop("training")), FacesSeen(**found.pop("faces"))
    return PlannedRun(condition=condition, training=training, faces=faces, **found)


def _free_memory() -> None:
    """Lets go of what a failed training has left."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
