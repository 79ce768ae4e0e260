import math

import numpy as np
import pytest
import torch

from landmarks.analysis.corruption import (
    CORRUPTIONS,
    BFloat16,
    Border,
    Elongation,
    Mixture,
    Posterior,
    SecondMode,
    WhiteNoise,
    Width,
    corrupted_maps,
)
from landmarks.codecs.gaussian import draw_gaussians
from landmarks.geometry import Size


def some_cells(count=7, low=-2.0, high=40.0):
    cells = torch.from_numpy(np.random.default_rng(3).uniform(low, high, (2, count, 2)))
    cells[1, 2] = torch.nan
    return cells


def test_the_mixture_agrees_with_plain_loops_in_float64():
    rng = np.random.default_rng(0)
    mixture = Mixture.target(some_cells(), 1.5)
    for corruption in (Posterior(2.0), Elongation(4.0), SecondMode(0.5), Width(1.5)):
        mixture = corruption.redraw(mixture, rng)
    maps = mixture.draw(Size(30, 44)).numpy()
    y, x = np.mgrid[:30, :44].astype(float)
    for b in range(2):
        for k in range(7):
            expected = np.zeros((30, 44))
            for weight, mean, covariance in zip(
                mixture.weights[b, k].numpy(),
                mixture.means[b, k].numpy(),
                mixture.covariances[b, k].numpy(),
                strict=True,
            ):
                if np.isnan(mean).any():
                    continue
                offset = np.stack([x - mean[0], y - mean[1]], axis=-1)[..., None]
                square = (offset.swapaxes(-1, -2) @ np.linalg.inv(covariance) @ offset)[..., 0, 0]
                height = weight * 1.5**2 / math.sqrt(np.linalg.det(covariance))
                expected += height * np.exp(-square / 2)
            np.testing.assert_allclose(maps[b, k], expected, atol=1e-6)


def test_without_corruptions_it_is_the_codecs_target():
    cells = some_cells()
    truth, maps = corrupted_maps(cells, Size(40, 40), 1.75, [], np.random.default_rng(0))
    assert torch.equal(truth.nan_to_num(), cells.nan_to_num())
    torch.testing.assert_close(
        maps, draw_gaussians(cells, Size(40, 40), 1.75), atol=1e-6, rtol=1e-6
    )


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_one_seed_gives_one_corruption(name):
    level = {"float16": 1.0, "bfloat16": 1.0}.get(name, 1.5)

    def drawn(seed):
        rng = np.random.default_rng(seed)
        return corrupted_maps(some_cells(), Size(32, 32), 1.5, [CORRUPTIONS[name](level)], rng)

    first, again, other = drawn(1), drawn(1), drawn(2)
    assert torch.equal(first[1], again[1])
    assert first[1].isfinite().all()
    assert first[1].dtype == torch.float32
    assert torch.equal(first[1], other[1]) == (name in ("width", "float16", "bfloat16"))
    moved = not torch.equal(first[0].nan_to_num(), some_cells().nan_to_num())
    assert moved == (name == "border")


def test_points_are_moved_then_maps_redrawn_then_values_disturbed_in_any_order_given():
    parts = [Border(-2.0), Width(2.0), BFloat16(1)]
    results = [
        corrupted_maps(some_cells(), Size(32, 32), 1.5, order, np.random.default_rng(0))
        for order in (parts, parts[::-1])
    ]
    assert torch.equal(results[0][1], results[1][1])
    assert torch.equal(results[0][1], results[0][1].bfloat16().float())


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("white_noise", -0.1),
        ("white_noise", math.nan),
        ("correlated_noise", -1.0),
        ("width", 0.0),
        ("elongated", 0.5),
        ("second_mode", -1.0),
        ("border", math.inf),
        ("float16", 2.0),
        ("posterior", math.inf),
    ],
)
def test_a_level_that_is_none_is_refused(name, level):
    with pytest.raises(ValueError, match=f"of level {level:g}: .* must be a number from"):
        CORRUPTIONS[name](level)


def test_noise_on_top_of_a_redrawn_map_is_that_noise():
    cells = some_cells()[:1, :2]
    rng = np.random.default_rng(0)
    _, plain = corrupted_maps(cells, Size(64, 64), 1.5, [Width(2.0)], rng)
    _, noisy = corrupted_maps(
        cells, Size(64, 64), 1.5, [Width(2.0), WhiteNoise(0.1)], np.random.default_rng(0)
    )
    assert float((noisy - plain).std()) == pytest.approx(0.1, rel=0.03)
