"""What holds for MATLAB files of either version."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.io import loadmat

from landmarks.benchmarks.mat.reading import read_mat, read_texts
from landmarks.errors import DataError
from tests.benchmarks.fuzz import binary_mutations
from tests.benchmarks.official.mat import write_mat5, write_mat73

NAMES = ["0/image00002.jpg", "2/Zoë.jpg", "3/x y.png"]
VALUES = {
    "data": np.arange(12, dtype=np.float64).reshape(3, 4) / 7,
    "single": np.array([[1.5, -2.5]], dtype=np.float32),
    "bbox": np.array([[-3, 300], [5, 70]], dtype=np.int16),
    "Occ": np.array([[True, False, True]]),
    "nameList": NAMES,
}
SHAPES = {"data": (3, 4), "single": (1, None), "bbox": (None, None), "Occ": (1, 3)}


@pytest.fixture(params=[write_mat5, write_mat73], ids=["v5", "v7.3"])
def write(request):
    return request.param


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "a.mat"


def test_arrays_are_read_in_matlabs_order_of_axes(write, file):
    write(file, VALUES)
    found = read_mat(file, SHAPES)
    assert list(found) == list(SHAPES)
    for name, array in found.items():
        np.testing.assert_array_equal(array, VALUES[name])
        assert array.dtype == np.float64


def test_texts(write, file):
    write(file, VALUES)
    assert read_texts(file, "nameList", 3) == NAMES
    assert read_texts(file, "nameList") == NAMES
    with pytest.raises(DataError, match=r"a\.mat: variable nameList: holds 3 .*, expected 4"):
        read_texts(file, "nameList", 4)


def test_an_uncompressed_file(file):
    write_mat5(file, VALUES, compressed=False)
    np.testing.assert_array_equal(read_mat(file, {"data": (3, 4)})["data"], VALUES["data"])
    assert read_texts(file, "nameList") == NAMES


@settings(deadline=None, max_examples=40)
@given(
    array=arrays(
        st.sampled_from(["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?"]),
        array_shapes(min_dims=2, max_dims=3, max_side=4),
        elements={"allow_nan": False, "allow_infinity": False},
    ),
    compressed=st.booleans(),
)
def test_version_5_as_scipy_reads_it(tmp_path_factory, array, compressed):
    file = tmp_path_factory.mktemp("mat") / "a.mat"
    write_mat5(file, {"x": array}, compressed)
    np.testing.assert_array_equal(
        read_mat(file, {"x": array.shape})["x"], loadmat(file)["x"].astype(np.float64)
    )


def test_a_missing_variable_lists_those_there_are(write, file):
    write(file, VALUES)
    with pytest.raises(DataError, match=r"variable ra: is missing; .* Occ, bbox, data") as caught:
        read_mat(file, {"data": (3, 4), "ra": (1, 3)})
    assert caught.value.file == file
    with pytest.raises(DataError, match="variable names: is missing"):
        read_texts(file, "names")


@pytest.mark.parametrize("shape", [(4, 3), (3,), (3, 4, 1), (None, 5), ()])
def test_a_wrong_shape(write, file, shape):
    write(file, VALUES)
    with pytest.raises(DataError, match="variable data: the shape is 3 × 4, expected"):
        read_mat(file, {"data": shape})


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite(write, file, value):
    data = VALUES["data"].copy()
    data[1, 2] = value
    write(file, {"data": data})
    with pytest.raises(DataError, match=r"variable data: entry \(2, 3\) is -?(nan|inf), expected"):
        read_mat(file, {"data": (3, 4)})


def test_texts_are_no_numbers_and_numbers_no_texts(write, file):
    write(file, VALUES)
    with pytest.raises(DataError, match=r"variable nameList: .*expected an array"):
        read_mat(file, {"nameList": (None, None)})
    with pytest.raises(DataError, match=r"variable data: .*expected a cell array"):
        read_texts(file, "data")


def test_cells_of_numbers_are_no_texts(write, file):
    write(file, {"nameList": [np.eye(2), np.eye(3)]})
    with pytest.raises(DataError, match=r"variable nameList.*expected text"):
        read_texts(file, "nameList")


def test_an_endless_text(write, file):
    write(file, {"nameList": ["a", "x" * 1100]})
    with pytest.raises(DataError, match=r"variable nameList.*short row"):
        read_texts(file, "nameList")


@pytest.mark.parametrize("content", [b"", b"x", b"not found\n" * 100, bytes(600)])
def test_what_is_no_matlab_file(file, content):
    file.write_bytes(content)
    for read in (lambda: read_mat(file, SHAPES), lambda: read_texts(file, "nameList")):
        with pytest.raises(DataError, match=r"a\.mat: the file is (empty|no MATLAB file)"):
            read()


def test_what_is_missing_or_no_file(tmp_path):
    with pytest.raises(DataError, match=r"gone\.mat: the file is missing"):
        read_mat(tmp_path / "gone.mat", SHAPES)
    os.mkfifo(tmp_path / "pipe.mat")
    for place in (tmp_path, tmp_path / "pipe.mat"):
        with pytest.raises(DataError, match="is a folder or something else that is no file"):
            read_mat(place, SHAPES)


def test_a_header_of_7_3_without_the_rest(file):
    write_mat73(file, VALUES)
    file.write_bytes(file.read_bytes()[:512])
    with pytest.raises(DataError, match=r"version 7\.3 without its HDF5 part, thus truncated"):
        read_mat(file, SHAPES)


def test_a_version_that_is_not_known(file):
    write_mat5(file, VALUES)
    data = file.read_bytes()
    file.write_bytes(data[:124] + b"\x00\x07" + data[126:])
    with pytest.raises(DataError, match="version 0x0700, expected 0x0100"):
        read_mat(file, SHAPES)


@settings(deadline=None, max_examples=40)
@given(share=st.floats(0, 1, exclude_max=True), version=st.sampled_from([5, 73]))
def test_a_file_that_breaks_off_anywhere(tmp_path_factory, share, version):
    file = tmp_path_factory.mktemp("mat") / "a.mat"
    (write_mat5 if version == 5 else write_mat73)(file, VALUES)
    data = file.read_bytes()
    file.write_bytes(data[: int(share * len(data))])
    with pytest.raises(DataError):
        read_texts(file, "nameList", 3)  # the last variable


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    files = {"v5": write_mat5, "v7.3": write_mat73}
    for name, writer in files.items():
        writer(folder / name, VALUES)
    return {name: (folder / name).read_bytes() for name in files}


@settings(deadline=None, max_examples=150)
@given(data=st.data())
@pytest.mark.parametrize("version", ["v5", "v7.3"])
def test_a_damaged_file_is_read_rightly_or_refused(tmp_path_factory, sound, version, data):
    """Arrays of both are packed with a checksum here, so that a changed number shows."""
    file = tmp_path_factory.mktemp("mat") / "a.mat"
    file.write_bytes(data.draw(binary_mutations(sound[version])).data)
    try:
        found = read_mat(file, SHAPES)
        read_texts(file, "nameList")
    except DataError as error:
        assert error.file == file  # noqa: PT017, an error is allowed, not demanded
        return
    for name, array in found.items():
        np.testing.assert_array_equal(array, VALUES[name])
