"""The ``.pts`` annotation file of 300W and its relatives."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float

from landmarks.benchmarks.files.text import coordinate, fail, quoted, read_lines
from landmarks.geometry import Size

Refuse = Callable[[float, float], str | None]
"""Says what is wrong with a point ``x y`` of a file, or None if nothing is."""


def no_refusal(x: float, y: float) -> None:
    """Refuses no point."""


def read_pts(
    file: Path, count: int, picture: Size, refuse: Refuse = no_refusal
) -> Float[np.ndarray, "K 2"]:
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
        refuse: What else a point must not be, where a benchmark writes more into it than a place.

    Returns:
        (count, 2) float64, ``x y`` as they stand in the file: 300W counts pixels from 1.

    Raises:
        DataError: If the file is anything but this many finite points, none of them farther than
            ten times the picture's longer side; the message names the line.
    """
    points: list[tuple[float, float]] = []
    seen: set[str] = set()
    opened = closed = 0
    lines = read_lines(file)
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        if closed:
            fail(file, number, f"{quoted(text)} behind the closing brace, expected the end")
        elif opened and text == "}":
            closed = number
        elif opened:
            points.append(_point(file, number, text, picture, refuse))
        elif text == "{":
            opened = number
        else:
            _header(file, number, text, count, seen)
    last = max(len(lines), 1)
    if not opened:
        fail(file, last, 'no line "{" before the points')
    if "n_points" not in seen:
        fail(file, opened, f'no line "n_points: {count}" before the points')
    if not closed:
        fail(file, last, f'no closing line "}}": the file breaks off behind {len(points)} points')
    if len(points) != count:
        fail(file, closed, f"{len(points)} points between the braces, expected {count}")
    return np.array(points, dtype=np.float64)


def announces(file: Path, count: int) -> bool:
    """Whether a file says that it has this many points, and has as many lines of them.

    Tells files of one point scheme from those of another in the same folder, cheaply: nothing else
    of the file is looked at, and a damaged one is left to `read_pts`.

    Args:
        file: The file.
        count: The number of points.

    Raises:
        DataError: If the file cannot be read, or is no text.
    """
    head, brace, body = "\n".join(read_lines(file)).partition("{")
    announced = any(_key_and_value(line) == ("n_points", str(count)) for line in head.split("\n"))
    points = [line for line in body.partition("}")[0].split("\n") if line.strip()]
    return announced and bool(brace) and len(points) == count


def _key_and_value(text: str) -> tuple[str, str]:
    key, _, value = text.partition(":")
    return key.strip(), value.strip()


def _header(file: Path, line: int, text: str, count: int, seen: set[str]) -> None:
    key, value = _key_and_value(text)
    if ":" not in text or key not in ("version", "n_points"):
        fail(file, line, f'{quoted(text)}, expected "version: 1", "n_points: {count}" or "{{"')
    if key in seen:
        fail(file, line, f"{key} stands there twice")
    seen.add(key)
    if key == "version" and value != "1":
        fail(file, line, f"version is {quoted(value)}, expected 1")
    if key == "n_points" and value != str(count):
        fail(file, line, f"n_points is {quoted(value)}, expected {count}")


def _point(file: Path, line: int, text: str, picture: Size, refuse: Refuse) -> tuple[float, float]:
    words = text.split()
    if len(words) != 2:
        fail(file, line, f"{quoted(text)}, expected x and y")
    x, y = (coordinate(file, line, word, picture) for word in words)
    wrong = refuse(x, y)
    if wrong:
        fail(file, line, f"{quoted(text)} {wrong}")
    return x, y


__all__ = ["Refuse", "announces", "no_refusal", "read_pts"]
