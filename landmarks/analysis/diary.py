"""What a training was like, epoch by epoch."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.utilities.seed import isolate_rng
from torch import Tensor

from landmarks.codecs.base import Codec
from landmarks.data.datamodule import FaceDataModule
from landmarks.files import complete_file
from landmarks.geometry import apply_affine
from landmarks.metrics.functional import normalised_mean_error
from landmarks.task import LandmarkTask

DIARY = "epochs.jsonl"


class EpochRow(NamedTuple):
    """One epoch of a training.

    Attributes:
        epoch: Its number, from 0.
        seconds: Wall-clock time of training and validation.
        train_loss: Mean over the epoch's steps.
        val_nme: NME of the held-out faces in per cent, first protocol; NaN without a validation.
        test_nme: For each test split and each method that reads this training, by name: NME in per
            cent, first protocol. It is written down to tell what choosing on test faces would have
            claimed; nothing is chosen by it. Empty if it was not recorded.
    """

    epoch: int
    seconds: float
    train_loss: float
    val_nme: float
    test_nme: Mapping[str, Mapping[str, float]]


class Diary(Callback):
    """Writes a line of ``epochs.jsonl`` after each epoch; an interrupted training goes on with it.

    Test faces are decoded with each reader if there are any. That draws no random number of the
    training's, and changes nothing in it.

    Args:
        folder: The training's folder.
        readers: Codecs that read the network's output, by the methods' names.
    """

    def __init__(self, folder: Path, readers: Mapping[str, Codec]) -> None:
        self.file = folder / DIARY
        self.readers = readers
        self._rows: list[EpochRow] = []
        self._losses: list[Tensor] = []
        self._started = 0.0

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Reads the test faces, if they are to be decoded."""
        if stage == "fit" and self.readers and trainer.is_global_zero:
            _data(trainer).setup("test")

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Forgets what was written down of epochs that are trained anew."""
        self._rows = [row for row in read_diary(self.file) if row.epoch < trainer.current_epoch]

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Starts the clock."""
        self._losses = []
        self._started = time.perf_counter()

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,  # noqa: ANN401 (Lightning's own)
        *_: object,
    ) -> None:
        """Keeps the step's loss."""
        self._losses.append(outputs["loss"].detach())

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Writes the epoch's line, before the checkpoints are written."""
        assert isinstance(pl_module, LandmarkTask)
        if trainer.is_global_zero:
            seconds = time.perf_counter() - self._started
            validated = trainer.callback_metrics.get("val/nme")
            row = EpochRow(
                epoch=trainer.current_epoch,
                seconds=seconds,
                train_loss=float(torch.stack(self._losses).double().mean()),
                val_nme=float("nan") if validated is None else float(validated),
                test_nme=self._test(trainer, pl_module),
            )
            self._rows.append(row)
            with complete_file(self.file) as unfinished:
                lines = [json.dumps(row._asdict()) + "\n" for row in self._rows]
                unfinished.write_text("".join(lines), encoding="utf-8")
        trainer.strategy.barrier()

    def _test(self, trainer: Trainer, task: LandmarkTask) -> dict[str, dict[str, float]]:
        if not self.readers:
            return {}
        data = _data(trainer)
        modes = [(module, module.training) for module in task.modules()]
        task.eval()
        found: dict[str, dict[str, float]] = {}
        with isolate_rng(), torch.inference_mode(), trainer.precision_plugin.val_step_context():
            loaders = data.whole_test_dataloaders()
            for truth, loader in zip(data.evaluation("test"), loaders, strict=True):
                points: dict[str, list[Tensor]] = {method: [] for method in self.readers}
                for batch in loader:
                    image = batch.image.to(task.device, memory_format=torch.channels_last)
                    outputs = task.network(image)[-1]
                    for method, codec in self.readers.items():
                        decoded = codec.to(task.device).decode(outputs).points.cpu().double()
                        points[method].append(apply_affine(batch.photo_from_crop.cpu(), decoded))
                found[truth.split] = {
                    method: 100
                    * float(
                        normalised_mean_error(
                            torch.cat(own), truth.points_photo, truth.normalisers[:, 0]
                        ).mean()
                    )
                    for method, own in points.items()
                }
        for module, mode in modes:
            module.training = mode
        return found


def read_diary(file: Path) -> list[EpochRow]:
    """The lines of a diary; none if there is no such file, or it is damaged."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        return [EpochRow(**json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError):
        return []


def total_seconds(rows: Sequence[EpochRow]) -> float:
    """Wall-clock time of all epochs.

    >>> total_seconds([EpochRow(0, 2.0, 1.0, 5.0, {}), EpochRow(1, 3.0, 0.5, 4.0, {})])
    5.0
    """
    return sum(row.seconds for row in rows)


def _data(trainer: Trainer) -> FaceDataModule:
    data = trainer.datamodule  # type: ignore[attr-defined]
    assert isinstance(data, FaceDataModule)
    return data
