"""How fast a training goes on this machine, from a few of its real steps."""

import itertools
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer

from landmarks.analysis.matrix import Settings, overlay
from landmarks.analysis.plan import PlannedRun
from landmarks.codecs.base import Codec
from landmarks.commands.train import LandmarkCLI, build

_STEPS = 8
"""Steps that are timed, beyond the first and what data-loading workers had made ready in it."""
_SECONDS = 20.0
"""After so long, fewer will do."""
_BATCHES = 3
"""Batches of held-out and of test faces that are timed, beyond the first."""


@dataclass(frozen=True)
class Pace:
    """What a training and its tests take, in seconds.

    Attributes:
        start: Until the first step is done: building, reading annotations, starting workers.
        step: A training step, its crops included.
        timed_steps: Number of steps that this was measured on.
        steps: Steps in an epoch.
        validation: All held-out faces, once.
        saving: Writing checkpoints after an epoch.
        test: All test faces through the network, once, their crops included.
        decoding: Reading points off all of that, by method.
        on_gpu: Whether it was measured on a GPU.
        devices: Number of devices that train together.
    """

    start: float
    step: float
    timed_steps: int
    steps: int
    validation: float
    saving: float
    test: float
    decoding: Mapping[str, float]
    on_gpu: bool
    devices: int

    @property
    def epoch(self) -> float:
        """Training and validation of an epoch."""
        return self.steps * self.step + self.validation


def measure_pace(run: PlannedRun, readers: Mapping[str, PlannedRun]) -> Pace:
    """Takes a few real steps of a training, in a folder that is deleted again.

    Args:
        run: A run that reads the training.
        readers: All of them, by their methods.
    """
    with tempfile.TemporaryDirectory(prefix="landmarks-") as folder:
        started = time.perf_counter()
        cli = build(_shortened(run.trains(Path(folder))))
        clock = _Clock(2 * int(cli.datamodule.workers))
        cli.trainer.callbacks.append(clock)  # type: ignore[attr-defined]
        cli.trainer.fit(cli.model, cli.datamodule)
        ended = time.perf_counter()
        codecs = {name: build(reader.settings).model.codec for name, reader in readers.items()}
        test, decoding = _test(cli, codecs)
        validated = _steady([clock.validation_began, *clock.validated], 2)
        first_batch = clock.validated[0] - clock.validation_began
        return Pace(
            start=clock.steps[0] - started + max(0.0, first_batch - validated),
            step=_steady([clock.began, *clock.steps], 1 + clock.made_ready),
            timed_steps=len(clock.steps),
            steps=_limited(len(cli.datamodule.train_dataloader()), run, "limit_train_batches"),
            validation=validated
            * _limited(len(cli.datamodule.val_dataloader()), run, "limit_val_batches"),
            saving=ended - clock.validated[-1],
            test=test,
            decoding=decoding,
            on_gpu=cli.trainer.strategy.root_device.type == "cuda",
            devices=cli.trainer.world_size,
        )


class _Clock(Callback):
    """Writes down when each step and each validated batch has ended.

    Args:
        made_ready: Batches that workers may have made ready while the first step was slow.
    """

    def __init__(self, made_ready: int) -> None:
        self.made_ready = made_ready
        self.began = self.validation_began = 0.0
        self.steps: list[float] = []
        self.validated: list[float] = []

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Starts the clock."""
        self.began = _now()

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:  # noqa: ANN401
        """Notes the time; ends the epoch when enough is known."""
        self.steps.append(_now())
        enough = len(self.steps) >= self.made_ready + 3
        if enough and self.steps[-1] - self.steps[0] > _SECONDS:
            trainer.should_stop = True

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Notes the time."""
        self.validation_began = _now()

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        *_: Any,  # noqa: ANN401
    ) -> None:
        """Notes the time."""
        self.validated.append(_now())


def _shortened(settings: Settings) -> Settings:
    """A training of a few steps that says nothing."""
    workers = int(settings["data"].get("init_args", {}).get("workers", 2))
    trainer = {
        "max_epochs": 1,
        "min_epochs": 0,
        "max_steps": -1,
        "limit_train_batches": 1 + 2 * workers + _STEPS,
        "limit_val_batches": 1 + _BATCHES,
        "val_check_interval": 1.0,
        "check_val_every_n_epoch": 1,
        "num_sanity_val_steps": 0,
        "logger": False,
        "log_every_n_steps": 1,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    return overlay(settings, {"trainer": trainer})


def _test(cli: LandmarkCLI, codecs: Mapping[str, Codec]) -> tuple[float, dict[str, float]]:
    """Seconds for all test faces: the network with its crops, and each codec's decoding."""
    cli.datamodule.setup("test")
    loaders = cli.datamodule.whole_test_dataloaders()
    batches = sum(map(len, loaders))
    task = cli.model.to(cli.trainer.strategy.root_device).eval()
    network: list[float] = []
    decoding: dict[str, list[float]] = {name: [] for name in codecs}
    before = _now()
    with torch.inference_mode():
        for batch in itertools.islice(loaders[0], 1 + _BATCHES):
            image = batch.image.to(task.device, memory_format=torch.channels_last)
            outputs = task.network(image)[-1]
            network.append(_now() - before)
            for name, codec in codecs.items():
                before = _now()
                codec.to(task.device).decode(outputs)
                decoding[name].append(_now() - before)
            before = _now()
    # The first batch starts the workers, as it will again.
    first, others = network[0], network[1:] or network
    return (
        first + (batches - 1) * statistics.fmean(others),
        {name: batches * statistics.median(own) for name, own in decoding.items()},
    )


def _steady(times: Sequence[float], skipped: int) -> float:
    """Mean time from one to the next, without the first ones, where there are more.

    >>> _steady([0.0, 5.0, 6.0, 7.5], skipped=1)
    1.25
    >>> _steady([0.0, 5.0], skipped=1)
    5.0
    """
    intervals = [after - before for before, after in itertools.pairwise(times)]
    return statistics.fmean(intervals[min(skipped, len(intervals) - 1) :])


def _limited(batches: int, run: PlannedRun, option: str) -> int:
    """Batches of an epoch under Lightning's option, a number or a share."""
    limit = run.resolved["trainer"].get(option)
    if limit is None:
        return batches
    return min(batches, limit) if isinstance(limit, int) else int(batches * limit)


def _now() -> float:
    """The time, when the GPU has done what it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()
