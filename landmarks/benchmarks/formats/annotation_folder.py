"""Folders with an annotation file for each picture, whatever is written in it."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float

from landmarks.benchmarks.files.folders import listing, natural, picture_beside, pictures_by_stem
from landmarks.benchmarks.formats.base import (
    CURE,
    Annotation,
    FaceToWrite,
    ReadFaces,
    check_face,
    names_are_lost,
    present,
)
from landmarks.data.photo_file import PhotoFile
from landmarks.errors import DataError
from landmarks.files import complete_file
from landmarks.geometry import Size


def read_folder(
    source: Path,
    pictures: Path,
    suffix: str,
    read: Callable[[Path, Size], Float[np.ndarray, "K 2"]],
) -> ReadFaces:
    """Reads every annotation below a folder, ordered by the numbers in their paths.

    The picture of ``a/b.pts`` is ``a/b.jpg``, ``.jpeg`` or ``.png`` below the folder of the
    pictures; that of ``a/b.jpg.txt`` is ``a/b.jpg``.

    Args:
        source: The folder of the annotations.
        pictures: The folder of the pictures, often the same.
        suffix: That of the annotations, such as ``.pts``.
        read: Reads a file, given it and the size of its picture.

    Raises:
        DataError: If the folder holds no such file.
    """
    if not source.is_dir():
        raise DataError(f"a file, expected a folder of {suffix} files; {CURE}", file=source)
    files = _below(source, suffix)
    if not files:
        raise DataError(
            f"the folder holds no {suffix} file; expected one for each picture, in it or in "
            "folders below it; name another folder in the description",
            file=source,
        )
    known: dict[Path, list[str]] = {}
    faces: list[Annotation | DataError] = []
    for name in files:
        file = source / name
        try:
            folder = pictures / PurePosixPath(name).parent
            if folder not in known:
                known[folder] = listing(folder)
            picture = _picture(file, known[folder])
            size = PhotoFile(folder / picture, picture).check()
            points = read(file, size)
        except DataError as error:
            faces.append(error)
            continue
        parent = PurePosixPath(name).parent
        faces.append(Annotation(file, None, (parent / picture).as_posix(), points, size=size))
    return ReadFaces(tuple(faces))


def write_folder(
    target: Path,
    faces: Sequence[FaceToWrite],
    place: Callable[[str], str],
    text: Callable[[Float[np.ndarray, "K 2"]], str],
) -> None:
    """Writes a file for each face.

    Args:
        target: The folder.
        faces: The faces.
        place: The annotation's path for a picture's.
        text: What stands in the file.

    Raises:
        DataError: If a face misses a point, or two faces would have one file.
    """
    written: dict[str, str] = {}
    for face in faces:
        check_face(face)
        if not present(face.record.points_photo).all():
            raise DataError(
                f"{face.picture}: a point is missing, which this format has no sign for; write "
                "COCO or CSV instead"
            )
        name = place(face.picture)
        if name in written:
            raise DataError(
                f"{_two(face.picture, written[name])} would both be annotated in {name}, which "
                "holds one face; write COCO or CSV instead"
            )
        written[name] = face.picture
    for face in faces:
        with complete_file(target / place(face.picture)) as unfinished:
            unfinished.write_text(text(face.record.points_photo), encoding="ascii", newline="\n")


def _two(picture: str, other: str) -> str:
    return f"two faces of {picture}" if picture == other else f"{other} and {picture}"


def folder_losses(faces: Sequence[FaceToWrite], place: Callable[[str], str]) -> list[str]:
    """What files of points alone cannot hold."""
    records = [face.record for face in faces]
    counts = {
        "boxes": sum(record.box is not None for record in records),
        "occlusion flags": sum(record.occluded is not None for record in records),
        "subsets": sum(bool(record.subsets) for record in records),
    }
    losses = [f"the {what} of {count:,} faces" for what, count in counts.items() if count]
    order = [place(face.picture) for face in faces]
    if order != sorted(order, key=natural):
        losses.append("the order of the faces (they are read in the order of their paths)")
    return losses + names_are_lost(faces)


def _below(source: Path, suffix: str) -> list[str]:
    """The annotations below a folder, by their paths; hidden files and folders are left out."""
    found = []
    for folder, folders, names in os.walk(source):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside = Path(folder).relative_to(source)
        found += [
            (inside / name).as_posix()
            for name in names
            if name.lower().endswith(suffix) and not name.startswith(".")
        ]
    return sorted(found, key=natural)


def _picture(annotation: Path, names: Sequence[str]) -> str:
    """The picture of an annotation among the names of a folder."""
    if annotation.stem in names and Path(annotation.stem).suffix:
        return annotation.stem
    return picture_beside(annotation, pictures_by_stem(names))


__all__ = ["folder_losses", "read_folder", "write_folder"]
