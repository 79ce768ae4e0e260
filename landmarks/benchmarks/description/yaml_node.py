"""YAML that a person wrote, entry by entry: each knows its line, and says what it should be."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import yaml  # type: ignore[import-untyped]

from landmarks.benchmarks.files.text import quoted
from landmarks.errors import DataError

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NULL = "tag:yaml.org,2002:null"


class YamlNode:
    """An entry of a YAML file.

    Nothing in the file is executed or made into an object: entries are read as texts and checked
    when they are asked for.

    Args:
        file: The file.
        node: As PyYAML composes it.
        title: What a message calls it, such as ``protocols, box``.
    """

    def __init__(self, file: Path, node: "yaml.Node", title: str) -> None:
        self.file = file
        self.title = title
        self._node = node

    @property
    def line(self) -> int:
        """The line it begins on, from 1."""
        return int(self._node.start_mark.line) + 1

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self._node, yaml.SequenceNode)

    def entries(self) -> "dict[str, YamlNode]":
        """The entries of a mapping, by their names.

        Raises:
            DataError: If it is no mapping, or a name stands there twice.
        """
        if not isinstance(self._node, yaml.MappingNode):
            self.fail(f"is {self._shown()}, expected entries 'name: value'")
        result: dict[str, YamlNode] = {}
        for key, value in self._node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            entry = YamlNode(self.file, value, f"{self.title}, {name}" if self.title else str(name))
            if name is None or not name:
                YamlNode(self.file, key, self.title).fail("has an entry without a plain name")
            if name in result:
                YamlNode(self.file, key, entry.title).fail("stands there twice")
            result[name] = entry
        return result

    def section(self, known: Sequence[str], required: Sequence[str] = ()) -> "dict[str, YamlNode]":
        """The entries of a mapping whose names are settled.

        Raises:
            DataError: As for `entries`, or if one is not known or missing.
        """
        found = self.entries()
        for name, entry in found.items():
            if name not in known:
                entry.fail(f"is not known; expected {', '.join(known)}")
        for name in required:
            if name not in found:
                self.fail(f"has no entry {name!r}; add it")
        return found

    def items(self) -> "list[YamlNode]":
        """The items of a list.

        Raises:
            DataError: If it is no list.
        """
        if not isinstance(self._node, yaml.SequenceNode):
            self.fail(f"is {self._shown()}, expected a list such as [0, 1]")
        return [
            YamlNode(self.file, item, f"{self.title}, item {number}")
            for number, item in enumerate(self._node.value, start=1)
        ]

    def text(self) -> str:
        """A text that is not empty.

        Raises:
            DataError: If it is anything else.
        """
        if not isinstance(self._node, yaml.ScalarNode) or self._node.tag == _NULL:
            self.fail(f"is {self._shown()}, expected a text")
        value = str(self._node.value)
        if not value.strip():
            self.fail("is empty, expected a text")
        return value

    def path(self) -> str:
        """The path of a file or folder below another.

        Raises:
            DataError: If it is no text, absolute, or leads out of the folder.
        """
        value = self.text()
        parts = value.replace("\\", "/").split("/")
        if parts[0] == "" or ":" in parts[0] or ".." in parts or not value.isprintable():
            self.fail(
                f"is {quoted(value)}, which leads out of the folder; expected a path below the "
                "root, or below the description's folder: --root can be any folder"
            )
        return value

    def whole(self, least: int = 0, most: int | None = None) -> int:
        """A whole number.

        Raises:
            DataError: If it is anything else, or out of range.
        """
        expected = f"a whole number from {least}" + ("" if most is None else f" to {most}")
        value = self._node.value
        if (
            not isinstance(self._node, yaml.ScalarNode)
            or self._node.style is not None
            or not _WHOLE.fullmatch(value)
            or len(value) > 18
        ):
            self.fail(f"is {self._shown()}, expected {expected}")
        number = int(value)
        if number < least or (most is not None and number > most):
            self.fail(f"is {number}, expected {expected}")
        return number

    def fraction(self) -> float:
        """A number above 0 and below 1.

        Raises:
            DataError: If it is anything else.
        """
        try:
            number = (
                float(self._node.value) if isinstance(self._node, yaml.ScalarNode) else math.nan
            )
        except ValueError:
            number = math.nan
        if not 0 < number < 1:
            self.fail(
                f"is {self._shown()}, expected a fraction between 0 and 1, such as 0.08 for 8 %"
            )
        return number

    def flag(self) -> bool:
        """True or false.

        Raises:
            DataError: If it is anything else.
        """
        value = self._node.value if isinstance(self._node, yaml.ScalarNode) else None
        if value not in ("true", "false"):
            self.fail(f"is {self._shown()}, expected true or false")
        return bool(value == "true")

    def fail(self, message: str) -> NoReturn:
        """Raises a `DataError` that names the place.

        Raises:
            DataError: Always.
        """
        subject = f"{self.title} " if self.title else "the description "
        raise DataError(
            f"{subject}{message}; correct the description (docs/benchmarks.md)",
            file=self.file,
            line=self.line,
        )

    def _shown(self) -> str:
        if isinstance(self._node, yaml.ScalarNode):
            return "empty" if self._node.tag == _NULL else quoted(str(self._node.value))
        return "a list" if self.is_list else "a group of entries"


def read_yaml(file: Path) -> YamlNode:
    """The outermost entry of a YAML file.

    Raises:
        DataError: If the file cannot be read or is no YAML; the message names the line.
    """
    cure = "correct the description (docs/benchmarks.md)"
    try:
        text = file.read_bytes().removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except OSError as error:
        raise DataError(
            f"the description cannot be read ({error.strerror}); check its path", file=file
        ) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DataError(f"no UTF-8 text; {cure}", file=file, line=line) from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise DataError(
            f"no YAML: {problem}; {cure}", file=file, line=None if mark is None else mark.line + 1
        ) from error
    except (RecursionError, ValueError) as error:
        raise DataError(f"no YAML that can be understood; {cure}", file=file) from error
    if node is None:
        raise DataError(f"the description is empty; {cure}", file=file, line=1)
    return YamlNode(file, node, "")


__all__ = ["YamlNode", "read_yaml"]
