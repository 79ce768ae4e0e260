"""An experiment file: what all methods share, and what each changes."""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from landmarks.analysis.matrix import (
    Axis,
    Condition,
    Settings,
    conditions_of,
    overlay,
    read_axes,
)
from landmarks.errors import SettingsError

_SHARED = ("model", "data", "trainer", "checkpoint")
_OWN = ("seeds", "splits", "methods", "matrix", "foreign", "test_every_epoch")
_METHOD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


@dataclass(frozen=True)
class Experiment:
    """Methods and seeds to compare.

    The file is one of `landmarks fit` with more sections:

    - ``methods``: for each method its changes to ``model``. A changed object of another class
      replaces the shared one; of the same class, or of no class, it changes the options it names.
    - ``seeds``: the seeds that every method is trained under; ``seed_everything`` or 0 if missing.
    - ``splits``: the test splits; the benchmark's own choice if missing.
    - ``matrix``: what is varied for all methods alike (`landmarks.analysis.matrix`).
    - ``foreign``: folders that ``landmarks score`` has written, by name: predictions of other
      programs, compared as further methods.
    - ``test_every_epoch``: whether test faces are decoded after each epoch, to tell what choosing
      on them would have claimed; nothing is chosen by it. True if missing.

    Attributes:
        path: The file.
        methods: Each method's changes, by its name.
        seeds: The seeds, each once.
        shared: The sections of `landmarks fit`.
        axes: What is varied for all methods alike.
        foreign: Folders of predictions of other programs, by name.
        test_every_epoch: Whether test faces are decoded after each epoch, for the report alone.
    """

    path: Path
    methods: Mapping[str, Settings]
    seeds: tuple[int, ...]
    shared: Settings
    axes: tuple[Axis, ...]
    foreign: Mapping[str, Path]
    test_every_epoch: bool

    @classmethod
    def read(cls, path: Path, root: str | None = None) -> "Experiment":
        """Reads an experiment file.

        Args:
            path: The file.
            root: The folder of the benchmark's files, instead of the one in the file.

        Raises:
            SettingsError: If it cannot be read, or is no experiment; the message names the place.
        """
        settings = read_settings(path)
        known = (*_SHARED, *_OWN, "seed_everything", "output")
        for section in settings:
            if section not in known:
                raise SettingsError(
                    f"{path}: there is no section {section!r}; expected {', '.join(known)}"
                )
        shared = {name: settings.get(name) or {} for name in _SHARED if name in settings}
        for section in ("model", "data"):
            _expect_mapping(path, section, shared.get(section))
        seeds = _seeds(path, settings)
        data = shared["data"].setdefault("init_args", {})
        if "splits" in settings:
            data["test_splits"] = _splits(path, settings["splits"])
        if root is not None:
            data["root"] = root
        methods = _methods(path, settings.get("methods"))
        laid = [{**shared, "model": overlay(shared["model"], own)} for own in methods.values()]
        return cls(
            path,
            methods,
            seeds,
            shared,
            read_axes(path, settings.get("matrix"), laid),
            _foreign(path, settings.get("foreign"), methods),
            _truth_value(path, "test_every_epoch", settings.get("test_every_epoch", True)),
        )

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return self.path.stem

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The combinations of the matrix's levels; one without levels if there is no matrix."""
        return conditions_of(self.axes)

    def settings(self, method: str, condition: Condition, seed: int, output: Path) -> Settings:
        """A method's settings for `landmarks.commands.train.build`."""
        settings = deepcopy(self.shared)
        settings["model"] = overlay(settings["model"], self.methods[method])
        settings = condition.applied(settings)
        return {**settings, "seed_everything": seed, "output": str(output)}


def read_settings(path: Path) -> Settings:
    """The sections of a settings file, with what refers to another place put in.

    Raises:
        SettingsError: If it cannot be read; the message names the place.
    """
    try:
        found = OmegaConf.load(path)
        settings = OmegaConf.to_container(found, resolve=True)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror or error})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = str(path) if mark is None else f"{path}, line {mark.line + 1}"
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise SettingsError(f"{place}: {problem}") from error
    except OmegaConfBaseException as error:
        raise SettingsError(f"{path}: {' '.join(str(error).split())}") from error
    if not isinstance(found, DictConfig) or not isinstance(settings, dict):
        raise SettingsError(f"{path}: expected sections such as model, data and methods")
    return {str(name): value for name, value in settings.items()}


def _methods(path: Path, methods: object) -> dict[str, Settings]:
    _expect_mapping(path, "methods", methods)
    assert isinstance(methods, dict)
    for name, changes in methods.items():
        if not isinstance(name, str) or not _METHOD_NAME.fullmatch(name):
            raise SettingsError(
                f"{path}: {name!r} cannot name a method, since folders are named after it; use "
                "letters, digits and _ . + -"
            )
        if not isinstance(changes or {}, dict):
            raise SettingsError(
                f"{path}: method {name!r} is {changes!r}; expected changes to model, such as a "
                "codec"
            )
    return {name: changes or {} for name, changes in methods.items()}


def _seeds(path: Path, settings: Settings) -> tuple[int, ...]:
    seeds = settings.get("seeds", [settings.get("seed_everything", 0)])
    valid = isinstance(seeds, list) and seeds and all(type(seed) is int for seed in seeds)
    if not valid or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise SettingsError(
            f"{path}: seeds is {seeds!r}; expected different whole numbers such as [0, 1, 2]"
        )
    return tuple(seeds)


def _splits(path: Path, splits: object) -> list[str]:
    valid = isinstance(splits, list) and splits and all(isinstance(name, str) for name in splits)
    if not valid or len(set(splits)) < len(splits):  # type: ignore[arg-type, call-overload]
        raise SettingsError(f"{path}: splits is {splits!r}; expected names such as [lfpw/testset]")
    return list(splits)  # type: ignore[call-overload, no-any-return]


def _foreign(path: Path, section: object, methods: Mapping[str, Settings]) -> dict[str, Path]:
    if section is None:
        return {}
    if not isinstance(section, dict) or not all(
        isinstance(folder, str) and folder for folder in section.values()
    ):
        raise SettingsError(
            f"{path}: foreign is {section!r}; expected folders that 'landmarks score' has written, "
            "by name"
        )
    for name in section:
        if not isinstance(name, str) or not _METHOD_NAME.fullmatch(name) or name in methods:
            raise SettingsError(
                f"{path}: {name!r} cannot name predictions of another program; use letters, digits "
                "and _ . + -, and no method's name"
            )
    # A relative place is meant from the file that names it.
    return {name: path.parent / folder for name, folder in section.items()}


def _truth_value(path: Path, name: str, found: object) -> bool:
    if not isinstance(found, bool):
        raise SettingsError(f"{path}: {name} is {found!r}; expected true or false")
    return found


def _expect_mapping(path: Path, section: str, found: object) -> None:
    if not isinstance(found, dict) or not found:
        raise SettingsError(
            f"{path}: the section {section!r} is missing or empty; an experiment has the sections "
            "model, data, trainer and methods"
        )
