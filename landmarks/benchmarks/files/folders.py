"""Folders of a benchmark: what lies in them, in which order, and which picture a name means."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from landmarks.errors import DataError

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png")


def listing(folder: Path) -> list[str]:
    """The names in a folder; hidden ones, such as the ``._`` files of some archives, are left out.

    Raises:
        DataError: If the folder cannot be read.
    """
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]
    except OSError as error:
        raise DataError(
            f"the folder cannot be read ({error.strerror}); check its permissions", file=folder
        ) from error


def contents(root: Path) -> str:
    """What a folder holds, in a few words, for a message."""
    if not root.is_dir():
        return "no files, for it does not exist or is no folder"
    names = sorted(listing(root))
    if not names:
        return "no files"
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def is_text(name: str) -> bool:
    r"""Whether a name can be written down; Python stands in surrogates for bytes that are no text.

    >>> is_text("é.pts"), is_text("\udce9.pts")
    (True, False)
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def natural(name: str) -> tuple[list[str | int], str]:
    """A sorting key under which ``image_2`` comes before ``image_10``.

    >>> sorted(["image_10", "image_2"], key=natural)
    ['image_2', 'image_10']
    """
    parts = re.split(r"([0-9]+)", name)
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name


def below(root: Path, name: str, file: Path, line: int | None = None) -> Path:
    """The place that a name in an annotation file means, below a folder and nowhere else.

    Both kinds of slashes separate folders. Only the name is looked at: a symbolic link below the
    folder is followed wherever it leads, for people keep pictures on other disks.

    Args:
        root: The folder.
        name: As it stands in the file.
        file: The file that names it, for the message.
        line: The line there, from 1.

    Raises:
        DataError: If the name is empty, absolute, or leads out of the folder.

    >>> below(Path("images"), "a/b.jpg", Path("list.txt")).as_posix()
    'images/a/b.jpg'
    >>> below(Path("images"), "../b.jpg", Path("list.txt"), 7)
    Traceback (most recent call last):
    landmarks.errors.DataError: list.txt, line 7: the name '../b.jpg' leads out of the folder ...
    """
    parts = name.replace("\\", "/").split("/")
    bad = (
        "is empty"
        if not name.strip()
        else "holds a character that no file name can hold"
        if any(ord(character) < 32 for character in name) or not is_text(name)
        else "leads out of the folder that the pictures lie in"
        if parts[0] == "" or ":" in parts[0] or any(map(_leads_out, parts))
        else None
    )
    if bad:
        raise DataError(
            f"the name {name[:80]!r} {bad}; expected the name of a picture below {root.name}; "
            "restore the file from the distribution",
            file=file,
            line=line,
        )
    return root.joinpath(*parts)


def _leads_out(part: str) -> bool:
    """Whether a part of a name is no folder or file of this name on some system.

    Windows takes dots and spaces off the end of a name, so that ``.. `` may mean ``..``, and starts
    anew at a drive such as ``C:`` wherever it stands.
    """
    return part[1:2] == ":" or (part.rstrip(" .") == "" and part not in ("", "."))


def pictures_by_stem(names: Sequence[str]) -> dict[str, list[str]]:
    """The pictures among the names of a folder, by their names without suffix."""
    pictures: dict[str, list[str]] = {}
    for name in names:
        stem, suffix = os.path.splitext(name)
        if suffix.lower() in PICTURE_SUFFIXES:
            pictures.setdefault(stem, []).append(name)
    return pictures


def picture_beside(
    annotation: Path, pictures: Mapping[str, Sequence[str]], stem: str | None = None
) -> str:
    """The picture of an annotation; spaces in names do not count if no name is the same.

    300W's ``ibug/image_092 _01.jpg`` really carries a space, which some copies drop.

    Args:
        annotation: The annotation file.
        pictures: The pictures of its folder, from `pictures_by_stem`.
        stem: The picture's name without suffix; None for that of the annotation.

    Raises:
        DataError: If there is none, or more than one.
    """
    stem = annotation.stem if stem is None else stem
    found = pictures.get(stem)
    if not found:
        wanted = stem.replace(" ", "")
        found = [
            name
            for other, names in pictures.items()
            for name in names
            if other.replace(" ", "") == wanted
        ]
    if not found:
        raise DataError(
            f"no picture stands beside this annotation, expected {stem}.jpg, .jpeg or "
            ".png; restore the picture from the distribution, or remove the annotation",
            file=annotation,
        )
    if len(found) > 1:
        raise DataError(
            f"{len(found)} pictures stand beside this annotation, {', '.join(sorted(found))}; "
            "keep the one that the points were set on",
            file=annotation,
        )
    return found[0]


__all__ = [
    "PICTURE_SUFFIXES",
    "below",
    "contents",
    "is_text",
    "listing",
    "natural",
    "picture_beside",
    "pictures_by_stem",
]
