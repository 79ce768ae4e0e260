"""Splits that are made of whole folders: where these lie, and how many faces they hold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, final

from landmarks.benchmarks.base import Facts
from landmarks.benchmarks.files.absent import known_split, needed_root, no_files
from landmarks.benchmarks.files.folders import is_text, listing, natural
from landmarks.errors import DataError


class Folder(NamedTuple):
    """A folder of a benchmark: its name there, and where it lies."""

    name: str
    path: Path


@final
@dataclass(frozen=True)
class FolderSplits:
    """The folders of each split.

    Attributes:
        folders: The names of a split's folders, in order, by the split's name.
        published: The number of faces that the owners publish for each folder.
        between: Folders that may lie between the root and these, the first that is there counts;
            the empty name stands for none.

    >>> splits = FolderSplits({"test": ("in", "out")}, {"in": 300, "out": 300}, ("", "300W"))
    >>> splits.count("test")
    600
    >>> [place.as_posix() for place in splits.places(Path("data"), "in")]
    ['data/in', 'data/300W/in']
    """

    folders: Mapping[str, tuple[str, ...]]
    published: Mapping[str, int]
    between: tuple[str, ...] = ("",)

    def count(self, split: str) -> int:
        """The number of faces that the owners publish for a split."""
        return sum(self.published[name] for name in self.folders[split])

    def places(self, root: Path, name: str) -> tuple[Path, ...]:
        """Where a folder may lie, the preferred place first."""
        return tuple(root / between / name for between in self.between)

    def present(self, root: Path | None, split: str) -> list[Folder]:
        """The folders of a split that are there."""
        if root is None:
            return []
        found = []
        for name in self.folders[split]:
            there = [path for path in self.places(root, name) if path.is_dir()]
            found += [Folder(name, path) for path in there[:1]]
        return found

    def needed(self, facts: Facts, root: Path | None, split: str) -> list[Folder]:
        """The folders of a split that are there, at least one.

        Raises:
            DataError: If none is there; the message says where it looked and where the files can be
                had.
            ValueError: If there is no such split.
        """
        known_split(facts, split)
        root = needed_root(facts, root)
        folders = self.present(root, split)
        if not folders:
            places = [path for name in self.folders[split] for path in self.places(root, name)]
            raise no_files(facts, root, split, places)
        return folders

    def found(
        self, facts: Facts, root: Path | None, split: str, faces: Callable[[Folder], int]
    ) -> str:
        """What is there of a split, such as ``2,012 of 3,148 training faces (…)``.

        Args:
            facts: The benchmark's.
            root: The folder of its files.
            split: The split.
            faces: Counts the faces of a folder.

        Raises:
            ValueError: If there is no such split.
        """
        description = known_split(facts, split).description
        counts = dict.fromkeys(self.folders[split], 0)
        counts |= {folder.name: faces(folder) for folder in self.present(root, split)}
        total, published = sum(counts.values()), self.count(split)
        sentence = f"{total:,} of {published:,} {description}"
        if len(counts) > 1 and total != published:
            parts = (
                f"{name} {count:,} of {self.published[name]:,}" for name, count in counts.items()
            )
            sentence += f" ({', '.join(parts)})"
        if any(count > self.published[name] for name, count in counts.items()):
            sentence += "; more than published: look for copies of files"
        return sentence


def annotations(folder: Folder, suffix: str) -> list[str]:
    """The names of the annotation files in a folder, in natural order.

    The suffix, in lower case, may be written in any: some programs that unpack archives change it.
    """
    names = (name for name in listing(folder.path) if name.lower().endswith(suffix))
    return sorted(names, key=natural)


def needed_annotations(folder: Folder, suffix: str, published: int | None) -> Sequence[str]:
    """The names of the annotation files in a folder, in natural order, at least one.

    Args:
        folder: The folder.
        suffix: What the names end in.
        published: How many the owners publish, or None where they say no number.

    Raises:
        DataError: If there is none, if two of them are annotations of one picture, or if the name
            of one cannot be written down, so that no table or message could hold it.
    """
    names = annotations(folder, suffix)
    if not names:
        wanted = "one for each picture" if published is None else f"{published:,} of them"
        raise DataError(
            f"the folder holds no {suffix} file, expected {wanted}; unpack "
            f"{folder.name.rstrip('/') or folder.path.name} again, or delete the folder to go on "
            "without it",
            file=folder.path,
        )
    seen: dict[str, str] = {}
    for name in names:
        if not is_text(name):
            raise DataError(
                f"the name {name!r} in it is not written in UTF-8; rename the file and its picture",
                file=folder.path,
            )
        # Neither spaces nor the case of a suffix tell two pictures apart.
        stem = name[: -len(suffix)].replace(" ", "")
        if stem in seen:
            raise DataError(
                f"this and {seen[stem]} annotate one picture; keep the one that comes from the "
                "distribution",
                file=folder.path / name,
            )
        seen[stem] = name
    return names


__all__ = ["Folder", "FolderSplits", "annotations", "needed_annotations"]
