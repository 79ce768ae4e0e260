"""LaPa: 106 points on 22,000 faces, from a data set for face parsing."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import final

from landmarks.batch import Record
from landmarks.benchmarks.base import FaceByFace, FaceSource, Facts, Split
from landmarks.benchmarks.files.absent import known_split, needed_root, no_files
from landmarks.benchmarks.files.counted import read_counted
from landmarks.benchmarks.files.folder_splits import Folder, annotations, needed_annotations
from landmarks.benchmarks.files.folders import listing, picture_beside, pictures_by_stem
from landmarks.data.photo_file import PhotoFile
from landmarks.markups import MARKUP_106
from landmarks.metrics.normalisers import (
    InterOcular,
    InterPupil,
    LandmarkBoxDiagonal,
    LandmarkBoxSize,
)
from landmarks.metrics.protocol import Protocol

_SOURCE = "https://github.com/JDAI-CV/lapa-dataset"
_SUFFIX = ".txt"
_LAYOUT = """\
train/images/*.jpg  train/landmarks/*.txt  18,176 faces  (also below LaPa/)
val/images/*.jpg    val/landmarks/*.txt     2,000 faces
test/images/*.jpg   test/landmarks/*.txt    2,000 faces
labels/, the maps for face parsing, is not read"""


def _protocols() -> tuple[Protocol, ...]:
    corners, eyes = MARKUP_106.eye_corners, MARKUP_106.eyes
    assert corners is not None
    assert eyes is not None
    return (
        Protocol("lapa/inter_ocular", InterOcular(*corners)),
        Protocol("lapa/inter_pupil", InterPupil(*eyes)),
        Protocol("lapa/box", LandmarkBoxSize(), failure_threshold=0.08, auc_threshold=0.08),
        Protocol("lapa/diag", LandmarkBoxDiagonal()),
    )


@final
class LaPa(FaceByFace):
    """LaPa as its owners distribute it: pictures, and a text file of 106 points for each.

    Splits: ``train`` (18,176 faces), ``val`` (2,000) and ``test`` (2,000), the folders of those
    names. The paper speaks of "more than 22,000" faces; 18,176 training faces are the figure that
    is usually quoted, while users who have counted their copy report 18,168.

    The points stand in the files in whole pixels, with six decimals, and are taken as pixels that
    count from 0, as JD's challenges on the same 106 points say of theirs; LaPa's owners do not say.
    There is no face box. The order of the points is that of JD-landmark (`MARKUP_106`).

    Protocols: ``lapa/inter_ocular`` (outer eye corners 66 and 79, FR and AUC at 10 %, the usual
    one), ``lapa/inter_pupil`` (104 and 105), ``lapa/box`` (``sqrt(w * h)`` of the tight box of the
    true landmarks, at 8 % as in JD's challenges) and ``lapa/diag`` (the diagonal of that box). The
    first is what mmpose measures; the others are this project's choice.

    Args:
        root: The folder with ``train``, ``val`` and ``test``, or some of them; a folder ``LaPa``
            between is accepted.
    """

    facts = Facts(
        name="lapa",
        title="LaPa",
        markup=MARKUP_106,
        splits={
            "train": Split(18176, "training faces"),
            "val": Split(2000, "validation faces"),
            "test": Split(2000, "test faces"),
        },
        test_splits=("test",),
        protocols=_protocols(),
        licence=(
            "For non-commercial purposes, such as research and teaching, to those who agree to the "
            "owners' terms (README of the repository)."
        ),
        citation=(
            "Y. Liu, H. Shi, H. Shen, Y. Si, X. Wang, T. Mei. A New Dataset and "
            "Boundary-Attention Semantic Segmentation for Face Parsing. AAAI 2020, 11637-11644."
        ),
        source=_SOURCE,
        layout=_LAYOUT,
    )

    def prepare(self, splits: Sequence[str]) -> None:
        """Makes sure that the splits are there; nothing needs to be made ready.

        Raises:
            DataError: If a split is not there.
            ValueError: If there is no such split.
        """
        for split in splits:
            self._folder(split)

    def sources(self, split: str) -> list[FaceSource]:
        """The faces of a split, ordered by the numbers in their names.

        Raises:
            DataError: If the split is not there or holds no annotation; a face's ``read`` raises it
                if the picture is missing or a file is damaged.
            ValueError: If there is no such split; the message lists those there are.
        """
        folder = self._folder(split)
        names = needed_annotations(_annotated(folder), _SUFFIX, self.facts.splits[split].published)
        pictures = pictures_by_stem(listing(folder / "images"))
        files = [folder / "landmarks" / name for name in names]
        return [FaceSource(file, None, partial(_face, file, pictures)) for file in files]

    def found(self, split: str) -> str:
        """What is there of a split, such as ``2,000 of 2,000 test faces``."""
        facts = known_split(self.facts, split)
        there = [place for place in self._places(split) if (place / "landmarks").is_dir()]
        count = len(annotations(_annotated(there[0]), _SUFFIX)) if there else 0
        sentence = f"{count:,} of {facts.published:,} {facts.description}"
        if facts.published is not None and count > facts.published:
            sentence += "; more than published: look for copies of files"
        return sentence

    def _places(self, split: str) -> list[Path]:
        return [] if self.root is None else [self.root / split, self.root / "LaPa" / split]

    def _folder(self, split: str) -> Path:
        known_split(self.facts, split)
        root = needed_root(self.facts, self.root)
        for place in self._places(split):
            if (place / "landmarks").is_dir():
                return place
        raise no_files(
            self.facts, root, split, [place / "landmarks" for place in self._places(split)]
        )


def _annotated(folder: Path) -> Folder:
    """The folder of a split's annotations."""
    return Folder(folder.name, folder / "landmarks")


def _face(file: Path, pictures: dict[str, list[str]]) -> Record:
    folder = file.parent.parent
    picture = picture_beside(file, pictures)
    photo = PhotoFile(folder / "images" / picture, f"{folder.name}/{picture}")
    return Record(photo, read_counted(file, MARKUP_106.count, photo.check()))


__all__ = ["LaPa"]
