"""How many faces there are, and how many there should be."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, final

from landmarks.benchmarks.files.folders import PICTURE_SUFFIXES, natural
from landmarks.data_check.base import Check
from landmarks.data_check.faces import Faces
from landmarks.data_check.finding import COUNT, FEWER, UNUSED_PICTURE, Finding
from landmarks.data_check.pictures import Signatures


class CountRow(NamedTuple):
    """A line of the table of counts.

    Attributes:
        what: A split, subset or folder.
        name: Its name.
        read: Faces that could be read.
        bad: Faces, or whole files of them, that could not; None where that is not known.
        published: Faces that the owners publish; None where it is free or not known.
    """

    what: str
    name: str
    read: int
    bad: int | None
    published: int | None

    @property
    def agrees(self) -> bool:
        """Whether as many faces are there as the owners publish, or it is free."""
        return self.published is None or self.published == self.read


def count_rows(faces: Faces) -> list[CountRow]:
    """The counts of every split, of the subsets of the test splits, and of every folder."""
    facts = faces.facts
    rows = [
        CountRow("split", split, read, bad, facts.splits[split].published)
        for split, (read, bad) in faces.counts.items()
    ]
    if set(facts.test_splits) <= set(faces.counts):
        tested = [f for f in faces.faces if any(s in facts.test_splits for s in f.splits)]
        held = Counter(name for face in tested for name in face.record.subsets)
        rows += [
            CountRow("subset", name, held[name], None, subset.published)
            for name, subset in facts.subsets.items()
            if name not in faces.counts  # a subset that is a split of its own is counted there
        ]
    folders = Counter(os.path.dirname(face.name) for face in faces.faces)
    rows += [
        CountRow("folder", folder or ".", folders[folder], None, None)
        for folder in sorted(folders, key=natural)
        if folder not in faces.counts
    ]
    return rows


@final
class Counts(Check):
    """Holds the numbers of faces against those that the benchmark's owners publish.

    Args:
        partial: Whether fewer faces than published are accepted.
    """

    def __init__(self, partial: bool = False) -> None:
        self.partial = partial

    def __call__(self, faces: Faces, signatures: Signatures) -> Sequence[Finding]:
        """A finding for every split and subset of another size, and for every unused picture."""
        return [*self._counts(faces), *_unused(faces)]

    def _counts(self, faces: Faces) -> Iterator[Finding]:
        for row in count_rows(faces):
            nothing = row.what == "split" and row.name in faces.absent
            if row.agrees and not nothing:
                continue
            published = row.published or 0
            fewer = nothing or row.read < published
            sentence = faces.found.get(row.name, "") if row.what == "split" else ""
            yield Finding(
                FEWER if fewer and self.partial else COUNT,
                row.name,
                "",
                None,
                None,
                f"{row.what} {row.name}: {row.read:,} faces read"
                + (f" ({sentence})" if sentence else ""),
                f"{published:,} faces" if published else "faces",
                abs(published - row.read) / max(published, 1),
            )


def _unused(faces: Faces) -> Iterator[Finding]:
    """Pictures beside those that are used; one whose annotation was unreadable is among them."""
    used = {face.record.photo.file for face in faces.faces} - {None}
    folders = {file.parent for file in used if file is not None}
    for folder in sorted(folders):
        try:
            names = sorted(os.listdir(folder), key=natural)
        except OSError:
            continue
        for name in names:
            picture = name.lower().endswith(PICTURE_SUFFIXES) and not name.startswith(".")
            if picture and folder / name not in used:
                yield Finding(
                    UNUSED_PICTURE, "", name, folder / name, None, "no face", "an annotation"
                )


__all__ = ["CountRow", "Counts", "count_rows"]
