"""The DataModule that all benchmarks share."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from lightning import LightningDataModule
from torch.utils.data import DataLoader

from landmarks.batch import Batch, Record
from landmarks.benchmarks.base import Benchmark, Facts
from landmarks.data.augmentation import Augmentation
from landmarks.data.crops import Crop, CropPolicy, LandmarkBox
from landmarks.data.dataset import CropDataset, collate_views
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.data.photometry import Photometry
from landmarks.data.prepared import PreparedWindows
from landmarks.data.sampler import EvaluationSampler, TrainingSampler
from landmarks.errors import SettingsError
from landmarks.geometry import Size

_HELD_OUT_SEED = 300
"""Which faces are held out is the same for every training, whatever its seed."""


class FaceDataModule(LightningDataModule):
    """Crops of a benchmark's faces for training, validation and test.

    Training and validation faces are cut from the benchmark's training split, the same cut for
    every seed; the test splits are touched by ``test`` alone.

    Args:
        benchmark: The reader of the benchmark's files.
        crop_size: Height and width of the crops in pixels.
        batch_size: Faces in a training step, on all devices together.
        validation: Share of the training split's faces that is held out.
        test_splits: Splits to test on; the benchmark's own choice if none is given.
        crop: Where a face's crop lies before augmentation (`landmarks.data.crops`); a square of
            1.25 times the landmarks' box if None.
        augmentation: Random placement of the training crops.
        photometry: Random colours of the training crops; None leaves them as they are.
        workers: Processes that prepare crops beside the training process; 0 prepares them in it.
        seed: Of the order of faces and of the augmentation.
        training: The reader of the faces to train and validate on, where they come from another
            benchmark of the same markup, such as 300W-LP for COFW-68; ``benchmark`` if None.
        test_crop: Where the crops of test faces lie, where that is said otherwise than for the
            faces to train and validate on: by a detector, say; as ``crop`` if None.
        prepared: A folder that ``landmarks data prepare`` has written: photos are read from the
            windows there, which is faster and changes nothing else.

    Attributes:
        views: Views of each training face; the objective sets it (`landmarks.objectives`).
    """

    def __init__(
        self,
        benchmark: Benchmark,
        crop_size: int = 256,
        batch_size: int = 16,
        validation: float = 0.1,
        test_splits: list[str] | None = None,
        crop: Crop | None = None,
        augmentation: Augmentation | None = None,
        photometry: Photometry | None = None,
        workers: int = 2,
        seed: int = 0,
        training: Benchmark | None = None,
        test_crop: Crop | None = None,
        prepared: Path | None = None,
    ) -> None:
        super().__init__()
        training = training or benchmark
        if training.facts.markup != benchmark.facts.markup:
            raise SettingsError(
                f"{training.facts.title} is annotated with {training.facts.markup.name} points, "
                f"{benchmark.facts.title} with {benchmark.facts.markup.name}; train on a benchmark "
                "of the same markup"
            )
        if not 0 < validation < 1:
            raise SettingsError(
                f"validation is {validation}; expected a share of the training faces between 0 "
                "and 1, since checkpoints are chosen on it"
            )
        if crop_size < 1 or batch_size < 1 or workers < 0:
            raise SettingsError(
                f"crop_size {crop_size} and batch_size {batch_size} must be at least 1, workers "
                f"{workers} at least 0"
            )
        self.benchmark = benchmark
        self.training = training
        self.crop_size = Size(crop_size, crop_size)
        self.batch_size = batch_size
        self.validation = validation
        self.test_splits = tuple(test_splits or benchmark.facts.test_splits)
        self.crop = (crop or LandmarkBox()).for_markup(benchmark.facts.markup)
        self.test_crop = (
            self.crop if test_crop is None else test_crop.for_markup(benchmark.facts.markup)
        )
        self.augmentation = augmentation or Augmentation()
        self.photometry = photometry
        self.workers = workers
        self.seed = seed
        self.prepared = prepared
        self.views = 1
        self._train: CropDataset | None = None
        self._evaluation: dict[str, EvaluationSet] = {}

    @property
    def facts(self) -> Facts:
        """The benchmark's facts."""
        return self.benchmark.facts

    def prepare_data(self) -> None:
        """Makes ready what is slow, once a machine."""
        if self.trainer is not None and self.trainer.testing:
            self.benchmark.prepare(self.test_splits)
        else:
            self.training.prepare((self.training_split,))

    def setup(self, stage: str) -> None:
        """Reads annotations; every bad file is found here, before training starts."""
        if stage in ("fit", "validate"):
            train, held_out = self.divide(self._records(self.training, self.training_split))
            self._train = CropDataset(
                train,
                self.facts.markup,
                self.crop_size,
                self.crop,
                self.augmentation,
                self.photometry,
                self.views,
                self.seed,
            )
            self._train.check_windows()
            self._evaluation["validation"] = EvaluationSet.of(self.training, "validation", held_out)
            self._crops(self._evaluation["validation"], self.crop).check_windows()
        if stage == "test":
            if not self.test_splits:
                raise SettingsError(
                    f"{self.facts.title} has only training faces; test on another benchmark of the "
                    "same markup, and name this one as 'training' of its data settings"
                )
            for split in self.test_splits:
                records = self._records(self.benchmark, split)
                self._evaluation[split] = EvaluationSet.of(self.benchmark, split, records)
                self._crops(self._evaluation[split], self.test_crop).check_windows()

    def divide(self, records: Sequence[Record]) -> tuple[list[Record], list[Record]]:
        """Training and held-out faces; the same cut for every seed.

        Raises:
            SettingsError: If either part would be empty.
        """
        held_out = round(self.validation * len(records))
        if not 0 < held_out < len(records):
            raise SettingsError(
                f"a validation share of {self.validation} of {len(records)} faces leaves "
                f"{len(records) - held_out} to train on and {held_out} to validate on; both must "
                "be at least 1"
            )
        order = np.random.default_rng(_HELD_OUT_SEED).permutation(len(records))
        chosen = set(order[:held_out].tolist())
        train = [record for i, record in enumerate(records) if i not in chosen]
        return train, [records[i] for i in sorted(chosen)]

    def evaluation(self, stage: str) -> list[EvaluationSet]:
        """The evaluation sets of a stage, in the order of its dataloaders.

        Args:
            stage: ``validate`` or ``test``.
        """
        names = self.test_splits if stage == "test" else ("validation",)
        return [self._evaluation[name] for name in names]

    def train_dataloader(self) -> DataLoader[list[Batch]]:
        """Training crops; what it yields depends on the seed and the epoch alone."""
        dataset = self.training_set()
        dataset.views = self.views
        sampler = self._training_sampler(dataset)
        devices = sampler.num_replicas
        return self._loader(dataset, sampler, self.batch_size // devices)

    def val_dataloader(self) -> DataLoader[list[Batch]]:
        """Crops of the held-out faces."""
        return self.evaluation_loader(self._evaluation["validation"], self.crop)

    def test_dataloader(self) -> list[DataLoader[list[Batch]]]:
        """Crops of each test split."""
        return [self.evaluation_loader(faces, self.test_crop) for faces in self.evaluation("test")]

    def whole_test_dataloaders(self) -> list[DataLoader[list[Batch]]]:
        """Crops of each test split, all of them on this device, however many devices there are."""
        loaders = []
        for faces in self.evaluation("test"):
            dataset = self._crops(faces, self.test_crop)
            sampler = EvaluationSampler(len(dataset), 1, 0)
            loaders.append(self._loader(dataset, sampler, self.batch_size))
        return loaders

    def evaluation_loader(self, faces: EvaluationSet, crop: CropPolicy) -> DataLoader[list[Batch]]:
        """Crops of faces to be measured on, each once and in order, without augmentation.

        Args:
            faces: The faces.
            crop: Where their crops lie.
        """
        dataset = self._crops(faces, crop)
        devices, device = self._place()
        return self._loader(
            dataset, EvaluationSampler(len(dataset), devices, device), self.batch_size
        )

    def training_set(self) -> CropDataset:
        """The training crops.

        Raises:
            RuntimeError: If `setup` has not been called for fitting.
        """
        if self._train is None:
            raise RuntimeError("call setup('fit') before asking for training crops")
        return self._train

    def draws_digest(self, epoch: int = 0) -> str:
        """A hash of which face comes when in an epoch and where its crop lies on the photo.

        Two methods with one digest are trained on the same crops in the same order.
        """
        dataset = self.training_set()
        sampler = TrainingSampler(len(dataset), self.batch_size, self.seed)
        sampler.set_epoch(epoch)
        digest = hashlib.sha256(repr((self.crop_size, self.views, self.photometry)).encode())
        for epoch_, face in sampler:
            name = dataset.records[face].photo.name.encode()
            for view in range(self.views):
                window = dataset.window(epoch_, face, view)
                placement = dataset.placement(epoch_, face, view)
                digest.update(name)
                digest.update(placement.photo_from_crop(window, self.crop_size).numpy().tobytes())
        return digest.hexdigest()

    def crops_digest(self, faces: EvaluationSet, crop: CropPolicy) -> str:
        """A hash of where the crops of faces to be measured on lie."""
        dataset = self._crops(faces, crop)
        windows = [dataset.window(0, face, 0) for face in range(len(dataset))]
        return hashlib.sha256(np.array(windows, dtype=np.float64).tobytes()).hexdigest()

    @property
    def training_split(self) -> str:
        """Name of the split that training and validation faces are cut from.

        Raises:
            SettingsError: If there are only test faces.
        """
        split = self.training.facts.training_split
        if split is None:
            raise SettingsError(
                f"{self.training.facts.title} has only test faces; name a benchmark to train on, "
                "with the same markup, as 'training' of the data settings"
            )
        return split

    def _records(self, benchmark: Benchmark, split: str) -> Sequence[Record]:
        records = benchmark.records(split)
        if self.prepared is None:
            return records
        return PreparedWindows(self.prepared).of(benchmark.facts.name, records)

    def _crops(self, faces: EvaluationSet, crop: CropPolicy) -> CropDataset:
        return CropDataset(faces.records, self.facts.markup, self.crop_size, crop)

    def _training_sampler(self, dataset: CropDataset) -> TrainingSampler:
        devices, device = self._place()
        return TrainingSampler(len(dataset), self.batch_size, self.seed, devices, device)

    def _place(self) -> tuple[int, int]:
        """Number of devices and this device's rank."""
        if self.trainer is None:
            return 1, 0
        return self.trainer.world_size, self.trainer.global_rank

    def _loader(
        self, dataset: CropDataset, sampler: TrainingSampler | EvaluationSampler, batch_size: int
    ) -> DataLoader[list[Batch]]:
        return DataLoader(
            dataset,
            batch_size=batch_size,
            sampler=sampler,
            num_workers=self.workers,
            collate_fn=collate_views,
            persistent_workers=self.workers > 0,
            pin_memory=torch.cuda.is_available(),
        )
