"""The text file of LaPa and JD-landmark: a count, then one point a line."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from landmarks.benchmarks.files.text import coordinate, fail, quoted, read_lines
from landmarks.geometry import Size


def read_counted(file: Path, count: int, picture: Size) -> Float[np.ndarray, "K 2"]:
    """Reads the points of one face.

    A file looks like this::

        106
        123.668664 236.931507
        125.826199 249.337329
        ...

    Points may lie outside the picture, where faces are cut off.

    Args:
        file: The file.
        count: The number of points that the point scheme has.
        picture: Size of the picture, to tell a point outside it from nonsense.

    Returns:
        (count, 2) float64, ``x y`` as they stand in the file.

    Raises:
        DataError: If the file is anything but this many finite points, none of them farther than
            ten times the picture's longer side, or breaks off within its last number; the message
            names the line.
    """
    lines = read_lines(file)
    points: list[tuple[float, float]] = []
    counted = False
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words:
            continue
        if not counted:
            if words != [str(count)]:
                fail(
                    file, number, f"{quoted(line.strip())}, expected the number of points, {count}"
                )
            counted = True
            continue
        if len(words) != 2:
            fail(file, number, f"{quoted(line.strip())}, expected x and y")
        if len(points) == count:
            fail(file, number, f"{quoted(line.strip())} behind {count} points, expected the end")
        if number == len(lines) and _decimals(words[0]) != _decimals(words[1]):
            # Without a line end behind it, a number may have lost its last digits.
            fail(file, number, f"the file breaks off in the number {quoted(words[1])}")
        x, y = (coordinate(file, number, word, picture) for word in words)
        points.append((x, y))
    if not counted:
        fail(file, 1, f"the file is empty, expected the number of points, {count}")
    if len(points) != count:
        fail(file, len(lines), f"the file breaks off behind {len(points)} points, expected {count}")
    return np.array(points, dtype=np.float64)


def _decimals(word: str) -> int:
    return len(word.partition(".")[2])


__all__ = ["read_counted"]
