"""What a comparison has to do, checked as a whole before the first training starts."""

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from landmarks.analysis.experiment import Experiment, Settings
from landmarks.analysis.identity import (
    WeightDigest,
    digest_of,
    faces_digest,
    shared_weights,
    training_key,
    truth_digest,
    weight_digests,
)
from landmarks.batch import Record
from landmarks.benchmarks.base import Facts
from landmarks.commands.train import LandmarkCLI, build
from landmarks.data.datamodule import FaceDataModule
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.errors import DataError, SettingsError
from landmarks.task import LandmarkTask

_NOISE = (
    r" - Expected a <class 'NoneType'>",
    r" Given value type: .*",
    r" Got value: Namespace\(.*",
    r"Type collections\.abc\.Callable\[.*?\] expects a function or a callable class: ",
    r"Does not validate against any of the Union subtypes Subtypes: \[.*?\] Errors: - ",
)
"""What a parser's message says of Python's types, of no use to whoever mistyped an option."""


_TESTED = "covariances, and a temperature from the held-out faces"
"""What a tested run holds. A run of another wording is tested again; its training is not redone."""


class FacesSeen(NamedTuple):
    """Hashes of the faces that a method is trained and tested on.

    Attributes:
        draws: The order of training faces and the place of their first views' crops.
        truth: The training faces' points, and which mirror which.
        held_out: The faces that checkpoints are chosen on.
        test: The test faces and the place of their crops.
    """

    draws: str
    truth: str
    held_out: str
    test: str


@dataclass(frozen=True)
class PlannedRun:
    """One method under one seed.

    Attributes:
        method: Its name.
        seed: The seed of its training.
        training: The folder of its training, which it may share.
        training_key: What the training must have been made with.
        key: What the run must have been made with.
        settings: For `landmarks.commands.train.build`, with ``output`` at the run's folder.
        resolved: The same with all defaults.
        faces: Hashes of its faces.
    """

    method: str
    seed: int
    training: Path
    training_key: str
    key: str
    settings: Settings
    resolved: Settings
    faces: FacesSeen

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return Path(self.settings["output"])

    def trains(self, output: Path) -> Settings:
        """The settings with ``output`` elsewhere: in the training's folder."""
        return {**self.settings, "output": str(output)}


@dataclass(frozen=True)
class Plan:
    """All runs of a comparison.

    Attributes:
        experiment: The experiment.
        facts: The benchmark's facts.
        runs: Method by method, seed by seed.
        test_sets: The test faces.
        found: What was found of each split on the disk, the training split first, in a sentence.
        common_weights: Names of the parameters that all methods' networks have.
    """

    experiment: Experiment
    facts: Facts
    runs: Sequence[PlannedRun]
    test_sets: Sequence[EvaluationSet]
    found: Sequence[str]
    common_weights: Sequence[str]


def make_plan(experiment: Experiment, output: Path) -> Plan:
    """Builds every method and reads every face, so that what cannot work fails here.

    Args:
        experiment: What to compare.
        output: The comparison's folder; it is read for earlier trainings, and not written to.

    Raises:
        SettingsError: If a method's settings are misspelt, mistyped or impossible; the message
            names the method and the option.
        landmarks.errors.DataError: If a file of the benchmark cannot be used.
    """
    runs: list[PlannedRun] = []
    known_faces: dict[str, FacesSeen] = {}
    networks: list[dict[str, WeightDigest]] = []
    built: LandmarkCLI | None = None
    # All settings are tried before the first file is read, since that may take minutes.
    for method in experiment.methods:
        cli = _build(experiment, method, experiment.seeds[0], output)
        networks.append(weight_digests(cli.model.network))
        built = built or cli
    assert built is not None
    data = built.datamodule
    try:
        places = [(data.training, data.training_split)]
        places += [(data.benchmark, split) for split in data.test_splits]
        for benchmark, split in places:
            benchmark.prepare((split,))
        found = [benchmark.found(split) for benchmark, split in places]
        for method in experiment.methods:
            for seed in experiment.seeds:
                cli = _build(experiment, method, seed, output)
                resolved: Settings = cli.config_dump
                key = digest_of([seed, resolved["data"]])
                if key not in known_faces:
                    known_faces[key] = _read_faces(cli)
                runs.append(_planned(cli, experiment, method, seed, output, known_faces[key], runs))
        data.setup("test")
    except DataError:
        raise
    except ValueError as error:
        raise SettingsError(f"{experiment.path}: {error}") from error
    return Plan(
        experiment,
        data.facts,
        runs,
        data.evaluation("test"),
        found,
        shared_weights(networks),
    )


def _build(experiment: Experiment, method: str, seed: int, output: Path) -> LandmarkCLI:
    folder = output / "runs" / f"{method}-seed{seed}"
    settings = experiment.settings(method, seed, folder)
    known = set(inspect.signature(LandmarkTask).parameters)
    unknown = sorted(set(settings["model"]) - known)
    if unknown:
        # The parser would name a required option that is missing in its place.
        raise SettingsError(
            f"{experiment.path}, method {method!r}: model has no option {unknown[0]!r}; expected "
            f"{', '.join(sorted(known))}"
        )
    try:
        return build(settings)
    except SettingsError as error:
        raise SettingsError(
            f"{experiment.path}, method {method!r}: {_in_one_line(str(error))}"
        ) from error


def _read_faces(cli: LandmarkCLI) -> FacesSeen:
    data = cli.datamodule
    data.setup("fit")
    data.setup("test")
    _refuse_trained_faces(data)
    data.train_dataloader()  # refuses a batch larger than the training set
    data.views = 1
    tested = data.evaluation("test")
    subsets = [sorted(record.subsets) for faces in tested for record in faces.records]
    return FacesSeen(
        data.draws_digest(),
        truth_digest(data.training_set().records, data.facts.markup),
        faces_digest(data.evaluation("validate")),
        digest_of(
            [
                faces_digest(tested),
                subsets,
                [data.crops_digest(faces, data.test_crop) for faces in tested],
            ]
        ),
    )


def _refuse_trained_faces(data: FaceDataModule) -> None:
    """Refuses to test on a face that is trained on, or that the checkpoint is chosen on."""
    (held_out,) = data.evaluation("validate")
    seen = {_face(record) for record in (*data.training_set().records, *held_out.records)}
    for faces in data.evaluation("test"):
        shared = [record.photo.name for record in faces.records if _face(record) in seen]
        if shared:
            raise SettingsError(
                f"{len(shared):,} of {len(faces.records):,} faces of test split "
                f"{faces.split!r} are trained on, such as {shared[0]}; test on other splits "
                "('splits'), or train on another benchmark ('training' of the data settings)"
            )


def _face(record: Record) -> tuple[str, bytes]:
    return record.photo.name, record.points_photo.tobytes()


def _planned(
    cli: LandmarkCLI,
    experiment: Experiment,
    method: str,
    seed: int,
    output: Path,
    faces: FacesSeen,
    earlier: Sequence[PlannedRun],
) -> PlannedRun:
    resolved: Settings = cli.config_dump
    decoding = cli.model.codec.decoding_arguments
    # Thresholds and integrals are applied to the stored errors, the normalisers are in them.
    normalisers = [[p.name, p.normaliser.description] for p in cli.datamodule.facts.protocols]
    seen = digest_of([faces.draws, faces.truth, faces.held_out])
    key = training_key(resolved, decoding, seen)
    folder = output / "runs" / f"{method}-seed{seed}"
    return PlannedRun(
        method=method,
        seed=seed,
        training=_training_folder(output / "trainings", method, seed, key, earlier),
        training_key=key,
        key=digest_of([key, resolved["model"]["codec"], faces.test, normalisers, _TESTED]),
        settings=experiment.settings(method, seed, folder),
        resolved=resolved,
        faces=faces,
    )


def _training_folder(
    trainings: Path, method: str, seed: int, key: str, earlier: Sequence[PlannedRun]
) -> Path:
    """The folder of this key, whatever method it was once named after."""
    for run in earlier:
        if run.training_key == key:
            return run.training
    ending = f"-{key[:8]}-seed{seed}"
    there = sorted(folder for folder in trainings.glob(f"*{ending}") if folder.is_dir())
    return there[0] if there else trainings / f"{method}{ending}"


def _in_one_line(message: str) -> str:
    r"""A parser's message without its dump of the value, which may fill a screen.

    >>> _in_one_line("Parser key 'lr':\n  Expected a float. Got value: high")
    "Parser key 'lr': Expected a float. Got value: high"
    """
    message = " ".join(message.split())
    for noise in _NOISE:
        message = re.sub(noise, "", message)
    return message
