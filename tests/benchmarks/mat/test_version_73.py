"""Files of version 7.3 that lead elsewhere, or claim what they should not."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from landmarks.benchmarks.mat.reading import read_mat, read_texts
from landmarks.errors import DataError
from tests.benchmarks.official.mat import mark, write_mat73


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "a.mat"
    write_mat73(path, {"y": np.eye(2), "names": ["a", "b"]})
    return path


def refused(file: Path, message: str, shape: tuple[int | None, ...] = (None, None)) -> None:
    with pytest.raises(DataError, match=f"variable x: {message}") as caught:
        read_mat(file, {"x": shape})
    assert caught.value.file == file


def test_links(file, tmp_path):
    write_mat73(tmp_path / "other.mat", {"x": np.eye(2)})
    for link in (h5py.ExternalLink("other.mat", "/x"), h5py.SoftLink("/y")):
        with h5py.File(file, "r+") as handle:
            handle["x"] = link
        refused(file, "is a link to somewhere else")
        with h5py.File(file, "r+") as handle:
            del handle["x"]


def test_contents_in_another_file(file, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(np.eye(2).tobytes())
    with h5py.File(file, "r+") as handle:
        dataset = handle.create_dataset("x", (2, 2), "f8", external=[(str(secret), 0, 32)])
        mark(dataset, "double")
    refused(file, "keeps its contents in another file")


def test_a_virtual_dataset(file, tmp_path):
    write_mat73(tmp_path / "other.mat", {"x": np.eye(2)})
    layout = h5py.VirtualLayout((2, 2), "f8")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.mat"), "x", (2, 2))
    with h5py.File(file, "r+") as handle:
        mark(handle.create_virtual_dataset("x", layout), "double")
    refused(file, "keeps its contents in another file")


def test_a_filter_that_would_need_a_library(file):
    with h5py.File(file, "r+") as handle:
        mark(handle.create_dataset("x", data=np.eye(2), compression="lzf"), "double")
    refused(file, "is packed by the filter 32000")


def test_an_absurd_shape_takes_no_memory(file):
    with h5py.File(file, "r+") as handle:
        mark(handle.create_dataset("x", (1 << 30, 1 << 20), "f8", chunks=(64, 64)), "double")
    refused(file, "the shape is .* more than any benchmark holds")


def test_a_bomb_whose_shape_agrees_with_it(file):
    with h5py.File(file, "r+") as handle:
        dataset = handle.create_dataset(
            "x", (87, 1 << 16), "u1", chunks=(87, 1 << 16), compression=9
        )
        dataset[:] = 0
        mark(dataset, "uint8")
    assert file.stat().st_size < 1 << 16
    refused(file, "the shape is 65536 × 87, more than any benchmark holds")


def test_a_shape_without_contents(file):
    with h5py.File(file, "r+") as handle:
        mark(handle.create_dataset("x", (100, 100), "f8", chunks=(10, 10)), "double")
    refused(file, "holds nothing, though it has a shape")


def test_huge_pieces(file):
    with h5py.File(file, "r+") as handle:
        dataset = handle.create_dataset(
            "x", (2, 2), "f8", chunks=(1 << 10, 1 << 10), maxshape=(None, None), compression=1
        )
        dataset[:] = 1
        mark(dataset, "double")
    refused(file, "has 4 entries in pieces of 1,048,576")


@pytest.mark.parametrize(
    "kind", [[("real", "f8"), ("imag", "f8")], h5py.string_dtype(), "S8", h5py.vlen_dtype("f8")]
)
def test_other_types(file, kind):
    with h5py.File(file, "r+") as handle:
        mark(handle.create_dataset("x", (2, 2), np.dtype(kind)), "double")
    refused(file, "holds no real numbers")


def test_a_group(file):
    with h5py.File(file, "r+") as handle:
        mark(handle.create_group("x"), "struct")
    refused(file, "is no array: a struct")


@pytest.mark.parametrize("kind", [None, "function_handle", "char", "string", "x" * 100, "cell"])
def test_other_classes(file, kind):
    with h5py.File(file, "r+") as handle:
        dataset = handle.create_dataset("x", data=np.eye(2))
        if kind:
            mark(dataset, kind)
    refused(file, "is .*, expected an array of real numbers")


def test_a_class_that_is_no_text(file):
    for value in ("double", np.arange(3), np.float64(1)):
        with h5py.File(file, "r+") as handle:
            dataset = handle.create_dataset("x", data=np.eye(2))
            dataset.attrs["MATLAB_class"] = value  # a str is written with any length
        refused(file, "is of no MATLAB class")
        with h5py.File(file, "r+") as handle:
            del handle["x"]


def test_an_empty_array(file):
    with h5py.File(file, "r+") as handle:
        dataset = handle.create_dataset("x", data=np.array([0, 0], np.uint64))
        mark(dataset, "double")
        dataset.attrs["MATLAB_empty"] = np.uint8(1)
    refused(file, "is empty", (None,))


# --- cells ---


def spoil(file: Path, value: object) -> None:
    """Puts something else in the place of the first name."""
    with h5py.File(file, "r+") as handle:
        handle["names"][0, 0] = value(handle) if callable(value) else value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda handle: h5py.Reference(), "refers to nothing"),
        (lambda handle: handle["#refs#"].ref, "is no array"),
        (lambda handle: handle["y"].ref, "is double, expected text"),
        (lambda handle: handle["names"].ref, "is cell, expected text"),
    ],
)
def test_references_to_something_else(file, value, message):
    spoil(file, value)
    with pytest.raises(DataError, match=rf"variable names\{{1\}}: {message}"):
        read_texts(file, "names")


def test_a_reference_to_no_object(file):
    data = file.read_bytes()
    with h5py.File(file) as handle:
        place = handle["names"].id.get_offset()
    for address in (7, 1 << 40, 600):
        file.write_bytes(data[:place] + address.to_bytes(8, "little") + data[place + 8 :])
        with pytest.raises(DataError, match=r"variable names\{1\}: cannot be read, .* damaged"):
            read_texts(file, "names")


def test_a_text_that_lies_in_another_file(file, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"s\0e\0c\0r\0e\0t\0")

    def add(handle):
        text = handle.create_dataset("t", (6, 1), "u2", external=[(str(secret), 0, 12)])
        mark(text, "char")
        return text.ref

    spoil(file, add)
    with pytest.raises(DataError, match="keeps its contents in another file"):
        read_texts(file, "names")


def test_region_references_are_no_cell(file):
    with h5py.File(file, "r+") as handle:
        dataset = handle.create_dataset("x", (1, 1), h5py.regionref_dtype)
        dataset[0, 0] = handle["y"].regionref[0:1]
        mark(dataset, "cell")
    with pytest.raises(DataError, match="variable x: holds no references within the file"):
        read_texts(file, "x")


def test_a_cell_of_several_rows_and_columns(file):
    with h5py.File(file, "r+") as handle:
        dataset = handle.create_dataset("x", (2, 2), h5py.ref_dtype)
        dataset[:] = handle["y"].ref
        mark(dataset, "cell")
    with pytest.raises(DataError, match="variable x: the shape is 2 × 2"):
        read_texts(file, "x")
