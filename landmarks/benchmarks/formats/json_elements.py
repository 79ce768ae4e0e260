"""A large JSON file element by element, with the line of each."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from landmarks.benchmarks.files.text import quoted
from landmarks.benchmarks.formats.base import CURE
from landmarks.errors import DataError

_SPACE = re.compile(r"[ \t\n\r]*")


class Element(NamedTuple):
    """A member of the outermost object; of a list there, one of its elements.

    Attributes:
        key: The member's name.
        place: The element's place in the list, from 0; None if the member is no list.
        line: The line it begins on, from 1.
        value: What it holds.
    """

    key: str
    place: int | None
    line: int
    value: Any


def json_elements(file: Path) -> Iterator[Element]:
    """Reads the members of the outermost object; lists among them element by element.

    A file that is one list, as results often are, is read as if it were a member without a name.

    What has been handed out can be forgotten, so that the lists of millions of numbers never exist
    as Python objects all at once. An empty list hands out nothing.

    Raises:
        DataError: If the file cannot be read, is no JSON object or list, or names a member twice;
            the message names the line.
    """
    return _Reader(file).elements()


class _Reader:
    """The place in a text, and the line that it is on."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.text = _text(file)
        self.at = 0
        self._counted_to, self._line = 0, 1
        self._decoder = json.JSONDecoder(object_pairs_hook=_object)

    def elements(self) -> Iterator[Element]:
        if self.text.startswith("[", self._skip()):
            yield from self._member("")
        else:
            yield from self._members()
        if self._skip() < len(self.text):
            line = self._line_of(self.at)
            self._fail(line, f"{self._next()} behind the closing bracket, expected the end")

    def _members(self) -> Iterator[Element]:
        self._expect("{", 'an object, such as {"images": […], "annotations": […]}')
        keys: set[str] = set()
        if not self._have("}"):
            while True:
                line = self._line_of(self._skip())
                key = self._value()
                if not isinstance(key, str):
                    self._fail(line, f"{quoted(str(key))} names a member, expected a text")
                if key in keys:
                    self._fail(line, f"{quoted(key)} stands there twice")
                keys.add(key)
                self._expect(":", f"a colon behind {quoted(key)}")
                yield from self._member(key)
                if not self._have(","):
                    break
            self._expect("}", 'a comma, or the closing "}"')

    def _member(self, key: str) -> Iterator[Element]:
        if not self._have("["):
            line = self._line_of(self._skip())
            yield Element(key, None, line, self._value())
            return
        if self._have("]"):
            return
        place = 0
        while True:
            line = self._line_of(self._skip())
            yield Element(key, place, line, self._value())
            place += 1
            if not self._have(","):
                break
        self._expect("]", f'a comma, or the closing "]" of {quoted(key)}')

    def _value(self) -> Any:  # noqa: ANN401 (whatever stands there)
        start = self._skip()
        try:
            value, self.at = self._decoder.raw_decode(self.text, start)
        except json.JSONDecodeError as error:
            self._fail(self._line_of(max(error.pos, start)), f"no JSON: {error.msg}")
        except RecursionError:
            self._fail(self._line_of(start), "lists within lists without end")
        except ValueError as error:  # a member named twice, a number of thousands of digits
            self._fail(self._line_of(start), str(error))
        return value

    def _skip(self) -> int:
        match = _SPACE.match(self.text, self.at)
        assert match is not None
        self.at = match.end()
        return self.at

    def _have(self, sign: str) -> bool:
        there = self.text.startswith(sign, self._skip())
        self.at += there
        return there

    def _expect(self, sign: str, what: str) -> None:
        if not self._have(sign):
            self._fail(self._line_of(self.at), f"{self._next()}, expected {what}")

    def _next(self) -> str:
        following = self.text[self.at : self.at + 20]
        return quoted(following) if following else "the file breaks off"

    def _line_of(self, position: int) -> int:
        self._line += self.text.count("\n", self._counted_to, position)
        self._counted_to = position
        return self._line

    def _fail(self, line: int, message: str) -> NoReturn:
        raise DataError(f"{message}; {CURE}", file=self.file, line=line)


def _text(file: Path) -> str:
    try:
        data = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise DataError(
            f"the file cannot be read ({error.strerror}); check it and its permissions", file=file
        ) from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"byte 0x{data[error.start]:02x}, expected JSON in UTF-8; {CURE}",
            file=file,
            line=data.count(b"\n", 0, error.start) + 1,
        ) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{quoted(twice)} stands twice in one object")
    return result


__all__ = ["Element", "json_elements"]
