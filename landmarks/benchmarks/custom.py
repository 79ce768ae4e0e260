"""A user's own data: any number of points, described by a small YAML file."""

import os
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple, final

import numpy as np

from landmarks.batch import Box, Record
from landmarks.benchmarks.base import FaceByFace, FaceSource, Facts, Subset
from landmarks.benchmarks.description.reading import (
    OF_BOXES,
    Description,
    SplitFiles,
    read_description,
)
from landmarks.benchmarks.files.absent import known_split
from landmarks.benchmarks.files.folders import below, contents
from landmarks.benchmarks.files.text import HORIZON
from landmarks.benchmarks.formats import Annotation, Coco, FaceFormat, ReadFaces
from landmarks.data.photo_file import PhotoFile
from landmarks.errors import AbsentError, DataError
from landmarks.geometry import Size
from landmarks.markups import Markup
from landmarks.metrics.normalisers import InterOcular, InterPupil
from landmarks.metrics.protocol import Normaliser, Protocol

_FILES_KEPT = 16
"""So many files' annotations are kept in memory, since a comparison builds its data many times."""
_SETTLED_NS = 2_000_000_000
_NEED_BOXES = ("box@annotated",)


@final
class Custom(FaceByFace):
    """Faces of the user's own, as a YAML file describes them.

    Such a file (docs/benchmarks.md tells the whole)::

        name: cats
        title: Cat faces
        points: 9
        mirror: [[0, 1], [2, 3]]   # every other point mirrors itself
        parts: {mouth: {points: [4, 5, 6], closed: true}}
        eye_corners: [0, 3]        # outer corners, left and right in the picture
        eyes: [[0, 1], [2, 3]]
        protocols: {inter_ocular: {failure_threshold: 0.08}}
        first_pixel: 1             # what the files call the first pixel, 0 (the default) or 1
        splits:
          train: {coco: train.json, pictures: images}
          test: {csv: test.csv, pictures: images}
          more: {pts: folder}

    ``markup: 68`` stands for a known scheme in place of ``points`` to ``mouth_corners``. Paths are
    below the root; what is not there is looked for beside the description, so that the annotations
    need not lie among the pictures; ``annotations_beside_description: true`` looks for annotations
    there alone. `landmarks.benchmarks.formats` says what the files look like.
    Pictures lie below ``pictures``: if it is left out, below the root for ``coco`` and ``csv``, and
    beside the annotations for ``pts`` and ``txt``. A picture's name is its path below the root,
    so that pictures of different folders have different names.

    Protocols: those that the description states come first. Behind them, with FR and AUC at 10 %,
    those of ``inter_ocular``, ``inter_pupil``, ``box``, ``diag`` and ``box@annotated`` that measure
    every face found, for a number that leaves out faces would be another number.

    Args:
        description: The YAML file.
        root: The folder of the files; that of the description if None.

    Raises:
        landmarks.errors.DataError: If the description cannot be used; the message names the line.
    """

    def __init__(self, description: Path, root: Path | None = None) -> None:
        super().__init__(description.parent if root is None else root)
        self.description = description
        self._described = read_description(description)
        self.facts = self._facts()

    def prepare(self, splits: Sequence[str]) -> None:
        """Makes sure that the splits are there; nothing needs to be made ready.

        Raises:
            DataError: If a file of a split is not there.
            ValueError: If there is no such split.
        """
        for split in splits:
            known_split(self.facts, split)
            self._places(split)

    def sources(self, split: str) -> Iterator[FaceSource]:
        """The faces of a split, in the order of its file, or of the paths in its folder.

        Raises:
            DataError: If a file is not there or cannot be understood as a whole, or no face is in
                it.
            ValueError: If there is no such split; the message lists those there are.
        """
        known_split(self.facts, split)
        places = self._places(split)
        files = self._described.files[split]
        faces = _read(_faces(files.format, places, self.facts.markup.count)).faces
        if not faces:
            raise DataError(
                "no face is annotated; name another file in the description",
                file=places.annotations,
                line=1 if places.annotations.is_file() else None,
            )
        checked: dict[Path, Size] = {}
        names: dict[str, str] = {}
        for face in faces:
            if isinstance(face, DataError):
                yield FaceSource(face.file or places.annotations, face.line, partial(_fail, face))
            else:
                yield FaceSource(
                    face.file, face.line, partial(_record, face, places, files, checked, names)
                )

    def coco_file(self, split: str) -> Path | None:
        """The COCO file of a split, whose ids predictions refer to; None for other formats.

        Raises:
            DataError: If it is not there.
            ValueError: If there is no such split.
        """
        known_split(self.facts, split)
        is_coco = isinstance(self._described.files[split].format, Coco)
        return self._places(split).annotations if is_coco else None

    def found(self, split: str) -> str:
        """How many faces are there, such as ``12 of 20 faces of cats train``, and what is wrong."""
        published, description = known_split(self.facts, split)
        of_all = "" if published is None else f" of {published:,}"
        try:
            kind = self._described.files[split].format
            found = _read(_faces(kind, self._places(split), self.facts.markup.count))
        except DataError as error:
            return f"0{of_all} {description} ({error})"
        bad = [face for face in found.faces if isinstance(face, DataError)]
        sentence = f"{len(found.faces) - len(bad):,}{of_all} {description}"
        if found.left_out:
            sentence += f" ({found.left_out:,} annotations without a point left out)"
        if bad:
            sentence += f"; {len(bad):,} that cannot be read, the first: {bad[0]}"
        if published is not None and len(found.faces) > published:
            sentence += "; more than the description says"
        return sentence

    def _facts(self) -> Facts:
        read = self._described
        there = list(self._readable())
        subsets = dict(read.subsets)
        for name in sorted(set().union(*(_subsets(faces) for faces in there))):
            subsets.setdefault(name, Subset(None, f"faces of {name}"))
        stated = {protocol.name for protocol in read.protocols}
        usual = [
            Protocol(name, normaliser)
            for name, normaliser in _usual(read.markup).items()
            if name not in stated
            # Without a face nobody knows whether there are boxes; the others need points alone.
            and (there or name not in _NEED_BOXES)
            and all(_measures(normaliser, faces) for faces in there)
        ]
        return Facts(
            name=read.name,
            title=read.title,
            markup=read.markup,
            splits=read.splits,
            test_splits=read.test_splits,
            protocols=tuple(_named(read, protocol) for protocol in (*read.protocols, *usual)),
            licence=read.licence,
            citation=read.citation,
            source=read.source,
            layout=_layout(read),
            subsets=subsets,
        )

    def _readable(self) -> "Iterator[_Faces]":
        """The splits' faces as far as they can be read; what cannot is told by `records`."""
        for split, files in self._described.files.items():
            try:
                faces = _faces(files.format, self._places(split), self._described.markup.count)
                _read(faces)
            except DataError:
                continue
            yield faces

    def _places(self, split: str) -> "_Places":
        files = self._described.files[split]
        assert self.root is not None
        if not self.root.is_dir():
            raise AbsentError("the root is no folder; pass the right --root", file=self.root)
        beside = self.description.parent
        folders = [beside] if self._described.beside else [self.root, beside]
        annotations = self._place(split, files, files.annotations, folders)
        if files.pictures is not None:
            pictures = self._place(split, files, files.pictures, [self.root, beside])
            return _Places(annotations, pictures, files.pictures)
        if files.format.pictures_lie_beside:
            return _Places(annotations, annotations, files.annotations)
        return _Places(annotations, self.root, "")

    def _place(self, split: str, files: SplitFiles, name: str, folders: list[Path]) -> Path:
        """A path below one of these folders."""
        there: list[Path] = []
        for folder in dict.fromkeys(folders):
            place = below(folder, name, self.description, files.line)
            if os.path.exists(place) and not any(place.samefile(other) for other in there):
                there.append(place)
        if name.strip("./") == "" and there:  # the root itself
            return there[0]
        if not there:
            raise AbsentError(
                f"{name!r} of split {split!r} is not there: not below "
                f"{' nor below '.join(map(str, dict.fromkeys(folders)))}. The first of them holds "
                f"{contents(folders[0])}; pass the right --root (to fit, validate and test: "
                "--data.root), or correct the path",
                file=self.description,
                line=files.line,
            )
        if len(there) > 1:
            raise DataError(
                f"{name!r} of split {split!r} is there twice, {there[0]} and {there[1]}; rename "
                "one, so that it is clear which is meant",
                file=self.description,
                line=files.line,
            )
        return there[0]


class _Places(NamedTuple):
    """Where a split's files lie.

    Attributes:
        annotations: The file or folder of the annotations.
        pictures: The folder of the pictures.
        prefix: What stands before a picture's path in its name.
    """

    annotations: Path
    pictures: Path
    prefix: str


class _Faces(NamedTuple):
    """What the annotations in a file or folder depend on."""

    kind: FaceFormat
    annotations: Path
    pictures: Path
    points: int
    stamp: tuple[object, ...]


def _faces(kind: FaceFormat, places: _Places, count: int) -> _Faces:
    """A file or folder as it is now, so that it is read again only when it has changed."""
    return _Faces(kind, places.annotations, places.pictures, count, _stamp(places.annotations))


@lru_cache(maxsize=_FILES_KEPT)
def _read(faces: _Faces) -> ReadFaces:
    return faces.kind.read(faces.annotations, faces.pictures, faces.points)


@lru_cache(maxsize=8 * _FILES_KEPT)
def _measures(normaliser: Normaliser, faces: _Faces) -> bool:
    """Whether every face has the distance."""
    try:
        for face in _readable(faces):
            normaliser(Record(PhotoFile(face.file, face.picture), face.points, face.box))
    except DataError:
        return False
    return True


@lru_cache(maxsize=_FILES_KEPT)
def _subsets(faces: _Faces) -> frozenset[str]:
    """The subsets that any face belongs to."""
    return frozenset(name for face in _readable(faces) for name in face.subsets)


def _readable(faces: _Faces) -> Iterator[Annotation]:
    return (face for face in _read(faces).faces if isinstance(face, Annotation))


def _stamp(place: Path) -> tuple[object, ...]:
    """What changes when a file, or one below a folder, changes."""
    try:
        if place.is_dir():
            marks = [
                (os.path.join(folder, name), os.stat(os.path.join(folder, name)))
                for folder, _, names in os.walk(place)
                for name in names
            ]
        else:
            marks = [(str(place), place.stat())]
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror}); check it", file=place) from error
    files = sorted((name, status.st_mtime_ns, status.st_size) for name, status in marks)
    # A file that was just written may be written again without a later time.
    newest = max((changed for _, changed, _ in files), default=0)
    settled = time.time_ns() - newest > _SETTLED_NS
    return tuple(files) if settled else (*files, time.perf_counter_ns())


def _record(
    face: Annotation,
    places: _Places,
    files: SplitFiles,
    checked: dict[Path, Size],
    names: dict[str, str],
) -> Record:
    path = below(places.pictures, face.picture, face.file, face.line)
    prefix = f"{places.prefix.strip('/')}/" if places.prefix.strip("./") else ""
    photo = PhotoFile(path, face.name or f"{prefix}{face.picture}")
    other = names.setdefault(photo.name, face.picture)
    if other != face.picture:
        raise DataError(
            f"the pictures {other} and {face.picture} both have the name {photo.name!r}, but a "
            "name tells pictures apart; give each its own, or leave names out",
            file=face.file,
            line=face.line,
        )
    if path not in checked:
        if not path.exists():
            raise DataError(
                f"its picture {face.picture} is not below {places.pictures}; pass the right --root "
                "(to fit, validate and test: --data.root), correct 'pictures' in the description, "
                "or leave the face out",
                file=face.file,
                line=face.line,
            )
        try:
            checked[path] = photo.check()
        except DataError as error:
            raise DataError(
                f"its picture cannot be used: {error}", file=face.file, line=face.line
            ) from error
    size = checked[path]
    if face.size is not None and face.size != size:
        raise DataError(
            f"the picture {face.picture} is {size.width} × {size.height} pixels, the file says "
            f"{face.size.width} × {face.size.height}, so the points may be of another version of "
            "it; restore the picture (an EXIF rotation does not count), or correct the file",
            file=face.file,
            line=face.line,
        )
    far = np.abs(face.points) > HORIZON * max(size)
    if far.any():
        point = int(far.any(axis=1).argmax())
        x, y = face.points[point]
        raise DataError(
            f"point {point} (counted from 0) is ({x:g}, {y:g}), more than {HORIZON} times the "
            f"longer side of {face.picture} ({max(size)} px) away; correct the file",
            file=face.file,
            line=face.line,
        )
    box = face.box
    if files.first_pixel and box is not None:
        box = Box(*(corner - files.first_pixel for corner in box))
    return Record(photo, face.points - files.first_pixel, box, face.subsets, face.occluded)


def _fail(error: DataError) -> Record:
    raise error


def _usual(markup: Markup) -> dict[str, Normaliser]:
    usual: dict[str, Normaliser] = {}
    if markup.eye_corners is not None:
        usual["inter_ocular"] = InterOcular(*markup.eye_corners)
    if markup.eyes is not None:
        usual["inter_pupil"] = InterPupil(*markup.eyes)
    return usual | {name: OF_BOXES[name] for name in ("box", "diag", "box@annotated")}


def _named(read: Description, protocol: Protocol) -> Protocol:
    return Protocol(
        f"{read.name}/{protocol.name}",
        protocol.normaliser,
        protocol.failure_threshold,
        protocol.auc_threshold,
        protocol.area,
    )


def _layout(read: Description) -> str:
    width = max(len(files.annotations) for files in read.files.values())
    lines = []
    for split, files in read.files.items():
        pictures = f"pictures below {files.pictures}" if files.pictures else ""
        if not pictures:
            beside = files.format.pictures_lie_beside
            pictures = "pictures beside them" if beside else "pictures below the root"
        lines.append(f"{files.annotations:<{width}}  {split}, {pictures}")
    return "\n".join(lines)


__all__ = ["Custom"]
