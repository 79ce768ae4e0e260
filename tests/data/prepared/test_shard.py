import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.batch import Region
from landmarks.data.prepared.shard import (
    OtherFormatError,
    Shard,
    index_of,
    write_shard,
)
from landmarks.data.prepared.source import Source
from landmarks.errors import DataError
from landmarks.geometry import Size

SOURCE = Source(10, 20, "ab")
RNG = np.random.default_rng(0)
WINDOWS = [
    (Region(2, 3, 12, 9), RNG.integers(0, 256, (6, 10, 3)).astype(np.uint8)),
    (Region(20, 0, 24, 40), RNG.integers(0, 256, (40, 4, 3)).astype(np.uint8)),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    data = tmp_path_factory.mktemp("windows") / "made_up-1.windows"
    with write_shard(data, "made_up") as writer:
        writer.add("a.png", Size(40, 30), SOURCE, WINDOWS)
        writer.add("ü b.png", Size(8, 8), SOURCE, [])
    return data


@pytest.fixture
def data(written, tmp_path):
    copy = tmp_path / written.name
    copy.write_bytes(written.read_bytes())
    index_of(copy).write_bytes(index_of(written).read_bytes())
    return copy


def test_what_was_written_is_found_again(data):
    shard = Shard.read(index_of(data))
    assert shard.data == data
    assert shard.index == index_of(data)
    assert [photo.name for photo in shard.photos] == ["a.png", "ü b.png"]
    assert shard.photos[0].size == Size(40, 30)
    assert shard.photos[0].source == SOURCE
    content = data.read_bytes()
    for window, (region, pixels) in zip(shard.photos[0].windows, WINDOWS, strict=True):
        assert window.region == region
        assert content[window.offset : window.offset + window.bytes] == pixels.tobytes()
    assert shard.photos[1].windows == ()
    shard.check_content()


def test_new_sources_are_kept(data):
    newer = Source(10, 99, "ab")
    Shard.read(index_of(data)).with_sources([newer, SOURCE])
    found = Shard.read(index_of(data))
    assert [photo.source for photo in found.photos] == [newer, SOURCE]
    found.check_content()


@settings(deadline=None, max_examples=60)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_damage_to_the_index_goes_unnoticed(written, tmp_path_factory, place, bit):
    whole = index_of(written).read_bytes()
    damaged = bytearray(whole)
    damaged[int(place * len(whole))] ^= 1 << bit
    copy = tmp_path_factory.mktemp("damaged") / written.name
    copy.write_bytes(written.read_bytes())
    index_of(copy).write_bytes(damaged)
    with pytest.raises(DataError, match=re.escape(str(index_of(copy)))):
        Shard.read(index_of(copy))


def test_damaged_windows_are_found(data):
    content = bytearray(data.read_bytes())
    content[100] ^= 1
    data.write_bytes(content)
    shard = Shard.read(index_of(data))
    with pytest.raises(DataError, match=r"made_up-1\.windows: .*damaged.*delete this file"):
        shard.check_content()
    data.write_bytes(content[:-1])
    with pytest.raises(DataError, match=r"659 bytes, expected 660; run"):
        Shard.read(index_of(data))
    data.unlink()
    with pytest.raises(DataError, match=r"cannot be read"):
        Shard.read(index_of(data))


@pytest.mark.parametrize("text", ["", "[]", "3", "{}", "{", '{"format": 1}', "\ufeff{}"])
def test_what_is_no_index_is_refused(data, text):
    index_of(data).write_text(text)
    with pytest.raises(DataError, match="no index of prepared windows"):
        Shard.read(index_of(data))


def test_a_later_format_is_told_from_damage(data):
    content = json.loads(index_of(data).read_text())
    index_of(data).write_text(json.dumps({**content, "format": 2}))
    with pytest.raises(OtherFormatError, match="format 2, expected 1"):
        Shard.read(index_of(data))


def interrupted(data):
    with write_shard(data, "made_up") as writer:
        writer.add("a.png", Size(40, 30), SOURCE, WINDOWS)
        raise KeyboardInterrupt


def test_nothing_is_left_of_an_interrupted_file(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path / "a.windows")
    assert list(tmp_path.iterdir()) == []
