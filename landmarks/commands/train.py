"""`landmarks fit`, `validate` and `test`: a LightningCLI over experiment files."""

import logging
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars
import torch
from lightning import Callback, LightningModule, Trainer
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.cli import (
    ArgsType,
    LightningArgumentParser,
    LightningCLI,
    SaveConfigCallback,
)
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.utilities import rank_zero_only

from landmarks.benchmarks.base import Benchmark
from landmarks.checkpoints import CompleteCheckpoints
from landmarks.data.datamodule import FaceDataModule
from landmarks.errors import DataError, SettingsError, refusal_behind
from landmarks.files import complete_file
from landmarks.memory import keep_freed_memory
from landmarks.metrics.protocol import protocols_table
from landmarks.task import LandmarkTask


def main(arguments: Sequence[str]) -> None:
    """Runs a subcommand: ``fit``, ``validate`` or ``test``, followed by its options."""
    LandmarkCLI(args=list(arguments))


def build(config: Mapping[str, Any]) -> "LandmarkCLI":
    """A run that is ready to be started: what `landmarks fit` would build from these settings.

    Args:
        config: The sections of an experiment file: ``seed_everything``, ``output``, ``model``,
            ``data``, ``trainer``, ``checkpoint``.

    Returns:
        Its ``model``, ``datamodule`` and ``trainer`` are built; ``config_dump`` holds the settings
        with all defaults.

    Raises:
        SettingsError: If a setting is misspelt, mistyped or impossible; the message names it.
    """
    return LandmarkCLI(args=dict(config), run=False)


class LandmarkCLI(LightningCLI):
    """The composer: constructor signatures are the schema of an experiment file.

    Everything that a run writes lies below ``output``: ``checkpoints/best.ckpt`` (chosen on the
    validation faces) and ``last.ckpt``, ``metrics.csv``, ``config.yaml``, and for a test run
    ``results.csv``, ``protocols.csv``, ``faces.parquet`` and the predicted points.
    """

    def __init__(self, args: list[str] | dict[str, Any], run: bool = True) -> None:
        parser_kwargs: dict[str, Any] = {"parser_mode": "omegaconf"}
        if run:
            # A usage with all of Lightning's options would hide the error that stands below it.
            parser_kwargs = {
                name: {
                    **parser_kwargs,
                    "usage": f"landmarks {name} --config FILE [--OPTION VALUE ...]",
                }
                for name in self.subcommands()
            }
            parser_kwargs["prog"] = "landmarks"
        else:
            parser_kwargs["exit_on_error"] = False
        self._exits = run
        keep_freed_memory()
        # Lightning calls what jsonargparse and torch have since renamed; nobody here can mend that.
        os.environ.setdefault("JSONARGPARSE_DEPRECATION_WARNINGS", "off")
        warnings.filterwarnings("ignore", ".*LeafSpec.* is deprecated", FutureWarning)
        # A checkpoint is often tested, or trained on, with another output folder than its own.
        warnings.filterwarnings("ignore", "The dirpath has changed from")
        # A run keeps more than its log in its folder, and most of it before the log is begun.
        warnings.filterwarnings("ignore", "Experiment logs directory .* exists and is not empty")
        # On a cluster: a training's processes are started by Lightning, or it has one alone.
        warnings.filterwarnings("ignore", "The `srun` command is available")
        # Lightning's remarks on loggers and devices hide what matters; its warnings stay.
        logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
        logging.getLogger("lightning.fabric").setLevel(logging.WARNING)
        super().__init__(
            model_class=LandmarkTask,
            datamodule_class=FaceDataModule,
            subclass_mode_data=True,
            save_config_callback=_SaveFitConfig,
            save_config_kwargs={"overwrite": True, "save_to_log_dir": False},
            trainer_defaults={"callbacks": [SaveTestResults()], "max_epochs": 60, "logger": False},
            seed_everything_default=0,
            auto_configure_optimizers=False,
            load_from_checkpoint_support=False,  # the command line, not the checkpoint, decides
            parser_kwargs=parser_kwargs,
            args=args,
            run=run,
        )

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """Those of a Trainer that this project supports, and their arguments that are set here."""
        known = LightningCLI.subcommands()
        skipped = {"weights_only"}
        return {name: known[name] | skipped for name in ("fit", "validate", "test")}

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Adds the output folder and the choice of checkpoint, and links what is typed once."""
        parser.add_argument(
            "--output",
            type=str,
            default="runs/latest",
            help="Folder for all that the run writes: checkpoints, metrics, settings, errors.",
        )
        parser.add_lightning_class_args(ModelCheckpoint, "checkpoint")
        parser.set_defaults(
            {
                "checkpoint.filename": "best",
                "checkpoint.monitor": "val/nme",
                "checkpoint.mode": "min",
                "checkpoint.enable_version_counter": False,
            }
        )
        parser.link_arguments("output", "checkpoint.dirpath", compute_fn=_checkpoints_folder)
        parser.link_arguments("output", "trainer.default_root_dir")
        parser.link_arguments("seed_everything", "data.init_args.seed", compute_fn=int)
        parser.link_arguments("model.crop_size", "data.init_args.crop_size")
        parser.link_arguments("data.benchmark", "model.benchmark", apply_on="instantiate")

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Parses; settings given as a mapping are wrong in one clear line, not with a usage."""
        if isinstance(args, dict):
            try:
                self.config = parser.parse_object(args)
            except Exception as error:
                raise SettingsError(str(error)) from error
        else:
            self.config = parser.parse_args(args)  # type: ignore[arg-type]

    def _parse_ckpt_path(self) -> None:
        """Looks into a checkpoint before anything is built.

        Lightning's own method takes settings over from the checkpoint; here the command line
        decides, so that a network can be decoded in another way than it was trained with.
        """
        if self.config.get("subcommand"):
            path = self.config[self.config.subcommand].get("ckpt_path")
            if path not in (None, "best", "last", "hpc"):
                check_checkpoint(Path(path))

    def instantiate_classes(self) -> None:
        """Builds all objects; one that refuses its settings says so in one clear line."""
        if not self._exits:
            self._dump_config()
        try:
            super().instantiate_classes()
        except DataError:
            raise
        except ValueError as error:
            raise refusal_behind(error) or SettingsError(str(error)) from error

    def before_fit(self) -> None:
        """Says how much of the benchmark is there."""
        self._say_what_was_found(self.datamodule.training, self.datamodule.training_split)

    def before_validate(self) -> None:
        """Says how much of the benchmark is there."""
        self._say_what_was_found(self.datamodule.training, self.datamodule.training_split)

    def before_test(self) -> None:
        """Says how much of the benchmark is there."""
        self._say_what_was_found(self.datamodule.benchmark, *self.datamodule.test_splits)

    @rank_zero_only
    def _say_what_was_found(self, benchmark: Benchmark, *splits: str) -> None:
        for split in splits:
            print(f"found {benchmark.found(split)}", flush=True)

    def instantiate_trainer(self, **settings: Any) -> Trainer:  # noqa: ANN401 (Lightning's own)
        """Builds the trainer; it keeps the last epoch, and logs to ``metrics.csv`` by default."""
        output = self._get(self.config, "output")
        trainer = super().instantiate_trainer(**settings)
        # The last comes after the best, so that it knows the best when a training resumes from it.
        # Lightning's own save_last writes it only when the best has changed.
        trainer.callbacks.append(  # type: ignore[attr-defined]
            ModelCheckpoint(_checkpoints_folder(output), "last", enable_version_counter=False)
        )
        # One that the settings name stands.
        if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
            trainer.strategy.checkpoint_io = CompleteCheckpoints()
        if not trainer.loggers:
            trainer.loggers = [CSVLogger(output, name="", version="")]
        return trainer


class SaveTestResults(Callback):
    """Writes the scores and every face's errors and predicted points after a test."""

    @rank_zero_only
    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Writes the tables below the output folder, and a file of points for each split.

        ``results.csv`` has a row for each split, subset and protocol, ``protocols.csv`` says what
        the protocols mean, ``faces.parquet`` has a row for each face.
        """
        assert isinstance(pl_module, LandmarkTask)
        folder = Path(trainer.default_root_dir)
        results = list(pl_module.test_results.values())
        for found in results:
            found.save(folder)
        scores = polars.concat([found.scores_table(pl_module.facts) for found in results])
        with complete_file(folder / "results.csv") as unfinished:
            scores.write_csv(unfinished, float_precision=6)
        with complete_file(folder / "protocols.csv") as unfinished:
            protocols_table(pl_module.facts.protocols).write_csv(unfinished)
        with complete_file(folder / "faces.parquet") as unfinished:
            polars.concat([found.table() for found in results]).write_parquet(unfinished)


class _SaveFitConfig(SaveConfigCallback):
    """Keeps the settings of a training; a later test must not replace them."""

    def save_config(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        if stage == "fit":
            with complete_file(Path(trainer.default_root_dir) / "config.yaml") as unfinished:
                self.parser.save(self.config, unfinished, skip_none=False, overwrite=True)


def check_checkpoint(file: Path) -> None:
    """Looks whether a file is a sound checkpoint, without reading its weights.

    Raises:
        DataError: If it is not.
    """
    if not file.is_file():
        raise DataError("there is no such checkpoint file; check --ckpt_path", file=file)
    try:
        torch.load(file, weights_only=True, map_location="meta", mmap=True)
    except Exception as error:
        raise DataError(
            "this is no checkpoint, or a damaged one; give it a .ckpt file that 'landmarks fit' or "
            f"'landmarks compare' has written ({type(error).__name__})",
            file=file,
        ) from error


def _checkpoints_folder(output: str) -> str:
    return str(Path(output) / "checkpoints")
