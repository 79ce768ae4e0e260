import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.errors import DataError
from landmarks.points_file import points_file_name, read_points_file

ARRAYS = {
    "split": np.array("full"),
    "face": np.arange(2),
    "photo": np.array(["a", "b"]),
    "subsets": np.array(["", "c,d"]),
    "points_photo": np.zeros((2, 3, 2)),
    "covariances_photo": np.zeros((2, 3, 2, 2)),
    "true_points_photo": np.zeros((2, 3, 2)),
    "protocols": np.array(["x/box"]),
    "normalisers": np.ones((1, 2)),
    "nme": np.zeros((1, 2)),
}


@pytest.fixture(scope="module")
def written() -> bytes:
    data = io.BytesIO()
    np.savez_compressed(data, **ARRAYS)
    return data.getvalue()


def write(path, **changes):
    arrays = {name: array for name, array in {**ARRAYS, **changes}.items() if array is not None}
    np.savez(path, **arrays)
    return path


def test_a_file_comes_back(tmp_path):
    found = read_points_file(write(tmp_path / "points-full.npz"))
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
    without = read_points_file(write(tmp_path / "points-full.npz", covariances_photo=None))
    assert "covariances_photo" not in without


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"face": None}, "'face' is missing"),
        ({"points_photo": np.zeros((2, 3))}, "'points_photo' holds float64 along 2 axes"),
        ({"face": np.array([0.0, 1.0])}, "'face' holds float64 along 1 axes, expected int64"),
        (
            {"photo": np.array(["a", "b", "c"])},
            r"'photo' has the shape \(3,\), but its N must be 2",
        ),
        ({"points_photo": np.zeros((2, 3, 3))}, "its 2 must be 2"),
        ({"true_points_photo": np.zeros((2, 4, 2))}, "its K must be 3"),
        ({"nme": np.zeros((2, 2))}, "its P must be 1"),
    ],
)
def test_what_does_not_fit_is_named_with_the_cure(tmp_path, change, message):
    file = write(tmp_path / "points-a.npz", **change)
    with pytest.raises(DataError, match=message) as caught:
        read_points_file(file)
    assert str(caught.value).startswith(str(file))
    assert "write it anew" in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"text", b"PK\x03\x04", b"\x93NUMPY\x01\x00"])
def test_other_files_are_refused(tmp_path, data):
    (tmp_path / "points-a.npz").write_bytes(data)
    with pytest.raises(DataError, match=r"points-a\.npz: .*write it anew"):
        read_points_file(tmp_path / "points-a.npz")


def test_a_missing_file_and_a_bare_array(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_points_file(tmp_path / "points-a.npz")
    np.save(tmp_path / "a.npy", np.zeros(3))
    with pytest.raises(DataError, match="no file of points"):
        read_points_file(tmp_path / "a.npy")


class Trap:
    """Tells when it is unpickled."""

    sprung = False

    def __reduce__(self):
        return (setattr, (Trap, "sprung", True))


def test_no_code_in_a_file_is_run(tmp_path):
    objects = np.array([Trap()], dtype=object)
    file = write(tmp_path / "points-a.npz", photo=objects)
    with pytest.raises(DataError, match="no file of points"):
        read_points_file(file)
    assert not Trap.sprung


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_bytes_are_refused_or_read_rightly(written, tmp_path_factory, data):
    damaged = bytearray(written)
    for place in data.draw(st.lists(st.integers(0, len(written) - 1), max_size=4)):
        damaged[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    file = tmp_path_factory.getbasetemp() / "points-fuzzed.npz"
    file.write_bytes(bytes(damaged[: cut or None]))
    try:
        found = read_points_file(file)
    except DataError as error:
        found, message = {}, str(error)
        assert str(file) in message
    for name, array in found.items():  # the archive holds a checksum of every array
        np.testing.assert_array_equal(array, ARRAYS[name])


def test_a_header_that_asks_for_all_memory_is_refused(tmp_path):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (10**6, 10**6, 2), }"
    header = header.replace("10**6", "1000000").ljust(117) + "\n"
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    file = tmp_path / "points-a.npz"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("points_photo.npy", data)
    with pytest.raises(DataError, match=r"no file of points|cannot be read"):
        read_points_file(file)


def test_the_name_holds_no_slash():
    assert points_file_name("helen/testset") == "points-helen-testset.npz"
