import numpy as np

from landmarks.geometry import Size
from landmarks.rendering.painter import Blob, Layer, blobs, hull, paint, ribbon, stroke

_SQUARE = np.array([[0.5, 0.5], [4.5, 0.5], [4.5, 4.5], [0.5, 4.5]])
_RED = np.array([1.0, 0.0, 0.0])


def _black() -> np.ndarray:
    return np.zeros((8, 10, 3), dtype=np.float32)


def test_an_opaque_square_between_pixels():
    picture = _black()
    paint(picture, [Layer(_SQUARE, _RED)])
    expected = np.zeros((8, 10))
    expected[1:5, 1:5] = 1
    np.testing.assert_allclose(picture[..., 0], expected, atol=1e-6)
    assert picture[..., 1:].max() == 0


def test_layers_cover_one_another_in_their_order():
    picture, blue = _black(), np.array([0.0, 0.0, 1.0])
    paint(picture, [Layer(_SQUARE, _RED), Layer(_SQUARE + 2, blue, opacity=0.25)])
    np.testing.assert_allclose(picture[2, 2], [1, 0, 0], atol=1e-6)
    np.testing.assert_allclose(picture[4, 4], [0.75, 0, 0.25], atol=1e-6)
    np.testing.assert_allclose(picture[6, 6], [0, 0, 0.25], atol=1e-6)


def test_a_clip_keeps_a_layer_within():
    picture = _black()
    paint(picture, [Layer(_SQUARE, _RED, clip=_SQUARE + np.array([2, 0]))])
    expected = np.zeros((8, 10))
    expected[1:5, 3:5] = 1
    np.testing.assert_allclose(picture[..., 0], expected, atol=1e-6)
    apart = _black()
    paint(apart, [Layer(_SQUARE, _RED, clip=_SQUARE + np.array([5, 0]))])
    assert apart.max() == 0


def test_a_soft_edge_keeps_the_amount_of_paint():
    hard, soft = (np.zeros((40, 40, 3), dtype=np.float32) for _ in range(2))
    paint(hard, [Layer(_SQUARE + 15, _RED)])
    paint(soft, [Layer(_SQUARE + 15, _RED, softness=1.5)])
    np.testing.assert_allclose(hard.sum(), soft.sum(), rtol=0.01)
    assert soft.max() < 0.95


def test_blobs_are_sums_of_gaussians():
    shapes = [Blob(2.3, 1.2, 1.5, 0.7), Blob(5.0, 4.0, 0.8, -0.4)]
    total = blobs(shapes, Size(6, 9))
    for y in range(6):
        for x in range(9):
            expected = sum(
                b.amount * np.exp(-((x - b.x) ** 2 + (y - b.y) ** 2) / (2 * b.spread**2))
                for b in shapes
            )
            np.testing.assert_allclose(total[y, x], expected, atol=1e-5)


def test_a_stroke_is_as_wide_as_asked():
    line = np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    polygon = stroke(line, 2.0)
    x, y = polygon.T
    area = abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
    np.testing.assert_allclose(area, 20.0)


def test_a_ribbon_runs_there_and_back():
    first, second = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 2.0], [1.0, 2.0]])
    assert ribbon(first, second).tolist() == [[0, 0], [1, 0], [1, 2], [0, 2]]


def test_a_hull_keeps_the_points_exact():
    corners = np.array([[0.1, 0.1], [5.3, 0.2], [5.1, 4.7], [0.3, 4.9]])
    outline = hull(np.concatenate([corners, [[2.0, 2.0], [3.0, 1.0]]]))
    assert {tuple(point) for point in outline} == {tuple(point) for point in corners}
