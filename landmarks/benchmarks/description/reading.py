"""The YAML file that describes a user's own data."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landmarks.benchmarks.base import Split, Subset
from landmarks.benchmarks.description.markup_node import (
    MARKUP_KEYS,
    points_of,
    read_markup,
    two_groups,
)
from landmarks.benchmarks.description.yaml_node import YamlNode, read_yaml
from landmarks.benchmarks.formats import Coco, CsvTable, FaceFormat, PtsFolder, TxtFolder
from landmarks.markups import Markup
from landmarks.metrics.area import AreaRule, ExactArea, SimpsonArea, TrapezoidArea
from landmarks.metrics.normalisers import (
    AnnotatedBoxDiagonal,
    AnnotatedBoxSize,
    InterOcular,
    InterPupil,
    LandmarkBoxDiagonal,
    LandmarkBoxSize,
)
from landmarks.metrics.protocol import Normaliser, Protocol

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
_KEYS = (
    "name", "title", *MARKUP_KEYS, "protocols", "first_pixel", "splits", "test_splits", "subsets",
    "licence", "citation", "source", "annotations_beside_description",
)  # fmt: skip
_FORMATS = ("coco", "csv", "pts", "txt")
_SPLIT_KEYS = (
    *_FORMATS,
    "pictures",
    "first_pixel",
    "category",
    "occlusion",
    "faces",
    "description",
)
_HELD_OUT = "validation"

OF_BOXES: dict[str, Normaliser] = {
    "box": LandmarkBoxSize(),
    "diag": LandmarkBoxDiagonal(),
    "box@annotated": AnnotatedBoxSize(),
    "diag@annotated": AnnotatedBoxDiagonal(),
}
"""Normalisers that need no points to be named, by the name that a description calls them."""

OF_EYES = ("inter_ocular", "inter_pupil")
"""Names of the normalisers by the eyes, which are those of the markup unless others are named."""

AREAS: dict[str, AreaRule] = {
    "exact": ExactArea(),
    "simpson": SimpsonArea(),
    "trapezoid": TrapezoidArea(),
}
"""The ways to integrate the CED, by the name that a description calls them."""


NOT_STATED = "not stated in the description"
"""What stands for the licence, the citation and the source where there is no such entry."""


@dataclass(frozen=True)
class SplitFiles:
    """The files of a split.

    Attributes:
        line: Where the description names them.
        format: What reads them.
        annotations: Their path, as the description names it.
        pictures: The path of the pictures' folder, as the description names it; None for the usual
            one.
        first_pixel: The number that the files give to the first pixel, 0 or 1.
    """

    line: int
    format: FaceFormat
    annotations: str
    pictures: str | None
    first_pixel: int


@dataclass(frozen=True)
class Description:
    """What a description says.

    Attributes:
        file: The description.
        name: The name of the data.
        title: What people call it.
        markup: Its point scheme.
        protocols: Those that are stated; without the name of the data before their names.
        splits: By name.
        files: The files of each split.
        test_splits: The splits that a test run reports unless told otherwise.
        subsets: Those that are stated.
        licence: Its terms.
        citation: How to cite it.
        source: Where it can be had.
        beside: Whether the annotations lie beside the description, wherever the root is.
    """

    file: Path
    name: str
    title: str
    markup: Markup
    protocols: tuple[Protocol, ...]
    splits: Mapping[str, Split]
    files: Mapping[str, SplitFiles]
    test_splits: tuple[str, ...]
    subsets: Mapping[str, Subset]
    licence: str
    citation: str
    source: str
    beside: bool


def read_description(file: Path) -> Description:
    """Reads a description.

    Raises:
        landmarks.errors.DataError: If anything in it is missing, mistyped, unknown or impossible;
            the message names the line, the value, and what was expected.
    """
    top = read_yaml(file)
    entries = top.section(_KEYS, required=("name", "splits"))
    name = _name(entries["name"])
    markup = read_markup(name, top, entries)
    default_pixel = entries["first_pixel"].whole(0, 1) if "first_pixel" in entries else None
    splits: dict[str, Split] = {}
    files: dict[str, SplitFiles] = {}
    for split, node in entries["splits"].entries().items():
        _check_split_name(split, node)
        settings = node.section(_SPLIT_KEYS)
        files[split] = _files(node, settings, default_pixel)
        text = settings["description"].text() if "description" in settings else f"{name} {split}"
        text = text if "description" in settings else f"faces of {text}"
        splits[split] = Split(_count(settings), text)
    if not splits:
        entries["splits"].fail("has no split; add one, such as train: {coco: train.json}")

    def text_of(key: str, otherwise: str) -> str:
        return entries[key].text() if key in entries else otherwise

    return Description(
        file=file,
        name=name,
        title=text_of("title", name),
        markup=markup,
        protocols=_protocols(entries["protocols"], markup) if "protocols" in entries else (),
        splits=splits,
        files=files,
        test_splits=_test_splits(entries.get("test_splits"), tuple(splits)),
        subsets=_subsets(entries["subsets"]) if "subsets" in entries else {},
        licence=text_of("licence", NOT_STATED),
        citation=text_of("citation", NOT_STATED),
        source=text_of("source", NOT_STATED),
        beside="annotations_beside_description" in entries
        and entries["annotations_beside_description"].flag(),
    )


def _name(node: YamlNode) -> str:
    name = node.text()
    if not _NAME.fullmatch(name):
        node.fail(f"is {name!r}, expected letters, digits and _ . + -, such as cats")
    return name


def _check_split_name(split: str, node: YamlNode) -> None:
    if not all(_NAME.fullmatch(part) for part in split.split("/")):
        node.fail("is no name of a split, expected letters, digits and _ . + - /")
    if split == _HELD_OUT:
        node.fail(
            "has the name that the held-out part of the training faces goes by; call the split val"
        )


def _files(node: YamlNode, settings: Mapping[str, YamlNode], pixel: int | None) -> SplitFiles:
    named = [key for key in _FORMATS if key in settings]
    if len(named) != 1:
        node.fail(
            f"names {' and '.join(named) or 'no files'}, expected one of {', '.join(_FORMATS)}, "
            "such as {coco: train.json}"
        )
    (key,) = named
    if key != "coco":
        for option in ("category", "occlusion"):
            if option in settings:
                settings[option].fail("belongs to coco files alone; remove it")
    if "first_pixel" in settings:
        pixel = settings["first_pixel"].whole(0, 1)
    if pixel is None and key == "pts":
        node.fail(
            "has .pts files, some of which count pixels from 1 (as 300W's) and some from 0; say "
            "which with first_pixel: 1, or 0"
        )
    return SplitFiles(
        node.line,
        _format(key, settings),
        settings[key].path(),
        settings["pictures"].path() if "pictures" in settings else None,
        pixel or 0,
    )


def _format(key: str, settings: Mapping[str, YamlNode]) -> FaceFormat:
    if key == "coco":
        return Coco(
            settings["category"].text() if "category" in settings else None,
            settings["occlusion"].flag() if "occlusion" in settings else None,
        )
    others: dict[str, Callable[[], FaceFormat]] = {
        "csv": CsvTable,
        "pts": PtsFolder,
        "txt": TxtFolder,
    }
    return others[key]()


def _count(settings: Mapping[str, YamlNode]) -> int | None:
    return settings["faces"].whole(1) if "faces" in settings else None


def _test_splits(node: YamlNode | None, splits: tuple[str, ...]) -> tuple[str, ...]:
    if node is None:
        if "test" in splits:
            return ("test",)
        return tuple(split for split in splits if split != "train") or splits
    chosen: list[str] = []
    for item in node.items():
        split = item.text()
        if split not in splits:
            item.fail(f"is {split!r}, which is no split; expected some of {', '.join(splits)}")
        if split in chosen:
            item.fail(f"names {split!r} a second time")
        chosen.append(split)
    if not chosen:
        node.fail("is empty; name a split, or remove the entry")
    return tuple(chosen)


def _subsets(node: YamlNode) -> dict[str, Subset]:
    subsets = {}
    for name, entry in node.entries().items():
        settings = entry.section(("faces", "description"))
        text = settings["description"].text() if "description" in settings else f"faces of {name}"
        subsets[name] = Subset(_count(settings), text)
    return subsets


def _protocols(node: YamlNode, markup: Markup) -> tuple[Protocol, ...]:
    known = ("normaliser", "points", "failure_threshold", "auc_threshold", "area")
    protocols = []
    for name, entry in node.entries().items():
        if not _NAME.fullmatch(name.replace("@", "_")):
            entry.fail("is no name of a protocol, expected letters, digits and _ . + - @")
        settings = entry.section(known)
        options: dict[str, Any] = {
            option: settings[option].fraction()
            for option in ("failure_threshold", "auc_threshold")
            if option in settings
        }
        if "area" in settings:
            area = settings["area"].text()
            if area not in AREAS:
                settings["area"].fail(f"is {area!r}, expected one of {', '.join(AREAS)}")
            options["area"] = AREAS[area]
        protocols.append(Protocol(name, _normaliser(name, entry, settings, markup), **options))
    return tuple(protocols)


def _normaliser(
    name: str, entry: YamlNode, settings: Mapping[str, YamlNode], markup: Markup
) -> Normaliser:
    kinds = (*OF_EYES, *OF_BOXES)
    kind = settings["normaliser"].text() if "normaliser" in settings else name
    if kind not in kinds:
        place = settings.get("normaliser", entry)
        place.fail(
            f"has the normaliser {kind!r}; expected one of {', '.join(kinds)}, as its name or as "
            "its entry 'normaliser'"
        )
    points = settings.get("points")
    if kind in OF_BOXES:
        if points is not None:
            points.fail(f"cannot be chosen for {kind}, which takes all points, or the box")
        return OF_BOXES[kind]
    if kind == "inter_ocular":
        corners = markup.eye_corners
        if points is not None:
            both = points_of(points, markup.count)
            if len(both) != 2:
                points.fail(f"names {len(both)} points, expected 2, such as [36, 45]")
            corners = (both[0], both[1])
        if corners is None:
            entry.fail("needs the outer corners of the eyes; add eye_corners, such as [36, 45]")
        return InterOcular(*corners)
    eyes = markup.eyes
    if points is not None:
        eyes = two_groups(points, markup.count)
    if eyes is None:
        entry.fail("needs the points of the eyes; add eyes, such as [[0, 1], [2, 3]]")
    return InterPupil(*eyes)


__all__ = [
    "AREAS",
    "NOT_STATED",
    "OF_BOXES",
    "OF_EYES",
    "Description",
    "SplitFiles",
    "read_description",
]
