"""Any benchmark as a user's own data: annotation files and a description that reads them again."""

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import cv2
import yaml  # type: ignore[import-untyped]
from tqdm import tqdm

from landmarks.batch import Photo, Record
from landmarks.benchmarks.base import Benchmark, Facts
from landmarks.benchmarks.description.markup_node import markup_entries
from landmarks.benchmarks.description.reading import AREAS, NOT_STATED, OF_BOXES
from landmarks.benchmarks.files.folders import below
from landmarks.benchmarks.formats import (
    Coco,
    CsvTable,
    FaceFormat,
    FaceToWrite,
    PtsFolder,
    TxtFolder,
)
from landmarks.data.photo_file import PhotoFile
from landmarks.errors import DataError, SettingsError
from landmarks.files import complete_file
from landmarks.geometry import Size
from landmarks.markups import Markup
from landmarks.metrics.normalisers import InterOcular, InterPupil
from landmarks.metrics.protocol import Protocol

DESCRIPTION = "description.yaml"
"""Name of the file that describes what was written."""

_PICTURES = "pictures_png"
"""Folder of the pictures of benchmarks that keep them in other files than pictures."""


class TargetFormat(NamedTuple):
    """A format to write.

    Attributes:
        key: What a description calls it.
        suffix: That of its files; empty if it is a folder.
        make: The format, given whether occlusion is annotated.
    """

    key: str
    suffix: str
    make: Callable[[bool], FaceFormat]


FORMATS = {
    "coco": TargetFormat("coco", ".json", lambda occlusion: Coco(occlusion=occlusion)),
    "csv": TargetFormat("csv", ".csv", lambda _: CsvTable()),
    "pts": TargetFormat("pts", "", lambda _: PtsFolder()),
    "txt": TargetFormat("txt", "", lambda _: TxtFolder()),
}
"""The formats that a benchmark can be written in, by the name that a description calls them."""


class Converted(NamedTuple):
    """What was written.

    Attributes:
        description: The file that describes it.
        faces: Number of faces by split.
        losses: What will not come back, in a sentence each.
        pictures: Number of pictures that were written.
    """

    description: Path
    faces: dict[str, int]
    losses: list[str]
    pictures: int


def convert(
    benchmark: Benchmark, splits: Sequence[str], output: Path, target: TargetFormat
) -> Converted:
    """Writes splits of a benchmark, and a description for `landmarks.benchmarks.custom`.

    Pictures that are files below the benchmark's root stay where they are and are named by their
    paths below it; others are written to the output folder without loss. The description is written
    last, so that it never stands for files that are not there.

    Args:
        benchmark: The reader.
        splits: Names of the splits.
        output: The folder to write to.
        target: The format.

    Raises:
        landmarks.errors.DataError: If a file of the benchmark cannot be used, or the format cannot
            hold a face.
        landmarks.errors.SettingsError: If two splits would have one file.
    """
    benchmark.prepare(splits)
    counts: dict[str, int] = {}
    losses: list[str] = []
    written: dict[str, Size] = {}
    entries: dict[str, dict[str, Any]] = {}
    for split in splits:
        records = benchmark.records(split)
        folder, faces = _located(benchmark, split, records, output, written)
        occlusion = any(record.occluded is not None for record in records)
        form = target.make(occlusion)
        name = split.replace("/", "-") + target.suffix
        if any(entry[target.key] == name for entry in entries.values()):
            raise SettingsError(f"--splits: two splits would be written to {name}; convert one")
        form.write(output / name, faces)
        losses += [f"{split}: {target.key} cannot hold {loss}" for loss in form.losses(faces)]
        published, description = benchmark.facts.splits[split]
        entry: dict[str, Any] = {target.key: name}
        if folder:
            entry["pictures"] = folder
        elif form.pictures_lie_beside:
            entry["pictures"] = "."
        if form.first_pixel:
            entry["first_pixel"] = form.first_pixel
        if target.key == "coco":
            entry["occlusion"] = occlusion
        if published is not None:
            entry["faces"] = published
        entries[split] = entry | {"description": description}
        counts[split] = len(faces)
    content, unnamed = _description(benchmark.facts, entries)
    losses += unnamed
    file = output / DESCRIPTION
    with complete_file(file) as unfinished:
        text = yaml.safe_dump(
            content, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None
        )
        unfinished.write_text(text, encoding="utf-8")
    return Converted(file, counts, losses, len(written))


def _located(
    benchmark: Benchmark,
    split: str,
    records: Sequence[Record],
    output: Path,
    written: dict[str, Size],
) -> tuple[str, list[FaceToWrite]]:
    """The folder that the pictures lie in, and each face with its picture's path below it."""
    sizes: dict[Photo, Size] = {}
    paths = [_path_below(benchmark.root, record.photo) for record in records]
    if all(path is not None for path in paths):
        faces = []
        for path, record in zip(paths, records, strict=True):
            assert path is not None
            assert isinstance(record.photo, PhotoFile)
            if record.photo not in sizes:
                sizes[record.photo] = record.photo.check()
            faces.append(FaceToWrite(path, sizes[record.photo], record))
        return "", faces
    faces = []
    for record in tqdm(records, desc=f"Writing pictures of {split}", unit="picture", delay=2):
        picture = _png_name(record.photo.name)
        if picture not in written:
            written[picture] = _write_png(record.photo, below(output / _PICTURES, picture, output))
        faces.append(FaceToWrite(picture, written[picture], record))
    return _PICTURES, faces


def _path_below(root: Path | None, photo: Photo) -> str | None:
    """A picture file's path below the root, if it is one and lies there."""
    if root is None or not isinstance(photo, PhotoFile):
        return None
    try:
        path = photo.path.relative_to(root).as_posix()
    except ValueError:
        return None
    # What a reader would take for another path is written anew.
    return None if "\\" in path or ".." in path.split("/") else path


def _png_name(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    return str(path) if path.suffix.lower() == ".png" else f"{path}.png"


def _write_png(photo: Photo, file: Path) -> Size:
    picture = photo.read()
    with complete_file(file) as unfinished:
        if not cv2.imwrite(str(unfinished), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
            raise DataError("the picture cannot be written; check the folder's space", file=file)
    return Size(*picture.shape[:2])


def _description(
    facts: Facts, splits: dict[str, dict[str, Any]]
) -> tuple[dict[str, Any], list[str]]:
    """The description, and the protocols that it has no words for."""
    protocols: dict[str, dict[str, Any]] = {}
    unnamed = []
    for protocol in facts.protocols:
        entry = _protocol_entry(protocol, facts.markup)
        if entry is None:
            unnamed.append(f"the description has no words for the protocol {protocol.name}")
        else:
            protocols[protocol.name.partition("/")[2]] = entry
    description: dict[str, Any] = {
        "name": facts.name,
        "title": facts.title,
        **markup_entries(facts.markup),
        "first_pixel": 0,
        "annotations_beside_description": True,
        "splits": splits,
        "test_splits": _test_splits(facts, tuple(splits)),
        "protocols": protocols,
        "subsets": {name: _subset(*subset) for name, subset in facts.subsets.items()},
        "licence": facts.licence,
        "citation": facts.citation,
        "source": facts.source,
    }
    nothing: tuple[object, ...] = ([], {}, NOT_STATED)
    return {key: value for key, value in description.items() if value not in nothing}, unnamed


def _test_splits(facts: Facts, splits: tuple[str, ...]) -> list[str]:
    """Those of the benchmark; if none of them is written, all but the training faces."""
    usual = [split for split in facts.test_splits if split in splits]
    return usual or [split for split in splits if split != "train"] or list(splits)


def _subset(published: int | None, description: str) -> dict[str, Any]:
    count = {} if published is None else {"faces": published}
    return count | {"description": description}


def _protocol_entry(protocol: Protocol, markup: Markup) -> dict[str, Any] | None:
    """What a description says of a protocol; None if it cannot be said."""
    entry: dict[str, Any] = {}
    normaliser = protocol.normaliser
    if isinstance(normaliser, InterOcular):
        kind = "inter_ocular"
        corners = (normaliser.left, normaliser.right)
        if corners != markup.eye_corners:
            entry["points"] = list(corners)
    elif isinstance(normaliser, InterPupil):
        kind = "inter_pupil"
        if (normaliser.left, normaliser.right) != markup.eyes:
            entry["points"] = [list(normaliser.left), list(normaliser.right)]
    else:
        kinds = [name for name, known in OF_BOXES.items() if known == normaliser]
        if not kinds:
            return None
        kind = kinds[0]
    areas = [name for name, area in AREAS.items() if area == protocol.area]
    if not areas:
        return None
    thresholds = {"failure_threshold": protocol.failure_threshold}
    return {
        "normaliser": kind,
        **entry,
        **thresholds,
        "auc_threshold": protocol.auc_threshold,
        "area": areas[0],
    }


__all__ = ["DESCRIPTION", "FORMATS", "Converted", "TargetFormat", "convert"]
