import numpy as np
import pytest

from landmarks.batch import Region
from landmarks.data.augmentation import Augmentation
from landmarks.data.crops import LandmarkBox
from landmarks.data.dataset import CropDataset
from landmarks.data.photo_file import PhotoFile
from landmarks.data.prepared.reach import training_reach
from landmarks.data.prepared.wanted import (
    ShownFace,
    evaluated_faces,
    training_faces,
    wanted_photos,
)
from landmarks.data.warp import footprint
from landmarks.errors import DataError
from landmarks.geometry import Size
from landmarks.markups import MARKUP_68
from tests.data.memory_photo import MemoryPhoto
from tests.data.prepared.pictures import HEIGHT, WIDTH, records_of, write_photos, write_picture

SIZE = Size(32, 32)


def test_photos_come_once_with_the_regions_that_lie_on_them(tmp_path):
    photos = write_photos(tmp_path)
    near, far, beyond = Region(0, 0, 20, 20), Region(90, 60, 400, 400), Region(-9, 0, 0, 9)
    faces = [ShownFace("a", photos[0], region) for region in (near, far, beyond)]
    faces.append(ShownFace("a", photos[1], beyond))
    first, second = wanted_photos(faces)
    assert first.regions == (near, Region(90, 60, WIDTH, HEIGHT))
    assert first.bytes == 3 * (20 * 20 + 30 * 30)
    assert first.file == photos[0].path
    assert (second.regions, second.bytes) == ((), 0)


def test_photos_without_a_file_are_left_out():
    photo = MemoryPhoto("a", np.zeros((9, 9, 3), np.uint8))
    assert wanted_photos([ShownFace("a", photo, Region(0, 0, 5, 5))]) == []


def test_two_photos_of_one_name_are_refused(tmp_path):
    photos = []
    for folder in ("one", "two"):
        write_picture(tmp_path / folder / "face.png")
        photos.append(PhotoFile(tmp_path / folder / "face.png", "face.png"))
    faces = [ShownFace("a", photo, Region(0, 0, 5, 5)) for photo in photos]
    with pytest.raises(DataError, match=r"two/face\.png: two pictures of a have the name"):
        wanted_photos(faces)
    other = [faces[0], faces[1]._replace(benchmark="b")]
    assert len(wanted_photos(other)) == 2


def test_faces_are_shown_as_training_and_evaluation_do(tmp_path):
    records = records_of(write_photos(tmp_path))
    training = CropDataset(records, MARKUP_68, SIZE, LandmarkBox(), Augmentation())
    for face, record in zip(training_faces("a", records, training), records, strict=True):
        assert face.photo is record.photo
        assert face.reach == training_reach(record, LandmarkBox(), Augmentation(), SIZE)
    evaluation = CropDataset(records, MARKUP_68, SIZE, LandmarkBox())
    for place, face in enumerate(evaluated_faces("a", evaluation)):
        assert face.reach == footprint(evaluation.photo_from_crop(0, place, 0), SIZE)
