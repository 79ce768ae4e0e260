"""MERL-RAV: AFLW's faces with 68 points each, and which of them are hidden by what."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Bool, Float

from landmarks.batch import Record
from landmarks.benchmarks import protocols_68
from landmarks.benchmarks.base import FaceSource, Facts, Result, Split, Subset
from landmarks.benchmarks.files.folder_splits import (
    Folder,
    FolderSplits,
    annotations,
    needed_annotations,
)
from landmarks.benchmarks.files.folders import listing, pictures_by_stem
from landmarks.benchmarks.files.in_folders import InFolders
from landmarks.benchmarks.files.pts import read_pts
from landmarks.benchmarks.files.pts_folders import SUFFIX, pts_sources
from landmarks.data.photo_file import PhotoFile
from landmarks.errors import DataError
from landmarks.geometry import Size
from landmarks.markups import MARKUP_68

_PUBLISHED = {
    "frontal/trainset": 8778,
    "left/trainset": 2080,
    "lefthalf/trainset": 1180,
    "right/trainset": 2190,
    "righthalf/trainset": 1221,
    "frontal/testset": 2195,
    "left/testset": 521,
    "lefthalf/testset": 295,
    "right/testset": 548,
    "righthalf/testset": 306,
}
_SUBSETS = {
    "frontal": "frontal",
    "left": "profile",
    "lefthalf": "half_profile",
    "right": "profile",
    "righthalf": "half_profile",
}
_TRAINING = tuple(name for name in _PUBLISHED if name.endswith("trainset"))
_TEST = tuple(name for name in _PUBLISHED if name.endswith("testset"))
_FOLDERS = FolderSplits(
    folders={"train": _TRAINING, "test": _TEST, **{name: (name,) for name in _PUBLISHED}},
    published=_PUBLISHED,
    between=("", "merl_rav_organized", "aflw_ours_organized", "merl_rav_labels"),
)
_LABELS = "labels"
_AFLW = Path("aflw", "flickr")
_AFLW_FOLDERS = ("0", "2", "3")
_LAYOUT = """\
merl_rav_organized/           written by the owners' script; or left out, its folders at the root
  frontal/trainset/    *.jpg *.pts  8,778 faces    frontal/testset/    2,195
  left/trainset/                    2,080          left/testset/         521
  lefthalf/trainset/                1,180          lefthalf/testset/     295
  right/trainset/                   2,190          right/testset/        548
  righthalf/trainset/               1,221          righthalf/testset/    306
or, without running that script:
merl_rav_labels/              the labels as they are downloaded
  frontal/trainset/labels/    *.pts, and so on as above
aflw/flickr/0/ 2/ 3/          *.jpg, the pictures of AFLW"""
_SPIGA = "README of https://huggingface.co/aprados/spiga (Prados-Torreblanca et al. 2022)"


def _faces(subset: str) -> int:
    return sum(_PUBLISHED[name] for name in _TEST if _SUBSETS[name.split("/")[0]] == subset)


@final
class MERLRAV(InFolders):
    """MERL-RAV (Kumar et al. 2020, https://arxiv.org/abs/2004.02980): AFLW annotated anew.

    Each point is visible, hidden by something before the face (its place is estimated), or hidden
    by the face itself (its place is not annotated: NaN). ``Record.occluded`` is true for both kinds
    of hidden points. In the files the sign of the coordinates says which it is: ``x y`` is visible,
    ``-x -y`` hidden at (x, y), ``-1 -1`` hidden by the face. A point with one negative coordinate
    means nothing and is an error.

    Splits: ``train`` (15,449 faces), ``test`` (3,865), and each folder by its own name, such as
    ``left/testset``. Subsets, as the paper and SPIGA report them: ``frontal`` (2,195),
    ``half_profile`` (601, lefthalf and righthalf) and ``profile`` (1,069, left and right).

    Both what the owners' script makes of labels and pictures is read, and labels and pictures as
    they are downloaded; the former is taken where both are there. In the latter a picture of
    several faces (``image20991_1.pts``, ``image20991_2.pts``) is one file.

    The owners do not say whether pixels count from 0 or from 1; the coordinates are taken as they
    stand, from 0, which is this project's choice. No face box is read.

    Protocols: ``merl_rav/box`` (``sqrt(w * h)`` of the tight box of the annotated landmarks, FR and
    AUC at 7 %, the owners') and ``merl_rav/diag``. There is none by the eyes, for a profile has but
    one.

    Args:
        root: The folder with ``merl_rav_organized``, or that folder, or the one with
            ``merl_rav_labels`` and ``aflw``.
    """

    folders = _FOLDERS
    facts = Facts(
        name="merl_rav",
        title="MERL-RAV",
        markup=MARKUP_68,
        splits={
            "train": Split(_FOLDERS.count("train"), "training faces"),
            "test": Split(_FOLDERS.count("test"), "test faces"),
            **{name: Split(count, f"faces of {name}") for name, count in _PUBLISHED.items()},
        },
        test_splits=("test",),
        protocols=(protocols_68.box("merl_rav"), protocols_68.diag("merl_rav")),
        licence=(
            "The pictures are AFLW's: for research only, no commercial use, on request from their "
            "owners. For the labels see the page that they are had from."
        ),
        citation=(
            "A. Kumar, T. K. Marks, W. Mou, Y. Wang, M. Jones, A. Cherian, T. Koike-Akino, X. Liu, "
            "C. Feng. LUVLi Face Alignment: Estimating Landmarks' Location, Uncertainty, and "
            "Visibility Likelihood. CVPR 2020. And: M. Köstinger, P. Wohlhart, P. M. Roth, H. "
            "Bischof. Annotated Facial Landmarks in the Wild. ICCV Workshops 2011."
        ),
        source="https://github.com/abhi1kumar/MERL-RAV_dataset",
        layout=_LAYOUT,
        subsets={
            "frontal": Subset(_faces("frontal"), "test faces seen from the front"),
            "half_profile": Subset(_faces("half_profile"), "test faces half turned"),
            "profile": Subset(_faces("profile"), "test faces seen from the side"),
        },
        results=(
            Result("SPIGA", "test", "merl_rav/box", 1.509, _SPIGA, fr=0.052, auc=78.474),
            Result("SPIGA", "frontal", "merl_rav/box", 1.616, _SPIGA, fr=0.091, auc=76.964),
            Result("SPIGA", "half_profile", "merl_rav/box", 1.683, _SPIGA, fr=0.0, auc=75.966),
            Result("SPIGA", "profile", "merl_rav/box", 1.191, _SPIGA, fr=0.0, auc=82.990),
        ),
    )

    def sources(self, split: str) -> list[FaceSource]:
        """The faces of a split, ordered by folder and by the numbers in their names.

        Raises:
            DataError: If nothing of the split is found, a folder holds no annotation, or labels are
                there without AFLW's pictures; a face's ``read`` raises it if its picture is missing
                or a file is damaged.
            ValueError: If there is no such split; the message lists those there are.
        """
        folders = [_annotated(f) for f in self.needed(split)]
        aflw = self._aflw() if any(folder.path.name == _LABELS for folder in folders) else {}
        sources: list[FaceSource] = []
        for folder in folders:
            names = needed_annotations(folder, SUFFIX, _PUBLISHED[folder.name])
            subset = frozenset({_SUBSETS[folder.name.split("/")[0]]})
            if folder.path.name == _LABELS:
                sources += _label_sources(folder, names, aflw, subset)
            else:
                make = partial(_record, subset)
                sources += pts_sources(folder, names, MARKUP_68.count, make, _mixed_signs)
        return sources

    def found(self, split: str) -> str:
        """What is there of a split, such as ``3,865 of 3,865 test faces``."""
        return _FOLDERS.found(self.facts, self.root, split, _count)

    def _aflw(self) -> Mapping[str, Sequence[PhotoFile]]:
        """AFLW's pictures by their names without suffix."""
        assert self.root is not None
        folders = [_AFLW / name for name in _AFLW_FOLDERS]
        there = [folder for folder in folders if (self.root / folder).is_dir()]
        if not there:
            looked = ", ".join(str(self.root / folder) for folder in folders)
            raise DataError(
                f"the labels are there, but not the pictures: none of these is there: {looked}; "
                f"get AFLW and lay it there, expected below the root:\n{_LAYOUT}",
                file=self.root,
            )
        photos: dict[str, list[PhotoFile]] = {}
        for folder in there:
            for stem, names in pictures_by_stem(listing(self.root / folder)).items():
                photos.setdefault(stem, []).extend(
                    PhotoFile(self.root / folder / name, f"{folder.as_posix()}/{name}")
                    for name in names
                )
        return photos


def _annotated(folder: Folder) -> Folder:
    """The folder that the annotations lie in: it or, among the labels, a folder in it."""
    labels = folder.path / _LABELS
    return Folder(folder.name, labels) if labels.is_dir() else folder


def _count(folder: Folder) -> int:
    return len(annotations(_annotated(folder), SUFFIX))


def _label_sources(
    folder: Folder,
    names: Sequence[str],
    aflw: Mapping[str, Sequence[PhotoFile]],
    subset: frozenset[str],
) -> Iterator[FaceSource]:
    @cache
    def size(photo: PhotoFile) -> Size:  # a picture may show several faces
        return photo.check()

    def read(file: Path) -> Record:
        stem = file.stem.partition("_")[0]
        photos = aflw.get(stem, ())
        if len(photos) != 1:
            there = ", ".join(photo.name for photo in photos) or "none"
            raise DataError(
                f"expected one picture {stem}.jpg of AFLW for this annotation, found {there}; "
                f"lay AFLW's pictures below {_AFLW.as_posix()}, or remove the annotation",
                file=file,
            )
        points = read_pts(file, MARKUP_68.count, size(photos[0]), _mixed_signs)
        return _record(subset, photos[0], points)

    for name in names:
        file = folder.path / name
        yield FaceSource(file, None, partial(read, file))


def _mixed_signs(x: float, y: float) -> str | None:
    if (x < 0) == (y < 0):
        return None
    return (
        "has one negative coordinate, expected both or neither (-1 -1 where the place is not known)"
    )


def _record(subset: frozenset[str], photo: PhotoFile, signed: Float[np.ndarray, "68 2"]) -> Record:
    occluded: Bool[np.ndarray, " 68"] = (signed[:, 0] < 0) & (signed[:, 1] < 0)
    points = np.abs(signed)
    points[(signed == -1).all(axis=1)] = np.nan
    return Record(photo, points, subsets=subset, occluded=occluded)


__all__ = ["MERLRAV"]
