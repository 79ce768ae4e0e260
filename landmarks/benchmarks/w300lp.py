"""300W-LP: 300W's faces turned into large poses, to train on."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, final

from landmarks.batch import Record
from landmarks.benchmarks import protocols_68
from landmarks.benchmarks.base import FaceSource, Facts, Split
from landmarks.benchmarks.files.folder_splits import (
    Folder,
    FolderSplits,
    annotations,
    needed_annotations,
)
from landmarks.benchmarks.files.folders import listing, picture_beside, pictures_by_stem
from landmarks.benchmarks.files.in_folders import InFolders
from landmarks.benchmarks.mat.points import from_1
from landmarks.benchmarks.mat.reading import read_mat
from landmarks.data.photo_file import PhotoFile
from landmarks.errors import DataError
from landmarks.markups import MARKUP_68

_SETS = {"AFW": 5207, "HELEN": 37676, "IBUG": 1786, "LFPW": 16556}
_FLIPPED = {f"{name}_Flip": count for name, count in _SETS.items()}
_FOLDERS = FolderSplits(
    folders={"train": tuple(_SETS), **{name: (name,) for name in (*_SETS, *_FLIPPED)}},
    published=_SETS | _FLIPPED,
    between=("", "300W_LP"),
)
_LANDMARKS = "landmarks"
_LANDMARKS_SUFFIX, _LANDMARKS_VARIABLE = "_pts.mat", "pts_2d"
_OWN_SUFFIX, _OWN_VARIABLE = ".mat", "pt2d"
_LAYOUT = """\
300W_LP/             or its folders at the root
  AFW/    *.jpg *.mat   5,207 faces    AFW_Flip/    their mirror images, which are not needed
  HELEN/  *.jpg *.mat  37,676          HELEN_Flip/
  IBUG/   *.jpg *.mat   1,786          IBUG_Flip/
  LFPW/   *.jpg *.mat  16,556          LFPW_Flip/
  landmarks/AFW/ HELEN/ IBUG/ LFPW/    *_pts.mat; if left out, the points beside the pictures"""


class _Annotations(NamedTuple):
    """Where the annotations of a folder of pictures lie.

    Attributes:
        pictures: The folder of pictures.
        folder: The folder of annotations.
        suffix: What follows the picture's name in theirs.
    """

    pictures: Folder
    folder: Folder
    suffix: str


@final
class W300LP(InFolders):
    """300W-LP (Zhu et al. 2016, https://arxiv.org/abs/1511.07212), to train on.

    A 3-D face was fitted to each face of 300W and turned away in steps; the picture was warped with
    it, to 450 by 450 pixels. FAN (Bulat & Tzimiropoulos 2017, https://arxiv.org/abs/1703.07332) and
    many after it train on these faces and test on `landmarks.benchmarks.w300private` and COFW-68.

    Splits: ``train``, all 61,225 faces, and each folder by its own name. The pictures in the
    folders ``_Flip`` are mirror images of the others; the published number leaves them out, and so
    does ``train``, since flipping is an augmentation here. They can be read by their own names.
    There are no test faces: every folder is part of ``train``. 300W-LP is made from test faces of
    300W as well (all of IBUG, the test sets of HELEN and LFPW), so that a network that is trained
    on it cannot be tested on 300W's ``full``. ``landmarks data check`` calls pictures of one face
    in neighbouring poses duplicates: ``--accept duplicate`` lets them pass.

    Points: ``pts_2d`` of ``landmarks/AFW/<name>_pts.mat`` and so on, the 2-D points that FAN and
    LUVLi train on. Where there is no such folder, ``pt2d`` of the ``.mat`` beside the picture takes
    its place; the two are not the same points, and are never mixed in a split.

    Pixels are taken to be counted from 1, as in MATLAB, which made the files; the records count
    from 0. For `landmarks.benchmarks.aflw2000`, of the same owners, this is certain. For ``pts_2d``
    it is this project's choice: on two genuine faces they lie 1.1 px to the right of 300W's own
    inner points and 0.35 px below them, both taken as they would be if counted from 0, with a
    spread of 3 px, for the two are annotated in different ways: nearer to 1 than to 0 in x, and not
    decided in y. The code of FAN and LUVLi takes the numbers as they stand, but those of 300W too,
    which do count from 1. No face box is read; FAN crops at a fixed place of these pictures (centre
    (225, 275), 360 px).

    Protocols: ``300w_lp/box`` (``sqrt(w * h)`` of the tight box of the true landmarks, FR and AUC
    at 7 %), ``300w_lp/inter_ocular``, ``300w_lp/inter_pupil`` and ``300w_lp/diag``.

    Args:
        root: The folder with ``AFW``, ``HELEN``, ``IBUG``, ``LFPW`` and ``landmarks``, or some of
            them; a folder ``300W_LP`` between is accepted.
    """

    folders = _FOLDERS
    facts = Facts(
        name="300w_lp",
        title="300W-LP",
        markup=MARKUP_68,
        splits={
            "train": Split(_FOLDERS.count("train"), "training faces"),
            **{
                name: Split(count, f"faces of {name}, part of train")
                for name, count in _SETS.items()
            },
            **{
                name: Split(count, f"mirrored faces of {name.removesuffix('_Flip')}")
                for name, count in _FLIPPED.items()
            },
        },
        test_splits=(),
        protocols=(
            protocols_68.box("300w_lp"),
            protocols_68.inter_ocular("300w_lp"),
            protocols_68.inter_pupil("300w_lp"),
            protocols_68.diag("300w_lp"),
        ),
        licence=(
            "None is known to come with the files; the pictures are made from those of 300W: for "
            "research only, no commercial use."
        ),
        citation=(
            "X. Zhu, Z. Lei, X. Liu, H. Shi, S. Z. Li. Face Alignment Across Large Poses: A 3D "
            "Solution. CVPR 2016. Of the points in landmarks/: A. Bulat, G. Tzimiropoulos. How far "
            "are we from solving the 2D & 3D Face Alignment problem? ICCV 2017."
        ),
        source="http://www.cbsr.ia.ac.cn/users/xiangyuzhu/projects/3DDFA/main.htm",
        layout=_LAYOUT,
    )

    def sources(self, split: str) -> list[FaceSource]:
        """The faces of a split, ordered by folder and by the numbers in their names.

        Raises:
            DataError: If nothing of the split is found, a folder holds no annotation, or some of
                its folders have points in ``landmarks`` and others have not; a face's ``read``
                raises it if the picture is missing or a file is damaged.
            ValueError: If there is no such split; the message lists those there are.
        """
        places = [_annotations(f) for f in self.needed(split)]
        apart = [place for place in places if place.suffix == _LANDMARKS_SUFFIX]
        if apart and len(apart) < len(places):
            has = apart[0].pictures.name
            lacks = next(place.pictures for place in places if place not in apart)
            raise DataError(
                f"{has} has points in {_LANDMARKS}/{has}, but {lacks.name} has none there, and the "
                "points beside the pictures are of another kind; unpack "
                f"{_LANDMARKS}/{lacks.name}, or remove the folder {_LANDMARKS} to use those beside "
                "the pictures throughout",
                file=lacks.path,
            )
        return [source for place in places for source in _sources(place)]

    def found(self, split: str) -> str:
        """What is there of a split, such as ``61,225 of 61,225 training faces``."""
        return _FOLDERS.found(self.facts, self.root, split, _count)


def _annotations(pictures: Folder) -> _Annotations:
    landmarks = pictures.path.parent / _LANDMARKS / pictures.name
    if landmarks.is_dir():
        return _Annotations(pictures, Folder(pictures.name, landmarks), _LANDMARKS_SUFFIX)
    return _Annotations(pictures, pictures, _OWN_SUFFIX)


def _count(pictures: Folder) -> int:
    place = _annotations(pictures)
    return len(annotations(place.folder, place.suffix))


def _sources(place: _Annotations) -> list[FaceSource]:
    names = needed_annotations(place.folder, place.suffix, _FOLDERS.published[place.folder.name])
    pictures = pictures_by_stem(listing(place.pictures.path))
    return [
        FaceSource(file, None, partial(_read, place, file, pictures))
        for file in (place.folder.path / name for name in names)
    ]


def _read(place: _Annotations, file: Path, pictures: Mapping[str, Sequence[str]]) -> Record:
    picture = picture_beside(file, pictures, file.name[: -len(place.suffix)])
    photo = PhotoFile(place.pictures.path / picture, f"{place.pictures.name}/{picture}")
    size = photo.check()
    if place.suffix == _LANDMARKS_SUFFIX:
        rows = read_mat(file, {_LANDMARKS_VARIABLE: (MARKUP_68.count, 2)})[_LANDMARKS_VARIABLE]
        return Record(photo, from_1(file, _LANDMARKS_VARIABLE, rows, size))
    columns = read_mat(file, {_OWN_VARIABLE: (2, MARKUP_68.count)})[_OWN_VARIABLE]
    return Record(photo, from_1(file, _OWN_VARIABLE, columns.T, size))


__all__ = ["W300LP"]
