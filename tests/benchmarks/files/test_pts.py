import os
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landmarks.benchmarks.files.pts import announces, read_pts
from landmarks.errors import DataError
from landmarks.geometry import Size
from tests.benchmarks.official.w300 import PTS_STYLES, pts_text

PICTURE = Size(100, 200)
POINTS = np.random.default_rng(0).uniform(1, 100, (68, 2)).round(3)
LINES = pts_text(POINTS).splitlines()


def with_line(number: int, *text: str) -> str:
    """A sound file whose line ``number``, counted from 1, is replaced."""
    return "\n".join([*LINES[: number - 1], *text, *LINES[number:]]) + "\n"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "face.pts"


@pytest.mark.parametrize("style", PTS_STYLES)
def test_reads_every_genuine_style(file, style):
    file.write_bytes(pts_text(POINTS, style).encode())
    points = read_pts(file, 68, PICTURE)
    assert points.dtype == np.float64
    np.testing.assert_array_equal(points, POINTS)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + pts_text(POINTS),
        pts_text(POINTS).replace("\n", "\r"),
        pts_text(POINTS).replace("\n", "  \n\n"),
        pts_text(POINTS).replace("version: 1\n", ""),
        pts_text(POINTS).replace(": ", ":").replace(" ", "\t"),
    ],
    ids=["BOM", "old Macintosh", "blank lines", "no version", "tabs"],
)
def test_reads_harmless_variants(file, text):
    file.write_bytes(text.encode())
    np.testing.assert_array_equal(read_pts(file, 68, PICTURE), POINTS)


def test_points_outside_the_picture_are_legal(file):
    points = POINTS - 150
    file.write_text(pts_text(points))
    np.testing.assert_allclose(read_pts(file, 68, PICTURE), points, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (pts_text(POINTS[:67]), 2, "n_points is '67', expected 68"),
        (with_line(2, "n_points: 66"), 2, "n_points is '66', expected 68"),
        (with_line(2, "n_points: sixty"), 2, "n_points is 'sixty', expected 68"),
        (with_line(71), 71, "67 points between the braces, expected 68"),
        (with_line(71, "1 1", "2 2"), 73, "69 points between the braces, expected 68"),
        (with_line(10, "nan 12.5"), 10, "'nan', expected a finite number"),
        (with_line(10, "12.5 -inf"), 10, "'-inf', expected a finite number"),
        (with_line(10, "1e400 12.5"), 10, "'1e400', expected a finite number"),
        (with_line(10, "1e30 12.5"), 10, "'1e30' lies more than 10 times"),
        (
            with_line(10, "12.5 -2000.5"),
            10,
            "more than 10 times the picture's longer side (200 px)",
        ),
        (with_line(10, "12.5 x"), 10, "'x' is not a number"),
        (with_line(10, "1_0 2"), 10, "'1_0' is not a number"),
        (with_line(10, "12.5"), 10, "'12.5', expected x and y"),
        (with_line(10, "1 2 3"), 10, "'1 2 3', expected x and y"),
        (with_line(10, "12,5 13,5"), 10, "'12,5' is not a number"),
        (with_line(72), 72, 'no closing line "}"'),
        (with_line(3), 3, 'expected "version: 1"'),
        (with_line(72, "}", "more"), 73, "'more' behind the closing brace"),
        (with_line(1, "version: 2"), 1, "version is '2', expected 1"),
        (with_line(1, "n_points: 68"), 2, "n_points stands there twice"),
        (with_line(2), 2, 'no line "n_points: 68"'),
        ("", 1, 'no line "{"'),
        ("version: 1\nn_points: 68\n", 3, 'no line "{"'),
        ("version: 1\n<html>\n", 2, "'<html>', expected"),
    ],
)
def test_a_bad_file_is_named_with_line_and_cure(file, text, line, message):
    file.write_text(text)
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        read_pts(file, 68, PICTURE)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"{file}, line {line}: ")
    assert "restore the file from the distribution" in str(caught.value)


def test_a_benchmark_may_refuse_points(file):
    file.write_text(pts_text(POINTS))
    place = int(np.argmax(POINTS[:, 0]))
    most = POINTS[place, 0]
    with pytest.raises(DataError, match="is too far right") as caught:
        read_pts(file, 68, PICTURE, lambda x, y: "is too far right" if x >= most else None)
    assert caught.value.line == place + 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((pts_text(POINTS[:39], style), True) for style in PTS_STYLES),
        (pts_text(POINTS[:39]).replace("n_points:  ", "n_points:"), True),
        (pts_text(POINTS[:39]).replace("n_points:", "n_points :"), True),
        (pts_text(POINTS), False),
        (pts_text(POINTS).replace("68", "39", 1), False),
        (pts_text(POINTS[:38]).replace("38", "39", 1), False),
        (pts_text(POINTS[:39]).replace("39", "68", 1), False),
        (pts_text(POINTS[:39]).replace("{", ""), False),
        ("", False),
    ],
)
def test_a_file_announces_its_points(file, text, expected):
    file.write_bytes(text.encode())
    assert announces(file, 39) is expected


def test_bytes_that_are_no_text(file):
    file.write_bytes(b"version: 1\r\nn_points: 68\r\n{\r\n1 \xff\r\n")
    with pytest.raises(DataError, match="line 4: byte 0xff, expected plain text"):
        read_pts(file, 68, PICTURE)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match=r"gone\.pts: the annotation cannot be read"):
        read_pts(tmp_path / "gone.pts", 68, PICTURE)


def test_a_pipe_or_an_endless_file_in_place_of_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.pts")
    with pytest.raises(DataError, match=r"pipe\.pts: .*Not a regular file"):
        read_pts(tmp_path / "pipe.pts", 68, PICTURE)
    with (tmp_path / "long.pts").open("wb") as stream:
        stream.truncate(1 << 40)  # takes no room on the disk
    with pytest.raises(DataError, match=r"long\.pts, line 1: 1,099,511,627,776 bytes, expected"):
        read_pts(tmp_path / "long.pts", 68, PICTURE)


fuzz = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@fuzz
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(file, data):
    file.write_bytes(data)
    with pytest.raises(DataError):
        read_pts(file, 2, PICTURE)


@fuzz
@given(st.data())
def test_a_damaged_file_is_read_rightly_or_refused(file, data):
    """Whatever is read after a damage is what a plain reading of the bytes says."""
    text = bytearray(pts_text(POINTS[:3]).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text) - 1))
        text[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.one_of(
                st.binary(max_size=2), st.sampled_from([b"\n", b" ", b"}", b"{", b"-", b"nan"])
            )
        )
    file.write_bytes(bytes(text))
    try:
        points = read_pts(file, 3, PICTURE)
    except DataError as error:
        assert error.file == file  # noqa: PT017, both outcomes are right
        return
    assert points.shape == (3, 2)
    assert np.abs(points).max() <= 10 * max(PICTURE)
    words = text.partition(b"{")[2].partition(b"}")[0].split()
    np.testing.assert_array_equal(points.ravel(), [float(word) for word in words])
    assert b"3" in text.partition(b"{")[0]
