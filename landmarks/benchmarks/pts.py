"""The ``.pts`` annotation file of 300W and its relatives."""

import math
from pathlib import Path
from typing import NoReturn

import numpy as np
from jaxtyping import Float

from landmarks.errors import DataError
from landmarks.geometry import Size

_CURE = "restore the file from the distribution, or remove it together with its picture"
_HORIZON = 10


def read_pts(file: Path, count: int, picture: Size) -> Float[np.ndarray, "K 2"]:
    """Reads the points of one face.

    A file looks like this::

        version: 1
        n_points:  68
        {
        97.232759 131.186323
        ...
        }

    Genuine files differ in spacing, in decimals, in line ends and in whether a line end follows the
    closing brace. Points may lie outside the picture, where faces are cut off.

    Args:
        file: The file.
        count: The number of points that the point scheme has.
        picture: Size of the picture, to tell a point outside it from nonsense.

    Returns:
        (count, 2) float64, ``x y`` as they stand in the file: 300W counts pixels from 1.

    Raises:
        DataError: If the file is anything but this many finite points, none of them farther than
            ten times the picture's longer side; the message names the line.
    """
    points: list[tuple[float, float]] = []
    seen: set[str] = set()
    opened = closed = 0
    limit = _HORIZON * max(picture)
    lines = _lines(file)
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        if closed:
            _fail(file, number, f"{_quote(text)} behind the closing brace, expected the end")
        elif opened and text == "}":
            closed = number
        elif opened:
            points.append(_point(file, number, text, limit))
        elif text == "{":
            opened = number
        else:
            _header(file, number, text, count, seen)
    last = max(len(lines), 1)
    if not opened:
        _fail(file, last, 'no line "{" before the points')
    if "n_points" not in seen:
        _fail(file, opened, f'no line "n_points: {count}" before the points')
    if not closed:
        _fail(file, last, f'no closing line "}}": the file breaks off behind {len(points)} points')
    if len(points) != count:
        _fail(file, closed, f"{len(points)} points between the braces, expected {count}")
    return np.array(points, dtype=np.float64)


def _lines(file: Path) -> list[str]:
    try:
        data = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise DataError(
            f"the annotation cannot be read ({error.strerror}); check the file and its permissions",
            file=file,
        ) from error
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        line = data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
        _fail(file, line, f"byte 0x{data[error.start]:02x}, expected plain text")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _header(file: Path, line: int, text: str, count: int, seen: set[str]) -> None:
    key, colon, value = (part.strip() for part in text.partition(":"))
    if not colon or key not in ("version", "n_points"):
        _fail(file, line, f'{_quote(text)}, expected "version: 1", "n_points: {count}" or "{{"')
    if key in seen:
        _fail(file, line, f"{key} stands there twice")
    seen.add(key)
    if key == "version" and value != "1":
        _fail(file, line, f"version is {_quote(value)}, expected 1")
    if key == "n_points" and value != str(count):
        _fail(file, line, f"n_points is {_quote(value)}, expected {count}")


def _point(file: Path, line: int, text: str, limit: float) -> tuple[float, float]:
    words = text.split()
    if len(words) != 2:
        _fail(file, line, f"{_quote(text)}, expected x and y")
    x, y = (_coordinate(file, line, word, limit) for word in words)
    return x, y


def _coordinate(file: Path, line: int, word: str, limit: float) -> float:
    try:
        value = float(word)
    except ValueError:
        _fail(file, line, f"coordinate {_quote(word)} is not a number")
    if "_" in word:  # Python reads 1_000 as a number; no annotation tool writes it
        _fail(file, line, f"coordinate {_quote(word)} is not a number")
    if not math.isfinite(value):
        _fail(file, line, f"coordinate {_quote(word)}, expected a finite number")
    if abs(value) > limit:
        _fail(
            file,
            line,
            f"coordinate {_quote(word)} lies more than {_HORIZON} times the picture's longer side "
            f"({limit / _HORIZON:g} px) away",
        )
    return value


def _quote(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")


def _fail(file: Path, line: int, message: str) -> NoReturn:
    raise DataError(f"{message}; {_CURE}", file=file, line=line)


__all__ = ["read_pts"]
