"""The matrix of an experiment: what is varied for all methods alike."""

import inspect
import itertools
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, final

from landmarks.errors import SettingsError

Settings = dict[str, Any]

_SECTIONS = ("model", "data")
_LEVEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
_TAKEN = {"method", "seed", "split", "subset", "protocol", "faces", "nme", "fr", "auc"}
"""Columns of the tables, beside which an axis has its own."""


class Level(ABC):
    """One level of an axis: a change to all methods."""

    @abstractmethod
    def applied(self, settings: Settings) -> Settings | None:
        """The settings with the change; None where they have no such option."""


@final
@dataclass(frozen=True)
class OptionLevel(Level):
    """One option's value.

    Attributes:
        path: Where the option stands, from the section down, without ``init_args``.
        value: The value.
    """

    path: tuple[str, ...]
    value: object

    def applied(self, settings: Settings) -> Settings | None:
        """The settings with the option set; None if the class that it belongs to lacks it."""
        changed = deepcopy(settings)
        node: Any = changed
        for step in self.path[:-1]:
            node = _options(node).get(step)
            if not isinstance(node, dict):
                return None
        option = self.path[-1]
        options = _options(node)
        if option not in options and not _accepts(node, option):
            return None
        options[option] = deepcopy(self.value)
        return changed


@final
@dataclass(frozen=True)
class NamedLevel(Level):
    """Changes to the sections ``model`` and ``data``, as a method has them for ``model``.

    Attributes:
        changes: The changes, by section.
    """

    changes: Settings

    def applied(self, settings: Settings) -> Settings:
        """The settings with the changes laid over them.

        Data of another class keep the shared options (batch, crop, augmentation): what is not
        named stays the same.
        """
        changed = overlay(settings, {k: v for k, v in self.changes.items() if k != "data"})
        data = self.changes.get("data") or {}
        if "class_path" in data:
            changed["data"] = {**changed["data"], "class_path": data["class_path"]}
        changed["data"] = overlay(changed["data"], data)
        return changed


@dataclass(frozen=True)
class Axis:
    """What one axis varies.

    Attributes:
        name: Names its column in the tables.
        levels: Its levels, by name, in order.
    """

    name: str
    levels: Mapping[str, Level]


@dataclass(frozen=True)
class Condition:
    """One combination of the axes' levels; methods are compared within it.

    Attributes:
        levels: The name of each axis's level, by the axis.
        changes: The levels, in the axes' order.
    """

    levels: Mapping[str, str]
    changes: tuple[Level, ...]

    @property
    def name(self) -> str:
        """For people, such as ``crop_size 128, heatmap_size 32``; empty without a matrix."""
        return ", ".join(f"{axis} {level}" for axis, level in self.levels.items())

    @property
    def slug(self) -> str:
        """For file names, such as ``crop_size_128-heatmap_size_32``; empty without a matrix."""
        return "-".join(f"{axis}_{level}" for axis, level in self.levels.items())

    def applied(self, settings: Settings) -> Settings:
        """The settings under this condition; a level that does not concern them changes nothing."""
        for change in self.changes:
            settings = change.applied(settings) or settings
        return settings


def conditions_of(axes: Sequence[Axis]) -> tuple[Condition, ...]:
    """All combinations of the axes' levels; the last axis varies fastest.

    >>> [condition.levels for condition in conditions_of([])]
    [{}]
    """
    return tuple(
        Condition(
            {axis.name: level for axis, (level, _) in zip(axes, chosen, strict=True)},
            tuple(change for _, change in chosen),
        )
        for chosen in itertools.product(*(axis.levels.items() for axis in axes))
    )


def read_axes(path: Path, section: object, methods: Iterable[Settings]) -> tuple[Axis, ...]:
    """Reads the section ``matrix`` of an experiment file.

    Args:
        path: The file, for messages.
        section: An axis is either a path such as ``model.codec.heatmap_size`` with a list of
            values, or a name with levels, each a name and its changes to ``model`` and ``data``.
        methods: The settings of every method, which the axes are laid over.

    Raises:
        SettingsError: If an axis cannot be read, or no method has the option that it varies.
    """
    if section is None:
        return ()
    if not isinstance(section, dict) or not section:
        raise SettingsError(
            f"{path}: matrix is {section!r}; expected axes such as "
            "'model.codec.heatmap_size: [16, 32]'"
        )
    known = list(methods)
    axes: list[Axis] = []
    for name, content in section.items():
        if isinstance(content, list):
            axis = _option_axis(path, str(name), content)
            first = next(iter(axis.levels.values()))
            if all(first.applied(settings) is None for settings in known):
                raise SettingsError(f"{path}: matrix: no method has the option {name!r}")
        else:
            axis = _named_axis(path, str(name), content)
        if axis.name in _TAKEN or axis.name in {other.name for other in axes}:
            raise SettingsError(
                f"{path}: matrix: a second column {axis.name!r} would stand in the tables; give "
                f"the axis {name!r} a name of its own, with named levels"
            )
        axes.append(axis)
    return tuple(axes)


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


def _option_axis(path: Path, name: str, values: list[object]) -> Axis:
    steps = tuple(name.split("."))
    if len(steps) < 2 or steps[0] not in _SECTIONS or not all(steps):
        raise SettingsError(
            f"{path}: matrix: {name!r} with a list of values must be the place of an option below "
            "model or data, such as model.codec.heatmap_size"
        )
    if any(isinstance(value, dict | list) for value in values):
        raise SettingsError(
            f"{path}: matrix: {name} holds {values!r}; levels that are more than a number or a "
            "word need names: NAME: {model: ...}"
        )
    levels: dict[str, Level] = {str(value): OptionLevel(steps, value) for value in values}
    if len(levels) < len(values):
        raise SettingsError(f"{path}: matrix: {name} is {values!r}; expected different values")
    return Axis(steps[-1], _checked(path, name, levels))


def _named_axis(path: Path, name: str, content: object) -> Axis:
    if not _LEVEL_NAME.fullmatch(name) or "." in name:
        raise SettingsError(
            f"{path}: matrix: {name!r} cannot name an axis with named levels; use letters, digits "
            "and _ + -, or give the place of an option a list of values"
        )
    if not isinstance(content, dict):
        raise SettingsError(
            f"{path}: matrix: {name} is {content!r}; expected a list of values, or levels by name "
            "with changes to model and data"
        )
    levels: dict[str, Level] = {}
    for level, changes in content.items():
        changes = changes or {}
        odd = [
            key
            for key, change in (changes.items() if isinstance(changes, dict) else [])
            if key not in _SECTIONS or not isinstance(change, dict)
        ]
        if not isinstance(changes, dict) or odd:
            raise SettingsError(
                f"{path}: matrix: level {level!r} of {name} is {changes!r}; expected changes to "
                "model and data"
            )
        levels[str(level)] = NamedLevel(changes)
    return Axis(name, _checked(path, name, levels))


def _checked(path: Path, name: str, levels: dict[str, Level]) -> dict[str, Level]:
    if not levels:
        raise SettingsError(f"{path}: matrix: {name} has no levels")
    for level in levels:
        if not _LEVEL_NAME.fullmatch(level):
            raise SettingsError(
                f"{path}: matrix: {level!r} cannot name a level of {name}, since folders are named "
                "after it; use letters, digits and _ . + -"
            )
    return levels


def _options(node: Settings) -> Settings:
    """Where an object's options stand."""
    if "class_path" not in node:
        return node
    options: Settings = node.setdefault("init_args", {})
    return options


def _accepts(node: Settings, option: str) -> bool:
    """Whether the object's class takes an option that the settings do not name."""
    place = node.get("class_path")
    if not isinstance(place, str) or "." not in place:
        return False
    module, name = place.rsplit(".", 1)
    try:
        made = getattr(import_module(module), name)
    except (ImportError, AttributeError):
        return True  # the parser names what is wrong with the class
    return option in inspect.signature(made).parameters


def _other_class(old: Settings, change: Settings) -> bool:
    return "class_path" in change and change["class_path"] != old.get("class_path")
