import pytest

from landmarks.benchmarks.formats import Annotation, TxtFolder
from landmarks.errors import DataError
from tests.benchmarks.own_data import COUNT, faces, to_write


def test_what_is_written_comes_back_to_the_last_bit(tmp_path):
    written = to_write(faces(3, missing=False), tmp_path, "a/")
    TxtFolder().write(tmp_path, written)
    back = TxtFolder().read(tmp_path, tmp_path, COUNT).faces
    assert (tmp_path / "a" / "0.png.txt").is_file()
    for face, read in zip(written, back, strict=True):
        assert isinstance(read, Annotation)
        assert read.picture == face.picture
        assert read.points.tobytes() == face.record.points_photo.tobytes()
    assert not any("digits" in loss for loss in TxtFolder().losses(written))


def test_files_may_be_named_without_the_picture_s_suffix(tmp_path):
    TxtFolder().write(tmp_path, to_write(faces(1), tmp_path))
    (tmp_path / "0.png.txt").rename(tmp_path / "0.txt")
    (face,) = TxtFolder().read(tmp_path, tmp_path, COUNT).faces
    assert isinstance(face, Annotation)
    assert face.picture == "0.png"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "expected 9, the description's number of points"),
        ("8\n", 1, "expected 9, the description's number of points"),
        ("9\n1 2\n", 2, "1 lines behind the first, expected 9"),
        ("9\n" + "1 2\n" * 10, 11, "10 lines behind the first"),
        ("9\n" + "1 2\n" * 8 + "1\n", 10, "expected x and y"),
        ("9\n1 x\n" + "1 2\n" * 8, 2, "not a number"),
        ("9\n1 1e9\n" + "1 2\n" * 8, 2, "10 times the picture's longer side"),
        ("9\n1 nan\n" + "1 2\n" * 8, 2, "finite"),
    ],
)
def test_a_bad_file_is_told_with_its_line(tmp_path, text, line, message):
    TxtFolder().write(tmp_path, to_write(faces(1), tmp_path))
    file = tmp_path / "0.png.txt"
    file.write_text(text)
    (found,) = TxtFolder().read(tmp_path, tmp_path, COUNT).faces
    assert isinstance(found, DataError)
    assert (found.file, found.line) == (file, line)
    with pytest.raises(DataError, match=message):
        raise found
