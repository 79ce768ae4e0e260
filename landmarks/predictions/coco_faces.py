"""Which face of a split an entry of a COCO-style file means."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
from jaxtyping import Float64

from landmarks.batch import Box
from landmarks.benchmarks.files.text import quoted
from landmarks.errors import DataError
from landmarks.predictions.base import Faces, PredictedFace
from landmarks.predictions.pictures import Pictures

_CURE = "correct the file, or write it anew"


class Entry(NamedTuple):
    """A predicted face before it is known which face of the split it is.

    Attributes:
        line: Where it stands, from 1.
        title: What to call it.
        number: Its id, if it has one.
        image: The id of its image.
        file_name: The picture's path, if the entry itself has one.
        points: (K, 2) photo pixels as the file counts them.
        box: Its box, if it has one.
    """

    line: int
    title: str
    number: int | str | None
    image: int | str
    file_name: str | None
    points: Float64[np.ndarray, "K 2"]
    box: Box | None


def assigned(
    file: Path, entries: Sequence[Entry], images: Mapping[Any, Sequence[str]], faces: Faces
) -> Iterator[PredictedFace]:
    """Gives each entry its face, by the rules of `landmarks.predictions.coco.CocoPredictions`.

    Args:
        file: The file that they stand in.
        entries: The predicted faces.
        images: For each image's id the names that it may go by, the surest first; none for a list
            of results.
        faces: The faces of the split.

    Raises:
        DataError: If it is not clear which picture or face an entry means.
    """
    pictures = Pictures([record.photo.name for record in faces.records])
    names = [_picture(file, entry, images, pictures, faces) for entry in entries]
    numbered = [
        _face_number(entry, pictures.faces(name))
        for entry, name in zip(entries, names, strict=True)
    ]
    by_id = [place for place in numbered if place is not None]
    if len(by_id) == len(entries):
        for place, entry in zip(by_id, entries, strict=True):
            yield _predicted(place, entry)
        return
    of_picture: dict[str, list[Entry]] = {}
    for entry, name in zip(entries, names, strict=True):
        of_picture.setdefault(name, []).append(entry)
    for name, own in of_picture.items():
        places = _places(file, name, own, pictures.faces(name), faces)
        for place, entry in zip(places, own, strict=True):
            yield _predicted(place, entry)


def _predicted(place: int, entry: Entry) -> PredictedFace:
    return PredictedFace(place, entry.points, None, entry.line, entry.title)


def _face_number(entry: Entry, places: Sequence[int]) -> int | None:
    """The face that an id means, counted from 1, if it is one of the picture's."""
    number = entry.number
    return number - 1 if isinstance(number, int) and number - 1 in places else None


def _picture(
    file: Path, entry: Entry, images: Mapping[Any, Sequence[str]], pictures: Pictures, faces: Faces
) -> str:
    """The name of the picture that an entry belongs to."""
    if entry.file_name is not None:
        paths: Sequence[str] = (entry.file_name,)
    elif images:
        if entry.image not in images:
            _fail(
                file,
                entry.line,
                f"{entry.title} has the image_id {entry.image!r}, which no image has",
                "correct the file, or pass the COCO file that the ids refer to as --annotations",
            )
        paths = images[entry.image]
    elif isinstance(entry.image, str):
        paths = (entry.image,)
    else:
        numbered = pictures.numbered(entry.image)
        if numbered is None:
            _fail(
                file,
                entry.line,
                f"{entry.title} has the image_id {entry.image}; without images, pictures are "
                f"numbered from 1 as 'landmarks data convert' does, and {faces.title} has "
                f"{len(pictures):,}",
                "choose the split that was predicted, or pass the file that the ids refer to as "
                "--annotations",
            )
        return numbered
    for path in paths:
        meant = pictures.called(path)
        if len(meant) == 1:
            return meant[0]
    found = f"{len(meant)} pictures: {', '.join(meant[:3])}" if meant else "no picture"
    raise DataError(
        f"{entry.title} is of {quoted(path)}, which means {found} of {faces.title}; choose the "
        "split that was predicted, or write the picture's path below the root",
        file=file,
        line=entry.line,
    )


def _places(
    file: Path, name: str, entries: Sequence[Entry], places: Sequence[int], faces: Faces
) -> list[int]:
    """The faces of one picture that its entries mean."""
    if len(places) == 1:
        return [places[0]] * len(entries)
    boxes = [entry.box for entry in entries]
    if all(box is not None for box in boxes):
        return [
            _by_box(file, entry, places, faces, name) for entry in entries if entry.box is not None
        ]
    if len(entries) != len(places):
        _fail(
            file,
            entries[0].line,
            f"{name!r} shows {len(places)} faces of {faces.title}, and {len(entries)} entries "
            "without a bbox, or without an id that is a face's number, are of it",
            "give each entry the bbox, or the id that 'landmarks data convert' writes, or predict "
            "each face once",
        )
    return list(places)


def _by_box(file: Path, entry: Entry, places: Sequence[int], faces: Faces, name: str) -> int:
    assert entry.box is not None
    overlaps = [_overlap(entry.box, _box_of(faces, place)) for place in places]
    best = int(np.argmax(overlaps))
    if overlaps[best] <= 0:
        _fail(
            file,
            entry.line,
            f"{entry.title}: its bbox touches none of the {len(places)} faces of {name!r}",
        )
    return places[best]


def _box_of(faces: Faces, place: int) -> Box:
    """The box that comes with a face, or the tight box of its true points."""
    record = faces.records[place]
    if record.box is not None:
        return record.box
    low, high = np.nanmin(record.points_photo, axis=0), np.nanmax(record.points_photo, axis=0)
    return Box(*low.tolist(), *high.tolist())


def _overlap(a: Box, b: Box) -> float:
    """Intersection over union.

    >>> _overlap(Box(0, 0, 2, 2), Box(1, 0, 3, 2))
    0.3333333333333333
    """
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    areas = ((box.x1 - box.x0) * (box.y1 - box.y0) for box in (a, b))
    return both / (sum(areas) - both)


def _fail(file: Path, line: int, message: str, cure: str = _CURE) -> NoReturn:
    raise DataError(f"{message}; {cure}", file=file, line=line)


__all__ = ["Entry", "assigned"]
