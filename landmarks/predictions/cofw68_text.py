"""The text files of results that come with the COFW-68 benchmark."""

from collections.abc import Iterator
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float64

from landmarks.benchmarks.files.text import fail, number, quoted, read_lines
from landmarks.predictions.base import Faces, PredictedFace, PredictionFormat

_CURE = "correct the file, or write it anew"
_LINES = ("the face's number", "x", "y", "occlusion")


@final
class Cofw68Text(PredictionFormat):
    """Four lines a face: its number, all x, all y, all occlusions.

    This is how the COFW-68 benchmark (https://github.com/golnazghiasi/cofw68-benchmark) distributes
    the results of five methods. Faces are numbered from 1 in the order of the split and may stand
    in any order. The benchmark is written in MATLAB: its first pixel is 1. Occlusions are read and
    left out. The number of points is that of the benchmark at hand.
    """

    @property
    def description(self) -> str:
        """Text, four lines a face."""
        return "text, four lines a face (number, x, y, occlusion)"

    @property
    def first_pixel(self) -> int:
        """1."""
        return 1

    def recognises(self, head: bytes) -> bool:
        """Whether the file begins with a whole number on a line of its own."""
        lines = head.removeprefix(b"\xef\xbb\xbf").split(maxsplit=1)
        return bool(lines) and lines[0].isdigit()

    def read(self, file: Path, faces: Faces) -> Iterator[PredictedFace]:
        """Reads four lines after four lines; blank lines between them do not count.

        Raises:
            landmarks.errors.DataError: If a line has too few or too many numbers, a word is no
                finite number, or a face has no such number.
        """
        lines = read_lines(file, cure=_CURE)
        full = [(place, line.split()) for place, line in enumerate(lines, start=1) if line.strip()]
        for start in range(0, len(full), len(_LINES)):
            block = full[start : start + len(_LINES)]
            last, words = block[0]
            face = _face_number(file, last, words, faces)
            rows = []
            for what, (last, words) in zip(_LINES[1:], block[1:], strict=False):
                rows.append(_row(file, last, words, what, faces.points))
            if len(block) < len(_LINES):
                missing = ", ".join(_LINES[len(block) :])
                fail(file, last, f"the file breaks off within {faces.name(face)}: {missing}", _CURE)
            points = np.stack(rows[:2], axis=-1)
            yield PredictedFace(face, points, None, block[0][0], f"face {face + 1}")


def _face_number(file: Path, line: int, words: list[str], faces: Faces) -> int:
    count = len(faces.records)
    text = " ".join(words)
    if len(words) != 1 or not (text.isascii() and text.isdigit()):
        fail(
            file,
            line,
            f"{quoted(text)}, expected the number of a face, from 1 to {count:,}, alone on its "
            "line; then a line each of x, y and occlusion",
            _CURE,
        )
    if len(text) > len(str(count)) + 6 or not 1 <= int(text) <= count:
        fail(
            file,
            line,
            f"there is no face {quoted(text)}: {faces.title} has {count:,} faces, numbered from 1",
            "choose the benchmark and split that was predicted, or complete its files",
        )
    return int(text) - 1


def _row(
    file: Path, line: int, words: list[str], what: str, count: int
) -> Float64[np.ndarray, " K"]:
    if len(words) != count:
        fail(
            file,
            line,
            f"{len(words)} numbers, expected {what} of {count} points",
            f"{_CURE}; or choose the benchmark that was predicted",
        )
    return np.array([number(file, line, word, what, _CURE) for word in words])


__all__ = ["Cofw68Text"]
