import cv2
import numpy as np
import pytest

from landmarks.data.photo_file import PhotoFile
from landmarks.data_check.strict import read_strictly
from landmarks.errors import DataError
from tests.data.memory_photo import MemoryPhoto
from tests.data_check.drawn import drawn


@pytest.fixture(params=[".jpg", ".png", ".bmp"])
def photo(request, tmp_path):
    path = tmp_path / f"face{request.param}"
    cv2.imwrite(str(path), drawn(0).image)
    return PhotoFile(path, path.name)


def test_what_is_whole_is_read_as_in_training(photo):
    assert (read_strictly(photo) == photo.read()).all()


def test_grey_pictures(tmp_path):
    path = tmp_path / "grey.jpg"
    cv2.imwrite(str(path), drawn(0).image.mean(axis=2).astype(np.uint8))
    assert (read_strictly(PhotoFile(path, "grey")) == PhotoFile(path, "grey").read()).all()


def test_a_jpeg_without_its_middle_is_found_though_training_reads_it(tmp_path):
    path = tmp_path / "face.jpg"
    cv2.imwrite(str(path), drawn(0).image)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + data[len(data) // 2 + 300 :])
    photo = PhotoFile(path, "face.jpg")
    photo.check()
    photo.read()
    with pytest.raises(DataError, match=r"face\.jpg: the picture is damaged inside .*restore it"):
        read_strictly(photo)


def test_a_png_with_a_wrong_checksum(tmp_path):
    path = tmp_path / "face.png"
    cv2.imwrite(str(path), drawn(0).image)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(DataError, match="damaged"):
        read_strictly(PhotoFile(path, "face.png"))


def test_a_missing_file_and_a_picture_of_no_file(tmp_path):
    with pytest.raises(DataError, match="missing"):
        read_strictly(PhotoFile(tmp_path / "none.jpg", "none.jpg"))
    pixels = drawn(0).image
    assert read_strictly(MemoryPhoto("0", pixels)) is pixels
