"""COFW-68: COFW's test faces with 68 points, to test what was trained elsewhere."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float

from landmarks.batch import Record
from landmarks.benchmarks.base import FaceByFace, FaceSource, Facts, Result, Split
from landmarks.benchmarks.cofw import (
    COFW_SOURCE,
    cofw_photo,
    cofw_picture_count,
    picture_places,
)
from landmarks.benchmarks.files.absent import known_split, needed_root, no_files
from landmarks.benchmarks.files.folders import listing
from landmarks.benchmarks.mat.photo import MatPhoto
from landmarks.benchmarks.mat.reading import read_mat
from landmarks.benchmarks.mat.rows import box_from_1, far_away, flags, row_error
from landmarks.benchmarks.mat.shapes import fail
from landmarks.errors import DataError
from landmarks.geometry import Size
from landmarks.markups import MARKUP_68
from landmarks.metrics.normalisers import (
    InterOcular,
    InterPupil,
    LandmarkBoxDiagonal,
    LandmarkBoxSize,
)
from landmarks.metrics.protocol import Protocol

_SOURCE = "https://github.com/golnazghiasi/cofw68-benchmark"
_LAYOUT = f"""\
COFW68_Data/test_annotations/1_points.mat … 507_points.mat   Points, Occ
COFW68_Data/cofw68_test_bboxes.mat                           bboxes
COFW_test_color.mat (or COFW_test.mat)   the pictures, of COFW: {COFW_SOURCE}"""
_FOLDERS = (
    "COFW68_Data",
    "",
    "cofw68-benchmark/COFW68_Data",
    "cofw68-benchmark-master/COFW68_Data",
)
_BOXES = "cofw68_test_bboxes.mat"
_SUFFIX = "_points.mat"
_NO_PICTURE = Size(1 << 14, 1 << 14)
"""How large a picture may be that is not there to be asked."""


def _protocols() -> tuple[Protocol, ...]:
    corners, eyes = MARKUP_68.eye_corners, MARKUP_68.eyes
    assert corners is not None
    assert eyes is not None
    return (
        Protocol("cofw68/box", LandmarkBoxSize(), failure_threshold=0.07, auc_threshold=0.07),
        Protocol("cofw68/inter_ocular", InterOcular(*corners)),
        Protocol("cofw68/inter_pupil", InterPupil(*eyes)),
        Protocol("cofw68/diag", LandmarkBoxDiagonal()),
    )


@final
class COFW68(FaceByFace):
    """The 507 test faces of COFW with 68 points, as Ghiasi and Fowlkes distribute them.

    There is one split, ``test``; train on another benchmark with 68 points (``training`` of the
    data settings). The distribution holds annotations alone. The pictures are those of COFW's test
    set, in the same order, and are read out of COFW's own file. Where that is missing the records
    are there all the same, so that predictions can be scored, but a photo raises an error when it
    is read, and `prepare` raises it at once.

    **Pixels count from 1 in these files**: the authors plot points and boxes on the pictures in
    MATLAB, whose first pixel is 1. Against COFW's 29 points, counted from 0, those of the shared
    landmarks lie 1.8 and 1.0 px to the right and below on the two faces that could be compared. The
    records count from 0, so 1 is subtracted. The authors' result files
    (``Results/*.txt``) count from 1 as well: no shift between them and ``Points``, but 1 off the
    records. LUVLi takes both pictures and points as they are, without subtracting 1.

    Boxes are ``left, top, width, height`` of a detector like that of 300W; ``Occ`` 1 means hidden.

    Protocols: ``cofw68/box`` (``sqrt(w * h)`` of the tight box of the true landmarks, FR and AUC at
    7 %, as in LUVLi, Kumar et al. 2020, https://arxiv.org/abs/2004.02980; the usual one),
    ``cofw68/inter_ocular`` (outer eye corners, FR and AUC at 10 %), ``cofw68/inter_pupil`` (eye
    centres, what the benchmark's own MATLAB code divides by) and ``cofw68/diag``.

    Args:
        root: The folder with ``COFW68_Data`` and COFW's ``COFW_test_color.mat``, or a clone of the
            benchmark's repository.
    """

    facts = Facts(
        name="cofw68",
        title="COFW-68",
        markup=MARKUP_68,
        splits={"test": Split(507, "test faces")},
        test_splits=("test",),
        protocols=_protocols(),
        licence=(
            "The repository of the annotations states none; for the pictures see COFW. Treat both "
            "as for research only."
        ),
        citation=(
            "G. Ghiasi, C. C. Fowlkes. Occlusion Coherence: Detecting and Localizing Occluded "
            "Faces. arXiv:1506.08347 (2015). Pictures: X. P. Burgos-Artizzu, P. Perona, P. Dollár. "
            "Robust Face Landmark Estimation under Occlusion. ICCV 2013."
        ),
        source=_SOURCE,
        layout=_LAYOUT,
        results=(
            Result(
                "SH-FAN",
                "test",
                "cofw68/box",
                2.47,
                "https://arxiv.org/abs/2111.02360, trained on 300W-LP; by the paperswithcode page, "
                "second-hand",
                auc=64.9,
            ),
            Result(
                "SPIGA",
                "test",
                "cofw68/box",
                2.517,
                "computed from the predictions that its authors publish; 95 % interval 2.45–2.58",
                auc=64.05,
            ),
            *(
                Result(
                    method,
                    "test",
                    "cofw68/inter_ocular",
                    nme,
                    f"computed from {_SOURCE}, Results/{file}",
                    fr=fr,
                )
                for method, file, nme, fr in (
                    ("CFSS", "CFSS_CFOW68.txt", 6.28, 9.07),
                    ("HPM", "HPM_HelenLfpw_COFW68test.txt", 6.72, 6.71),
                    ("RCPR", "RCPR-occ_300w.txt", 8.76, 20.12),
                    ("SAPM", "SAPM_COFW68.txt", 6.64, 5.72),
                    ("TCDCN", "TCDCN_CFOW68.txt", 7.66, 16.17),
                )
            ),
        ),
    )

    def prepare(self, splits: Sequence[str]) -> None:
        """Makes sure that annotations and pictures are there; nothing needs to be made ready.

        Raises:
            DataError: If there are no annotations, or no pictures.
            ValueError: If there is no such split.
        """
        for split in splits:
            folder = self._folder(split)
            file = self._picture_file(folder)
            cofw_photo(file, "test", 0).size()

    def sources(self, split: str) -> list[FaceSource]:
        """The faces in the order of their numbers, which are those of COFW's test set.

        Raises:
            DataError: If there are no annotations, or the file of boxes cannot be read; a face's
                ``read`` raises it if its annotation is damaged, or if the pictures are there and
                its own is not.
            ValueError: If there is no such split; the message lists those there are.
        """
        folder = self._folder(split)
        picture_file = self._picture_file(folder)
        has_pictures = picture_file.is_file()
        boxes = read_mat(folder / _BOXES, {"bboxes": (None, 4)})["bboxes"]
        if has_pictures:
            pictures = cofw_picture_count(picture_file, "test")
            if pictures != len(boxes):  # then a number need not mean the same face in both
                fail(
                    folder / _BOXES,
                    "bboxes",
                    f"{len(boxes):,} rows, but {picture_file} holds {pictures:,} pictures",
                )
        sources = []
        for number in _numbers(folder / "test_annotations"):
            file = folder / "test_annotations" / f"{number}{_SUFFIX}"
            photo = cofw_photo(picture_file, "test", number - 1)
            read = partial(_record, file, number, folder / _BOXES, boxes, photo, has_pictures)
            sources.append(FaceSource(file, None, read))
        return sources

    def found(self, split: str) -> str:
        """What is there, such as ``507 of 507 test faces (without pictures)``."""
        published, description = known_split(self.facts, split)
        try:
            folder = self._folder(split)
            count = len(_numbers(folder / "test_annotations"))
            pictures = "" if self._picture_file(folder).is_file() else " (without pictures)"
        except DataError:
            count, pictures = 0, ""
        return f"{count:,} of {published:,} {description}{pictures}"

    def _folder(self, split: str) -> Path:
        """The folder that holds ``test_annotations``."""
        known_split(self.facts, split)
        root = needed_root(self.facts, self.root)
        places = [root / folder for folder in _FOLDERS]
        for place in places:
            if (place / "test_annotations").is_dir() and _numbers(place / "test_annotations"):
                return place
        raise no_files(
            self.facts,
            root,
            split,
            [place / "test_annotations" / "1_points.mat" for place in places],
        )

    def _picture_file(self, folder: Path) -> Path:
        """The file of pictures, or the place that it is expected at."""
        root = needed_root(self.facts, self.root)
        beside = [root] if folder == root else [root, folder.parent, folder]
        places = [place for there in beside for place in picture_places(there, "test")]
        return next((place for place in places if place.is_file()), places[0])


def _numbers(folder: Path) -> list[int]:
    stems = (name.removesuffix(_SUFFIX) for name in listing(folder) if name.endswith(_SUFFIX))
    return sorted(
        int(stem) for stem in stems if stem.isascii() and stem.isdigit() and stem[0] != "0"
    )


def _record(
    file: Path,
    number: int,
    box_file: Path,
    boxes: Float[np.ndarray, "N 4"],
    photo: MatPhoto,
    has_pictures: bool,
) -> Record:
    size = photo.size() if has_pictures else _NO_PICTURE
    found = read_mat(file, {"Points": (MARKUP_68.count, 2), "Occ": (1, MARKUP_68.count)})
    points = found["Points"] - 1
    if (bad := far_away(points, size)) is not None:
        raise row_error(file, "Points", bad, "the point lies nowhere near the picture")
    if number > len(boxes):
        raise row_error(box_file, "bboxes", number - 1, f"is missing; there are {len(boxes)} rows")
    return Record(
        photo,
        points,
        box_from_1(box_file, "bboxes", number - 1, boxes[number - 1], size),
        occluded=flags(file, "Occ", 0, found["Occ"][0]),
    )


__all__ = ["COFW68"]
