import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.benchmarks.files.counted import read_counted
from landmarks.errors import DataError
from landmarks.geometry import Size

SIZE = Size(100, 200)
GOOD = "3\n1.500000 2.250000\n-3.000000 4.000000\n150.000000 99.000000\n"
POINTS = [[1.5, 2.25], [-3, 4], [150, 99]]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "a.txt"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.rstrip(),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\n\n"),
        GOOD.replace(" ", "\t").replace("\n", " \n"),
        "3\n1.5 2.25\n-3 4\n1.5e2 99.000\n",  # with a line end behind them, decimals are free
    ],
)
def test_good_files(file, text):
    file.write_bytes(text.encode())
    points = read_counted(file, 3, SIZE)
    np.testing.assert_array_equal(points, POINTS)
    assert points.dtype == np.float64


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: the file is empty, expected the number of points, 3"),
        ("\n\n", "line 1: the file is empty"),
        (GOOD.replace("3\n", "4\n", 1), "line 1: '4', expected the number of points, 3"),
        (GOOD.replace("3\n", "", 1), "line 1: '1.500000 2.250000', expected the number of points"),
        (GOOD.replace("3\n", "03\n", 1), "line 1: '03', expected the number"),
        (GOOD + "1 2\n", "line 5: '1 2' behind 3 points, expected the end"),
        ("3\n1 2\n3 4\n", "line 4: the file breaks off behind 2 points, expected 3"),
        (GOOD[:-3], r"line 4: the file breaks off in the number '99.0000'"),
        (GOOD[:-7], "line 4: the file breaks off in the number '99.'"),
        (GOOD[:-9], "line 4: the file breaks off in the number '9'"),
        (GOOD[:-12], "line 4: '150.00000', expected x and y"),
        (GOOD.replace("4.0", "4.0 7"), "line 3: .*, expected x and y"),
        (GOOD.replace("99.0", "nan"), "line 4: coordinate 'nan00000' is not a number"),
        (GOOD.replace("99.000000", "nan") + "", "line 4: coordinate 'nan', expected a finite"),
        (GOOD.replace("99.000000", "1e308"), "line 4: coordinate '1e308' lies more than 10 times"),
        (GOOD.replace("99.000000", "2001"), "line 4: coordinate '2001' lies more than 10 times"),
    ],
)
def test_bad_files(file, text, complaint):
    file.write_text(text)
    with pytest.raises(DataError, match=complaint):
        read_counted(file, 3, SIZE)


def test_no_file(file):
    with pytest.raises(DataError, match=r"a\.txt: the annotation cannot be read"):
        read_counted(file, 3, SIZE)


@settings(deadline=None, max_examples=100)
@given(length=st.integers(0, len(GOOD) - 1))
def test_a_file_that_breaks_off_anywhere_is_noticed(tmp_path_factory, length):
    file = tmp_path_factory.mktemp("cut") / "a.txt"
    file.write_text(GOOD[:length])
    if length == len(GOOD) - 1:  # but for its last line end
        np.testing.assert_array_equal(read_counted(file, 3, SIZE), POINTS)
        return
    with pytest.raises(DataError) as caught:
        read_counted(file, 3, SIZE)
    assert caught.value.line is not None
