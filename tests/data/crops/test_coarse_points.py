import json

import numpy as np
import pytest

from landmarks.batch import Box
from landmarks.data.crops import AnnotatedFivePoints, DetectedFivePoints
from landmarks.markups import MARKUP_19, MARKUP_68, Markup
from tests.data.crops.faces import face, record

NAN = [np.nan, np.nan]


def annotated(record, noise=0.0, seed=0, markup=MARKUP_68):
    find = AnnotatedFivePoints(noise).for_markup(markup)
    return find(record, np.random.default_rng(seed))


def test_coarse_points_are_means_of_the_annotated_ones():
    points = face().points_photo
    expected = [
        points[36:42].mean(axis=0),
        points[42:48].mean(axis=0),
        points[30],
        points[48],
        points[54],
    ]
    np.testing.assert_allclose(annotated(face()), expected)


def test_what_is_missing_is_left_out_of_the_mean():
    whole = face()
    whole.points_photo[36:40] = np.nan
    whole.points_photo[48] = np.nan
    found = annotated(whole)
    np.testing.assert_allclose(found[0], whole.points_photo[40:42].mean(axis=0))
    assert np.isnan(found[3]).all()
    assert np.isfinite(found[[1, 2, 4]]).all()


def test_noise_is_a_share_of_the_distance_between_the_eyes():
    clean = annotated(face())
    distance = np.linalg.norm(clean[1] - clean[0])
    noise = [annotated(face(), 0.2, seed) - clean for seed in range(400)]
    assert np.std(noise) == pytest.approx(0.2 * distance, rel=0.05)
    assert np.mean(noise) == pytest.approx(0, abs=0.02 * distance)
    assert (annotated(face(), 0.2, 1) == annotated(face(), 0.2, 1)).all()


def test_a_face_of_which_one_eye_is_missing_has_noise_of_the_same_size():
    clean = annotated(face())
    distance = np.linalg.norm(clean[1] - clean[0])
    profile = face()
    profile.points_photo[36:42] = np.nan
    noise = [annotated(profile, 0.2, seed)[1:] - clean[1:] for seed in range(400)]
    assert np.std(noise) == pytest.approx(0.2 * distance, rel=0.2)
    # Draws do not shift with what is missing.
    expected = annotated(face(), 0.2, 5)[1:] - clean[1:]
    found = annotated(profile, 0.2, 5)[1:] - clean[1:]
    np.testing.assert_allclose(found / found[0, 0], expected / expected[0, 0])


def test_a_markup_without_the_points_is_refused():
    with pytest.raises(ValueError, match="markup mine does not say which of its points"):
        annotated(face(), markup=Markup("mine", 2, (1, 0)))
    with pytest.raises(ValueError, match="noise -1 must be at least 0"):
        AnnotatedFivePoints(-1)


def detected(tmp_path, faces, record):
    file = tmp_path / "points.json"
    file.write_text(json.dumps(faces))
    return DetectedFivePoints(file).for_markup(MARKUP_19)(record, np.random.default_rng(0))


def five(x, y, size=10):
    shape = np.array([[-1, -1], [1, -1], [0, 0], [-1, 1], [1, 1]])
    return (shape * size + [x, y]).tolist()


def test_a_record_takes_the_detection_in_its_own_box(tmp_path):
    faces = {"a.jpg": [five(300, 80), five(100, 80)], "b.jpg": [five(10, 10)]}
    corners = np.array([[80.0, 60], [120, 100]])
    for x in (0, 200):
        own = record(corners + np.array([x, 0]), "a.jpg")
        np.testing.assert_allclose(detected(tmp_path, faces, own), five(100 + x, 80))
    boxed = record([NAN, NAN], "a.jpg", Box(250, 50, 340, 130))
    np.testing.assert_allclose(detected(tmp_path, faces, boxed), five(300, 80))


def test_a_face_that_was_missed_has_no_points(tmp_path):
    faces = {"a.jpg": [five(300, 80)]}
    for missed in (
        record([[80.0, 60], [120, 100]], "a.jpg"),  # the detection is another face's
        record([[280.0, 60], [320, 100]], "b.jpg"),
        record([NAN], "a.jpg"),
    ):
        assert np.isnan(detected(tmp_path, faces, missed)).all()
