import numpy as np
import pytest

from landmarks.data.photometry import Photometry

CROP = np.random.default_rng(0).integers(0, 255, (48, 48, 3)).astype(np.uint8)


def test_the_same_draws_give_the_same_copy():
    photometry = Photometry(lighting=1, colour=1, blur=1, degrade=1, occlude=1)
    other = Photometry(lighting=1, colour=1, blur=1, degrade=1, occlude=1)
    first = photometry(CROP, np.random.default_rng(3))
    photometry(CROP, np.random.default_rng(4))  # what came between must not matter
    again = photometry(CROP, np.random.default_rng(3))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, other(CROP, np.random.default_rng(3)))
    assert (first != photometry(CROP, np.random.default_rng(4))).any()


def test_each_probability_has_its_effect_and_zero_has_none():
    none = dict.fromkeys(("lighting", "colour", "blur", "degrade", "occlude"), 0.0)
    np.testing.assert_array_equal(Photometry(**none)(CROP, np.random.default_rng(0)), CROP)
    for name in none:
        changed = Photometry(**{**none, name: 1.0})(CROP, np.random.default_rng(0))
        assert changed.shape == CROP.shape
        assert (changed != CROP).any(), name


def test_impossible_probabilities_are_named():
    with pytest.raises(ValueError, match="photometry blur is 2"):
        Photometry(blur=2)


def test_settings_show():
    assert "occlude=0.2" in repr(Photometry())
