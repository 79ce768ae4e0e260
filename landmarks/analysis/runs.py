"""Trains and tests planned runs, each once: what is finished on the disk is read from there."""

import json
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning.pytorch.loggers import Logger

import landmarks
from landmarks.analysis.decomposition.half_resolution import predict_at_half_resolution
from landmarks.analysis.diary import DIARY, Diary, read_diary, total_seconds
from landmarks.analysis.identity import WeightDigest, digest_of, weight_digests
from landmarks.analysis.latency import decode_milliseconds, network_milliseconds
from landmarks.analysis.measured import MeasuredRun
from landmarks.analysis.plan import PlannedRun
from landmarks.commands.train import LandmarkCLI, build
from landmarks.errors import DataError
from landmarks.files import complete_file
from landmarks.points_file import points_file_name
from landmarks.results import FaceResults

_MANIFEST = "manifest.json"
_FINISHED = "finished.json"
_HALF = "half_resolution"
_TIMED_FACES = 32


class Training(NamedTuple):
    """A finished training.

    Attributes:
        folder: Where it lies.
        seed: Its seed.
        epochs: Number of epochs trained.
        seconds: Wall-clock time of all epochs, whichever call they were trained in.
        validation_nme: NME of the chosen checkpoint on the held-out faces, in per cent.
        device: What it was trained on.
        devices: Number of devices.
        weights: Shape and hash of each parameter before training.
    """

    folder: Path
    seed: int
    epochs: int
    seconds: float
    validation_nme: float
    device: str
    devices: int
    weights: dict[str, WeightDigest]

    @property
    def best_checkpoint(self) -> Path:
        """The checkpoint that was chosen on the held-out faces."""
        return _best_checkpoint(self.folder)

    def weights_digest(self, names: Sequence[str]) -> str:
        """Hash of the initial weights of these names."""
        return digest_of([[name, self.weights[name]] for name in names])


def finished_training(run: PlannedRun) -> Training | None:
    """The run's training, if it is finished."""
    found = _read(run.training / _FINISHED, run.training_key)
    if found is None or not _best_checkpoint(run.training).exists():
        return None
    return Training(
        folder=run.training,
        seed=found["seed"],
        epochs=found["epochs"],
        seconds=found["seconds"],
        validation_nme=found["validation_nme"],
        device=found["device"],
        devices=found["devices"],
        weights={
            name: WeightDigest(tuple(shape), digest)
            for name, (shape, digest) in found["initial_weights"].items()
        },
    )


def interrupted(run: PlannedRun) -> bool:
    """Whether an earlier call has begun the run's training."""
    return finished_training(run) is None and _last_checkpoint(run.training).exists()


def train(
    run: PlannedRun, readers: Mapping[str, PlannedRun], loggers: Sequence[Logger] = ()
) -> None:
    """Trains, going on from the last epoch of an interrupted call.

    Args:
        run: A run that reads the training.
        readers: The runs whose decoding of the test faces is written down after each epoch, by
            their methods; see `landmarks.analysis.diary.Diary`.
        loggers: Where metrics are logged besides ``metrics.csv``.

    Raises:
        DataError: If the training ended without a checkpoint.
    """
    last = _last_checkpoint(run.training)
    resumed = last if last.exists() else None
    codecs = {method: build(reader.settings).model.codec for method, reader in readers.items()}
    cli = build(run.trains(run.training))
    weights = weight_digests(cli.model.network)
    # Before the checkpoints are written: what was trained is then never missing from the diary.
    cli.trainer.callbacks.insert(0, Diary(run.training, codecs))  # type: ignore[attr-defined]
    cli.trainer.loggers = [*cli.trainer.loggers, *loggers]
    cli.trainer.fit(cli.model, cli.datamodule, ckpt_path=None if resumed is None else str(resumed))
    best = _best_checkpoint(run.training)
    if not best.exists():
        raise DataError(
            "the training ended without a checkpoint; it needs at least one epoch with validation "
            "(trainer.max_epochs, trainer.fast_dev_run, checkpoint)",
            file=best,
        )
    if cli.trainer.is_global_zero:
        _write(
            run.training / _FINISHED,
            {
                "key": run.training_key,
                "seed": run.seed,
                "epochs": cli.trainer.current_epoch,
                "seconds": total_seconds(read_diary(run.training / DIARY)),
                "resumed": resumed is not None,
                "validation_nme": _validation_nme(cli),
                "device": device_name(cli),
                "devices": cli.trainer.world_size,
                "views": cli.model.objective.views,
                "faces": run.faces._asdict(),
                "initial_weights": weights,
                "versions": versions(),
                "settings": run.resolved,
            },
        )
    _release(cli)


def finished_run(run: PlannedRun) -> bool:
    """Whether the run has been tested with these very settings."""
    return _read(run.folder / _MANIFEST, run.key) is not None


def measure(run: PlannedRun, training: Training, common_weights: str) -> None:
    """Tests the training's best checkpoint with the run's own decoding.

    The held-out faces are decoded first: from them comes the temperature of the covariances, and
    from them alone. Their points are kept beside those of the test faces, and what is found of
    these in crops of half the detail.

    Args:
        run: The run.
        training: Its training.
        common_weights: Hash of the initial weights that all methods have.
    """
    manifest = run.folder / _MANIFEST
    manifest.unlink(missing_ok=True)
    cli = build(run.settings)
    checkpoint = str(training.best_checkpoint)
    cli.trainer.validate(cli.model, cli.datamodule, ckpt_path=checkpoint, verbose=False)
    held_out = cli.model.validation_results
    temperature = None if held_out is None else held_out.fitted_temperature()
    cli.trainer.test(cli.model, cli.datamodule, ckpt_path=checkpoint, verbose=False)
    network_ms, decode_ms = _time(cli)
    if cli.trainer.is_global_zero:
        for found in predict_at_half_resolution(cli.model, cli.datamodule).values():
            found.save(run.folder / _HALF)
        if held_out is not None:
            held_out.save(run.folder)
        _write(
            manifest,
            {
                "key": run.key,
                "method": run.method,
                "levels": run.condition.levels,
                "seed": run.seed,
                "splits": list(cli.model.test_results),
                "training": training.folder.name,
                "training_key": run.training_key,
                "validation_nme": training.validation_nme,
                "training_seconds": training.seconds,
                "temperature": temperature,
                "parameters": sum(p.numel() for p in cli.model.network.parameters()),
                "network_ms_per_face": network_ms,
                "decode_ms_per_face": decode_ms,
                "device": device_name(cli),
                "faces": run.faces._asdict(),
                "common_initial_weights": common_weights,
                "versions": versions(),
                "settings": run.resolved,
            },
        )
    _release(cli)


def load(run: PlannedRun) -> MeasuredRun:
    """Reads a finished run.

    Raises:
        DataError: If its points are missing or damaged, or come without covariances.
    """
    manifest = _read_manifest(run)
    splits = {split: _load_points(run.folder, split) for split in manifest["splits"]}
    return MeasuredRun(
        method=run.method,
        levels=run.condition.levels,
        seed=run.seed,
        splits=splits,
        training=run.training.name,
        parameters=manifest["parameters"],
        network_ms=manifest["network_ms_per_face"],
        decode_ms=manifest["decode_ms_per_face"],
        temperature=manifest["temperature"],
        epochs=read_diary(run.training / DIARY),
    )


def load_half_resolution(run: PlannedRun) -> dict[str, FaceResults]:
    """What a finished run found in crops of half the detail, by split."""
    return {
        split: FaceResults.load(run.folder / _HALF / points_file_name(split))
        for split in _read_manifest(run)["splits"]
    }


def _load_points(folder: Path, split: str) -> FaceResults:
    file = folder / points_file_name(split)
    found = FaceResults.load(file)
    if found.covariances_photo is None:
        raise DataError(
            "the file holds points without covariances, as earlier versions wrote it; delete the "
            "folder that it lies in, so that the run is tested again",
            file=file,
        )
    return found


def versions() -> dict[str, str]:
    """What a result may depend on: the project, its main packages, and the machine."""
    packages = ("torch", "lightning", "timm", "numpy", "opencv-python-headless", "albumentations")
    return {
        "landmarks": landmarks.__version__,
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in packages},
        "system": platform.platform(),
        "processor": f"{_processor()}, {torch.get_num_threads()} threads",
    }


def device_name(cli: LandmarkCLI) -> str:
    """What the trainer computes on, such as ``cpu`` or ``NVIDIA H100 (2 devices)``."""
    device = cli.trainer.strategy.root_device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    devices = cli.trainer.world_size
    return name if devices == 1 else f"{name} ({devices} devices)"


def _time(cli: LandmarkCLI) -> tuple[float, float]:
    """Milliseconds a face of the network and of decoding."""
    device = cli.trainer.strategy.root_device
    model = cli.model.to(device).eval()
    batch = next(iter(cli.datamodule.test_dataloader()[0]))
    images = batch.image[:_TIMED_FACES].to(device, memory_format=torch.channels_last)
    with torch.inference_mode():
        outputs = model.network(images)[-1]
    return (
        network_milliseconds(model.network, images),
        decode_milliseconds(model.codec, outputs),
    )


def _validation_nme(cli: LandmarkCLI) -> float:
    callback = cli.trainer.checkpoint_callback
    score = getattr(callback, "best_model_score", None)
    return float("nan") if score is None else float(score)


def _release(cli: LandmarkCLI) -> None:
    """Lets go of a device's memory before the next run asks for it."""
    cli.model.to("cpu")
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _best_checkpoint(folder: Path) -> Path:
    return folder / "checkpoints" / "best.ckpt"


def _last_checkpoint(folder: Path) -> Path:
    return folder / "checkpoints" / "last.ckpt"


def _read_manifest(run: PlannedRun) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run.folder / _MANIFEST).read_text(encoding="utf-8"))
    return found


def _read(path: Path, key: str) -> dict[str, Any] | None:
    """A manifest, if it is there, whole, and of this key."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("key") == key else None


def _write(path: Path, content: dict[str, Any]) -> None:
    with complete_file(path) as unfinished:
        unfinished.write_text(json.dumps(content, indent=1, default=str), encoding="utf-8")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
