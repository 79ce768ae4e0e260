"""What a comparison has to do, checked as a whole before the first training starts."""

import inspect
import re
from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from landmarks.analysis.experiment import Experiment
from landmarks.analysis.identity import (
    WeightDigest,
    digest_of,
    faces_digest,
    shared_weights,
    training_key,
    truth_digest,
    weight_digests,
)
from landmarks.analysis.matrix import Condition, Settings
from landmarks.batch import Record
from landmarks.benchmarks.base import Facts
from landmarks.commands.train import build
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


_TESTED = "covariances, a temperature from the held-out faces, and crops of half the detail"
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
    """One method under one condition and one seed.

    Attributes:
        method: Its name.
        condition: The levels of the matrix that it is trained and tested under.
        seed: The seed of its training.
        training: The folder of its training, which it may share.
        training_key: What the training must have been made with.
        key: What the run must have been made with.
        settings: For `landmarks.commands.train.build`, with ``output`` at the run's folder.
        resolved: The same with all defaults.
        faces: Hashes of its faces.
    """

    method: str
    condition: Condition
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

    @property
    def name(self) -> str:
        """For people, such as ``dark, heatmap_size 32, seed 0``."""
        condition = f", {self.condition.name}" if self.condition.levels else ""
        return f"{self.method}{condition}, seed {self.seed}"

    def trains(self, output: Path) -> Settings:
        """The settings with ``output`` elsewhere: in the training's folder."""
        return {**self.settings, "output": str(output)}


@dataclass(frozen=True)
class PlannedCondition:
    """All runs under one condition: what is compared with one another.

    Attributes:
        condition: The levels of the matrix.
        facts: The benchmark's facts.
        runs: Method by method, seed by seed.
        test_sets: The test faces.
        found: What was found of each split on the disk, the training split first, in a sentence.
        common_weights: Names of the parameters that all methods' networks have.
    """

    condition: Condition
    facts: Facts
    runs: Sequence[PlannedRun]
    test_sets: Sequence[EvaluationSet]
    found: Sequence[str]
    common_weights: Sequence[str]


@dataclass(frozen=True)
class Plan:
    """All runs of a comparison.

    Attributes:
        experiment: The experiment.
        conditions: What is compared, one condition after the other.
    """

    experiment: Experiment
    conditions: Sequence[PlannedCondition]

    @property
    def runs(self) -> list[PlannedRun]:
        """Condition by condition, method by method, seed by seed."""
        return [run for condition in self.conditions for run in condition.runs]

    def condition_of(self, run: PlannedRun) -> PlannedCondition:
        """The condition that a run belongs to."""
        return next(each for each in self.conditions if each.condition == run.condition)

    def readers(self, training: Path) -> dict[str, PlannedRun]:
        """The runs that read a training, by their methods; each method once."""
        found: dict[str, PlannedRun] = {}
        for run in self.runs:
            if run.training == training:
                found.setdefault(run.method, run)
        return found


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
    # All settings are tried before the first file is read, since that may take minutes.
    built = [
        {
            method: _build(experiment, method, condition, experiment.seeds[0], output)
            for method in experiment.methods
        }
        for condition in experiment.conditions
    ]
    planner = _Planner(experiment, output)
    return Plan(
        experiment,
        [
            planner.condition(condition, own)
            for condition, own in zip(experiment.conditions, built, strict=True)
        ],
    )


class _Built(NamedTuple):
    """What is kept of a method that was built.

    Attributes:
        data: The faces it is trained and tested on.
        settings: The settings it was built from.
        resolved: The same with all defaults.
        decoding: The codec's arguments that touch decoding alone.
        weights: Of the network before training.
    """

    data: FaceDataModule
    settings: Settings
    resolved: Settings
    decoding: Collection[str]
    weights: dict[str, WeightDigest]


class _Planner:
    """Reads each distinct set of faces once."""

    def __init__(self, experiment: Experiment, output: Path) -> None:
        self.experiment = experiment
        self.output = output
        self._seen: dict[str, FacesSeen] = {}
        self._found: dict[str, tuple[list[str], list[EvaluationSet]]] = {}
        self._trainings: dict[str, Path] = {}

    def condition(self, condition: Condition, built: Mapping[str, _Built]) -> PlannedCondition:
        """Plans the runs of a condition."""
        first = next(iter(built.values()))
        try:
            found, test_sets = self._prepare(first)
            runs = [
                self._run(method, condition, seed, built[method])
                for method in self.experiment.methods
                for seed in self.experiment.seeds
            ]
        except DataError:
            raise
        except ValueError as error:
            raise SettingsError(f"{self.experiment.path}: {error}") from error
        return PlannedCondition(
            condition,
            first.data.facts,
            runs,
            test_sets,
            found,
            shared_weights([own.weights for own in built.values()]),
        )

    def _prepare(self, built: _Built) -> tuple[list[str], list[EvaluationSet]]:
        """Makes the files ready, says what is there, and reads the test faces."""
        data = built.data
        key = digest_of(built.resolved["data"])
        if key not in self._found:
            places = [(data.training, data.training_split)]
            places += [(data.benchmark, split) for split in data.test_splits]
            for benchmark, split in places:
                benchmark.prepare((split,))
            data.setup("test")
            found = [benchmark.found(split) for benchmark, split in places]
            self._found[key] = found, data.evaluation("test")
        return self._found[key]

    def _run(self, method: str, condition: Condition, seed: int, built: _Built) -> PlannedRun:
        folder = _run_folder(self.output, method, condition, seed)
        settings = self.experiment.settings(method, condition, seed, folder)
        resolved = _under_seed(built.resolved, seed, folder)
        faces = self._faces(built, resolved)
        # Thresholds and integrals are applied to the stored errors, the normalisers are in them.
        protocols = built.data.facts.protocols
        normalisers = [[p.name, p.normaliser.description] for p in protocols]
        seen = digest_of([faces.draws, faces.truth, faces.held_out])
        key = training_key(resolved, built.decoding, seen)
        return PlannedRun(
            method=method,
            condition=condition,
            seed=seed,
            training=self._training_folder(method, seed, key),
            training_key=key,
            key=digest_of([key, resolved["model"]["codec"], faces.test, normalisers, _TESTED]),
            settings=settings,
            resolved=resolved,
            faces=faces,
        )

    def _faces(self, built: _Built, resolved: Settings) -> FacesSeen:
        key = digest_of([resolved["seed_everything"], resolved["data"]])
        if key not in self._seen:
            built.data.seed = int(resolved["seed_everything"])
            self._seen[key] = _read_faces(built.data)
        return self._seen[key]

    def _training_folder(self, method: str, seed: int, key: str) -> Path:
        """The folder of this key, whatever method it was once named after."""
        if key not in self._trainings:
            trainings = self.output / "trainings"
            ending = f"-{key[:8]}-seed{seed}"
            there = sorted(folder for folder in trainings.glob(f"*{ending}") if folder.is_dir())
            self._trainings[key] = there[0] if there else trainings / f"{method}{ending}"
        return self._trainings[key]


def _build(
    experiment: Experiment, method: str, condition: Condition, seed: int, output: Path
) -> _Built:
    folder = _run_folder(output, method, condition, seed)
    settings = experiment.settings(method, condition, seed, folder)
    where = f"{experiment.path}, method {method!r}"
    if condition.levels:
        where += f" under {condition.name}"
    known = set(inspect.signature(LandmarkTask).parameters)
    unknown = sorted(set(settings["model"]) - known)
    if unknown:
        # The parser would name a required option that is missing in its place.
        raise SettingsError(
            f"{where}: model has no option {unknown[0]!r}; expected {', '.join(sorted(known))}"
        )
    try:
        cli = build(settings)
    except SettingsError as error:
        raise SettingsError(f"{where}: {_in_one_line(str(error))}") from error
    resolved: Settings = cli.config_dump
    return _Built(
        cli.datamodule,
        settings,
        resolved,
        cli.model.codec.decoding_arguments,
        weight_digests(cli.model.network),
    )


def _run_folder(output: Path, method: str, condition: Condition, seed: int) -> Path:
    return output / "runs" / "-".join(filter(None, (method, condition.slug, f"seed{seed}")))


def _under_seed(resolved: Settings, seed: int, folder: Path) -> Settings:
    """Resolved settings as they would be under another seed; built anew, they would be the same."""
    changed = deepcopy(resolved)
    changed["seed_everything"] = seed
    changed["output"] = str(folder)
    return changed


def _read_faces(data: FaceDataModule) -> FacesSeen:
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


def _in_one_line(message: str) -> str:
    r"""A parser's message without its dump of the value, which may fill a screen.

    >>> _in_one_line("Parser key 'lr':\n  Expected a float. Got value: high")
    "Parser key 'lr': Expected a float. Got value: high"
    """
    message = " ".join(message.split())
    for noise in _NOISE:
        message = re.sub(noise, "", message)
    return message
