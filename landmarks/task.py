"""The one LightningModule: whatever is trained here, it is trained by this."""

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from lightning import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from landmarks.backbones.base import Network
from landmarks.batch import Batch, FieldSpecs
from landmarks.benchmarks.base import Benchmark
from landmarks.codecs.base import Codec, Decoded
from landmarks.data.datamodule import FaceDataModule
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.errors import DataError
from landmarks.geometry import Size, apply_affine, apply_affine_to_covariance
from landmarks.markups import Markup
from landmarks.metrics.calibration import COVERAGES
from landmarks.metrics.predictions import PredictedPoints, Predictions
from landmarks.metrics.protocol import Protocol
from landmarks.objectives import Objective
from landmarks.results import FaceResults

CodecFactory = Callable[[Markup, Size], Codec]
NetworkFactory = Callable[[FieldSpecs, Size], Network]
OptimizerFactory = Callable[[Any], Optimizer]
SchedulerFactory = Callable[[Optimizer, int], LRScheduler]

_IDENTITY = "landmarks"
"""The checkpoint's entry that says what it was trained for."""


class LandmarkTask(LightningModule):
    """Trains a network to emit a codec's fields, and measures the points read off them.

    Args:
        benchmark: The benchmark, which settles the markup and the protocols.
        crop_size: Height and width of the network's input in pixels.
        codec: Builds the codec, as ``codec(markup, crop_size)``.
        network: Builds the network, as ``network(codec.fields, crop_size)``.
        objective: What a training step minimises.
        optimizer: Builds the optimiser from the parameters.
        scheduler: Builds the learning rate's schedule, as ``scheduler(optimizer, total_steps)``.

    Attributes:
        validation_results: What the latest validation run found; None before the first.
        test_results: What the latest test run found, by split.
    """

    def __init__(
        self,
        benchmark: Benchmark,
        crop_size: int,
        codec: CodecFactory,
        network: NetworkFactory,
        objective: Objective,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory,
    ) -> None:
        super().__init__()
        self.facts = benchmark.facts
        self.crop_size = Size(crop_size, crop_size)
        self.codec = codec(self.facts.markup, self.crop_size)
        # channels_last is a quarter faster on a CPU, and no slower elsewhere.
        self.network = network(self.codec.fields, self.crop_size)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.objective = objective
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.predictions = nn.ModuleList()
        self.validation_results: FaceResults | None = None
        self.test_results: dict[str, FaceResults] = {}

    def forward(self, image: Float[Tensor, "B 3 H W"]) -> Decoded:
        """Finds the landmarks of normalised crops; the points are in crop pixels."""
        return self.codec.decode(self.network(image)[-1])

    def setup(self, stage: str) -> None:
        """Tells the data how many views of a face the objective needs."""
        self._data().views = self.objective.views

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Settles what is drawn in this step, by dropout or a method of one's own.

        It depends on (seed, epoch, step, device) alone, as the crops do, so that a training that
        was interrupted goes on as if it had not been.
        """
        place = (self._data().seed, self.current_epoch, batch_idx, self.global_rank)
        (seed,) = np.random.SeedSequence(place).generate_state(1)
        torch.manual_seed(int(seed))
        random.seed(int(seed))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The sum of the objective's terms, each logged under its name."""
        image = batch.image.contiguous(memory_format=torch.channels_last)
        terms = self.objective(self.network, self.codec, batch._replace(image=image))
        loss = torch.stack(list(terms.values())).sum()
        faces = len(batch.face)
        self.log_dict({f"train/{name}": term.detach() for name, term in terms.items()})
        self.log("train/loss", loss.detach(), prog_bar=True, batch_size=faces)
        return loss

    def on_validation_epoch_start(self) -> None:
        """Empties the predictions."""
        self._start_evaluation("validate")

    def on_test_epoch_start(self) -> None:
        """Empties the predictions."""
        self._start_evaluation("test")

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Predicts the points of held-out faces."""
        self._predict(batch, 0)

    def test_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Predicts the points of test faces."""
        self._predict(batch, dataloader_idx)

    def on_validation_epoch_end(self) -> None:
        """Logs NME, FR and AUC of the held-out faces under the benchmark's first protocol."""
        ((truth, results),) = self._finish_evaluation("validate")
        self.validation_results = results
        first = results.scores(truth.protocols)[0]
        scores = {"val/nme": first.nme, "val/fr": first.fr, "val/auc": first.auc}
        self.log_dict(scores, prog_bar=True)

    def on_test_epoch_end(self) -> None:
        """Keeps each face's errors, logs every protocol's scores and the covariances' calibration.

        The calibration is that of the covariances as the codec claims them, without a temperature.
        """
        for truth, results in self._finish_evaluation("test"):
            self.test_results[results.split] = results
            scores = self._scores(results, truth.protocols) | self._calibration(results)
            self.log_dict({f"{results.split}/{name}": value for name, value in scores.items()})

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """The optimiser and its schedule, stepped after every batch."""
        optimizer = self.optimizer(self.network.parameters())
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = self.scheduler(optimizer, steps)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Notes what the network was trained for."""
        checkpoint[_IDENTITY] = self._identity()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuses a checkpoint whose network answers another question.

        Raises:
            DataError: If the markup, the crop size or the fields differ.
        """
        path = self.trainer.ckpt_path
        self._refuse_other(checkpoint, None if path is None else Path(path))

    def load_weights(self, file: Path) -> None:
        """Takes over the weights of a checkpoint, where no Trainer does.

        Raises:
            DataError: As `on_load_checkpoint`; the file itself must be sound.
        """
        checkpoint = torch.load(file, weights_only=True, map_location="cpu")
        self._refuse_other(checkpoint, file)
        self.load_state_dict(checkpoint["state_dict"])

    def _refuse_other(self, checkpoint: Mapping[str, Any], file: Path | None) -> None:
        found, expected = checkpoint.get(_IDENTITY), self._identity()
        if found is None:
            raise DataError("the checkpoint was not written by this project", file=file)
        for name, value in expected.items():
            if found.get(name) != value:
                raise DataError(
                    f"the checkpoint was trained for {name} {found.get(name)}, this run asks for "
                    f"{name} {value}; give it a checkpoint of its own kind, or change the codec, "
                    "benchmark or crop size to the checkpoint's",
                    file=file,
                )

    def _identity(self) -> dict[str, Any]:
        fields = {name: list(spec) for name, spec in self.codec.fields.items()}
        return {
            "markup": self.facts.markup.name,
            "crop_size": list(self.crop_size),
            "fields": fields,
        }

    def _data(self) -> FaceDataModule:
        data = getattr(self.trainer, "datamodule", None)
        if not isinstance(data, FaceDataModule):
            raise TypeError(
                "LandmarkTask is trained and tested with a FaceDataModule, such as "
                "landmarks.datamodules.W300Data; pass it to the trainer as datamodule=..."
            )
        return data

    def _start_evaluation(self, stage: str) -> None:
        sets = self._data().evaluation(stage)
        self.predictions = nn.ModuleList(PredictedPoints() for _ in sets).to(self.device)

    def _predict(self, batch: Batch, place: int) -> None:
        image = batch.image.contiguous(memory_format=torch.channels_last)
        decoded = self(image)
        points_photo = apply_affine(batch.photo_from_crop, decoded.points.double())
        covariances_photo = apply_affine_to_covariance(
            batch.photo_from_crop, decoded.covariance.double()
        )
        metric = self.predictions[place]
        assert isinstance(metric, PredictedPoints)
        metric.update(points_photo, covariances_photo, batch.face)

    def _finish_evaluation(self, stage: str) -> list[tuple[EvaluationSet, FaceResults]]:
        found = []
        for metric, truth in zip(self.predictions, self._data().evaluation(stage), strict=True):
            assert isinstance(metric, PredictedPoints)
            predictions = Predictions(*(part.cpu() for part in metric.compute()))
            found.append((truth, FaceResults.measure(truth, *predictions)))
            metric.reset()
        return found

    def _scores(self, results: FaceResults, protocols: Sequence[Protocol]) -> dict[str, float]:
        """NME, FR and AUC in per cent, named by their protocol."""
        return {
            f"{score.protocol}/{name}": value
            for score in results.scores(protocols)
            for name, value in (("nme", score.nme), ("fr", score.fr), ("auc", score.auc))
        }

    def _calibration(self, results: FaceResults) -> dict[str, float]:
        """Of errors in per cent of the first protocol's normaliser; coverage in per cent."""
        protocol = self.facts.protocols[0].name
        found = results.calibration(protocol)
        coverage = {
            f"coverage_{100 * probability:g}": 100 * share
            for probability, share in zip(COVERAGES, found.coverage, strict=True)
        }
        scores = {"nll": found.nll, **coverage, "spearman": found.correlation}
        return {f"{protocol}/{name}": value for name, value in scores.items()}
