"""COFW: 29 points, and which of them are hidden, on faces that are often occluded."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
from jaxtyping import Float

from landmarks.batch import Record
from landmarks.benchmarks.base import FaceByFace, FaceSource, Facts, Result, Split
from landmarks.benchmarks.files.absent import known_split, needed_root, no_files
from landmarks.benchmarks.mat.photo import MatPhoto, picture_count
from landmarks.benchmarks.mat.reading import read_mat
from landmarks.benchmarks.mat.rows import box_from_1, far_away, flags, row_error
from landmarks.benchmarks.mat.shapes import fail
from landmarks.errors import DataError
from landmarks.markups import MARKUP_29
from landmarks.metrics.normalisers import (
    InterOcular,
    InterPupil,
    LandmarkBoxDiagonal,
    LandmarkBoxSize,
)
from landmarks.metrics.protocol import Protocol

COFW_SOURCE = "https://data.caltech.edu/records/20099"
_LAYOUT = """\
COFW_train_color.mat   IsTr, phisTr, bboxesTr   1,345 faces
COFW_test_color.mat    IsT, phisT, bboxesT        507
(or COFW_train.mat and COFW_test.mat, the older version with grey pictures only)"""
_UNPACKED = ("", "COFW_color", "common/xpburgos/behavior/code/pose")
"""Folders in which the distribution's archives put the files."""


class _Split(NamedTuple):
    """The files of a split, the colour version first, and the variables in them."""

    files: tuple[str, str]
    pictures: str
    points: str
    boxes: str


_SPLITS = {
    "train": _Split(("COFW_train_color.mat", "COFW_train.mat"), "IsTr", "phisTr", "bboxesTr"),
    "test": _Split(("COFW_test_color.mat", "COFW_test.mat"), "IsT", "phisT", "bboxesT"),
}

_HIH = "Lan et al. 2021, https://arxiv.org/abs/2104.03100, tables in the authors' repository"
_TORCHLM = "PIPNet, Jin et al. 2021; figures of the torchlm repository"


def _protocols() -> tuple[Protocol, ...]:
    corners, eyes = MARKUP_29.eye_corners, MARKUP_29.eyes
    assert corners is not None
    assert eyes is not None
    return (
        Protocol("cofw/inter_ocular", InterOcular(*corners)),
        Protocol("cofw/inter_pupil", InterPupil(*eyes)),
        Protocol("cofw/box", LandmarkBoxSize(), failure_threshold=0.07, auc_threshold=0.07),
        Protocol("cofw/diag", LandmarkBoxDiagonal()),
    )


def picture_places(root: Path, split: str) -> list[Path]:
    """Where the file of a split may lie below a root, the colour version first."""
    return [root / folder / name for name in _SPLITS[split].files for folder in _UNPACKED]


def cofw_photo(file: Path, split: str, row: int) -> MatPhoto:
    """A picture of COFW, named by its split and its number from 1."""
    return MatPhoto(file, _SPLITS[split].pictures, row, f"{split}/{row + 1}", COFW_SOURCE)


def cofw_picture_count(file: Path, split: str) -> int:
    """How many pictures a file of COFW holds.

    Raises:
        DataError: If it cannot be opened, or holds none.
    """
    return picture_count(file, _SPLITS[split].pictures, COFW_SOURCE)


@final
class COFW(FaceByFace):
    """COFW as its owners distribute it: two MATLAB files with pictures, points and boxes in them.

    Splits: ``train`` (1,345 faces, the first 845 of them LFPW's, which are hardly occluded) and
    ``test`` (507). Each row of ``phis`` holds 29 x, 29 y and 29 flags, of which 1 means hidden
    (some files derived from COFW say 1 for visible); boxes are ``left, top, width, height`` and, as
    the owners write, imitate a face detector's. The owners plot points and boxes on the pictures in
    MATLAB, so pixels count from 1; the records count from 0. The COCO files of mmpose are shifted
    in the same way, except for their boxes, and have negative coordinates set to 0.

    Some pictures are grey; they are read with three equal channels. The older version of the files,
    ``COFW_train.mat`` and ``COFW_test.mat``, has grey pictures only, and is read where the colour
    version is missing. The benchmark names no subsets.

    Protocols: ``cofw/inter_ocular`` (outer eye corners 8 and 9, FR and AUC at 10 %, the usual one),
    ``cofw/inter_pupil`` (pupils 16 and 17), ``cofw/box`` (``sqrt(w * h)`` of the tight box of the
    true landmarks, FR and AUC at 7 %) and ``cofw/diag`` (the diagonal of that box); the last two
    are reported by no paper that is known here, and there for comparison with other benchmarks.

    Args:
        root: The folder with the two files; folders that the archives make between are accepted.
    """

    facts = Facts(
        name="cofw",
        title="COFW",
        markup=MARKUP_29,
        splits={
            "train": Split(1345, "training faces"),
            "test": Split(507, "test faces"),
        },
        test_splits=("test",),
        protocols=_protocols(),
        licence=(
            "Not certain: see the terms at the source. The pictures come from the web; treat them "
            "as for research only."
        ),
        citation=(
            "X. P. Burgos-Artizzu, P. Perona, P. Dollár. Robust Face Landmark Estimation under "
            "Occlusion. ICCV 2013."
        ),
        source=COFW_SOURCE,
        layout=_LAYOUT,
        results=(
            Result(
                "SH-FAN",
                "test",
                "cofw/inter_ocular",
                3.02,
                "https://arxiv.org/abs/2111.02360, by the paperswithcode page, second-hand",
            ),
            Result("HIH-T", "test", "cofw/inter_ocular", 3.35, _HIH, fr=0.0),
            Result("HIH-S", "test", "cofw/inter_ocular", 3.25, _HIH, fr=0.0),
            Result("HIH-B", "test", "cofw/inter_ocular", 3.21, _HIH, fr=0.0),
            Result("HIH-T", "test", "cofw/inter_pupil", 4.83, _HIH, fr=0.59),
            Result("HIH-S", "test", "cofw/inter_pupil", 4.69, _HIH, fr=0.59),
            Result("HIH-B", "test", "cofw/inter_pupil", 4.63, _HIH, fr=0.39),
            Result(
                "HRNetV2-W18",
                "test",
                "cofw/inter_ocular",
                3.45,
                "HRNet-Facial-Landmark-Detection repository; best epoch on the test set",
                fr=0.20,
            ),
            Result("HRNetV2-W18 (mmpose)", "test", "cofw/inter_ocular", 3.48, "mmpose model zoo"),
            Result("TUFA", "test", "cofw/inter_ocular", 3.07, "authors' figures; many datasets"),
            Result("PIPNet-R101", "test", "cofw/inter_ocular", 3.08, _TORCHLM),
            Result("PIPNet-MobileNetV2", "test", "cofw/inter_ocular", 3.43, _TORCHLM),
            Result("D-ViT", "test", "cofw/inter_pupil", 4.13, "WACV 2025; not verified by code"),
            Result(
                "ORFormer",
                "test",
                "cofw/inter_pupil",
                4.46,
                "authors' repository; best epoch on the test set",
            ),
            Result(
                "Heatmap regression without soft-argmax",
                "test",
                "cofw/inter_pupil",
                4.54,
                "ICCV 2025; the authors' model card",
            ),
            Result(
                "STAR",
                "test",
                "cofw/inter_pupil",
                4.62,
                "authors' repository; best epoch on the test set",
            ),
            Result(
                "ADNet",
                "test",
                "cofw/inter_pupil",
                4.68,
                "authors' repository; best epoch on the test set",
            ),
        ),
    )

    def prepare(self, splits: Sequence[str]) -> None:
        """Makes sure that the splits are there; nothing needs to be made ready.

        Raises:
            DataError: If the file of a split is missing.
            ValueError: If there is no such split.
        """
        for split in splits:
            self._file(split)

    def sources(self, split: str) -> list[FaceSource]:
        """The faces of a split in the order of its file; their names count from 1.

        Raises:
            DataError: If the file is missing, or anything in it is not what COFW consists of; a
                face's ``read`` raises it if its row or its picture cannot be used.
            ValueError: If there is no such split; the message lists those there are.
        """
        file = self._file(split)
        names = _SPLITS[split]
        found = read_mat(file, {names.points: (None, 3 * MARKUP_29.count), names.boxes: (None, 4)})
        phis, boxes = found[names.points], found[names.boxes]
        pictures = cofw_picture_count(file, split)
        for name, count in ((names.boxes, len(boxes)), (names.pictures, pictures)):
            if count != len(phis):  # then nothing says which row goes with which picture
                fail(file, name, f"{count:,} entries, but {names.points} has {len(phis):,}")
        return [
            FaceSource(file, row + 1, partial(_record, file, split, row, phis[row], boxes[row]))
            for row in range(len(phis))
        ]

    def found(self, split: str) -> str:
        """What is there of a split, such as ``507 of 507 test faces``."""
        published, description = known_split(self.facts, split)
        try:
            count = len(self.sources(split))
        except DataError:
            count = 0
        return f"{count:,} of {published:,} {description}"

    def _file(self, split: str) -> Path:
        known_split(self.facts, split)
        root = needed_root(self.facts, self.root)
        places = picture_places(root, split)
        for place in places:
            if place.is_file():
                return place
        raise no_files(self.facts, root, split, places)


def _record(
    file: Path,
    split: str,
    row: int,
    phi: Float[np.ndarray, "87"],
    box: Float[np.ndarray, "4"],
) -> Record:
    names = _SPLITS[split]
    photo = cofw_photo(file, split, row)
    size = photo.size()
    x_from_1, y_from_1, hidden = phi.reshape(3, MARKUP_29.count)
    points = np.stack([x_from_1, y_from_1], axis=1) - 1
    if (bad := far_away(points, size)) is not None:
        raise row_error(file, names.points, row, f"point {bad} lies nowhere near the picture")
    return Record(
        photo,
        points,
        box_from_1(file, names.boxes, row, box, size),
        occluded=flags(file, names.points, row, hidden),
    )


__all__ = ["COFW", "COFW_SOURCE", "cofw_photo", "cofw_picture_count", "picture_places"]
