import multiprocessing
import os
import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.batch import Region
from landmarks.benchmarks.mat.photo import MatPhoto
from landmarks.errors import DataError
from landmarks.geometry import Size
from tests.benchmarks.official.mat import mark, write_mat5, write_mat73

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (9, 7, 3), dtype=np.uint8)
GREY = RNG.integers(0, 256, (5, 8), dtype=np.uint8)
LARGE = RNG.integers(0, 256, (300, 200, 3), dtype=np.uint8)
PICTURES = [COLOUR, GREY, LARGE]


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("mat") / "a.mat"
    write_mat73(path, {"IsT": PICTURES})
    return path


def photo(file: Path, row: int = 0) -> MatPhoto:
    return MatPhoto(file, "IsT", row, f"test/{row + 1}", "https://example.org/cofw")


def test_colour_grey_and_size(file):
    for row, picture in enumerate(PICTURES):
        read = photo(file, row).read()
        expected = picture if picture.ndim == 3 else np.stack([picture] * 3, axis=-1)
        np.testing.assert_array_equal(read, expected)
        assert read.dtype == np.uint8
        assert read.flags["C_CONTIGUOUS"]
        assert photo(file, row).size() == Size(*picture.shape[:2])


@settings(deadline=None, max_examples=60)
@given(
    row=st.integers(0, 2),
    edges=st.tuples(*[st.integers(-20, 320)] * 4),
)
def test_a_part_is_the_same_part_of_the_whole(file, row, edges):
    wanted = Region(*edges)
    part = photo(file, row).read_part(wanted)
    whole = photo(file, row).read()
    region = wanted.on_photo(Size(*whole.shape[:2]))
    assert part.whole == Size(*whole.shape[:2])
    assert part.region == region
    np.testing.assert_array_equal(part.pixels, whole[region.y0 : region.y1, region.x0 : region.x1])


def test_it_says_what_it_is(file):
    first = photo(file)
    assert first.name == "test/1"
    assert first.file == file
    assert first == photo(file)
    assert len({first, photo(file), photo(file, 1)}) == 2
    assert repr(first) == f"MatPhoto({str(file)!r}, 'IsT', 0, 'test/1')"


def read_sum(given: MatPhoto) -> tuple[int, int]:
    return int(given.read().sum()), os.getpid()


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_other_processes_read_it_too(file, start):
    photo(file).read()  # the file is open here when they begin
    with multiprocessing.get_context(start).Pool(1) as pool:
        results = pool.map(read_sum, [photo(file, row) for row in (0, 1, 2)])
    assert [total for total, _ in results] == [
        int(photo(file, row).read().sum()) for row in range(3)
    ]
    assert os.getpid() not in {process for _, process in results}


def test_what_is_copied_is_small(file):
    opened = photo(file, 2)
    opened.read()
    copied = pickle.dumps(opened)
    assert len(copied) < 1000
    np.testing.assert_array_equal(pickle.loads(copied).read(), LARGE)


def test_a_file_that_is_replaced_is_read_anew(tmp_path):
    path = tmp_path / "a.mat"
    write_mat73(path, {"IsT": [COLOUR]})
    np.testing.assert_array_equal(photo(path).read(), COLOUR)
    write_mat73(tmp_path / "b.mat", {"IsT": [LARGE]})
    (tmp_path / "b.mat").replace(path)
    np.testing.assert_array_equal(photo(path).read(), LARGE)


def test_a_missing_file_says_where_to_get_it(tmp_path):
    gone = photo(tmp_path / "gone.mat")
    for use in (gone.read, gone.size, lambda: gone.read_part(Region(0, 0, 1, 1))):
        with pytest.raises(DataError, match=r"gone\.mat: .* missing; get it from https://example"):
            use()


def test_version_5_holds_no_picture_that_can_be_read_alone(tmp_path):
    write_mat5(tmp_path / "a.mat", {"IsT": PICTURES})
    with pytest.raises(DataError, match=r"no MATLAB file of version 7\.3.*with -v7\.3"):
        photo(tmp_path / "a.mat").read()


def test_a_row_that_is_not_there(file):
    with pytest.raises(DataError, match=r"variable IsT\{4\}: is missing; .* 3 pictures"):
        photo(file, 3).read()


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((4, 4)), "is double, expected a picture"),
        (np.zeros((4, 4), np.uint16), "is uint16, expected a picture"),
        (np.zeros((4, 4, 4), np.uint8), "the shape is 4 × 4 × 4, expected"),
        (np.zeros((4, 4, 3, 1), np.uint8), "the shape is 4 × 4 × 3 × 1, expected"),
        (np.zeros((1, 20000), np.uint8), "has 1 × 20000 pixels"),
    ],
)
def test_an_entry_that_is_no_picture(tmp_path, picture, message):
    write_mat73(tmp_path / "a.mat", {"IsT": [picture]})
    for use in (photo(tmp_path / "a.mat").size, photo(tmp_path / "a.mat").read):
        with pytest.raises(DataError, match=rf"a\.mat: variable IsT\{{1\}}: {message}"):
            use()


def test_a_picture_in_another_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(16))
    with h5py.File(tmp_path / "a.mat", "w") as handle:
        picture = handle.create_dataset("p", (4, 4), "u1", external=[(str(secret), 0, 16)])
        mark(picture, "uint8")
        cell = handle.create_dataset("IsT", (1, 1), h5py.ref_dtype)
        cell[0, 0] = picture.ref
        mark(cell, "cell")
    with pytest.raises(DataError, match="keeps its contents in another file"):
        photo(tmp_path / "a.mat").read()
