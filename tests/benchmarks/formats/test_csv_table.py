import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.benchmarks.formats import Annotation, CsvTable
from landmarks.errors import DataError
from tests.benchmarks.own_data import COUNT, faces, to_write

COLUMNS = ["picture", *(f"{axis}{point}" for point in range(COUNT) for axis in "xy")]
ROW = ["0.png", *map(str, range(2 * COUNT))]


def table(tmp_path, *rows, header=COLUMNS):
    file = tmp_path / "a.csv"
    file.write_text("\n".join(",".join(row) for row in (header, *rows)), encoding="utf-8")
    return file


def test_a_plain_table(tmp_path):
    (face,) = CsvTable().read(table(tmp_path, ROW), tmp_path, COUNT).faces
    assert isinstance(face, Annotation)
    np.testing.assert_array_equal(face.points, np.arange(2.0 * COUNT).reshape(-1, 2))
    assert (face.picture, face.line, face.box, face.occluded) == ("0.png", 2, None, None)


def test_columns_may_stand_in_any_order(tmp_path):
    file = table(tmp_path, ROW[::-1], header=COLUMNS[::-1])
    (face,) = CsvTable().read(file, tmp_path, COUNT).faces
    assert isinstance(face, Annotation)
    np.testing.assert_array_equal(face.points, np.arange(2.0 * COUNT).reshape(-1, 2))


def test_a_table_of_a_spreadsheet(tmp_path):
    """A byte order mark, Windows line ends, quotes and a blank line at the end."""
    file = tmp_path / "a.csv"
    row = ['"my, face.png"', *ROW[1:]]
    text = "\r\n".join([",".join(COLUMNS), ",".join(row), "", ""])
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    (face,) = CsvTable().read(file, tmp_path, COUNT).faces
    assert isinstance(face, Annotation)
    assert face.picture == "my, face.png"


def test_a_row_without_a_point_is_no_face(tmp_path):
    found = CsvTable().read(table(tmp_path, ["1.png", *[""] * (2 * COUNT)], ROW), tmp_path, COUNT)
    assert (len(found.faces), found.left_out) == (1, 1)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ([*COLUMNS, "ocluded0"], "'ocluded0' is not known"),
        ([*COLUMNS, "x0"], "'x0' stands there twice"),
        (COLUMNS[:-1], "no column 'y8'"),
        (COLUMNS[1:], "no column 'picture'"),
        ([*COLUMNS, "box_x0"], "no column 'box_y0'"),
        ([*COLUMNS, "occluded0"], "no column 'occluded1'"),
    ],
)
def test_a_wrong_header(tmp_path, header, message):
    with pytest.raises(DataError, match=message) as caught:
        CsvTable().read(table(tmp_path, header=header), tmp_path, COUNT)
    assert caught.value.line == 1


BOX = ["box_x0", "box_y0", "box_x1", "box_y1"]
FLAGS = [f"occluded{point}" for point in range(COUNT)]


@pytest.mark.parametrize(
    ("more", "row", "message"),
    [
        ([], ROW[:-1], "18 cells, expected 19"),
        ([], ["", *ROW[1:]], "picture is not named"),
        ([], [ROW[0], "", *ROW[2:]], "only one coordinate"),
        ([], [ROW[0], "a", *ROW[2:]], "'a' is not a number"),
        ([], [ROW[0], "inf", *ROW[2:]], "finite"),
        (BOX, [*ROW, "1", "2", "0", "3"], "inside out"),
        (BOX, [*ROW, "1", "2", "", "3"], "box corner '' is not a number"),
        (FLAGS, [*ROW, *["0"] * 8, "2"], "occluded8 is '2'"),
        (FLAGS, [*ROW, *["0"] * 8, ""], "occluded8 is ''"),
    ],
)
def test_a_wrong_row_is_told_and_the_others_are_read(tmp_path, more, row, message):
    good = [*ROW, *{4: ["1", "2", "3", "4"], 9: ["1"] * 9, 0: []}[len(more)]]
    file = table(tmp_path, good, row, good, header=[*COLUMNS, *more])
    first, found, last = CsvTable().read(file, tmp_path, COUNT).faces
    assert isinstance(first, Annotation)
    assert isinstance(last, Annotation)
    assert isinstance(found, DataError)
    assert (found.file, found.line) == (file, 3)
    with pytest.raises(DataError, match=message):
        raise found


def test_an_empty_file(tmp_path):
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(DataError, match="empty"):
        CsvTable().read(tmp_path / "a.csv", tmp_path, COUNT)


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 1000),
    boxes=st.booleans(),
    occlusion=st.booleans(),
    subsets=st.booleans(),
)
def test_what_is_written_comes_back_to_the_last_bit(
    tmp_path_factory, seed, boxes, occlusion, subsets
):
    folder = tmp_path_factory.mktemp("csv")
    truth = faces(4, seed=seed, boxes=boxes, occlusion=occlusion, subsets=subsets)
    truth[-1] = truth[-1]._replace(occluded=None, box=None)
    written = to_write(truth, folder, 'a, "b" ')
    CsvTable().write(folder / "a.csv", written)
    assert CsvTable().losses(written) == []
    back = CsvTable().read(folder / "a.csv", folder, COUNT).faces
    for face, read in zip(written, back, strict=True):
        assert isinstance(read, Annotation)
        assert read.points.tobytes() == face.record.points_photo.tobytes()
        assert (read.box, read.subsets) == (face.record.box, face.record.subsets)
        assert (read.picture, read.name) == (face.picture, None)
        assert (read.occluded is None) == (face.record.occluded is None)
        if read.occluded is not None:
            np.testing.assert_array_equal(read.occluded, face.record.occluded)


def test_a_subset_that_would_be_taken_apart_is_refused(tmp_path):
    (face,) = to_write([faces(1)[0]._replace(subsets=frozenset({"a;b"}))], tmp_path)
    with pytest.raises(DataError, match="a;b"):
        CsvTable().write(tmp_path / "a.csv", [face])
