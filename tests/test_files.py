import os

import pytest

from landmarks.files import check_writable, complete_file, delete_unfinished, regular_size


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


def test_what_a_killed_writer_has_left_is_deleted(tmp_path):
    left = []
    for path in (tmp_path / "table.csv", tmp_path / "below" / "last.ckpt"):
        writing = complete_file(path)
        left.append(writing.__enter__())  # and never left: the process was killed
        left[-1].write_text("half")
        path.write_text("whole")
    delete_unfinished(tmp_path)
    assert [file.exists() for file in left] == [False, True]
    delete_unfinished(tmp_path / "below")
    assert not any(file.exists() for file in left)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2
    delete_unfinished(tmp_path / "nowhere")


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
