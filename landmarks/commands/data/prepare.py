"""`landmarks data prepare`: windows of photos, kept so that training need not decode them again."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser

from landmarks.errors import DataError, SettingsError, refusal_behind

if TYPE_CHECKING:  # what takes seconds to import is imported when it is needed
    from landmarks.analysis.matrix import Settings
    from landmarks.data.datamodule import FaceDataModule
    from landmarks.data.prepared.wanted import ShownFace

_INTERRUPTED = 130

_DESCRIPTION = """\
Keeps, for every face of an experiment, the part of its photo that crops can show, wherever
augmentation places them, as plain pixels. Training with 'prepared: CACHE' among the data's
init_args then need not decode the photos again; crops are the same to the last bit. How much disk
it takes is said before anything is written. Run again, it does what is missing, and nothing if all
is there: it may be interrupted, and one folder may serve several experiments. Photos that have
changed since are noticed, and their windows written again."""


def main(arguments: Sequence[str]) -> int:
    """Prepares windows, verifies them, or both.

    Returns:
        0; 1 if verified windows are damaged; 130 if interrupted.

    Raises:
        landmarks.errors.SettingsError: If an option or a setting cannot be used.
        landmarks.errors.DataError: If a file cannot be read or written, or the disk is too small.
    """
    options = _parser().parse_args(list(arguments))
    if options.config is None:
        if options.output is None or not options.verify:
            raise SettingsError(
                "--config EXPERIMENT.yaml is missing; without it, only '--output CACHE --verify' "
                "can be done"
            )
        return _verify(Path(options.output))
    experiment = Path(options.config)
    settings = _settings(experiment, options.root)
    output = options.output or settings[0]["data"]["init_args"].get("prepared")
    if output is None:
        raise SettingsError(
            "--output CACHE is missing, and the experiment names no folder as the 'prepared' of "
            "its data"
        )
    try:
        _prepare(experiment, settings, options.splits, Path(output), options.verify)
    except KeyboardInterrupt:
        print(
            "\ninterrupted; what is written so far is kept, and the same command goes on there",
            file=sys.stderr,
        )
        return _INTERRUPTED
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="landmarks data prepare", description=_DESCRIPTION, allow_abbrev=False
    )
    parser.add_argument(
        "--config",
        type=str,
        default=None,
        help="experiment file of 'landmarks fit' or 'landmarks compare'; its crop, augmentation "
        "and crop sizes say which windows are needed",
    )
    parser.add_argument(
        "--root",
        type=str,
        default=None,
        help="folder of the benchmark's files, instead of the one in the experiment file",
    )
    parser.add_argument(
        "--output",
        type=str,
        default=None,
        help="folder for the windows, new or of an earlier run; without it, the one that the "
        "experiment names as the 'prepared' of its data",
    )
    parser.add_argument(
        "--splits",
        type=str,
        default=None,
        help="splits to prepare, separated by commas; without it, the training split and the "
        "experiment's test splits",
    )
    parser.add_argument(
        "--verify",
        action="store_true",
        help="compare all windows, and with --config all photos, with the hashes that were kept; "
        "with --config, what is damaged is written again",
    )
    return parser


def _verify(folder: Path) -> int:
    from landmarks.data.prepared.preparation import verify

    errors = verify(folder)
    for error in errors:
        print(error, file=sys.stderr)
    if not errors:
        print(f"{folder}: all windows are as they were written")
    return 1 if errors else 0


def _prepare(
    experiment: Path, settings: "list[Settings]", splits: str | None, folder: Path, verify: bool
) -> None:
    from landmarks.data.prepared.preparation import gigabytes, plan
    from landmarks.data.prepared.wanted import wanted_photos

    faces: list[ShownFace] = []
    for place, one in enumerate(settings):
        data = _data(experiment, one, splits)
        faces += _faces(data, splits, say=place == 0)
    wanted = wanted_photos(faces)
    preparation = plan(folder, wanted, thoroughly=verify)
    for index, trouble in preparation.outdated.items():
        print(f"{index} {trouble}; it is written again")
    there = next(place for place in (folder, *folder.parents) if place.exists())
    print(
        f"{len(wanted):,} photos: {preparation.there:,} are there, {len(preparation.missing):,} "
        f"to be written to {folder}, {gigabytes(preparation.bytes)} "
        f"({gigabytes(shutil.disk_usage(there).free)} free)",
        flush=True,
    )
    if not preparation.done:
        preparation.check_space()
        preparation.write()
    if verify and preparation.there and not preparation.outdated:
        print("windows and photos were compared with the hashes that were kept")
    print(f"{folder} is complete; name it as 'prepared' among the data's init_args")


def _settings(path: Path, root: str | None) -> "list[Settings]":
    """The sections ``model`` and ``data`` of a file, for each crop size and each set of faces."""
    from landmarks.analysis.experiment import Experiment, read_settings

    settings = read_settings(path)
    if "methods" in settings:
        experiment = Experiment.read(path, root)
        laid = [
            experiment.settings(method, condition, experiment.seeds[0], Path())
            for condition in experiment.conditions
            for method in experiment.methods
        ]
    else:
        laid = [settings]
    found: dict[str, Settings] = {}
    for own in laid:
        for section in ("model", "data"):
            if not isinstance(own.get(section), dict):
                raise SettingsError(f"{path}: the section {section!r} is missing or empty")
        size = own["model"].get("crop_size")
        if size is None:
            raise SettingsError(
                f"{path}: model has no crop_size, the height of the crops in pixels"
            )
        arguments = {**(own["data"].get("init_args") or {}), "crop_size": size}
        if root is not None:
            arguments["root"] = root
        data = {**own["data"], "init_args": arguments}
        found.setdefault(repr((str(size), data)), {**own, "data": data})
    return [found[key] for key in sorted(found)]


def _data(path: Path, settings: "Settings", splits: str | None) -> "FaceDataModule":
    """The data module of an experiment, without its model, and without prepared windows."""
    from landmarks.data.datamodule import FaceDataModule

    parser = ArgumentParser(exit_on_error=False, parser_mode="omegaconf")
    parser.add_subclass_arguments(FaceDataModule, "data", required=True)
    data = {**settings["data"], "init_args": {**settings["data"]["init_args"]}}
    data["init_args"].pop("prepared", None)
    try:
        built = parser.instantiate(parser.parse_object({"data": data})).data
    except Exception as error:
        refused = refusal_behind(error)
        if isinstance(refused, DataError):
            raise refused from error
        if refused is not None:
            raise SettingsError(f"{path}: {refused}") from error
        raise SettingsError(f"{path}: {' '.join(str(error).split())}") from error
    assert isinstance(built, FaceDataModule)
    if splits is not None:
        chosen = [name.strip() for name in splits.split(",")]
        known = {*built.facts.splits, built.training.facts.training_split}
        unknown = [name for name in chosen if name not in known]
        if unknown:
            raise SettingsError(
                f"--splits {unknown[0]!r}: {built.facts.title} has no such split; choose from "
                f"{', '.join(built.facts.splits)}"
            )
        built.test_splits = tuple(n for n in chosen if n != built.training.facts.training_split)
    return built


def _faces(data: "FaceDataModule", splits: str | None, say: bool) -> "Iterator[ShownFace]":
    """All faces of the splits, with the parts of their photos that crops can show."""
    from landmarks.data.dataset import CropDataset
    from landmarks.data.prepared.wanted import evaluated_faces, training_faces

    training = data.training.facts.training_split
    trained = training is not None and (splits is None or training in splits.split(","))
    if trained:
        data.training.prepare((data.training_split,))
        if say:
            print(f"found {data.training.found(data.training_split)}", flush=True)
        data.setup("fit")
        name, held_out = data.training.facts.name, data.val_dataloader().dataset
        assert isinstance(held_out, CropDataset)
        # Those that are held out may be trained on if the settings change.
        records = [*data.training_set().records, *held_out.records]
        yield from training_faces(name, records, data.training_set())
        yield from evaluated_faces(name, held_out)
    if data.test_splits:
        data.benchmark.prepare(data.test_splits)
        if say:
            for split in data.test_splits:
                print(f"found {data.benchmark.found(split)}", flush=True)
        data.setup("test")
        for loader in data.test_dataloader():
            assert isinstance(loader.dataset, CropDataset)
            yield from evaluated_faces(data.benchmark.facts.name, loader.dataset)
