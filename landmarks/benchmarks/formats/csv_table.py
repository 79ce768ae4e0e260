"""A table with a row a face."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, final

import numpy as np

from landmarks.batch import Box
from landmarks.benchmarks.files.text import number, quoted, read_lines
from landmarks.benchmarks.formats.base import (
    CURE,
    Annotation,
    FaceFormat,
    FaceToWrite,
    ReadFaces,
    check_face,
    present,
)
from landmarks.errors import DataError
from landmarks.files import complete_file

_BOX = ("box_x0", "box_y0", "box_x1", "box_y1")
_BETWEEN = ";"
"""Stands between the names of subsets."""


@final
@dataclass(frozen=True)
class CsvTable(FaceFormat):
    """Comma-separated values in UTF-8, a header line and then a line a face.

    Columns, in any order: ``picture`` (its path below the folder of the pictures), ``x0``, ``y0``,
    ``x1``, ``y1``, … for points counted from 0. The following may be left out: ``box_x0``,
    ``box_y0``, ``box_x1``, ``box_y1`` (corners of the face box; all empty where a face has none),
    ``occluded0``, ``occluded1``, … (1 where the point is hidden, else 0; all empty where a face's
    occlusion is not annotated), ``subsets`` (names with ``;`` between them) and ``name`` (the
    picture's name in results, where it is another than its path). A missing point has two empty
    cells. Other columns are refused, so that a mistyped one is not overlooked.
    """

    @property
    def first_pixel(self) -> int:
        """0."""
        return 0

    @property
    def pictures_lie_beside(self) -> bool:
        """False, since one file names pictures wherever they lie."""
        return False

    def read(self, source: Path, pictures: Path, count: int) -> ReadFaces:
        """Reads the faces in the order of the lines; see `FaceFormat.read`.

        Raises:
            DataError: If the file cannot be read, or its header does not name the columns.
        """
        lines = read_lines(source, "utf-8", CURE)
        rows = csv.reader((f"{line}\n" for line in lines), strict=True)
        faces: list[Annotation | DataError] = []
        left_out = 0
        table: _Table | None = None
        while True:
            line = rows.line_num + 1
            try:
                row = next(rows, None)
            except csv.Error as error:
                raise DataError(f"{error}; {CURE}", file=source, line=line) from error
            if row is None:
                break
            if not any(cell.strip() for cell in row):
                continue
            if table is None:
                table = _Table(source, line, row, count)
                continue
            try:
                face = table.face(row, line)
            except DataError as error:
                faces.append(error)
                continue
            if present(face.points).any():
                faces.append(face)
            else:
                left_out += 1
        if table is None:
            raise DataError(
                f"the file is empty, expected a line with the names of the columns; {CURE}",
                file=source,
                line=1,
            )
        return ReadFaces(tuple(faces), left_out)

    def write(self, target: Path, faces: Sequence[FaceToWrite]) -> None:
        """Writes the faces, numbers in full; columns that no face fills are left out.

        Raises:
            DataError: If a face has no point, an infinite one, or a box without area, or the name
                of a subset holds a semicolon.
        """
        for face in faces:
            check_face(face)
            for name in face.record.subsets:
                if _BETWEEN in name or name != name.strip() or not name:
                    raise DataError(
                        f"{face.picture}: the subset {name!r} cannot be written, for "
                        f"{_BETWEEN!r} stands between names; write COCO instead"
                    )
        count = len(faces[0].record.points_photo) if faces else 0
        named = any(face.picture != face.record.photo.name for face in faces)
        boxed = any(face.record.box is not None for face in faces)
        flagged = any(face.record.occluded is not None for face in faces)
        grouped = any(face.record.subsets for face in faces)
        header = ["picture", *(["name"] if named else []), *_point_columns(count)]
        header += (list(_BOX) if boxed else []) + (["subsets"] if grouped else [])
        header += _occlusion_columns(count) if flagged else []
        with (
            complete_file(target) as unfinished,
            unfinished.open("w", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            for picture, _, record in faces:
                there = present(record.points_photo)
                row: list[object] = [picture, *([record.photo.name] if named else [])]
                for (x, y), known in zip(record.points_photo.tolist(), there, strict=True):
                    row += (x, y) if known else ("", "")
                if boxed:
                    row += [""] * 4 if record.box is None else [float(n) for n in record.box]
                if grouped:
                    row.append(_BETWEEN.join(sorted(record.subsets)))
                if flagged:
                    flags = record.occluded
                    row += [""] * count if flags is None else flags.astype(int).tolist()
                writer.writerow(row)

    def losses(self, faces: Sequence[FaceToWrite]) -> list[str]:
        """Nothing is lost."""
        return []


class _Table:
    """The columns of a file."""

    def __init__(self, file: Path, line: int, header: Sequence[str], count: int) -> None:
        self.file = file
        self.count = count
        names = [name.strip() for name in header]
        self.places: Mapping[str, int] = {name: place for place, name in enumerate(names)}
        self.points = _point_columns(count)
        self.flags = _occlusion_columns(count)
        known = {"picture", "name", "subsets", *self.points, *self.flags, *_BOX}
        for name in names:
            if names.count(name) > 1:
                self._fail(line, f"column {quoted(name)} stands there twice")
            if name not in known:
                self._fail(
                    line,
                    f"column {quoted(name)} is not known; expected picture, x0, y0 to "
                    f"x{count - 1}, y{count - 1} for the description's points, and if wanted "
                    f"box_x0, box_y0, box_x1, box_y1, occluded0 to occluded{count - 1}, subsets, "
                    "name",
                )
        missing = [name for name in ("picture", *self.points) if name not in self.places]
        for group in (_BOX, self.flags):
            there = [name in self.places for name in group]
            if any(there) and not all(there):
                missing += [name for name in group if name not in self.places]
        if missing:
            self._fail(
                line,
                f"there is no column {quoted(missing[0])}, expected one for each coordinate of the "
                f"description's {count} points, and all of a group or none",
            )

    def face(self, row: Sequence[str], line: int) -> Annotation:
        if len(row) != len(self.places):
            self._fail(line, f"{len(row)} cells, expected {len(self.places)} as in the first line")
        cells = {name: row[place].strip() for name, place in self.places.items()}
        # spaces may belong to the name of a file
        picture = row[self.places["picture"]]
        if not picture.strip():
            self._fail(line, "the picture is not named")
        points = np.full((self.count, 2), np.nan)
        for point in range(self.count):
            pair = (cells[f"x{point}"], cells[f"y{point}"])
            if pair == ("", ""):
                continue
            if "" in pair:
                self._fail(
                    line, f"point {point} has only one coordinate; expected both, or neither"
                )
            points[point] = [number(self.file, line, word, cure=CURE) for word in pair]
        name = row[self.places["name"]] if "name" in self.places else None
        names = [part.strip() for part in cells.get("subsets", "").split(_BETWEEN)]
        return Annotation(
            self.file,
            line,
            picture,
            points,
            self._box(cells, line),
            self._occluded(cells, line),
            frozenset(filter(None, names)),
            name or None,
        )

    def _box(self, cells: Mapping[str, str], line: int) -> Box | None:
        words = [cells.get(name, "") for name in _BOX]
        if not any(words):
            return None
        box = Box(*(number(self.file, line, word, "box corner", CURE) for word in words))
        if box.x1 <= box.x0 or box.y1 <= box.y0 or not all(map(math.isfinite, box)):
            self._fail(line, f"the box {tuple(box)} is inside out, expected x0 < x1 and y0 < y1")
        return box

    def _occluded(self, cells: Mapping[str, str], line: int) -> np.ndarray | None:
        words = [cells.get(name, "") for name in self.flags]
        if not any(words):
            return None
        for name, word in zip(self.flags, words, strict=True):
            if word not in ("0", "1"):
                self._fail(
                    line, f"{name} is {quoted(word)}, expected 1 (hidden) or 0, or none of a face"
                )
        return np.array([word == "1" for word in words])

    def _fail(self, line: int, message: str) -> NoReturn:
        raise DataError(f"{message}; {CURE}", file=self.file, line=line)


def _point_columns(count: int) -> list[str]:
    return [f"{axis}{point}" for point in range(count) for axis in "xy"]


def _occlusion_columns(count: int) -> list[str]:
    return [f"occluded{point}" for point in range(count)]


__all__ = ["CsvTable"]
