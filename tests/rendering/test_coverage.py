import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.geometry import Size
from landmarks.rendering.coverage import contains, coverage

_SIZE = Size(12, 15)


def _filled(polygon: np.ndarray, size: Size = _SIZE) -> np.ndarray:
    picture = np.zeros(size)
    (filled,) = coverage([polygon], size)
    picture[filled.window] = filled.alpha
    return picture


def _star(seed: int, corners: int, low: float = 1.0, high: float = 11.0) -> np.ndarray:
    """A simple polygon: corners in order round a middle."""
    rng = np.random.default_rng(seed)
    angle = (np.arange(corners) + rng.uniform(0, 0.95, corners)) * 2 * np.pi / corners
    reach = (high - low) / 2
    radius = rng.uniform(0.2, 1.0, corners) * reach
    middle = (low + high) / 2
    polygon = middle + np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None]
    return polygon if rng.random() < 0.5 else polygon[::-1]


def _area(polygon: np.ndarray) -> float:
    """By the shoelace formula, corner after corner."""
    total = 0.0
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        total += x0 * y1 - x1 * y0
    return abs(total) / 2


def _inside(polygon: np.ndarray, x: float, y: float) -> bool:
    """By the sum of the angles under which the sides are seen."""
    turn = 0.0
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        step = math.atan2(y1 - y, x1 - x) - math.atan2(y0 - y, x0 - x)
        turn += (step + math.pi) % (2 * math.pi) - math.pi
    return abs(turn) > math.pi


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(3, 9))
def test_the_covered_area_is_the_polygons(seed, corners):
    polygon = _star(seed, corners)
    filled = _filled(polygon)
    assert filled.min() >= 0
    assert filled.max() <= 1
    assert filled.sum() == pytest.approx(_area(polygon), abs=1e-4)


@settings(deadline=None, max_examples=6)
@given(st.integers(0, 10**6), st.integers(3, 6))
def test_every_pixel_is_covered_as_sampling_says(seed, corners):
    polygon = _star(seed, corners, 0.0, 5.0)
    filled = _filled(polygon, Size(6, 6))
    steps = (np.arange(14) + 0.5) / 14 - 0.5
    for row in range(6):
        for column in range(6):
            hits = [_inside(polygon, column + dx, row + dy) for dx in steps for dy in steps]
            assert filled[row, column] == pytest.approx(np.mean(hits), abs=0.06)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.floats(-14, 14), st.floats(-14, 14))
def test_what_leaves_the_picture_is_cut_off(seed, right, down):
    polygon = _star(seed, 7) + np.array([right, down])
    wide = _filled(polygon + 20, Size(60, 60))
    np.testing.assert_allclose(_filled(polygon), wide[20:32, 20:35], atol=1e-6)


def test_many_polygons_are_filled_as_each_alone():
    polygons = [_star(seed, 5) + np.array([seed - 4, 3 - seed]) for seed in range(8)]
    for polygon, filled in zip(polygons, coverage(polygons, _SIZE), strict=True):
        picture = np.zeros(_SIZE)
        picture[filled.window] = filled.alpha
        np.testing.assert_allclose(picture, _filled(polygon), atol=1e-6)


def test_nothing_and_nowhere():
    assert coverage([], _SIZE) == []
    (outside,) = coverage([np.array([[-9.0, -9.0], [-5.0, -9.0], [-5.0, -4.0]])], _SIZE)
    assert outside.alpha.size == 0
    assert _filled(np.array([[1.0, 1.0], [5.0, 5.0], [3.0, 3.0]])).max() == 0


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(3, 9))
def test_contains(seed, corners):
    polygon = _star(seed, corners)
    points = np.random.default_rng(seed).uniform(0, 12, (20, 2))
    expected = [_inside(polygon, x, y) for x, y in points]
    np.testing.assert_array_equal(contains(polygon, points), expected)
