import os
import sys
from pathlib import Path

import pytest

from landmarks.benchmarks.files.folder_splits import (
    Folder,
    FolderSplits,
    annotations,
    needed_annotations,
)
from landmarks.benchmarks.w300private import W300Private
from landmarks.errors import DataError

FACTS = W300Private.facts
SPLITS = FolderSplits(
    folders={"test": ("01_Indoor", "02_Outdoor"), "01_Indoor": ("01_Indoor",)},
    published={"01_Indoor": 3, "02_Outdoor": 2},
    between=("", "a", "b"),
)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "b" / "02_Outdoor").mkdir(parents=True)
    (tmp_path / "a" / "01_Indoor").mkdir(parents=True)
    (tmp_path / "b" / "01_Indoor").mkdir(parents=True)
    return tmp_path


def test_the_first_place_that_is_there_counts(root):
    expected = [
        Folder("01_Indoor", root / "a" / "01_Indoor"),
        Folder("02_Outdoor", root / "b" / "02_Outdoor"),
    ]
    assert SPLITS.present(root, "test") == expected
    assert SPLITS.needed(FACTS, root, "test") == expected
    (root / "01_Indoor").mkdir()
    assert SPLITS.present(root, "01_Indoor") == [Folder("01_Indoor", root / "01_Indoor")]
    assert SPLITS.present(None, "test") == []


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "01_Indoor").touch()
    assert SPLITS.present(tmp_path, "test") == []
    with pytest.raises(DataError, match="01_Indoor") as caught:
        SPLITS.needed(FACTS, tmp_path, "test")
    for place in ("01_Indoor", "a/01_Indoor", "b/02_Outdoor"):
        assert str(tmp_path / place) in str(caught.value)


@pytest.mark.parametrize(
    ("faces", "sentence"),
    [
        ({"01_Indoor": 3, "02_Outdoor": 2}, "5 of 5 test faces of the former private set"),
        ({"01_Indoor": 1, "02_Outdoor": 2}, " (01_Indoor 1 of 3, 02_Outdoor 2 of 2)"),
        ({"01_Indoor": 4, "02_Outdoor": 1}, "; more than published: look for copies of files"),
    ],
)
def test_what_is_found(root, faces, sentence):
    found = SPLITS.found(FACTS, root, "test", lambda folder: faces[folder.name])
    assert found.endswith(sentence)


def test_nothing_is_found_without_a_root():
    assert SPLITS.found(FACTS, None, "test", lambda folder: 9).startswith("0 of 5 test faces")


def test_annotations_are_in_natural_order(root):
    folder = Folder("01_Indoor", root / "a" / "01_Indoor")
    with pytest.raises(DataError, match=r"holds no \.mat file, expected 3 .* unpack 01_Indoor"):
        needed_annotations(folder, ".mat", 3)
    for name in ("x_10.mat", "x_9.mat", "x_9.jpg", "._x_9.mat", "X.MATH"):
        (folder.path / name).touch()
    assert annotations(folder, ".mat") == ["x_9.mat", "x_10.mat"]
    assert needed_annotations(folder, ".mat", 3) == ["x_9.mat", "x_10.mat"]


def test_a_suffix_may_be_written_in_any_case(tmp_path):
    for name in ("a.PTS", "b.pts", "c.Pts", "d.txt", ".e.pts"):
        (tmp_path / name).touch()
    assert annotations(Folder("", tmp_path), ".pts") == ["a.PTS", "b.pts", "c.Pts"]
    assert needed_annotations(Folder("", tmp_path), ".pts", 3) == ["a.PTS", "b.pts", "c.Pts"]


@pytest.mark.parametrize("other", ["image_092_01.pts", "image_092 _01.PTS"])
def test_two_annotations_of_one_picture_are_refused(tmp_path, other):
    for name in ("image_092 _01.pts", other):
        (tmp_path / name).touch()
    message = r"this and image_092.* annotate one picture"
    with pytest.raises(DataError, match=message) as caught:
        needed_annotations(Folder("", tmp_path), ".pts", 2)
    assert caught.value.file is not None
    assert caught.value.file.parent == tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="file systems that hold text alone")
def test_a_name_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "é.pts").touch()
    assert needed_annotations(Folder("", tmp_path), ".pts", 1) == ["é.pts"]
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/imag\xe9.pts")).touch()
    with pytest.raises(
        DataError, match=r"'imag\\udce9\.pts' in it is not written in UTF-8"
    ) as caught:
        needed_annotations(Folder("", tmp_path), ".pts", 1)
    assert caught.value.file == tmp_path
    str(caught.value).encode()
