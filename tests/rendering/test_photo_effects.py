from dataclasses import replace

import numpy as np
import pytest

from landmarks.geometry import Size
from landmarks.rendering.painter import paint
from landmarks.rendering.parameters import PhotoEffects
from landmarks.rendering.photo_effects import background, photograph

_GREY = np.full((40, 50, 3), 0.4, dtype=np.float32)


def _behind(effects: PhotoEffects, size: Size) -> np.ndarray:
    picture, layers = background(effects, size)
    paint(picture, layers)
    return picture


def test_the_defaults_do_nothing():
    photo = photograph(_GREY.copy(), PhotoEffects())
    assert photo.dtype == np.uint8
    assert (photo == 102).all()


def test_noise_has_the_asked_spread_and_belongs_to_its_seed():
    effects = PhotoEffects(noise=6.0, seed=4)
    noisy = photograph(_GREY.copy(), effects)
    assert noisy.std() == pytest.approx(6.0, rel=0.05)
    assert noisy.mean() == pytest.approx(102, abs=0.5)
    np.testing.assert_array_equal(noisy, photograph(_GREY.copy(), effects))
    assert (noisy != photograph(_GREY.copy(), replace(effects, seed=5))).any()


def test_blur_has_the_asked_spread():
    edge = _GREY.copy()
    edge[:, 25:] = 0.8
    row = photograph(edge, PhotoEffects(blur=0.05))[20, :, 0].astype(float)
    step = np.diff(row) / (row[-1] - row[0])
    middle = (step * np.arange(49)).sum()
    spread = np.sqrt((step * (np.arange(49) - middle) ** 2).sum())
    assert middle == pytest.approx(24.0, abs=0.05)
    assert spread == pytest.approx(0.05 * 40, rel=0.1)


def test_jpeg_keeps_the_channels_in_order():
    picture = _GREY.copy()
    picture[...] = (0.8, 0.4, 0.1)
    photo = photograph(picture, PhotoEffects(jpeg_quality=60))
    assert np.abs(photo.astype(int) - [204, 102, 26]).max() < 8


def test_jpeg_of_low_quality_loses_more():
    rng = np.random.default_rng(0)
    picture = rng.uniform(0.2, 0.8, (64, 64, 3)).astype(np.float32)
    exact = photograph(picture.copy(), PhotoEffects()).astype(int)
    errors = [
        np.abs(photograph(picture.copy(), PhotoEffects(jpeg_quality=quality)) - exact).mean()
        for quality in (95, 60, 30)
    ]
    assert errors[0] < errors[1] < errors[2]


def test_clutter_belongs_to_its_seed_and_scales_with_the_picture():
    effects = PhotoEffects(clutter=9, seed=3)
    small, again = (_behind(effects, Size(64, 64)) for _ in range(2))
    np.testing.assert_array_equal(small, again)
    assert small.std() > 0.02
    large = _behind(effects, Size(128, 128)).reshape(64, 2, 64, 2, 3).mean(axis=(1, 3))
    assert np.abs(large - small).mean() < 0.01
    other = _behind(replace(effects, seed=7), Size(64, 64))
    assert np.abs(other - small).mean() > 0.02


def test_without_clutter_the_background_is_plain():
    assert np.ptp(_behind(PhotoEffects(), Size(20, 30)), axis=(0, 1)).max() == 0
