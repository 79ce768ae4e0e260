"""JD-landmark: the 106 points of JD's challenges on facial landmark localisation."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float

from landmarks.batch import Box, Record
from landmarks.benchmarks.base import FaceByFace, FaceSource, Facts, Split
from landmarks.benchmarks.files.absent import known_split, needed_root, no_files
from landmarks.benchmarks.files.counted import read_counted
from landmarks.benchmarks.files.folder_splits import Folder, annotations, needed_annotations
from landmarks.benchmarks.files.text import coordinate, fail, quoted, read_lines
from landmarks.data.photo_file import PhotoFile
from landmarks.errors import DataError
from landmarks.geometry import Size
from landmarks.markups import MARKUP_106
from landmarks.metrics.normalisers import (
    InterOcular,
    InterPupil,
    LandmarkBoxDiagonal,
    LandmarkBoxSize,
)
from landmarks.metrics.protocol import Protocol

_SOURCE = (
    "https://facial-landmarks-localization-challenge.github.io/ (2019), "
    "https://fllc-icpr2020.github.io/home/ (2020)"
)
_SUFFIX = ".txt"
_LAYOUT = """\
Training_data/{AFW,HELEN,IBUG,LFPW}/picture/*.jpg              training faces (2019)
Training_data/{AFW,HELEN,IBUG,LFPW}/landmark/*.jpg.txt
training_dataset_face_detection_bounding_box/*.jpg.rect        (need not be there)
Test_data1/picture/*.jpg  landmark/*.jpg.txt  rect/*.jpg.rect  test faces (2019)
Corrected_landmark/*.jpg.txt                                   (need not be there)
Train/, Val/, Test/, each with picture/, landmark/ and rect/   (2020)
picture/*.jpg  landmark/*.jpg.txt  rect/*.jpg.rect             a folder alone: split 'faces'"""

_SETS = ("AFW", "HELEN", "IBUG", "LFPW")
_PLACES = {
    "train": (*(f"Training_data/{part}" for part in _SETS), "Training_data", "Train", "train"),
    "val": ("Val", "val"),
    "test": ("Test_data1", "Test_data2", "Test", "test"),
    "faces": (".",),
}
_BOXES = "training_dataset_face_detection_bounding_box"
_BOX_PLACES = (_BOXES, f"{_BOXES}_v1", f"{_BOXES}_v1/{_BOXES}")
_CORRECTED_PLACES = ("Corrected_landmark", "Corrected_data/landmark")


def _protocols() -> tuple[Protocol, ...]:
    corners, eyes = MARKUP_106.eye_corners, MARKUP_106.eyes
    assert corners is not None
    assert eyes is not None
    return (
        Protocol("jd106/box", LandmarkBoxSize(), failure_threshold=0.08, auc_threshold=0.08),
        Protocol("jd106/inter_ocular", InterOcular(*corners)),
        Protocol("jd106/inter_pupil", InterPupil(*eyes)),
        Protocol("jd106/diag", LandmarkBoxDiagonal()),
    )


@final
class JD106(FaceByFace):
    """JD-landmark as distributed for the challenges of 2019 and 2020.

    Splits: ``train`` (about 11,400 faces in 2019, more than 24,000 with the test faces in 2020),
    of as many folders of the layout as are there, ``val`` and ``test`` (2,000 each), and ``faces``,
    the faces of one such folder given as the root. A face is ``picture/X.jpg`` with
    ``landmark/X.jpg.txt`` (``106``, then the points) and, for most, ``rect/X.jpg.rect`` (left, top,
    right, bottom): the rectangle of the owners' detector, enlarged by an eighth, read as the box.

    The layout of 2019 and its files are verified: the points on genuine files, the folders and
    rectangles by public code that reads them. That ``Test_data1`` is the part of 2,000 faces used
    for testing is its name's word alone. The layout of 2020 is presumed the same, with folders as
    public code has them (``Train``); ``Val`` and ``Test`` are presumed by analogy.

    Where ``Corrected_landmark`` lies beside, as the owners published it, its points take the place
    of the first ones; one that lies mostly off its picture is refused, since it was set on another.
    `found` says how many corrections there are.

    The split ``test`` is one set of faces, the first of ``Test_data1``, ``Test_data2`` and ``Test``
    that is there: a figure on two of them at once could be compared with no other.

    The points are ordered as in the challenges' own figure. The 106 points of insightface
    (``2d106det``) are ordered otherwise and cannot be scored here as they are.

    Points and rectangles are pixels that count from 0: the challenges put [0, 0] at the top left
    corner. Points 74 and 104, and 83 and 105, coincide: the eyes' centres. Training pictures are
    those of AFW, HELEN, IBUG and LFPW, turned to several yaws as in 300W-LP (the number at the end
    of a name), test folders of LFPW included: a network trained on them has seen test faces of
    300W, and faces held out at random show persons that were trained on.

    Protocols: ``jd106/box`` (``sqrt(w * h)`` of the tight box of the true landmarks, FR and AUC at
    8 %, the usual one, https://fllc-icpr2020.github.io/evaluation/), ``jd106/inter_ocular`` (outer
    eye corners 66 and 79), ``jd106/inter_pupil`` (104 and 105) and ``jd106/diag`` (the diagonal of
    that box), the last three at 10 %.

    Args:
        root: The folder with the folders of the layout, or some of them.
    """

    facts = Facts(
        name="jd106",
        title="JD-landmark",
        markup=MARKUP_106,
        splits={
            "train": Split(None, "training faces"),
            "val": Split(2000, "validation faces"),
            "test": Split(2000, "test faces"),
            "faces": Split(None, "faces of one folder"),
        },
        test_splits=("test",),
        protocols=_protocols(),
        licence=(
            "For research, as far as is known; the terms stand on the challenges' pages, not in "
            "the files."
        ),
        citation=(
            "Y. Liu, H. Shen, Y. Si, X. Wang, X. Zhu, H. Shi, et al. Grand Challenge of 106-Point "
            "Facial Landmark Localization. ICME Workshops 2019, https://arxiv.org/abs/1905.03469."
        ),
        source=_SOURCE,
        layout=_LAYOUT,
    )

    def prepare(self, splits: Sequence[str]) -> None:
        """Makes sure that the splits are there; nothing needs to be made ready.

        Raises:
            DataError: If nothing of a split is found.
            ValueError: If there is no such split.
        """
        for split in splits:
            self._folders(split)

    def sources(self, split: str) -> list[FaceSource]:
        """The faces of a split, by folder and by the numbers in their names.

        Raises:
            DataError: If nothing of the split is found, or a folder holds no annotation; a face's
                ``read`` raises it if the picture is missing or a file is damaged.
            ValueError: If there is no such split; the message lists those there are.
        """
        folders = self._folders(split)
        everywhere = [folder for other in _PLACES for folder in self._there(other)]
        corrected = self._corrected()
        boxes = self._present(_BOX_PLACES)
        sources: list[FaceSource] = []
        for folder in folders:
            for name in needed_annotations(_annotated(folder), _SUFFIX, None):
                file = corrected.get(name, folder.path / "landmark" / name)
                also = [f for f in everywhere if f.path != folder.path] if name in corrected else []
                rect = f"{name[: -len(_SUFFIX)]}.rect"
                places = [place / rect for place in (folder.path / "rect", *boxes)]
                sources.append(FaceSource(file, None, partial(_face, folder, file, places, also)))
        return sources

    def found(self, split: str) -> str:
        """What is there of a split, such as ``2,000 of 2,000 test faces``."""
        facts = known_split(self.facts, split)
        names = [name for f in self._there(split) for name in annotations(_annotated(f), _SUFFIX)]
        sentence = f"{len(names):,} {facts.description}"
        if facts.published is not None:
            sentence = f"{len(names):,} of {facts.published:,} {facts.description}"
            if len(names) > facts.published:
                sentence += "; more than published: look for copies of files"
        elif not names:
            sentence = f"0 of the {facts.description}"
        corrected = self._corrected().keys() & set(names)
        if corrected:
            sentence += f", {len(corrected):,} of them with corrected points"
        return sentence

    def _present(self, places: Sequence[str]) -> list[Path]:
        root = self.root
        return [] if root is None else [root / p for p in places if (root / p).is_dir()]

    def _corrected(self) -> dict[str, Path]:
        return {
            name: folder / name
            for folder in self._present(_CORRECTED_PLACES)
            for name in annotations(Folder("", folder), _SUFFIX)
        }

    def _there(self, split: str) -> list[Folder]:
        folders: list[Folder] = []
        for place in _PLACES[split]:
            for path in self._present([place]):
                same = (path.samefile(folder.path) for folder in folders)  # Test and test
                if (path / "landmark").is_dir() and not any(same):
                    folders.append(Folder("" if place == "." else f"{place}/", path))
        return folders if split == "train" else folders[:1]

    def _folders(self, split: str) -> list[Folder]:
        known_split(self.facts, split)
        root = needed_root(self.facts, self.root)
        folders = self._there(split)
        if not folders:
            places = [root / place / "landmark" for place in _PLACES[split]]
            error = no_files(self.facts, root, split, places)
            if (root / "landmark").is_dir() and split != "faces":
                raise DataError(
                    f"the root is one folder of faces, which no split but 'faces' means; {error}"
                ) from error
            raise error
        return folders


def _annotated(folder: Folder) -> Folder:
    """The folder of a folder's annotations."""
    return Folder(folder.name, folder.path / "landmark")


def _face(folder: Folder, file: Path, rects: Sequence[Path], also: Sequence[Folder]) -> Record:
    """A face; ``also`` are the other folders that a correction of this name could be meant for."""
    picture = file.name[: -len(_SUFFIX)]
    path = folder.path / "picture" / picture
    if not path.is_file():
        raise DataError(
            f"its picture is missing, expected {path}; restore it from the distribution, or remove "
            "the annotation",
            file=file,
        )
    photo = PhotoFile(path, f"{folder.name}picture/{picture}")
    size = photo.check()
    points = read_counted(file, MARKUP_106.count, size)
    if file.parent != folder.path / "landmark":
        _check_correction(file, points, size)
        for other in also:
            if (other.path / "landmark" / file.name).is_file():
                raise DataError(
                    f"which face the correction is meant for cannot be known: {folder.path} and "
                    f"{other.path} both hold one of this name; remove this file to go on with the "
                    "first annotations",
                    file=file,
                )
    there = [rect for rect in rects if rect.is_file()]
    return Record(photo, points, _rect(there[0], size) if there else None)


def _check_correction(file: Path, points: Float[np.ndarray, "K 2"], size: Size) -> None:
    """Refuses corrected points that were set on another picture."""
    inside = ((points >= 0) & (points < [size.width, size.height])).all(axis=1).mean()
    if inside < 0.5:
        raise DataError(
            f"only {inside:.0%} of the corrected points lie on the picture of {size.width} × "
            f"{size.height} px, so they were set on another one; remove this file to go on with "
            "the first annotation",
            file=file,
        )


def _rect(file: Path, size: Size) -> Box:
    lines = [(n, line.split()) for n, line in enumerate(read_lines(file), start=1) if line.split()]
    if not lines:
        fail(file, 1, "the file is empty, expected left, top, right and bottom of the face box")
    line, words = lines[0]
    if len(lines) > 1 or len(words) != 4:
        text = quoted(" ".join(word for _, row in lines for word in row))
        fail(file, lines[-1][0], f"{text}, expected left, top, right and bottom of the face box")
    box = Box(*(coordinate(file, line, word, size) for word in words))
    if box.x0 >= box.x1 or box.y0 >= box.y1:
        fail(file, line, f"the rectangle is {' '.join(words)}, expected left, top, right, bottom")
    return box


__all__ = ["JD106"]
