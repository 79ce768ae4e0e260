"""AFLW-19: 19 points on faces of all poses, hidden points included."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
from jaxtyping import Float, Int64

from landmarks.batch import Box, Record
from landmarks.benchmarks.base import FaceByFace, FaceSource, Facts, Result, Split, Subset
from landmarks.benchmarks.files.absent import known_split, needed_root, no_files
from landmarks.benchmarks.files.folders import below
from landmarks.benchmarks.mat.reading import read_mat, read_texts
from landmarks.benchmarks.mat.rows import far_away, flags, near_box, row_error
from landmarks.benchmarks.mat.shapes import fail
from landmarks.data.photo_file import PhotoFile
from landmarks.errors import DataError
from landmarks.geometry import Size
from landmarks.markups import MARKUP_19
from landmarks.metrics.normalisers import AnnotatedBoxDiagonal, AnnotatedBoxSize, LandmarkBoxSize
from landmarks.metrics.protocol import Protocol

_FACES = 24386
_TRAINING = 20000
_FRONTAL = 1314
_ANNOTATIONS = "AFLWinfo_release.mat"
_ANNOTATION_PLACES = ("", "aflw/data", "data")
_PICTURE_PLACES = ("aflw/data/flickr", "data/flickr", "flickr", "images", "")
_PICTURE_FOLDERS = ("0", "2", "3")
_SOURCE = (
    "http://mmlab.ie.cuhk.edu.hk/projects/compositional.html (annotations) and "
    "https://www.tugraz.at/institute/icg/research/team-bischof/lrs/downloads/aflw/ (pictures)"
)
_LAYOUT = """\
AFLWinfo_release.mat         bbox, data, mask_new, nameList, ra   24,386 faces
aflw/data/flickr/0/*.jpg     the pictures, as AFLW's archives unpack
aflw/data/flickr/2/*.jpg     (or below data/flickr, flickr or images, or 0, 2 and 3 themselves)
aflw/data/flickr/3/*.jpg"""
_FARL = "Zheng et al. 2021 (FaRL), training logs; best of all epochs on the test set"
_SHFAN = "https://arxiv.org/abs/2111.02360, by the paperswithcode page, second-hand"


class _Annotations(NamedTuple):
    """All 24,386 faces; rows are in the order of the file."""

    file: Path
    names: list[str]
    points: Float[np.ndarray, "N 2 19"]
    boxes: Float[np.ndarray, "N 4"]
    visible: Float[np.ndarray, "N 19"]
    order: Int64[np.ndarray, " N"]

    def rows(self, split: str) -> list[int]:
        """The rows of a split, in the order of the partition."""
        order: list[int] = self.order.tolist()
        return order[:_TRAINING] if split == "train" else order[_TRAINING:]


@final
class AFLW19(FaceByFace):
    """AFLW with the 19-point annotation of Zhu et al. 2016 in one MATLAB file.

    Splits: ``train`` (20,000 faces) and ``test`` (4,386), as the file's permutation ``ra`` says.
    Test faces all of whose points are visible (``mask_new`` 1 throughout) carry the subset
    ``frontal``: 1,314 faces by this rule, which is FaRL's. The paperswithcode page speaks of 1,165;
    D-X-Y's lists demand that every point lies within the box too, and may be where that comes from.

    **A point whose ``mask_new`` is 0 is hidden, not missing**: the authors "provide the revised
    full x-y annotations for ALL landmarks (regardless the visibility)" (project page), and the
    usual protocol, as in FaRL and PIPNet, takes the error over all 19. So every point has
    coordinates, and `Record.occluded` tells the hidden ones. The ears of AFLW's 21 points are left
    out.

    Boxes are ``left, right, top, bottom`` in the file. Coordinates are taken as they are, as FaRL,
    PIPNet and D-X-Y take them: the authors do not say whether their pixels count from 0 or 1.

    The pictures are AFLW's own. A face whose folder (``0``, ``2`` or ``3``) is missing altogether
    is left out, and `found` says so; a missing picture in a folder that is there is an error.

    Protocols: ``aflw19/diag`` (the diagonal of the annotated box, the usual one),
    ``aflw19/box@annotated`` (``sqrt(w * h)`` of the annotated box, FaRL's ``NME_box``) and
    ``aflw19/box@landmarks`` (``sqrt(w * h)`` of the tight box of the true landmarks, as in LUVLi,
    Kumar et al. 2020, https://arxiv.org/abs/2004.02980). Published boxes seem to be square: the
    first two then differ by the square root of 2. FR and AUC are taken at 7 % in all three: the
    only AUC published on AFLW-19 is, and no FR. HRNet's figures (1.57 and 1.46 %, and mmpose's
    1.35 and 1.19 %) are divided by the ``box_size`` of HRNet's own lists, thus under no protocol
    here.

    Args:
        root: The folder with ``AFLWinfo_release.mat`` and the pictures.
    """

    facts = Facts(
        name="aflw19",
        title="AFLW-19",
        markup=MARKUP_19,
        splits={
            "train": Split(_TRAINING, "training faces"),
            "test": Split(_FACES - _TRAINING, "test faces"),
        },
        test_splits=("test",),
        protocols=(
            Protocol(
                "aflw19/diag",
                AnnotatedBoxDiagonal(),
                failure_threshold=0.07,
                auc_threshold=0.07,
            ),
            Protocol(
                "aflw19/box@annotated",
                AnnotatedBoxSize(),
                failure_threshold=0.07,
                auc_threshold=0.07,
            ),
            Protocol(
                "aflw19/box@landmarks",
                LandmarkBoxSize(),
                failure_threshold=0.07,
                auc_threshold=0.07,
            ),
        ),
        licence=(
            "AFLW: on request, for non-commercial research only; see its page. The 19-point "
            "annotation states no terms of its own."
        ),
        citation=(
            "M. Köstinger, P. Wohlhart, P. M. Roth, H. Bischof. Annotated Facial Landmarks in the "
            "Wild. ICCV Workshops 2011. Annotation: S. Zhu, C. Li, C. C. Loy, X. Tang. "
            "Unconstrained Face Alignment via Cascaded Compositional Learning. CVPR 2016."
        ),
        source=_SOURCE,
        layout=_LAYOUT,
        subsets={
            "frontal": Subset(
                _FRONTAL,
                "test faces with all 19 points visible (1,165 by the paperswithcode page)",
            )
        },
        results=(
            Result(
                "CCL",
                "test",
                "aflw19/diag",
                2.72,
                "Zhu et al. 2016, by the paperswithcode page, second-hand",
            ),
            Result(
                "CCL",
                "frontal",
                "aflw19/diag",
                2.17,
                "Zhu et al. 2016, by the paperswithcode page, second-hand",
            ),
            Result("SH-FAN", "test", "aflw19/diag", 1.31, _SHFAN),
            Result("SH-FAN", "frontal", "aflw19/diag", 1.12, _SHFAN),
            Result(
                "SH-FAN",
                "test",
                "aflw19/box@landmarks",
                2.14,
                f"{_SHFAN}; which box is not said: that of the landmarks, to judge by the ratio "
                "to the diagonal",
                auc=70.0,
            ),
            Result("FaRL-B", "test", "aflw19/diag", 0.938, f"{_FARL}; the last gives 0.984"),
            Result(
                "FaRL-B",
                "test",
                "aflw19/box@annotated",
                1.327,
                _FARL,
                auc=81.5,
            ),
        ),
    )

    def __init__(self, root: Path | None = None) -> None:
        super().__init__(root)
        self._read: _Annotations | None = None

    def prepare(self, splits: Sequence[str]) -> None:
        """Makes sure that annotations and pictures are there; nothing needs to be made ready.

        Raises:
            DataError: If the annotations are missing or damaged, or there is no picture folder.
            ValueError: If there is no such split.
        """
        for split in splits:
            self._place(split)

    def sources(self, split: str) -> list[FaceSource]:
        """The faces of a split whose folder of pictures is there, in the order of the partition.

        Raises:
            DataError: If the annotations are missing, damaged or not the official ones, or there is
                no picture folder; a face's ``read`` raises it if its row or its picture cannot be
                used.
            ValueError: If there is no such split; the message lists those there are.
        """
        file, pictures = self._place(split)
        annotations = self._annotations(file)
        sizes: dict[Path, Size] = {}
        return [
            FaceSource(file, row + 1, partial(_record, annotations, pictures, row, split, sizes))
            for row in annotations.rows(split)
            if _there(pictures, annotations.names[row])
        ]

    def found(self, split: str) -> str:
        """What is there of a split, such as ``4,386 of 4,386 test faces``."""
        published, description = known_split(self.facts, split)
        try:
            _, pictures = self._place(split)
            count = len(self.sources(split))
        except DataError:
            return f"0 of {published:,} {description}"
        missing = [name for name in _PICTURE_FOLDERS if not (pictures / name).is_dir()]
        without = f" (without the pictures of {', '.join(missing)})" if missing else ""
        return f"{count:,} of {published:,} {description}{without}"

    def _place(self, split: str) -> tuple[Path, Path]:
        """The annotation file and the folder that names of pictures start from."""
        known_split(self.facts, split)
        root = needed_root(self.facts, self.root)
        files = [root / place / _ANNOTATIONS for place in _ANNOTATION_PLACES]
        file = next((file for file in files if file.is_file()), None)
        if file is None:
            raise no_files(self.facts, root, split, files)
        folders = [root / place for place in _PICTURE_PLACES]
        for folder in folders:
            if any((folder / name).is_dir() for name in _PICTURE_FOLDERS):
                return file, folder
        places = [folder / name for folder in folders for name in _PICTURE_FOLDERS]
        raise no_files(self.facts, root, split, places)

    def _annotations(self, file: Path) -> _Annotations:
        # All splits stand in one file, which takes a second to read.
        if self._read is None:
            self._read = _read_annotations(file)
        return self._read


def _read_annotations(file: Path) -> _Annotations:
    points = MARKUP_19.count
    found = read_mat(
        file,
        {
            "bbox": (_FACES, 4),
            "data": (_FACES, 2 * points),
            "mask_new": (_FACES, points),
            "ra": (None, None),
        },
    )
    order = found["ra"].ravel() - 1
    if len(order) != _FACES or (np.sort(order) != np.arange(_FACES)).any():
        fail(file, "ra", f"is no permutation of the numbers from 1 to {_FACES:,}")
    return _Annotations(
        file,
        read_texts(file, "nameList", _FACES),
        found["data"].reshape(_FACES, 2, points),
        found["bbox"],
        found["mask_new"],
        order.astype(np.int64),
    )


def _there(pictures: Path, name: str) -> bool:
    """Whether a face is to be read; a name that is nonsense is, so that it is reported."""
    folder = name.replace("\\", "/").split("/")[0]
    return folder not in _PICTURE_FOLDERS or (pictures / folder).is_dir()


def _record(
    annotations: _Annotations, pictures: Path, row: int, split: str, sizes: dict[Path, Size]
) -> Record:
    file = annotations.file
    name = annotations.names[row]
    path = below(pictures, name, file, row + 1)
    photo = PhotoFile(path, path.relative_to(pictures).as_posix())
    # Many pictures show several faces; each picture is checked once.
    if photo.path not in sizes:
        sizes[photo.path] = photo.check()
    size = sizes[photo.path]
    points = annotations.points[row].T.copy()
    if (bad := far_away(points, size)) is not None:
        raise row_error(file, "data", row, f"point {bad} lies nowhere near the picture {name}")
    left, right, top, bottom = annotations.boxes[row].tolist()
    box = near_box(file, "bbox", row, Box(left, top, right, bottom), size)
    visible = flags(file, "mask_new", row, annotations.visible[row])
    frontal = split == "test" and bool(visible.all())
    return Record(
        photo,
        points,
        box,
        frozenset({"frontal"} if frontal else ()),
        ~visible,
    )


__all__ = ["AFLW19"]
