"""The files of a detector's five points."""

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
from jaxtyping import Float

from landmarks.errors import DataError

COLUMNS = (
    "photo",
    *(
        f"{point}_{axis}"
        for point in ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
        for axis in "xy"
    ),
)
"""The header of a CSV file."""

_JSON_SHAPE = '{"photo": [[[x, y], … five points or null], … faces]}'


def read_detections(file: Path) -> dict[str, Float[np.ndarray, "F 5 2"]]:
    """The faces detected in each picture; NaN where a point was not found.

    Faces with fewer than two points are left out, since they cannot be aligned by them.

    Args:
        file: See `landmarks.data.crops.DetectedFivePoints`.

    Raises:
        DataError: If it cannot be read, or is no such file; the message names the line.
    """
    readers = {".csv": _csv_faces, ".json": _json_faces}
    if file.suffix.lower() not in readers:
        raise DataError("detected points are read from a .csv or a .json file", file=file)
    found: dict[str, list[Float[np.ndarray, "5 2"]]] = {}
    for photo, points in readers[file.suffix.lower()](file):
        if np.isfinite(points).all(axis=1).sum() >= 2:
            found.setdefault(photo.replace("\\", "/").removeprefix("./"), []).append(points)
    if not found:
        raise DataError(
            "there is no face with at least two points in the file; write the detector's points "
            "again",
            file=file,
        )
    detections = {photo: np.stack(faces) for photo, faces in found.items()}
    _refuse_mirrored(file, np.concatenate(list(detections.values())))
    return detections


def _refuse_mirrored(file: Path, faces: Float[np.ndarray, "F 5 2"]) -> None:
    """Some detectors call the person's own left eye the left one, which is right in the picture."""
    across = faces[:, 1] - faces[:, 0]
    down = faces[:, 3:].mean(axis=1) - faces[:, :2].mean(axis=1)
    turn = across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0]
    if (turn < 0).sum() > (turn > 0).sum():
        raise DataError(
            f"in {int((turn < 0).sum()):,} of {len(faces):,} faces left and right have changed "
            "places; expected the eye and the corner of the mouth that are left in an upright "
            "picture first: swap the columns",
            file=file,
        )


def _csv_faces(file: Path) -> Iterator[tuple[str, Float[np.ndarray, "5 2"]]]:
    rows = csv.reader(_text(file).splitlines(), strict=True)
    try:
        header = next(rows, [])
        if [name.strip() for name in header] != list(COLUMNS):
            raise DataError(
                f"the header is {','.join(header)[:120]!r}; expected {','.join(COLUMNS)}",
                file=file,
                line=1,
            )
        for row in rows:
            if not row:
                continue
            if len(row) != len(COLUMNS):
                _fail(file, f"{len(row)} values, expected {len(COLUMNS)}", rows.line_num)
            if not row[0].strip():
                _fail(file, "the name of the picture is empty", rows.line_num)
            values = [_number(file, word, rows.line_num) for word in row[1:]]
            yield row[0].strip(), _points(file, np.reshape(values, (5, 2)), rows.line_num)
    except csv.Error as error:
        _fail(file, f"no CSV ({error})", rows.line_num)


def _json_faces(file: Path) -> Iterator[tuple[str, Float[np.ndarray, "5 2"]]]:
    try:
        content = json.loads(_text(file))
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        _fail(file, f"no JSON ({error})", line)
    if not isinstance(content, dict):
        _fail(file, f"a {type(content).__name__}, expected {_JSON_SHAPE}", None)
    for photo, faces in content.items():
        if not isinstance(faces, list):
            _fail(file, f"photo {photo!r} has {faces!r:.40}, expected {_JSON_SHAPE}", None)
        for face in faces:
            if not isinstance(face, list) or len(face) != 5:
                _fail(file, f"a face of photo {photo!r} is no list of five points", None)
            points = np.full((5, 2), np.nan)
            for place, point in enumerate(face):
                if point is None:
                    continue
                if not _is_pair(point):
                    _fail(
                        file,
                        f"a point of photo {photo!r} is {point!r:.40}, expected [x, y] or null",
                        None,
                    )
                points[place] = point
            yield photo, points


def _is_pair(point: object) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(type(value) in (int, float) and abs(value) < 1e9 for value in point)
    )


def _number(file: Path, word: str, line: int) -> float:
    if not word.strip():
        return math.nan
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not abs(value) < 1e9 or "_" in word:
        _fail(file, f"coordinate {word[:40]!r}, expected a number, or nothing", line)
    return value


def _points(file: Path, points: Float[np.ndarray, "5 2"], line: int) -> Float[np.ndarray, "5 2"]:
    if (np.isnan(points).sum(axis=1) == 1).any():
        _fail(file, "a point with one coordinate only, expected both or neither", line)
    return points


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(
            f"the detected points cannot be read ({error.strerror}); check the path", file=file
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        _fail(file, f"byte 0x{error.object[error.start]:02x}, expected text in UTF-8", line)


def _fail(file: Path, message: str, line: int | None) -> NoReturn:
    raise DataError(f"{message}; write the detector's points again", file=file, line=line)
