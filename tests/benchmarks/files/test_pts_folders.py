import numpy as np
import pytest

from landmarks.batch import Record
from landmarks.benchmarks.files.folder_splits import Folder
from landmarks.benchmarks.files.pts_folders import from_1, pts_sources
from landmarks.errors import DataError
from tests.benchmarks.official.w300 import write_300w


@pytest.fixture
def folder(tmp_path):
    write_300w(tmp_path, faces_per_folder=3, folders=["lfpw/testset"])
    return Folder("lfpw/testset", tmp_path / "lfpw" / "testset")


def test_faces_are_read_when_they_are_asked_for(folder):
    names = ["image_0003.pts", "image_0001.pts"]
    (folder.path / "image_0003.pts").write_text("damaged")
    first, second = pts_sources(folder, names, 68, from_1)
    assert [source.file.name for source in (first, second)] == names
    assert first.line is None
    with pytest.raises(DataError, match=r"image_0003\.pts, line 1"):
        first.read()
    assert second.read().photo.name == "lfpw/testset/image_0001.png"


def test_the_record_is_made_of_the_points_as_they_stand(folder):
    (raw,) = pts_sources(folder, ["image_0001.pts"], 68, Record)
    (source,) = pts_sources(folder, ["image_0001.pts"], 68, from_1)
    assert raw.read().photo == source.read().photo
    np.testing.assert_array_equal(raw.read().points_photo - 1, source.read().points_photo)


def test_points_can_be_refused(folder):
    (source,) = pts_sources(folder, ["image_0001.pts"], 68, from_1, lambda x, y: "is unwanted")
    with pytest.raises(DataError, match="is unwanted") as caught:
        source.read()
    assert caught.value.line == 4
