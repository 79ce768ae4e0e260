"""What an array in a MATLAB file must look like, and how it is said that it does not."""

import math
from pathlib import Path
from typing import NoReturn

from landmarks.errors import DataError

Shape = tuple[int | None, ...]
"""The lengths of an array's axes as MATLAB states them; None allows any length."""

MOST_ELEMENTS = 1 << 22
"""No array of numbers that is read here has more elements, whatever its file says.

AFLW-19 has the largest, with 926,668; a few kilobytes of a packed file can claim millions.
"""
MOST_BYTES = 1 << 26
"""Nothing that is read here has more bytes, pictures included."""
LONGEST_TEXT = 1024
"""No text that is read here has more characters: they are names of files."""
CURE = "restore the file from the distribution"


def check_shape(file: Path, name: str, found: tuple[int, ...], wanted: Shape) -> None:
    """Compares a declared shape with what is expected, before room is made for the array.

    Raises:
        DataError: If it is another, or absurdly large.
    """
    if len(found) != len(wanted) or any(
        there != length for there, length in zip(found, wanted, strict=True) if length is not None
    ):
        fail(file, name, f"the shape is {_text(found)}, expected {_text(wanted)}")
    if min(found, default=0) < 0 or math.prod(found) > MOST_ELEMENTS:
        fail(file, name, f"the shape is {_text(found)}, more than any benchmark holds")


def fail(file: Path, name: str, message: str) -> NoReturn:
    """Raises a `DataError` that names the variable and the cure."""
    raise DataError(f"variable {name}: {message}; {CURE}", file=file)


def missing(file: Path, name: str, there: list[str]) -> NoReturn:
    """Raises a `DataError` for a variable that the file does not hold."""
    listed = ", ".join(sorted(there)[:8]) + (", …" if len(there) > 8 else "") or "no variable"
    fail(file, name, f"is missing; the file holds {listed}")


def _text(shape: Shape) -> str:
    return " × ".join("any" if length is None else str(length) for length in shape) or "a scalar"


__all__ = [
    "CURE",
    "LONGEST_TEXT",
    "MOST_BYTES",
    "MOST_ELEMENTS",
    "Shape",
    "check_shape",
    "fail",
    "missing",
]
