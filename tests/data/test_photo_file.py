import io
import os
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from landmarks.data.photo_file import PhotoFile
from landmarks.errors import DataError
from landmarks.geometry import Size

RNG = np.random.default_rng(0)
PICTURE = cv2.resize(RNG.integers(0, 256, (5, 7, 3), np.uint8), (64, 40))  # RGB, smooth
JPEG = cv2.imencode(".jpg", PICTURE[..., ::-1])[1].tobytes()
PNG = cv2.imencode(".png", PICTURE[..., ::-1])[1].tobytes()
PROGRESSIVE = cv2.imencode(".jpg", PICTURE[..., ::-1], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[
    1
].tobytes()


def photo(tmp_path, data: bytes, name: str = "face.jpg") -> PhotoFile:
    path = tmp_path / name
    path.write_bytes(data)
    return PhotoFile(path, name)


def with_exif(jpeg: bytes, *, thumbnail: bytes = b"") -> bytes:
    """The JPEG with an EXIF segment that turns it by 90° and may hold a thumbnail."""
    orientation = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
    tiff = b"MM\x00\x2a\x00\x00\x00\x08" + b"\x00\x01" + orientation + bytes(4) + thumbnail
    body = b"Exif\x00\x00" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def test_reads_rgb_exactly(tmp_path):
    file = photo(tmp_path, PNG, "face.png")
    np.testing.assert_array_equal(file.read(), PICTURE)
    assert file.name == "face.png"
    assert file.check() == Size(40, 64)


@pytest.mark.parametrize("data", [JPEG, PROGRESSIVE], ids=["baseline", "progressive"])
def test_reads_jpeg(tmp_path, data):
    file = photo(tmp_path, data)
    assert file.check() == Size(40, 64)
    assert np.abs(file.read().astype(int) - PICTURE).mean() < 5


def test_grey_becomes_rgb(tmp_path):
    grey = PICTURE[..., 0]
    file = photo(tmp_path, cv2.imencode(".png", grey)[1].tobytes(), "grey.png")
    np.testing.assert_array_equal(file.read(), np.repeat(grey[..., None], 3, axis=2))


def test_orientation_is_ignored(tmp_path):
    turned = with_exif(JPEG)
    assert cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR).shape == (64, 40, 3)
    file = photo(tmp_path, turned)
    assert file.check() == Size(40, 64)
    np.testing.assert_array_equal(file.read(), photo(tmp_path, JPEG, "plain.jpg").read())


def test_the_kind_is_told_by_content_not_by_name(tmp_path):
    file = photo(tmp_path, PNG, "really_a_png.jpg")
    np.testing.assert_array_equal(file.read(), PICTURE)


def test_another_kind_is_decoded(tmp_path):
    file = photo(tmp_path, cv2.imencode(".bmp", PICTURE[..., ::-1])[1].tobytes(), "face.bmp")
    assert file.check() == Size(40, 64)
    np.testing.assert_array_equal(file.read(), PICTURE)


@pytest.mark.parametrize("data", [JPEG, PROGRESSIVE, PNG], ids=["jpeg", "progressive", "png"])
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_noticed_wherever_it_ends(tmp_path, data, share):
    length = int(share * len(data))
    file = photo(tmp_path, data[:length])
    for use in (file.check, file.read):
        with pytest.raises(DataError, match=r"face\.jpg: .*restore it") as caught:
            use()
        assert caught.value.file == file.path


def test_the_end_of_a_thumbnail_is_not_taken_for_the_end_of_the_picture(tmp_path):
    whole = with_exif(JPEG, thumbnail=JPEG)
    assert photo(tmp_path, whole).check() == Size(40, 64)
    with pytest.raises(DataError, match=r"truncated: .* without an end-of-image marker"):
        photo(tmp_path, whole[:-40]).check()


@pytest.mark.parametrize("data", [JPEG, PNG], ids=["jpeg", "png"])
@pytest.mark.parametrize("behind", [b"\x00", b"camera maker's bytes" * 5000], ids=["few", "many"])
def test_bytes_behind_the_end_are_harmless(tmp_path, data, behind):
    file = photo(tmp_path, data + behind)
    assert file.check() == Size(40, 64)
    assert file.read().shape == (40, 64, 3)


def test_an_empty_file(tmp_path):
    with pytest.raises(DataError, match=r"face\.jpg: the picture is empty \(0 bytes\)"):
        photo(tmp_path, b"").check()


def test_a_missing_file(tmp_path):
    file = PhotoFile(tmp_path / "gone.jpg", "gone.jpg")
    for use in (file.check, file.read):
        with pytest.raises(DataError, match=r"gone\.jpg: the picture is missing; restore it"):
            use()


def test_a_folder_in_place_of_a_file(tmp_path):
    with pytest.raises(DataError, match="the picture cannot be read"):
        PhotoFile(tmp_path, "folder").check()


@pytest.mark.parametrize("data", [b"GIF89a, not really", b"<html>404</html>", b"x"])
def test_no_picture(tmp_path, data):
    with pytest.raises(DataError, match="not a picture that OpenCV can decode"):
        photo(tmp_path, data).check()


def test_a_damaged_png_is_refused_when_read(tmp_path):
    start = PNG.index(b"IDAT") + 4
    damaged = PNG[:start] + bytes(40) + PNG[start + 40 :]
    with pytest.raises(DataError, match=r"face\.png"):
        photo(tmp_path, damaged, "face.png").read()


def test_a_size_of_zero(tmp_path):
    header = struct.pack(">II", 0, 40) + PNG[24:29]
    crc = struct.pack(">I", zlib.crc32(b"IHDR" + header))
    with pytest.raises(DataError, match="header says 0 × 40 pixels"):
        photo(tmp_path, PNG[:16] + header + crc + PNG[33:]).check()


@pytest.mark.parametrize(("width", "height"), [(65535, 65535), (2**31 + 5, 3)])
def test_more_pixels_than_memory_holds_are_refused_before_training(tmp_path, width, height):
    header = struct.pack(">II", width, height) + PNG[24:29]
    crc = struct.pack(">I", zlib.crc32(b"IHDR" + header))
    with pytest.raises(DataError, match=rf"header says {width} × {height} pixels"):
        photo(tmp_path, PNG[:16] + header + crc + PNG[33:]).check()


def test_a_file_as_long_as_a_disk(tmp_path):
    file = photo(tmp_path, JPEG[:-2])
    with file.path.open("r+b") as stream:
        stream.truncate(1 << 40)  # takes no room on the disk
    for attempt in (file.check, file.read):
        with pytest.raises(DataError, match=r"has 1,099,511,627,776 bytes"):
            attempt()


def test_what_has_no_end_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "device.jpg").symlink_to("/dev/zero")
    for name in ("pipe.jpg", "device.jpg"):
        for attempt in (
            PhotoFile(tmp_path / name, name).check,
            PhotoFile(tmp_path / name, "").read,
        ):
            with pytest.raises(DataError, match=rf"{name}: .*Not a regular file"):
                attempt()


def test_links_are_followed(tmp_path):
    (tmp_path / "disk").mkdir()
    photo(tmp_path / "disk", PNG, "face.png")
    (tmp_path / "face.png").symlink_to(tmp_path / "disk" / "face.png")
    np.testing.assert_array_equal(PhotoFile(tmp_path / "face.png", "face.png").read(), PICTURE)
    (tmp_path / "loop.png").symlink_to("loop.png")
    with pytest.raises(DataError, match=r"loop\.png"):
        PhotoFile(tmp_path / "loop.png", "loop.png").check()


def test_a_tiff_that_opencv_would_turn_is_refused(tmp_path):
    upright, turned, exif = io.BytesIO(), io.BytesIO(), Image.Exif()
    Image.fromarray(PICTURE).save(upright, "TIFF")
    np.testing.assert_array_equal(photo(tmp_path, upright.getvalue()).read(), PICTURE)
    exif[274] = 6
    Image.fromarray(PICTURE).save(turned, "TIFF", exif=exif)
    file = photo(tmp_path, turned.getvalue())
    for attempt in (file.check, file.read):
        with pytest.raises(DataError, match=r"TIFF with the orientation 6"):
            attempt()


@pytest.mark.parametrize("mode", ["16 bits", "palette", "alpha", "one bit", "GIF", "CMYK"])
def test_every_kind_of_pixel_is_read_as_pillow_reads_it(tmp_path, mode):
    picture, data = Image.fromarray(PICTURE), io.BytesIO()
    if mode == "16 bits":
        coded = cv2.imencode(".png", PICTURE[..., ::-1].astype(np.uint16) * 257)[1].tobytes()
        np.testing.assert_array_equal(photo(tmp_path, coded).read(), PICTURE)
        return
    if mode == "alpha":
        picture.putalpha(30)
    elif mode != "CMYK":
        picture = picture.convert("1" if mode == "one bit" else "P")
    else:
        picture = picture.convert("CMYK")
    picture.save(data, {"GIF": "GIF", "CMYK": "JPEG"}.get(mode, "PNG"))
    expected = np.array(Image.open(data).convert("RGB"))
    read = photo(tmp_path, data.getvalue())
    assert np.abs(read.read().astype(int) - expected).max() <= (1 if mode == "CMYK" else 0)
    assert read.check() == Size(40, 64)


def test_equal_files_are_equal(tmp_path):
    one, same = (PhotoFile(tmp_path / "a.jpg", "a.jpg") for _ in range(2))
    assert one == same
    assert hash(one) == hash(same)
    assert one != PhotoFile(tmp_path / "b.jpg", "a.jpg")
    assert "a.jpg" in repr(one)
