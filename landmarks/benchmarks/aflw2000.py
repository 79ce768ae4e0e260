"""AFLW2000-3D: 68 points projected from fitted 3-D faces, in all poses."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import final

import numpy as np

from landmarks.batch import Record
from landmarks.benchmarks import protocols_68
from landmarks.benchmarks.base import FaceByFace, FaceSource, Facts, Split, Subset
from landmarks.benchmarks.files.absent import known_split, needed_root, no_files
from landmarks.benchmarks.files.folder_splits import Folder, annotations, needed_annotations
from landmarks.benchmarks.files.folders import listing, picture_beside, pictures_by_stem
from landmarks.benchmarks.mat.points import from_1
from landmarks.benchmarks.mat.reading import read_mat
from landmarks.data.photo_file import PhotoFile
from landmarks.markups import MARKUP_68

_SUFFIX = ".mat"
_POINTS, _POSE = "pt3d_68", "Pose_Para"
_WANTED = {_POINTS: (3, MARKUP_68.count), _POSE: (1, 7)}
_YAW = 1  # Pose_Para is pitch, yaw, roll, a translation and a scale
_BETWEEN = ("AFLW2000", "AFLW2000-3D")
_LAYOUT = """\
AFLW2000/  image*.jpg image*.mat  2,000 faces  (or these files at the root)"""


@final
class AFLW2000(FaceByFace):
    """AFLW2000-3D (Zhu et al. 2016, https://arxiv.org/abs/1511.07212), which is only tested on.

    The first 2,000 faces of AFLW, each cut out and scaled to 450 by 450 pixels, with a 3-D face
    fitted to it. The 68 points are the first two rows of ``pt3d_68``: places on the fitted face,
    projected, so that the contour of a turned face is that of the model and not the one seen in the
    picture, and hidden points have a place too. There are no training faces: pass another benchmark
    to train on, as in ``AFLW2000Data(root, training=W300LP(root_of_300w_lp))``; but note that the
    points of 300W-LP that are read there are of the 2-D kind.

    The files count pixels from 1: with ``x - 1`` for x, the 21 points of AFLW that stand beside
    them (``pt2d``) fall on whole pixels of AFLW's pictures in the genuine files, and on none
    without. The records count from 0. No face box is read.

    Split: ``test``. Subsets by the absolute yaw of the fitted face (``Pose_Para``), with the counts
    of https://github.com/cleardusk/3DDFA: ``yaw_0_30`` (1,312 faces), ``yaw_30_60`` (383) and
    ``yaw_60_90`` (305). Their paper has 1,306, 462 and 232, by labels of AFLW that are not in these
    files. Papers often report the mean of the three subsets' figures, which is not that of all
    faces.

    Protocols: ``aflw2000_3d/box`` (``sqrt(w * h)`` of the tight box of the 68 points, as 3DDFA; FR
    and AUC at 7 %) and ``aflw2000_3d/diag``. There is none by the eyes, which nearly coincide in a
    profile.

    Args:
        root: The folder with the files, or the one that holds ``AFLW2000``.
    """

    facts = Facts(
        name="aflw2000_3d",
        title="AFLW2000-3D",
        markup=MARKUP_68,
        splits={"test": Split(2000, "test faces")},
        test_splits=("test",),
        protocols=(protocols_68.box("aflw2000_3d"), protocols_68.diag("aflw2000_3d")),
        licence=(
            "None is known to come with the files; the pictures are AFLW's: for research only, no "
            "commercial use."
        ),
        citation=(
            "X. Zhu, Z. Lei, X. Liu, H. Shi, S. Z. Li. Face Alignment Across Large Poses: A 3D "
            "Solution. CVPR 2016."
        ),
        source="http://www.cbsr.ia.ac.cn/users/xiangyuzhu/projects/3DDFA/main.htm",
        layout=_LAYOUT,
        subsets={
            "yaw_0_30": Subset(1312, "test faces turned by up to 30°"),
            "yaw_30_60": Subset(383, "test faces turned by more than 30° and up to 60°"),
            "yaw_60_90": Subset(305, "test faces turned by more than 60°"),
        },
    )

    def prepare(self, splits: Sequence[str]) -> None:
        """Makes sure that the splits are there; nothing needs to be made ready.

        Raises:
            DataError: If nothing of a split is found.
            ValueError: If there is no such split.
        """
        for split in splits:
            self._folder(split)

    def sources(self, split: str) -> list[FaceSource]:
        """The faces, by the numbers in their names.

        Raises:
            DataError: If none is found; a face's ``read`` raises it if the picture is missing or a
                file is damaged.
            ValueError: If there is no such split; the message lists those there are.
        """
        folder = self._folder(split)
        names = needed_annotations(folder, _SUFFIX, self.facts.splits[split].published)
        pictures = pictures_by_stem(listing(folder.path))
        return [
            FaceSource(file, None, partial(_read, folder, file, pictures))
            for file in (folder.path / name for name in names)
        ]

    def found(self, split: str) -> str:
        """What is there, such as ``2,000 of 2,000 test faces``."""
        facts = known_split(self.facts, split)
        there = [] if self.root is None else [f for f in _folders(self.root) if _has_faces(f)]
        count = len(annotations(there[0], _SUFFIX)) if there else 0
        return f"{count:,} of {facts.published:,} {facts.description}"

    def _folder(self, split: str) -> Folder:
        known_split(self.facts, split)
        root = needed_root(self.facts, self.root)
        for folder in _folders(root):
            if _has_faces(folder):
                return folder
        raise no_files(
            self.facts, root, split, [folder.path / "image00002.mat" for folder in _folders(root)]
        )


def _folders(root: Path) -> list[Folder]:
    return [Folder("", root), *(Folder(name, root / name) for name in _BETWEEN)]


def _has_faces(folder: Folder) -> bool:
    return folder.path.is_dir() and bool(annotations(folder, _SUFFIX))


def _read(folder: Folder, file: Path, pictures: Mapping[str, Sequence[str]]) -> Record:
    picture = picture_beside(file, pictures)
    photo = PhotoFile(folder.path / picture, f"{folder.name}/{picture}".removeprefix("/"))
    arrays = read_mat(file, _WANTED)
    points = from_1(file, _POINTS, arrays[_POINTS][:2].T, photo.check())
    return Record(photo, points, subsets=frozenset({_subset(float(arrays[_POSE][0, _YAW]))}))


def _subset(yaw: float) -> str:
    turned = abs(np.degrees(yaw))
    return "yaw_0_30" if turned <= 30 else "yaw_30_60" if turned <= 60 else "yaw_60_90"


__all__ = ["AFLW2000"]
