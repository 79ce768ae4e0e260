"""Which parts of which photos an experiment's crops can show."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from landmarks.batch import Photo, Record, Region
from landmarks.data.dataset import CropDataset
from landmarks.data.prepared.reach import few_regions, training_reach
from landmarks.data.prepared.shard import CHANNELS
from landmarks.data.warp import footprint
from landmarks.errors import DataError
from landmarks.geometry import Size


class ShownFace(NamedTuple):
    """A face, and the part of its photo that its crops can show.

    Attributes:
        benchmark: Name of the benchmark that it is of.
        photo: Its photo.
        reach: The part, which may lie beyond the photo.
    """

    benchmark: str
    photo: Photo
    reach: Region


def training_faces(
    benchmark: str, records: Sequence[Record], dataset: CropDataset
) -> Iterator[ShownFace]:
    """Faces as training shows them.

    Args:
        benchmark: Name of their benchmark.
        records: The faces.
        dataset: Says how faces are cropped and placed in training.

    Raises:
        landmarks.errors.DataError: If a record lacks what the crop policy needs.
    """
    assert dataset.augmentation is not None
    for record in records:
        reach = training_reach(record, dataset.crop, dataset.augmentation, dataset.crop_size)
        yield ShownFace(benchmark, record.photo, reach)


def evaluated_faces(benchmark: str, dataset: CropDataset) -> Iterator[ShownFace]:
    """Faces as validation and test show them, which is always in the same way.

    Args:
        benchmark: Name of their benchmark.
        dataset: The faces.

    Raises:
        landmarks.errors.DataError: If a record lacks what the crop policy needs.
    """
    for face, record in enumerate(dataset.records):
        place = dataset.photo_from_crop(0, face, 0)
        yield ShownFace(benchmark, record.photo, footprint(place, dataset.crop_size))


@dataclass(frozen=True)
class WantedPhoto:
    """A photo, and the regions of it that are to be kept.

    Attributes:
        benchmark: Name of its benchmark.
        photo: The photo.
        size: Its size.
        regions: Parts of the photo, none beyond it; those that overlap much are one.
    """

    benchmark: str
    photo: Photo
    size: Size
    regions: tuple[Region, ...]

    @property
    def file(self) -> Path:
        """The file that the photo is read from."""
        assert self.photo.file is not None  # see `wanted_photos`
        return self.photo.file

    @property
    def bytes(self) -> int:
        """Length of the regions' pixels."""
        return CHANNELS * sum(region.area for region in self.regions)


def wanted_photos(faces: Iterable[ShownFace]) -> list[WantedPhoto]:
    """The photos that faces lie on, each once; photos that come from no file are left out.

    Raises:
        DataError: If a photo cannot be read, or two photos have one name.
    """
    photos: dict[tuple[str, str], Photo] = {}
    reaches: dict[tuple[str, str], list[Region]] = defaultdict(list)
    for face in faces:
        if face.photo.file is not None:
            key = face.benchmark, face.photo.name
            known = photos.setdefault(key, face.photo)
            if known.file != face.photo.file:
                raise DataError(
                    f"two pictures of {face.benchmark} have the name {face.photo.name!r}: this "
                    f"one and {known.file}; its reader must tell them apart",
                    file=face.photo.file,
                )
            reaches[key].append(face.reach)
    wanted = []
    for key, photo in photos.items():
        size = photo.size()
        regions = few_regions(reach.on_photo(size) for reach in reaches[key])
        wanted.append(WantedPhoto(key[0], photo, size, regions))
    return wanted
