"""Files of version 5 that claim what they should not."""

import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from scipy.io import savemat

from landmarks.benchmarks.mat.reading import read_mat, read_texts
from landmarks.errors import DataError

DOUBLE, CELL, CHAR, FUNCTION, OPAQUE = 6, 1, 4, 16, 17


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "a.mat"


def element(kind: int, data: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}II", kind, len(data)) + data + bytes(-len(data) % 8)


def array(
    name: str,
    shape: tuple[int, ...],
    contents: bytes,
    kind: int = DOUBLE,
    bits: int = 0,
    order: str = "<",
) -> bytes:
    axes = struct.pack(f"{order}{len(shape)}i", *shape)
    return element(
        14,
        element(6, struct.pack(f"{order}II", kind | bits, 0), order)
        + element(5, axes, order)
        + element(1, name.encode(), order)
        + contents,
        order,
    )


def numbers(values: list[float], order: str = "<") -> bytes:
    return element(9, struct.pack(f"{order}{len(values)}d", *values), order)


def packed(data: bytes) -> bytes:
    compressed = zlib.compress(data)
    return struct.pack("<II", 15, len(compressed)) + compressed


def mat(*elements: bytes, order: str = "<") -> bytes:
    mark = b"IM" if order == "<" else b"MI"
    header = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(f"{order}H", 0x0100) + mark
    return header + b"".join(elements)


@pytest.mark.parametrize("order", ["<", ">"])
def test_either_order_of_bytes(file, order):
    contents = numbers([1, 2, 3, 4], order)
    file.write_bytes(mat(array("x", (2, 2), contents, order=order), order=order))
    np.testing.assert_array_equal(read_mat(file, {"x": (2, 2)})["x"], [[1, 3], [2, 4]])


@pytest.mark.parametrize("pack", [bytes, packed])
def test_a_shape_that_claims_more_than_there_is(file, pack):
    file.write_bytes(mat(pack(array("x", (2, 3), numbers([1, 2, 3, 4])))))
    with pytest.raises(DataError, match=r"variable x: cannot be read: .*32 bytes, expected 48"):
        read_mat(file, {"x": (None, None)})


def test_an_absurd_shape_takes_no_memory(file):
    file.write_bytes(mat(packed(array("x", (1 << 30, 1 << 30), numbers([1])))))
    tracemalloc.start()
    with pytest.raises(DataError, match=r"variable x: the shape is .* more than any benchmark"):
        read_mat(file, {"x": (None, None)})
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_a_bomb_whose_shape_agrees_with_it(file):
    length = 1 << 23
    file.write_bytes(mat(packed(array("x", (1, length), element(9, bytes(8 * length))))))
    assert file.stat().st_size < 1 << 17
    with pytest.raises(DataError, match=r"variable x: the shape is 1 × 8388608, more than any"):
        read_mat(file, {"x": (None, None)})


def test_a_negative_shape(file):
    file.write_bytes(mat(array("x", (-2, -2), numbers([1, 2, 3, 4]))))
    with pytest.raises(DataError, match="variable x: the shape is -2 × -2"):
        read_mat(file, {"x": (None, None)})


def test_a_bomb_is_not_unpacked(file):
    bomb = array("x", (2, 2), element(9, bytes(1 << 25)))
    file.write_bytes(mat(packed(bomb)))
    del bomb
    assert file.stat().st_size < 1 << 16
    tracemalloc.start()
    with pytest.raises(DataError, match=r"variable x: .*unpacks to more than"):
        read_mat(file, {"x": (2, 2)})
    assert tracemalloc.get_traced_memory()[1] < 1 << 22
    tracemalloc.stop()


def test_cells_in_cells_in_cells(file):
    nested = array("", (1, 1), element(4, b"ab"), CHAR)
    for _ in range(2000):
        nested = array("", (1, 1), nested, CELL)
    file.write_bytes(mat(array("x", (1, 1), nested, CELL)))
    with pytest.raises(DataError, match=r"variable x: .*(text|bytes)"):
        read_texts(file, "x")


def test_a_text_with_more_characters_than_bytes(file):
    cell = array("", (1, 500), element(16, b"ab"), CHAR)
    file.write_bytes(mat(array("x", (1, 1), cell, CELL)))
    with pytest.raises(DataError, match=r"variable x: .*500 characters has 2 bytes"):
        read_texts(file, "x")


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ({"field": 1}, "a struct"),
        (sparse.eye_array(3), "a sparse matrix"),
        (np.array([[1 + 2j]]), "an array of complex numbers"),
        ("text", "text"),
        (np.array([[1, "a"]], dtype=object), "a cell array"),
    ],
)
def test_other_classes(file, value, what):
    savemat(file, {"x": value, "y": np.eye(2)})
    with pytest.raises(DataError, match=f"variable x: is {what}, expected an array of real"):
        read_mat(file, {"x": (None, None)})
    assert read_mat(file, {"y": (2, 2)})["y"][0, 0] == 1, "what is not asked for does no harm"


def test_function_handles_and_objects_are_not_touched(file):
    opaque = element(
        14,
        element(6, struct.pack("<II", OPAQUE, 0))
        + element(1, b"x")
        + element(1, b"MCOS")
        + element(1, b"string"),
    )
    handle = array("f", (1, 1), array("", (1, 1), b"", CELL), FUNCTION)
    file.write_bytes(mat(opaque, handle, array("y", (1, 1), numbers([3]))))
    with pytest.raises(DataError, match="variable x: is an opaque object, expected"):
        read_mat(file, {"x": (1, 1)})
    with pytest.raises(DataError, match="variable f: is a function handle, expected"):
        read_mat(file, {"f": (1, 1)})
    assert read_mat(file, {"y": (1, 1)})["y"] == 3


def test_a_variable_that_stands_there_twice(file):
    file.write_bytes(mat(*(array("x", (1, 1), numbers([i])) for i in (1, 2))))
    with pytest.raises(DataError, match="variable x: stands in the file twice"):
        read_mat(file, {"x": (1, 1)})


@pytest.mark.parametrize(
    "contents",
    [
        element(1, b"abc"),
        element(14, b""),
        element(99, bytes(32)),
        numbers([1, 2, 3, 4]) + numbers([5]),
        b"",
        struct.pack("<II", 9, 1 << 31),
        struct.pack("<HHI", 9, 200, 0),
    ],
)
def test_contents_that_are_no_numbers(file, contents):
    file.write_bytes(mat(array("x", (2, 2), contents)))
    with pytest.raises(DataError, match=r"variable x: cannot be read|truncated or damaged"):
        read_mat(file, {"x": (2, 2)})


def test_compressed_data_that_break_off(file):
    whole = zlib.compress(array("x", (200, 1), numbers(np.random.default_rng(0).random(200))))
    cut = whole[:-50]
    file.write_bytes(mat(struct.pack("<II", 15, len(cut)) + cut))
    with pytest.raises(DataError, match="variable x: cannot be read: its compressed data break"):
        read_mat(file, {"x": (200, 1)})
