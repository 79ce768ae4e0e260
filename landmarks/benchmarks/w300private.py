"""The 600 test faces of the 300W challenge as a benchmark of their own."""

from typing import final

from landmarks.benchmarks import protocols_68
from landmarks.benchmarks.base import FaceSource, Facts, Result, Split
from landmarks.benchmarks.files.folder_splits import (
    Folder,
    FolderSplits,
    annotations,
    needed_annotations,
)
from landmarks.benchmarks.files.in_folders import InFolders
from landmarks.benchmarks.files.pts_folders import SUFFIX, from_1, pts_sources
from landmarks.markups import MARKUP_68

_FOLDERS = FolderSplits(
    folders={
        "test": ("01_Indoor", "02_Outdoor"),
        "01_Indoor": ("01_Indoor",),
        "02_Outdoor": ("02_Outdoor",),
    },
    published={"01_Indoor": 300, "02_Outdoor": 300},
    between=("", "300W"),
)
_DESCRIPTIONS = {
    "test": "test faces of the former private set",
    "01_Indoor": "test faces taken indoors",
    "02_Outdoor": "test faces taken outdoors",
}
_LAYOUT = """\
01_Indoor/   *.png *.pts  300 faces  (also below 300W/, as distributed)
02_Outdoor/  *.png *.pts  300"""
_SPIGA = "README of https://huggingface.co/aprados/spiga (Prados-Torreblanca et al. 2022)"
_SECOND_HAND = "paperswithcode page of the paper, second-hand"


@final
class W300Private(InFolders):
    """300W's 600 test faces, once private, tested on by networks trained on 300W-LP.

    This is "300W Split 2" of FAN (Bulat & Tzimiropoulos 2017, https://arxiv.org/abs/1703.07332)
    and of the papers after it. There are no training faces: pass another benchmark to train on, as
    in ``W300PrivateData(root, training=W300LP(root_of_300w_lp))``. `landmarks.benchmarks.w300`
    reads the same faces as its split ``private``.

    Splits: ``test`` (600 faces), and its halves ``01_Indoor`` and ``02_Outdoor``.

    The ``.pts`` files count pixels from 1; the records count from 0. No face box is read.

    Protocols: ``300w_private/box`` (``sqrt(w * h)`` of the tight box of the true landmarks, FR and
    AUC at 7 %, the usual one), ``300w_private/inter_ocular``, ``300w_private/inter_pupil`` and
    ``300w_private/diag``.

    Args:
        root: The folder with ``01_Indoor`` and ``02_Outdoor``; a folder ``300W`` between is
            accepted, so that the root of 300W will do.
    """

    folders = _FOLDERS
    facts = Facts(
        name="300w_private",
        title="300W private test set",
        markup=MARKUP_68,
        splits={
            name: Split(_FOLDERS.count(name), description)
            for name, description in _DESCRIPTIONS.items()
        },
        test_splits=("test",),
        protocols=(
            protocols_68.box("300w_private"),
            protocols_68.inter_ocular("300w_private"),
            protocols_68.inter_pupil("300w_private"),
            protocols_68.diag("300w_private"),
        ),
        licence="For research only; no commercial use, and no pictures in other publications.",
        citation=(
            "C. Sagonas, E. Antonakos, G. Tzimiropoulos, S. Zafeiriou, M. Pantic. 300 Faces "
            "In-The-Wild Challenge: Database and results. Image and Vision Computing 47 (2016)."
        ),
        source="https://ibug.doc.ic.ac.uk/resources/300-W/",
        layout=_LAYOUT,
        results=(
            Result(
                "SH-FAN",
                "test",
                "300w_private/box",
                2.04,
                f"Bulat et al. 2021, https://arxiv.org/abs/2111.02360; {_SECOND_HAND}; trained "
                "on 300W-LP",
                auc=71.1,
            ),
            Result(
                "SH-FAN",
                "test",
                "300w_private/inter_ocular",
                2.94,
                f"Bulat et al. 2021, https://arxiv.org/abs/2111.02360; {_SECOND_HAND}; equal to "
                "the paper's figure for 300W and probably copied from there",
            ),
            Result(
                "2D-FAN",
                "test",
                "300w_private/box",
                2.32,
                f"Bulat & Tzimiropoulos 2017, https://arxiv.org/abs/1703.07332; {_SECOND_HAND}; "
                "trained on 300W-LP",
                auc=66.5,
            ),
            Result(
                "SPIGA",
                "test",
                "300w_private/box",
                2.031,
                f"{_SPIGA}; NME and AUC agree with the authors' published predictions",
                fr=0.167,
                auc=71.011,
            ),
            Result(
                "SPIGA",
                "01_Indoor",
                "300w_private/box",
                2.035,
                _SPIGA,
                fr=0.333,
                auc=70.959,
            ),
            Result(
                "SPIGA",
                "02_Outdoor",
                "300w_private/box",
                2.027,
                f"{_SPIGA}; the AUC of 37.2 in that table contradicts the authors' own metric file "
                "(71.05), which stands here",
                fr=0.0,
                auc=71.05,
            ),
            Result(
                "HRNetV2-W18",
                "test",
                "300w_private/inter_ocular",
                3.85,
                "https://github.com/HRNet/HRNet-Facial-Landmark-Detection; trained on 300W",
            ),
            Result(
                "HRNetV2-W18 (mmpose)",
                "test",
                "300w_private/inter_ocular",
                4.10,
                "model zoo of https://github.com/open-mmlab/mmpose; trained on 300W",
            ),
        ),
    )

    def sources(self, split: str) -> list[FaceSource]:
        """The faces of a split, ordered by folder and by the numbers in their names.

        Raises:
            DataError: If nothing of the split is found, or a folder holds no annotation; a face's
                ``read`` raises it if the picture is missing or a file is damaged.
            ValueError: If there is no such split; the message lists those there are.
        """
        return [
            source
            for folder in self.needed(split)
            for source in pts_sources(
                folder,
                needed_annotations(folder, SUFFIX, _FOLDERS.published[folder.name]),
                MARKUP_68.count,
                from_1,
            )
        ]

    def found(self, split: str) -> str:
        """What is there of a split, such as ``600 of 600 test faces of …``."""
        return _FOLDERS.found(self.facts, self.root, split, _count)


def _count(folder: Folder) -> int:
    return len(annotations(folder, SUFFIX))


__all__ = ["W300Private"]
