import os
import shutil
import tracemalloc

import numpy as np
import pytest
from filelock import FileLock

from landmarks.batch import Region
from landmarks.data.photo_file import PhotoFile
from landmarks.data.prepared import PreparedPhoto, PreparedWindows, preparation
from landmarks.data.prepared.preparation import plan, verify
from landmarks.errors import DataError
from tests.data.prepared.pictures import (
    prepare,
    records_of,
    wanted,
    write_photos,
    write_picture,
)

KEPT = Region(20, 30, 100, 80)
ELSEWHERE = Region(0, 0, 30, 35)


@pytest.fixture
def photos(tmp_path):
    return write_photos(tmp_path / "photos")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def state(folder):
    """The files with the times at which they were written."""
    return {
        file.name: (file.stat().st_mtime_ns, file.read_bytes())
        for file in folder.iterdir()
        if file.name != ".lock"
    }


def reads_without_decoding(folder, photos, region):
    for record in PreparedWindows(folder).of("made_up", records_of(photos)):
        found = record.photo.read_part(region).cut(region)
        assert record.photo._files.misses == 0
        np.testing.assert_array_equal(
            found.pixels, record.photo.photo.read_part(region).cut(region).pixels
        )


def test_it_says_what_it_will_write(photos, cache):
    planned = plan(cache, wanted(photos, KEPT, ELSEWHERE))
    assert planned.there == 0
    assert len(planned.missing) == len(photos)
    assert planned.bytes == len(photos) * 3 * (80 * 50 + 30 * 35)
    assert not cache.exists()
    planned.write()
    assert sum(file.stat().st_size for file in cache.glob("*.windows")) == planned.bytes
    reads_without_decoding(cache, photos, KEPT)
    reads_without_decoding(cache, photos, ELSEWHERE)


def test_a_second_run_does_nothing(photos, cache):
    prepare(cache, wanted(photos, KEPT))
    before = state(cache)
    again = prepare(cache, wanted(photos, KEPT))
    assert again.done
    assert again.there == len(photos)
    assert state(cache) == before


def test_it_goes_on_where_it_was_interrupted(photos, cache, monkeypatch):
    monkeypatch.setattr(preparation, "SHARD_BYTES", 1)  # a file for each photo
    read = PhotoFile.read_part

    def interrupted(self, wanted):
        if self.name == "grey.png":
            raise KeyboardInterrupt
        return read(self, wanted)

    monkeypatch.setattr(PhotoFile, "read_part", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare(cache, wanted(photos, KEPT))
    before = state(cache)
    assert len(before) == 4  # two files and their indices
    # What a killed process leaves behind: a file without index, and one half written.
    (cache / "made_up-0.windows").write_bytes(b"123")
    (cache / ".made_up-0.7.unfinished.windows").write_bytes(b"123")
    decoded = []
    monkeypatch.setattr(
        PhotoFile, "read_part", lambda self, part: decoded.append(self.name) or read(self, part)
    )
    prepare(cache, wanted(photos, KEPT))
    assert decoded == ["grey.png", "grey.jpg"]
    after = state(cache)
    assert len(after) == 8
    assert {name: after[name] for name in before} == before
    reads_without_decoding(cache, photos, KEPT)


def test_files_are_cut_at_their_length(photos, cache, monkeypatch):
    monkeypatch.setattr(preparation, "SHARD_BYTES", 2 * 3 * KEPT.area)
    prepare(cache, wanted(photos, KEPT))
    assert len(list(cache.glob("*.windows"))) == 2


def test_another_experiment_adds_what_it_needs(photos, cache):
    prepare(cache, wanted(photos, KEPT))
    before = state(cache)
    added = prepare(cache, wanted(photos, ELSEWHERE, Region(30, 40, 50, 50)))
    assert added.bytes == len(photos) * 3 * ELSEWHERE.area
    assert {name: state(cache)[name] for name in before} == before
    reads_without_decoding(cache, photos, KEPT)
    reads_without_decoding(cache, photos, ELSEWHERE)


def test_a_changed_photo_is_prepared_again(photos, cache, monkeypatch):
    monkeypatch.setattr(preparation, "SHARD_BYTES", 2 * 3 * KEPT.area)
    prepare(cache, wanted(photos, KEPT))
    prepare(cache, wanted(photos[1:2], ELSEWHERE))
    write_picture(photos[1].path, seed=50)
    planned = plan(cache, wanted(photos, KEPT))
    assert [photo.photo.name for photo in planned.missing] == ["colour.png", "coarse.jpg"]
    assert all("1 photos that have changed (coarse.jpg" in why for why in planned.outdated.values())
    planned.write()
    assert plan(cache, wanted(photos, KEPT)).done
    reads_without_decoding(cache, photos, KEPT)
    assert len(list(cache.glob("*.windows"))) == 2  # that of ELSEWHERE was outdated as well


def test_a_file_shared_with_another_experiment_keeps_its_windows(photos, cache):
    prepare(cache, wanted(photos, ELSEWHERE))
    write_picture(photos[1].path, seed=50)
    prepare(cache, wanted(photos, KEPT))
    reads_without_decoding(cache, photos, KEPT)
    reads_without_decoding(cache, [photos[0], *photos[2:]], ELSEWHERE)


def test_copied_photos_are_known_again(photos, cache):
    prepare(cache, wanted(photos, KEPT))
    for photo in photos:
        os.utime(photo.path, ns=(5, 5))
    reads_without_decoding(cache, photos, KEPT)
    data = {name: kept for name, kept in state(cache).items() if name.endswith(".windows")}
    planned = plan(cache, wanted(photos, KEPT))
    assert not planned.missing
    assert len(planned.refreshed) == 1
    planned.write()
    assert {name: state(cache)[name] for name in data} == data
    assert plan(cache, wanted(photos, KEPT)).done


def test_a_change_behind_an_unchanged_time_is_found_when_verifying(photos, cache):
    prepare(cache, wanted(photos, KEPT))
    content, found = photos[0].path.read_bytes(), photos[0].path.stat()
    write_picture(photos[0].path, seed=51)
    changed = photos[0].path.read_bytes()[: len(content)]
    photos[0].path.write_bytes(changed + content[len(changed) :])
    os.utime(photos[0].path, ns=(found.st_mtime_ns, found.st_mtime_ns))
    assert plan(cache, wanted(photos, KEPT)).done
    assert plan(cache, wanted(photos, KEPT), thoroughly=True).outdated


def test_verifying_finds_damage_and_preparing_mends_it(photos, cache, monkeypatch):
    monkeypatch.setattr(preparation, "SHARD_BYTES", 1)
    prepare(cache, wanted(photos, KEPT))
    assert verify(cache) == []
    first, second, third, _ = sorted(cache.glob("*.windows"))
    content = bytearray(first.read_bytes())
    content[-1] ^= 128
    first.write_bytes(content)
    second.unlink()
    (cache / f"{third.name}.json").write_text("{")
    errors = verify(cache)
    assert [error.file.name for error in errors] == [
        first.name,
        second.name,
        f"{third.name}.json",
    ]
    assert len(plan(cache, wanted(photos, KEPT)).outdated) == 2  # lengths alone
    mended = prepare(cache, wanted(photos, KEPT), thoroughly=True)
    assert len(mended.outdated) == len(mended.missing) == 3
    assert verify(cache) == []
    reads_without_decoding(cache, photos, KEPT)


def test_an_empty_folder_cannot_be_verified(tmp_path):
    with pytest.raises(DataError, match="no prepared windows here"):
        verify(tmp_path)


def test_other_files_of_the_folder_are_left_alone(photos, cache):
    cache.mkdir()
    others = {"annotations.json": "{", "notes.txt": "", "windows": "", "x.windows.txt": ""}
    for name, text in others.items():
        (cache / name).write_text(text)
    prepare(cache, wanted(photos, KEPT))
    assert {name: (cache / name).read_text() for name in others} == others
    PreparedWindows(cache)


def test_a_disk_that_is_too_small_is_refused(photos, cache, monkeypatch):
    planned = plan(cache, wanted(photos, KEPT))
    room = preparation._RESERVE + planned.bytes
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=room))
    planned.check_space()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=room - 1))
    with pytest.raises(DataError, match=r"the windows take 0\.0 MB and 67\.2 MB are free here"):
        planned.check_space()


def test_two_at_once_are_refused(photos, cache):
    cache.mkdir()
    with (
        FileLock(cache / ".lock"),
        pytest.raises(DataError, match="another process is preparing windows here"),
    ):
        prepare(cache, wanted(photos, KEPT))


def test_a_folder_that_cannot_be_written_is_named(photos, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"file: windows cannot be written here"):
        prepare(tmp_path / "file", wanted(photos, KEPT))


def test_a_photo_that_cannot_be_read_leaves_nothing_half_done(photos, cache):
    photos[3].path.write_bytes(photos[3].path.read_bytes()[:-40])
    with pytest.raises(DataError, match=r"grey\.jpg"):
        prepare(cache, wanted(photos, KEPT))
    assert not cache.exists()


def test_faces_of_one_photo_are_one_reading(photos, cache, monkeypatch):
    read, decoded = PhotoFile.read, []
    monkeypatch.setattr(PhotoFile, "read", lambda self: decoded.append(self.name) or read(self))
    apart, near = Region(95, 60, 115, 85), Region(22, 30, 100, 80)
    prepare(cache, wanted(photos[:1], KEPT, near, apart))
    assert decoded == ["colour.png"]
    (record,) = PreparedWindows(cache).of("made_up", records_of(photos[:1]))
    assert isinstance(record.photo, PreparedPhoto)
    assert [place.window.region for place in record.photo._places] == [KEPT, apart]


def test_a_face_beside_its_photo_needs_nothing(photos, cache):
    away = Region(500, 500, 540, 540)
    prepared = prepare(cache, wanted(photos, away))
    assert prepared.bytes == 0
    assert plan(cache, wanted(photos, away)).done
    reads_without_decoding(cache, photos, away)


def test_memory_does_not_grow_with_the_number_of_photos(tmp_path):
    def peak(count):
        photos = [PhotoFile(tmp_path / f"{seed}.png", f"{seed}.png") for seed in range(count)]
        for seed, photo in enumerate(photos):
            write_picture(photo.path, seed)
        tracemalloc.start()
        prepare(tmp_path / f"cache-{count}", wanted(photos, Region(0, 0, 120, 90)))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(2)  # what is made once, whatever the number
    one_photo = 120 * 90 * 3
    assert peak(40) - peak(4) < 3 * one_photo
