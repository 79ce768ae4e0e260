import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.data_check.alignment import align, align_robustly, as_complex, mean_shape, misfit
from landmarks.markups import MARKUP_68
from tests.data_check.drawn import shapes

MEAN = as_complex(MARKUP_68.mean_shape)


@given(st.floats(0.1, 50), st.floats(-3.1, 3.1), st.floats(-500, 500), st.sets(st.integers(0, 67)))
@settings(deadline=None, max_examples=30)
def test_a_similarity_is_found_whatever_is_missing(scale, turn, shift, missing):
    face = scale * np.exp(1j * turn) * MEAN + shift * (1 - 2j)
    face[list(missing)[:60]] = np.nan
    similarity = align(face[None], MEAN)
    back = similarity.apply(face[None])[0]
    there = ~np.isnan(face)
    np.testing.assert_allclose(back[there], MEAN[there], atol=1e-8)
    np.testing.assert_allclose(similarity.undo(back[None])[0][there], face[there], atol=1e-6)


def test_one_point_or_one_spot_has_no_similarity():
    one = np.full(68, np.nan + 0j)
    one[3] = 5 + 5j
    assert np.isnan(align(np.stack([one, np.full(68, 7 + 7j)]), MEAN).factor).all()


def test_a_gross_error_pulls_little():
    face = MEAN * 10
    face[30] += 20
    plain, robust = align(face[None], MEAN), align_robustly(face[None], MEAN)
    others = np.arange(68) != 30
    error = [np.abs(s.apply(face[None])[0] - MEAN)[others].max() for s in (plain, robust)]
    assert error[1] < error[0] / 20


def test_the_mean_shape_is_found_in_units_of_the_eyes():
    faces = as_complex(shapes(200))
    faces[::4, 5] = np.nan
    faces[7] = faces[7][::-1]
    shape = mean_shape(faces, MARKUP_68.eye_corners)
    assert abs(abs(shape[36] - shape[45]) - 1) < 1e-9
    assert float(misfit(shape[None], MEAN)[0]) < 0.05


def test_a_point_that_no_face_has_is_missing_in_the_mean_shape():
    faces = as_complex(shapes(20))
    faces[:, 9] = np.nan
    shape = mean_shape(faces, MARKUP_68.eye_corners)
    assert np.flatnonzero(np.isnan(shape)).tolist() == [9]
    assert np.isnan(mean_shape(faces[:0], None)).all()


def test_misfit_sees_a_reflection_and_nothing_less():
    assert misfit((3j * MEAN + 2)[None], MEAN)[0] < 1e-6
    assert misfit(-MEAN.conj()[None], MEAN)[0] > 0.5
