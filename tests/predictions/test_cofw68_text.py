import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.errors import DataError
from landmarks.predictions import Cofw68Text, read_predictions
from tests.benchmarks.fuzz import check_reading, text_mutations
from tests.predictions.faces import faces, predicted, text

POINTS_PHOTO = predicted()


def read(file):
    return read_predictions(file, faces(), [Cofw68Text()]).points_photo.numpy()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "method.txt"
    path.write_bytes(text(POINTS_PHOTO))
    return path


@given(
    order=st.permutations(range(6)), blank=st.integers(0, 23), end=st.sampled_from(["\n", "\r\n"])
)
@settings(max_examples=20, deadline=None)
def test_faces_may_stand_in_any_order(tmp_path_factory, order, blank, end):
    rows = text(POINTS_PHOTO, order).decode().splitlines()
    rows.insert(blank, "  ")
    path = tmp_path_factory.getbasetemp() / "ordered.txt"
    path.write_bytes(end.join(rows).encode())
    np.testing.assert_allclose(read(path), POINTS_PHOTO, rtol=1e-14)


def change(file, line, old, new):
    rows = file.read_text().splitlines()
    assert old in rows[line - 1]
    rows[line - 1] = rows[line - 1].replace(old, new, 1)
    file.write_text("\n".join(rows))


@pytest.mark.parametrize(
    ("line", "old", "new", "message"),
    [
        (5, "2 ", "7", r"line 5: there is no face '7': Tiny test has 6 faces, numbered from 1"),
        (5, "2 ", "0", r"line 5: there is no face '0'"),
        (5, "2 ", "9" * 30, r"line 5: there is no face '9+"),
        (5, "2 ", "2.0", r"line 5: '2\.0', expected the number of a face, from 1 to 6"),
        (5, "2 ", "two", r"line 5: 'two', expected the number of a face"),
        (4, "0 1", "0", r"line 4: 4 numbers, expected occlusion of 5 points"),
        (4, "0 1", "0 inf", r"line 4: occlusion 'inf', expected a finite number"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(file, line, old, new, message):
    change(file, line, old, new)
    with pytest.raises(DataError, match=message) as caught:
        read(file)
    assert caught.value.file == file


def test_other_numbers_of_points_are_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(text(np.zeros((6, 4, 2))))
    with pytest.raises(
        DataError, match=r"line 2: 4 numbers, expected x of 5 points; .*choose the "
    ):
        read(path)


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_a_file_that_breaks_off_within_a_face(file, kept):
    rows = file.read_text().splitlines()[: 20 + kept]
    file.write_text("\n".join(rows))
    wanted = ["x, y, occlusion", "y, occlusion", "occlusion"][kept - 1]
    with pytest.raises(DataError, match=rf"breaks off within face 6 \(ibug/4\.jpg\): {wanted}"):
        read(file)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_is_read_rightly_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "damaged.txt"
    path.write_bytes(text(POINTS_PHOTO))
    mutation = data.draw(text_mutations(path.read_bytes()))
    # A lost face has no line of its own; a file of another beginning is of no known format.
    mutation = mutation._replace(text=False)

    def right(found, truth):
        # A finite number in the place of another is a prediction like any other.
        far = np.abs(found) > 1e300
        return far.sum() <= 1 and np.allclose(found[~far], truth[~far], rtol=1e-14)

    check_reading(path, mutation, lambda: read(path), POINTS_PHOTO, legitimate=right)
