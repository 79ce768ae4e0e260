"""Text annotations: their lines, and the numbers in them."""

import math
from pathlib import Path
from typing import NoReturn

from landmarks.errors import DataError
from landmarks.files import regular_size
from landmarks.geometry import Size

CURE = "restore the file from the distribution, or remove it together with its picture"
HORIZON = 10
"""A point farther out than this many times the picture's longer side is nonsense."""

_LONGEST_FILE = 1 << 28
"""The longest genuine list, WFLW's, has 2 ** 24 bytes; lines take several times their bytes."""


def read_lines(file: Path, encoding: str = "ascii", cure: str = CURE) -> list[str]:
    """The lines of a text file, whatever its line ends; a byte order mark is dropped.

    Args:
        file: The file.
        encoding: How it is written.
        cure: What to do about a file that cannot be read.

    Raises:
        DataError: If the file cannot be read, is absurdly long, or is no text of this encoding; the
            message names the line.
    """
    try:
        length = regular_size(file)
        if length > _LONGEST_FILE:
            fail(file, 1, f"{length:,} bytes, expected at most {_LONGEST_FILE:,}", cure)
        data = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise DataError(
            f"the annotation cannot be read ({error.strerror}); check the file and its permissions",
            file=file,
        ) from error
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
        fail(file, line, f"byte 0x{data[error.start]:02x}, expected plain text", cure)
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def number(file: Path, line: int, word: str, what: str = "coordinate", cure: str = CURE) -> float:
    """A finite number.

    Raises:
        DataError: If the word is anything else.

    >>> number(Path("a.txt"), 3, "12.5")
    12.5
    >>> number(Path("a.txt"), 3, "1_000")
    Traceback (most recent call last):
    landmarks.errors.DataError: a.txt, line 3: coordinate '1_000' is not a number; ...
    """
    try:
        value = float(word)
    except ValueError:
        fail(file, line, f"{what} {quoted(word)} is not a number", cure)
    if "_" in word:  # Python reads 1_000 as a number; no annotation tool writes it
        fail(file, line, f"{what} {quoted(word)} is not a number", cure)
    if not math.isfinite(value):
        fail(file, line, f"{what} {quoted(word)}, expected a finite number", cure)
    return value


def coordinate(file: Path, line: int, word: str, picture: Size, cure: str = CURE) -> float:
    """A coordinate that may lie outside the picture, where faces are cut off, but not far away.

    Args:
        file: The file.
        line: The line in it, from 1.
        word: The number as it stands there.
        picture: Size of the picture.
        cure: What to do about it.

    Raises:
        DataError: If it is no finite number, or lies more than ten times the picture's longer side
            from its corner.
    """
    value = number(file, line, word, cure=cure)
    longer = max(picture)
    if abs(value) > HORIZON * longer:
        fail(
            file,
            line,
            f"coordinate {quoted(word)} lies more than {HORIZON} times the picture's longer side "
            f"({longer:g} px) away",
            cure,
        )
    return value


def quoted(text: str) -> str:
    """A piece of a file for a message: in quotes, and not too long."""
    return repr(text if len(text) <= 40 else text[:40] + "…")


def fail(file: Path, line: int, message: str, cure: str = CURE) -> NoReturn:
    """Raises a `DataError` that names the place and the cure."""
    raise DataError(f"{message}; {cure}", file=file, line=line)


__all__ = ["CURE", "HORIZON", "coordinate", "fail", "number", "quoted", "read_lines"]
