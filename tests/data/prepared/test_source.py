import os

import pytest

from landmarks.data.prepared.source import Sources
from landmarks.errors import DataError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"one picture")
    return path


def test_a_file_is_the_same_until_its_content_changes(file):
    kept = Sources().now(file)
    assert Sources().same(file, kept)
    os.utime(file, ns=(1, 1))
    assert Sources().same(file, kept)
    file.write_bytes(b"two picture")
    assert not Sources().same(file, kept)
    file.write_bytes(b"a longer picture")
    assert not Sources().same(file, kept)


def test_a_change_that_keeps_length_and_time_is_found_on_request(file):
    kept = Sources().now(file)
    file.write_bytes(b"two picture")
    os.utime(file, ns=(kept.modified_ns, kept.modified_ns))
    assert Sources().same(file, kept)
    assert not Sources().same(file, kept, thoroughly=True)


def test_a_file_of_many_photos_is_hashed_once(file, monkeypatch):
    read = []
    monkeypatch.setattr(
        "landmarks.data.prepared.source.file_digest", lambda path: read.append(path) or "hash"
    )
    sources = Sources()
    for _ in range(5):
        sources.now(file)
    assert read == [file]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.png: the picture cannot be read"):
        Sources().stamp(tmp_path / "gone.png")
