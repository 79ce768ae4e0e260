import io

import numpy as np
import pytest

from landmarks.errors import DataError
from landmarks.predictions import CocoPredictions, Cofw68Text, OwnPoints, read_predictions
from tests.predictions.faces import POINTS, faces, lines, predicted, results, text

FORMATS = [CocoPredictions(), OwnPoints(), Cofw68Text()]
POINTS_PHOTO = predicted()


def npz(points, covariances=None, **changes):
    truth = faces()
    count = len(points)
    arrays = {
        "split": np.array("test"),
        "face": np.arange(count),
        "photo": np.array([record.photo.name for record in truth.records]),
        "subsets": np.array([""] * count),
        "points_photo": points,
        "true_points_photo": np.array([record.points_photo for record in truth.records]),
        "protocols": np.array(["tiny/box"]),
        "normalisers": np.ones((1, count)),
        "nme": np.ones((1, count)),
        **changes,
    }
    if covariances is not None:
        arrays["covariances_photo"] = covariances
    data = io.BytesIO()
    np.savez(data, **arrays)
    return data.getvalue()


def read(tmp_path, data, **settings):
    (tmp_path / "found").write_bytes(data)
    return read_predictions(tmp_path / "found", faces(), FORMATS, **settings)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (lines(results(POINTS_PHOTO)), CocoPredictions),
        (b"\xef\xbb\xbf \r\n" + lines(results(POINTS_PHOTO)), CocoPredictions),
        (text(POINTS_PHOTO), Cofw68Text),
        (b"\xef\xbb\xbf" + text(POINTS_PHOTO).replace(b"\n", b"\r\n"), Cofw68Text),
        (npz(POINTS_PHOTO), OwnPoints),
    ],
)
def test_the_format_is_told_by_the_content(tmp_path, data, kind):
    found = read(tmp_path, data)
    assert isinstance(found.format, kind)
    assert found.missing == 0
    assert found.covariances_photo is None
    # The text adds 1 and the reader takes it away: the last digit may be lost to that.
    exact = kind is not Cofw68Text
    np.testing.assert_allclose(found.points_photo, POINTS_PHOTO, rtol=0 if exact else 1e-15)


@pytest.mark.parametrize("data", [b"", b"points", b"\x93NUMPY", b"version: 1\n"])
def test_other_files_are_refused_with_the_formats_there_are(tmp_path, data):
    with pytest.raises(DataError, match="none of the formats") as caught:
        read(tmp_path, data)
    for known in FORMATS:
        assert known.description in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"gone: the predictions cannot be read \(No such file"):
        read_predictions(tmp_path / "gone", faces(), FORMATS)


@pytest.mark.parametrize(
    ("data", "shift"),
    [(lines(results(POINTS_PHOTO)), 0), (text(POINTS_PHOTO), 1), (npz(POINTS_PHOTO), 0)],
)
def test_the_first_pixel_may_be_named(tmp_path, data, shift):
    for first in (0, 1):
        found = read(tmp_path, data, first_pixel=first)
        assert found.first_pixel == first
        np.testing.assert_allclose(found.points_photo, POINTS_PHOTO + shift - first, rtol=1e-14)
    assert read(tmp_path, data).first_pixel == shift


@pytest.mark.parametrize("write", [lambda p: lines(results(p)), text])
def test_a_missing_face_is_an_error_or_a_failure(tmp_path, write):
    with pytest.raises(DataError, match=r"1 of 6 faces of Tiny test have no prediction, the first "
                       r"is face 6 \(ibug/4\.jpg\).*--missing_fails"):  # fmt: skip
        read(tmp_path, write(POINTS_PHOTO[:5]))
    found = read(tmp_path, write(POINTS_PHOTO[:5]), missing_fails=True)
    assert found.missing == 1
    assert found.points_photo[5].isnan().all()
    np.testing.assert_allclose(found.points_photo[:5], POINTS_PHOTO[:5], rtol=1e-14)


def test_a_face_that_comes_twice_is_named_with_both_places(tmp_path):
    entries = results(POINTS_PHOTO)
    with pytest.raises(DataError) as caught:
        read(tmp_path, lines([*entries, entries[2]]), missing_fails=True)
    assert caught.value.line == 7
    assert "face 3 (ibug/2 b.jpg) is predicted twice" in str(caught.value)
    assert "result 3 (id '3') on line 3 and by result 7 (id '3') on line 7" in str(caught.value)
    with pytest.raises(DataError, match=r"line 25: face 2 .* twice: by face 2 on line 5"):
        read(tmp_path, text(POINTS_PHOTO) + text(POINTS_PHOTO, [1]))


def test_a_point_that_is_not_finite_is_an_error_or_a_failure(tmp_path):
    lost = POINTS_PHOTO.copy()
    lost[3, 2, 1] = np.nan
    for data in (lines(results(lost)), npz(lost)):
        with pytest.raises(DataError, match=r"face 4 \(ibug/3\.jpg\): a predicted point is not"):
            read(tmp_path, data)
        found = read(tmp_path, data, missing_fails=True)
        assert found.missing == 0
        np.testing.assert_array_equal(found.points_photo, lost)


def test_own_points_keep_their_covariances(tmp_path):
    covariances = np.random.default_rng(1).normal(size=(6, POINTS, 2, 2))
    found = read(tmp_path, npz(POINTS_PHOTO, covariances))
    np.testing.assert_array_equal(found.covariances_photo, covariances)


def test_own_points_in_another_order_come_to_their_faces(tmp_path):
    order = np.array([4, 0, 5, 2, 1, 3])
    names = np.array([record.photo.name for record in faces().records])
    data = npz(POINTS_PHOTO[order], face=order, photo=names[order])
    np.testing.assert_array_equal(read(tmp_path, data).points_photo, POINTS_PHOTO)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split": np.array("validation")}, "the faces of 'validation', not of 'test'"),
        ({"face": np.arange(1, 7)}, "'afw/1.jpg' as face 2, which is 'afw/2 b.jpg'"),
        ({"face": np.arange(-1, 5)}, "holds face 0, but Tiny test has 6 faces"),
        ({"photo": np.array(["x.jpg"] * 6)}, "'x.jpg' as face 1"),
    ],
)
def test_own_points_of_other_faces_are_refused(tmp_path, change, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, npz(POINTS_PHOTO, **change))


def test_own_points_of_another_markup_are_refused(tmp_path):
    data = npz(np.zeros((6, 4, 2)), true_points_photo=np.zeros((6, 4, 2)))
    with pytest.raises(DataError, match="holds faces of 4 points, Tiny test has 5"):
        read(tmp_path, data)
