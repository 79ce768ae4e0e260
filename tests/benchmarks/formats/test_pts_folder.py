import numpy as np
import pytest

from landmarks.benchmarks.formats import Annotation, PtsFolder
from landmarks.errors import DataError
from tests.benchmarks.own_data import COUNT, faces, to_write


def test_what_is_written_comes_back(tmp_path):
    written = to_write(faces(12, missing=False, boxes=False, occlusion=False), tmp_path, "a/")
    PtsFolder().write(tmp_path / "points", written)
    back = PtsFolder().read(tmp_path / "points", tmp_path, COUNT).faces
    assert len(list((tmp_path / "points" / "a").iterdir())) == 12
    for face, read in zip(written, back, strict=True):
        assert isinstance(read, Annotation)
        assert read.picture == face.picture, "in the order of the numbers"
        np.testing.assert_allclose(read.points - 1, face.record.points_photo, 0, 1e-12)


def test_what_cannot_be_held_is_said(tmp_path):
    truth = faces(4, missing=False)
    truth[0].points[0] = 0.1  # 1.1 - 1 is another number
    written = to_write(truth, tmp_path)
    losses = " ".join(PtsFolder().losses(written[::-1]))
    for what in ("boxes of 4", "occlusion flags of 4", "subsets of 2", "order", "last digits"):
        assert what in losses
    assert "order" not in " ".join(PtsFolder().losses(written))


def test_a_missing_point_is_refused(tmp_path):
    written = to_write(faces(2), tmp_path)
    with pytest.raises(DataError, match=r"1\.png: a point is missing"):
        PtsFolder().write(tmp_path / "points", written)
    assert not (tmp_path / "points").exists()


def test_two_faces_of_one_picture_are_refused(tmp_path):
    written = to_write(faces(1), tmp_path) * 2
    with pytest.raises(DataError, match=r"two faces of 0\.png would .* holds one"):
        PtsFolder().write(tmp_path / "points", written)


def test_a_bad_file_is_told_and_the_others_are_read(tmp_path):
    PtsFolder().write(tmp_path, to_write(faces(3, missing=False), tmp_path))
    (tmp_path / "1.pts").write_text("version: 1\nn_points: 9\n{\n")
    first, found, last = PtsFolder().read(tmp_path, tmp_path, COUNT).faces
    assert isinstance(first, Annotation)
    assert isinstance(last, Annotation)
    assert isinstance(found, DataError)
    assert found.file == tmp_path / "1.pts"


def test_a_picture_that_is_not_there(tmp_path):
    PtsFolder().write(tmp_path, to_write(faces(1), tmp_path))
    (tmp_path / "0.png").unlink()
    (found,) = PtsFolder().read(tmp_path, tmp_path, COUNT).faces
    assert "no picture stands beside" in str(found)


def test_an_empty_folder(tmp_path):
    with pytest.raises(DataError, match=r"no \.pts file"):
        PtsFolder().read(tmp_path, tmp_path, COUNT)
