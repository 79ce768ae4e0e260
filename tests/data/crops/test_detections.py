import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.data.crops.detections import COLUMNS, read_detections
from landmarks.errors import DataError

HEADER = ",".join(COLUMNS)
FACE = [[10.0, 20.5], [30, 20], [20, 30], [12, 40], [28, 40]]
ROW = "a/b.jpg,10,20.5,30,20,20,30,12,40,28,40"


def csv_file(folder, *lines, end="\n"):
    file = folder / "points.csv"
    file.write_bytes(end.join(lines).encode())
    return file


def json_file(folder, content):
    file = folder / "points.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_and_json_say_the_same(tmp_path, end):
    rows = csv_file(tmp_path, HEADER, ROW, "c d.jpg,1,2,,,3,4,,,5,6", ROW, "", end=end)
    found = read_detections(rows)
    partial = [[1, 2], None, [3, 4], None, [5, 6]]
    same = json_file(tmp_path, {"a\\b.jpg": [FACE, FACE], "c d.jpg": [partial]})
    again = read_detections(same)
    assert list(found) == list(again) == ["a/b.jpg", "c d.jpg"]
    np.testing.assert_array_equal(found["a/b.jpg"], [FACE, FACE])
    for photo in found:
        np.testing.assert_array_equal(found[photo], again[photo])
    assert np.isnan(found["c d.jpg"][0, [1, 3]]).all()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["photo,x,y", ROW], "line 1: the header is 'photo,x,y'; expected photo,left_eye_x"),
        ([HEADER, ROW, ROW[:-3]], "line 3: 10 values, expected 11"),
        ([HEADER, ROW.replace("20.5", "much")], "line 2: coordinate 'much', expected a number"),
        ([HEADER, ROW.replace("20.5", "inf")], "line 2: coordinate 'inf'"),
        ([HEADER, ROW.replace("20.5", "")], "line 2: a point with one coordinate only"),
        ([HEADER, ROW.removeprefix("a/b.jpg")], "line 2: the name of the picture is empty"),
        ([HEADER, ROW, '"' + ROW], "line 3: no CSV"),
        ([HEADER], "no face with at least two points"),
        ([HEADER, "a.jpg,1,2" + 8 * ","], "no face with at least two points"),
        (
            [HEADER, "a.jpg,30,20,10,20,20,30,28,40,12,40"],
            "in 1 of 1 faces left and right have changed places",
        ),
    ],
)
def test_a_bad_csv_is_named_with_its_line(tmp_path, lines, message):
    with pytest.raises(DataError, match=message) as caught:
        read_detections(csv_file(tmp_path, *lines))
    assert "points.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a.jpg": [\n', "line 2: no JSON"),
        ([FACE], "a list, expected"),
        ({"a.jpg": 3}, "photo 'a.jpg' has 3, expected"),
        ({"a.jpg": [FACE[:4]]}, "a face of photo 'a.jpg' is no list of five points"),
        ({"a.jpg": [[*FACE[:4], [1]]]}, r"a point of photo 'a.jpg' is \[1\], expected"),
        ({"a.jpg": [[*FACE[:4], [1, True]]]}, "expected .x, y. or null"),
        ('{"a.jpg": [[[1, 2], [NaN, 2], [1, 2], [1, 2], [1, 2]]]}', "a point of photo 'a.jpg'"),
    ],
)
def test_a_bad_json_is_named(tmp_path, content, message):
    with pytest.raises(DataError, match=message) as caught:
        read_detections(json_file(tmp_path, content))
    assert "points.json" in str(caught.value)


def test_a_file_that_is_none_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv: the detected points cannot be read"):
        read_detections(tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match=r"from a \.csv or a \.json file"):
        read_detections(tmp_path / "points.txt")
    latin = tmp_path / "latin.csv"
    latin.write_bytes(HEADER.encode() + b"\nb\xe4r.jpg")
    with pytest.raises(DataError, match="line 2: byte 0xe4"):
        read_detections(latin)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_damage_is_read_or_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("fuzz")
    suffix = data.draw(st.sampled_from([".csv", ".json"]))
    whole = (
        f"{HEADER}\n{ROW}\n".encode() if suffix == ".csv" else json.dumps({"a": [FACE]}).encode()
    )
    place = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 20))
    text = data.draw(st.one_of(st.binary(max_size=8), st.sampled_from([b"1e999", b'"', b"[" * 9])))
    file = folder / f"points{suffix}"
    file.write_bytes(whole[:place] + text + whole[place + length :])
    try:
        found = read_detections(file)
    except DataError as error:
        found = {}
        if file.name not in str(error):
            raise
    for faces in found.values():
        assert faces.shape[1:] == (5, 2)
        assert (np.isfinite(faces).all(axis=2) | np.isnan(faces).all(axis=2)).all()
        assert not np.isinf(faces).any()
