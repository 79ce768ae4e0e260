"""Menpo 2D: the training set of the Menpo challenge, its faces with 68 points."""

from typing import final

from landmarks.benchmarks import protocols_68
from landmarks.benchmarks.base import FaceSource, Facts, Split
from landmarks.benchmarks.files.folder_splits import (
    Folder,
    FolderSplits,
    annotations,
    needed_annotations,
)
from landmarks.benchmarks.files.in_folders import InFolders
from landmarks.benchmarks.files.pts import announces
from landmarks.benchmarks.files.pts_folders import SUFFIX, from_1, pts_sources
from landmarks.errors import DataError
from landmarks.markups import MARKUP_68

_FOLDER = "trainset"
_PROFILE_POINTS = 39
_PROFILE_FACES = 2300
_FOLDERS = FolderSplits(
    folders={"semifrontal": (_FOLDER,)},
    published={_FOLDER: 6679},
    between=("", "menpo"),
)
_LAYOUT = """\
trainset/   *.jpg *.pts  6,679 faces with 68 points and 2,300 with 39, which are left out
            (also below menpo/)"""


@final
class Menpo2D(InFolders):
    """The training set of the Menpo 2D challenge (2017), of which the annotations are public.

    Its semi-frontal faces have the 68 points of 300W and are read. Its profile faces have 39 points
    of their own; they are left out, as in LUVLi (Kumar et al. 2020), and `found` says how many.

    Split: ``semifrontal``, 6,679 faces, to test on. LUVLi tests networks on them that were trained
    on 300W-LP, as in ``Menpo2DData(root, training=W300LP(root_of_300w_lp))``. To train on them
    instead, write them as data of your own (``landmarks data convert``) and call the split
    ``train`` in its description.

    The folder is the one that the scripts of https://github.com/abhi1kumar/LUVLi expect, whose page
    also says where the archive ``menpo_challenge_trainset.zip`` lies. The owners' own page counts
    5,658 and 1,906 training faces, which is another selection. The ``.pts`` files count pixels from
    1, as do all of the same group; the records count from 0. No face box is read.

    Protocols: ``menpo2d/box`` (``sqrt(w * h)`` of the tight box of the true landmarks, FR and AUC
    at 7 % as in LUVLi, the usual one), ``menpo2d/diag`` (the diagonal of that box, the challenge's
    own normaliser), ``menpo2d/inter_ocular`` and ``menpo2d/inter_pupil``.

    Args:
        root: The folder with ``trainset``; a folder ``menpo`` between is accepted.
    """

    folders = _FOLDERS
    facts = Facts(
        name="menpo2d",
        title="Menpo 2D",
        markup=MARKUP_68,
        splits={
            "semifrontal": Split(_FOLDERS.count("semifrontal"), "semi-frontal faces"),
        },
        test_splits=("semifrontal",),
        protocols=(
            protocols_68.box("menpo2d"),
            protocols_68.diag("menpo2d"),
            protocols_68.inter_ocular("menpo2d"),
            protocols_68.inter_pupil("menpo2d"),
        ),
        licence=(
            "Not stated where it is had from; the pictures are from AFLW and FDDB: for research "
            "only, no commercial use."
        ),
        citation=(
            "S. Zafeiriou, G. Trigeorgis, G. Chrysos, J. Deng, J. Shen. The Menpo Facial Landmark "
            "Localisation Challenge: A step towards the solution. CVPR Workshops 2017. And: J. "
            "Deng, A. Roussos, G. Chrysos, E. Ververas, I. Kotsia, J. Shen, S. Zafeiriou. The "
            "Menpo Benchmark for Multi-pose 2D and 3D Facial Landmark Localisation and Tracking. "
            "International Journal of Computer Vision 127 (2019)."
        ),
        source="https://github.com/jiankangdeng/MenpoBenchmark",
        layout=_LAYOUT,
    )

    def sources(self, split: str) -> list[FaceSource]:
        """The faces of a split with 68 points, by the numbers in their names.

        Raises:
            DataError: If nothing of the split is found, or the folder holds no annotation, or only
                profiles; a face's ``read`` raises it if the picture is missing or a file is
                damaged.
            ValueError: If there is no such split; the message lists those there are.
        """
        return [
            source
            for folder in self.needed(split)
            for source in pts_sources(folder, _semifrontal(folder), MARKUP_68.count, from_1)
        ]

    def found(self, split: str) -> str:
        """What is there of a split, such as ``6,679 of 6,679 semi-frontal faces …``."""
        sentence = _FOLDERS.found(self.facts, self.root, split, _count)
        profiles = sum(
            len(annotations(folder, SUFFIX)) - _count(folder)
            for folder in _FOLDERS.present(self.root, split)
        )
        return (
            f"{sentence}; {profiles:,} of {_PROFILE_FACES:,} profile faces with "
            f"{_PROFILE_POINTS} points are left out"
        )


def _semifrontal(folder: Folder) -> list[str]:
    names = needed_annotations(folder, SUFFIX, _FOLDERS.published[folder.name])
    kept = [name for name in names if not _is_profile(folder, name)]
    if not kept:
        raise DataError(
            f"the folder holds profile faces with {_PROFILE_POINTS} points only, expected "
            f"{_FOLDERS.published[folder.name]:,} faces with {MARKUP_68.count} points beside them; "
            "unpack the semi-frontal faces as well",
            file=folder.path,
        )
    return kept


def _count(folder: Folder) -> int:
    return sum(not _is_profile(folder, name) for name in annotations(folder, SUFFIX))


def _is_profile(folder: Folder, name: str) -> bool:
    """Whether a face has 39 points; a damaged file has not, and is left to be read and refused."""
    try:
        return announces(folder.path / name, _PROFILE_POINTS)
    except DataError:
        return False


__all__ = ["Menpo2D"]
