"""An experiment file: what all methods share, and what each changes."""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from landmarks.errors import SettingsError

Settings = dict[str, Any]

_SHARED = ("model", "data", "trainer", "checkpoint")
_OWN = ("seeds", "splits", "methods")
_METHOD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


@dataclass(frozen=True)
class Experiment:
    """Methods and seeds to compare.

    The file is one of `landmarks fit` with three more sections:

    - ``methods``: for each method its changes to ``model``. A changed object of another class
      replaces the shared one; of the same class, or of no class, it changes the options it names.
    - ``seeds``: the seeds that every method is trained under; ``seed_everything`` or 0 if missing.
    - ``splits``: the test splits; the benchmark's own choice if missing.

    Attributes:
        path: The file.
        methods: Each method's changes, by its name.
        seeds: The seeds, each once.
        shared: The sections of `landmarks fit`.
    """

    path: Path
    methods: Mapping[str, Settings]
    seeds: tuple[int, ...]
    shared: Settings

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
        return cls(path, _methods(path, settings.get("methods")), seeds, shared)

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return self.path.stem

    def settings(self, method: str, seed: int, output: Path) -> Settings:
        """A method's settings for `landmarks.commands.train.build`."""
        settings = deepcopy(self.shared)
        settings["model"] = overlay(settings["model"], self.methods[method])
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


def overlay(below: Settings, above: Settings) -> Settings:
    """Settings with changes laid over them.

    >>> shared = {"codec": {"class_path": "A", "init_args": {"size": 64, "sigma": 1.5}}}
    >>> overlay(shared, {"codec": {"init_args": {"sigma": 2}}})
    {'codec': {'class_path': 'A', 'init_args': {'size': 64, 'sigma': 2}}}
    >>> overlay(shared, {"codec": {"class_path": "B"}})
    {'codec': {'class_path': 'B'}}
    """
    merged = dict(below)
    for name, change in above.items():
        old = merged.get(name)
        if isinstance(old, dict) and isinstance(change, dict) and not _other_class(old, change):
            merged[name] = overlay(old, change)
        else:
            merged[name] = deepcopy(change)
    return merged


def _other_class(old: Settings, change: Settings) -> bool:
    return "class_path" in change and change["class_path"] != old.get("class_path")


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


def _expect_mapping(path: Path, section: str, found: object) -> None:
    if not isinstance(found, dict) or not found:
        raise SettingsError(
            f"{path}: the section {section!r} is missing or empty; an experiment has the sections "
            "model, data, trainer and methods"
        )
