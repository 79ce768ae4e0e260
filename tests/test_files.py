import os

import pytest

from landmarks.files import check_writable, complete_file, regular_size


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "table.csv"
    with complete_file(path) as unfinished:
        unfinished.write_text("a")
        assert unfinished.suffix == ".csv"
        assert not path.exists()
    assert path.read_text() == "a"
    assert list(path.parent.iterdir()) == [path]


def write_badly(path):
    with complete_file(path) as unfinished:
        unfinished.write_text("half")
        raise RuntimeError("the disk is full")


def test_a_failure_leaves_the_older_file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("older")
    with pytest.raises(RuntimeError, match="disk is full"):
        write_badly(path)
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_only_a_regular_file_has_a_size(tmp_path):
    (tmp_path / "file").write_bytes(b"1234")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    assert regular_size(tmp_path / "link") == 4
    for name in ("folder", "pipe", "device", "nothing"):
        with pytest.raises(OSError, match=name):
            regular_size(tmp_path / name)


def test_a_folder_is_tried_and_nothing_is_left_behind(tmp_path):
    check_writable(tmp_path)
    check_writable(tmp_path / "new" / "folder")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        check_writable(tmp_path / "file" / "folder")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
