import pickle
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from landmarks.batch import Region
from landmarks.data.augmentation import Augmentation
from landmarks.data.crops import LandmarkBox
from landmarks.data.dataset import CropDataset, collate_views
from landmarks.data.prepared import PreparedPhoto, PreparedWindows
from landmarks.data.sampler import TrainingSampler
from landmarks.errors import DataError
from landmarks.geometry import Size
from landmarks.markups import MARKUP_19
from tests.data.memory_photo import MemoryPhoto
from tests.data.prepared.pictures import (
    HEIGHT,
    WIDTH,
    prepare,
    records_of,
    wanted,
    write_photos,
    write_picture,
)

KEPT = Region(20, 30, 100, 80)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("photos")


@pytest.fixture(scope="module")
def photos(root):
    return write_photos(root)


@pytest.fixture(scope="module")
def cache(photos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    prepare(folder, wanted(photos, KEPT))
    return folder


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_every_part_is_that_of_the_photo(photos, cache, data):
    records = PreparedWindows(cache).of("made_up", records_of(photos))
    x0 = data.draw(st.integers(-20, WIDTH + 10))
    y0 = data.draw(st.integers(-20, HEIGHT + 10))
    region = Region(x0, y0, x0 + data.draw(st.integers(0, 90)), y0 + data.draw(st.integers(0, 90)))
    photo = data.draw(st.sampled_from(records)).photo
    covered = KEPT.covers(region.on_photo(photo.size()))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = photo.read_part(region)
    assert bool(told) == (not covered)
    expected = photo.photo.read_part(region).cut(region)
    assert found.whole == expected.whole
    np.testing.assert_array_equal(found.cut(region).pixels, expected.pixels)


def test_it_is_the_same_photo_in_all_else(photos, cache):
    for record, photo in zip(
        PreparedWindows(cache).of("made_up", records_of(photos)), photos, strict=True
    ):
        assert isinstance(record.photo, PreparedPhoto)
        assert (record.photo.name, record.photo.file) == (photo.name, photo.file)
        assert record.photo.size() == photo.size() == Size(HEIGHT, WIDTH)
        np.testing.assert_array_equal(record.photo.read(), photo.read())


def test_the_photo_itself_is_not_touched(photos, cache, monkeypatch):
    (record, *_) = PreparedWindows(cache).of("made_up", records_of(photos))
    monkeypatch.setattr(type(photos[0]), "read", lambda self: pytest.fail("decoded"))
    part = record.photo.read_part(Region(30, 40, 60, 60))
    with pytest.raises(ValueError, match="read-only"):
        part.pixels[0, 0] = 0
    assert record.photo.read_part(Region(-50, 0, -9, 9)).region.empty


def test_misses_are_counted_and_warned_of_once(photos, cache):
    (record, *_) = PreparedWindows(cache).of("made_up", records_of(photos))
    with pytest.warns(UserWarning, match=r"colour\.png at \(0, 0, 50, 50\) .*data prepare"):
        record.photo.read_part(Region(0, 0, 50, 50))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        record.photo.read_part(Region(0, 0, 50, 50))
    assert record.photo._files.misses == 2


def test_faces_without_windows_stay_as_they_are(photos, cache):
    memory = MemoryPhoto("colour.png", np.zeros((9, 9, 3), np.uint8))
    records = [*records_of(photos[:1]), *records_of([memory])]
    with pytest.warns(UserWarning, match=r"no windows of 1 of 2 faces of made_up, such as colour"):
        found = PreparedWindows(cache).of("made_up", records)
    assert isinstance(found[0].photo, PreparedPhoto)
    assert found[1].photo is memory
    with pytest.warns(UserWarning, match="no windows of 1 of 1 faces of another"):
        PreparedWindows(cache).of("another", records[:1])


def test_a_changed_photo_is_refused(tmp_path):
    photos = write_photos(tmp_path / "photos")
    prepare(tmp_path / "cache", wanted(photos, KEPT))
    write_picture(photos[2].path, seed=77)
    with pytest.raises(DataError, match=r"grey\.png: the picture has changed .*data prepare"):
        PreparedWindows(tmp_path / "cache").of("made_up", records_of(photos))


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no prepared windows here; write them with 'landmarks"):
        PreparedWindows(tmp_path)


def test_a_damaged_window_is_never_used(tmp_path):
    photos = write_photos(tmp_path / "photos")
    prepare(tmp_path / "cache", wanted(photos, KEPT))
    records = PreparedWindows(tmp_path / "cache").of("made_up", records_of(photos))
    (data,) = (tmp_path / "cache").glob("*.windows")
    content = bytearray(data.read_bytes())
    content[5] ^= 16
    data.write_bytes(content)
    with pytest.raises(DataError, match=r"\.windows: .*colour\.png is damaged; run .*--verify"):
        records[0].photo.read_part(KEPT)
    records[1].photo.read_part(KEPT)
    data.unlink()
    records = pickle.loads(pickle.dumps(records))
    with pytest.raises(DataError, match=r"\.windows: prepared windows cannot be read"):
        records[1].photo.read_part(KEPT)


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_read_the_same_crops(photos, cache, start):
    # Each worker maps the files for itself.
    def crops(records, workers):
        settings = {"augmentation": Augmentation(scale=1, shift=0), "views": 2}
        faces = CropDataset(records, MARKUP_19, Size(32, 32), LandmarkBox(1.0), **settings)
        loader = DataLoader(
            faces,
            batch_size=2,
            sampler=TrainingSampler(len(faces), 2, seed=0),
            num_workers=workers,
            collate_fn=collate_views,
            multiprocessing_context=start if workers else None,
        )
        return [batch.image for batch in loader]

    shape = np.random.default_rng(0).uniform(43, 67, (19, 2))
    plain = [record.__class__(record.photo, shape) for record in records_of(photos)]
    prepared = PreparedWindows(cache).of("made_up", plain)
    expected = crops(plain, 0)
    for found, image in zip(crops(prepared, 2), expected, strict=True):
        assert torch.equal(found, image)
    for found, image in zip(crops(prepared, 0), expected, strict=True):
        assert torch.equal(found, image)
    assert prepared[0].photo._files.misses == 0
