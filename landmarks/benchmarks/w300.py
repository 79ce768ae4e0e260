"""300W: 68 points on faces in the wild, and its test set of 600."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, final

from landmarks.batch import Record
from landmarks.benchmarks.absent import known_split, needed_root, no_files
from landmarks.benchmarks.base import FaceByFace, FaceSource, Facts, Split, Subset
from landmarks.benchmarks.folders import (
    listing,
    natural,
    picture_beside,
    pictures_by_stem,
)
from landmarks.benchmarks.pts import read_pts
from landmarks.data.photo_file import PhotoFile
from landmarks.errors import DataError
from landmarks.markups import MARKUP_68
from landmarks.metrics.normalisers import (
    InterOcular,
    InterPupil,
    LandmarkBoxDiagonal,
    LandmarkBoxSize,
)
from landmarks.metrics.protocol import Protocol

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


def _protocols() -> tuple[Protocol, ...]:
    corners, eyes = MARKUP_68.eye_corners, MARKUP_68.eyes
    assert corners is not None
    assert eyes is not None
    return (
        Protocol("300w/inter_ocular", InterOcular(*corners)),
        Protocol("300w/inter_pupil", InterPupil(*eyes)),
        Protocol("300w/box", LandmarkBoxSize(), failure_threshold=0.07, auc_threshold=0.07),
        Protocol("300w/diag", LandmarkBoxDiagonal()),
    )


class _Folder(NamedTuple):
    """A folder of the benchmark: its name there, and where it lies."""

    name: str
    path: Path


@final
class W300(FaceByFace):
    """300W in its official layout, pictures beside ``.pts`` files.

    Splits: ``train`` (3,148 faces), ``full`` (689), its two parts ``common`` (554) and
    ``challenge`` (135), ``private`` (600, the test set of the second 300W challenge), and each
    folder by its own name, such as ``lfpw/testset``. A face of ``full`` carries its part's name as
    a subset. Where folders of a split are missing the others are read, and `found` says so.

    The ``.pts`` files count pixels from 1; the records count from 0. No face box is read.

    Protocols: ``300w/inter_ocular`` (outer eye corners 36 and 45, FR and AUC at 10 %, the usual
    one), ``300w/inter_pupil`` (means of 36–41 and 42–47), ``300w/box`` (``sqrt(w * h)`` of the
    tight box of the true landmarks, FR and AUC at 7 % as in LUVLi, Kumar et al. 2020,
    https://arxiv.org/abs/2004.02980) and ``300w/diag`` (the diagonal of that box).

    Args:
        root: The folder with ``afw``, ``helen``, ``lfpw``, ``ibug``, ``01_Indoor`` and
            ``02_Outdoor``, or some of them; a folder ``300W`` between is accepted.
    """

    facts = Facts(
        name="300w",
        title="300W",
        markup=MARKUP_68,
        splits={
            name: Split(sum(_PUBLISHED[folder] for folder in folders), description)
            for name, (folders, description) in _SPLITS.items()
        },
        test_splits=("full",),
        protocols=_protocols(),
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
    )

    def prepare(self, splits: Sequence[str]) -> None:
        """Makes sure that the splits are there; nothing needs to be made ready.

        Raises:
            DataError: If nothing of a split is found.
            ValueError: If there is no such split.
        """
        for split in splits:
            self._folders(split)

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
            for folder in self._folders(split)
            for source in _sources(folder, subsets.get(folder.name, frozenset()))
        ]

    def found(self, split: str) -> str:
        """What is there of a split, such as ``2,012 of 3,148 training faces (…)``."""
        names, description = self._split(split)
        published = self.facts.splits[split].published
        counts = {name: 0 for name in names}
        for folder in self._present(names):
            counts[folder.name] = sum(entry.endswith(".pts") for entry in listing(folder.path))
        total = sum(counts.values())
        sentence = f"{total:,} of {published:,} {description}"
        if len(names) > 1 and total != published:
            parts = (f"{name} {count:,} of {_PUBLISHED[name]:,}" for name, count in counts.items())
            sentence += f" ({', '.join(parts)})"
        if any(count > _PUBLISHED[name] for name, count in counts.items()):
            sentence += "; more than published: look for copies of files"
        return sentence

    def _split(self, split: str) -> tuple[tuple[str, ...], str]:
        known_split(self.facts, split)
        return _SPLITS[split]

    def _present(self, names: Sequence[str]) -> list[_Folder]:
        if self.root is None:
            return []
        folders = []
        for name in names:
            there = [path for path in _places(self.root, name) if path.is_dir()]
            folders += [_Folder(name, path) for path in there[:1]]
        return folders

    def _folders(self, split: str) -> list[_Folder]:
        names, _ = self._split(split)
        root = needed_root(self.facts, self.root)
        folders = self._present(names)
        if not folders:
            places = [path for name in names for path in _places(root, name)]
            raise no_files(self.facts, root, split, places)
        return folders


def _places(root: Path, folder: str) -> tuple[Path, Path]:
    return root / folder, root / "300W" / folder


def _sources(folder: _Folder, subsets: frozenset[str]) -> Iterator[FaceSource]:
    names = listing(folder.path)
    annotations = sorted((name for name in names if name.endswith(".pts")), key=natural)
    if not annotations:
        raise DataError(
            f"the folder holds no .pts file, expected {_PUBLISHED[folder.name]:,} of them beside "
            f"their pictures; unpack {folder.name} again, or delete the folder to go on without it",
            file=folder.path,
        )
    pictures = pictures_by_stem(names)
    for annotation in annotations:
        file = folder.path / annotation
        yield FaceSource(file, None, partial(_record, folder, file, pictures, subsets))


def _record(
    folder: _Folder, file: Path, pictures: Mapping[str, Sequence[str]], subsets: frozenset[str]
) -> Record:
    picture = picture_beside(file, pictures)
    photo = PhotoFile(folder.path / picture, f"{folder.name}/{picture}")
    points_from_1 = read_pts(file, MARKUP_68.count, photo.check())
    return Record(photo, points_from_1 - 1, subsets=subsets)


__all__ = ["W300"]
