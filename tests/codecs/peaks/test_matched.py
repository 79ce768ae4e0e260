import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares, root

from landmarks.analysis.corruption import CORRUPTIONS, corrupted_maps
from landmarks.codecs import Dark, LocalSoftArgmax, MatchedFit
from landmarks.codecs.gaussian import draw_gaussians
from landmarks.geometry import Size
from tests.codecs import reference
from tests.codecs.peaks.fields import gaussians, read


def cells_round(field, sigma):
    """The window's cells that lie on the map, round the highest cell."""
    fit = MatchedFit(sigma)
    x, y = reference.argmax(field)
    return [
        (column, row)
        for row in range(y - fit.radius, y + fit.radius + 1)
        for column in range(x - fit.radius, x + fit.radius + 1)
        if 0 <= row < field.shape[0] and 0 <= column < field.shape[1]
    ]


def least_squares_fit(field, sigma):
    """Position and height of the Gaussian nearest to the map, by SciPy, one cell after another."""
    cells = cells_round(field, sigma)

    def left(unknown):
        x, y, height = unknown
        return [
            field[r, c] - height * math.exp(-((c - x) ** 2 + (r - y) ** 2) / (2 * sigma**2))
            for c, r in cells
        ]

    return least_squares(left, [*reference.argmax(field), field.max()], xtol=1e-12, ftol=1e-12).x


def equal_pull(field, sigma, width):
    """Where map and Gaussian pull equally under a weight, by SciPy, one cell after another."""
    cells = cells_round(field, sigma)

    def mean(value, x, y):
        total = across = down = 0.0
        for c, r in cells:
            share = value(c, r) * math.exp(-((c - x) ** 2 + (r - y) ** 2) / (2 * width**2))
            total, across, down = total + share, across + share * c, down + share * r
        return np.array([across, down]) / total

    def difference(point):
        x, y = point
        own = mean(lambda c, r: math.exp(-((c - x) ** 2 + (r - y) ** 2) / (2 * sigma**2)), x, y)
        return mean(lambda c, r: field[r, c], x, y) - own

    return root(difference, reference.argmax(field), tol=1e-12).x


@pytest.mark.parametrize("sigma", [0.75, 0.8, 1.0, 1.3, 1.5, 2.0, 2.5, 3.0])
def test_exact_targets_leave_less_than_a_thousandth_of_a_pixel(sigma):
    # At a stride of 4 px; every pair of 24 phases, and every distance from the border.
    phases = 12 + (np.arange(24) + 0.5) / 24
    edges = np.arange(-0.5, 8, 0.11)
    for along in (phases, edges, 24 - edges):
        centres = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
        maps = draw_gaussians(torch.from_numpy(centres)[:, None], Size(25, 25), sigma)
        found = MatchedFit(sigma)(maps).cells[:, 0].double().numpy()
        assert 4 * np.linalg.norm(found - centres, axis=1).max() < 1e-3


@pytest.mark.slow
def test_ten_thousand_random_points_agree_with_what_was_drawn():
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(10_000, 1, 2, generator=generator, dtype=torch.float64) * 32 - 0.5
    for sigma in (0.75, 1.5, 3.0):
        found = MatchedFit(sigma)(draw_gaussians(points, Size(32, 32), sigma)).cells
        assert 4 * (found - points).norm(dim=-1).max() < 1e-4 * max(1, sigma**2)


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0])
def test_noisy_maps_are_fitted_by_least_squares(sigma):
    rng = np.random.default_rng(0)
    fields = gaussians(rng.uniform(-0.5, 19.5, (25, 2)), 20, sigma)
    fields = 3 * fields + 0.15 * rng.normal(size=fields.shape)
    peaks = MatchedFit(sigma)(torch.from_numpy(fields)[:, None])
    expected = np.array([least_squares_fit(field, sigma) for field in fields])
    inside = expected[:, :2].clip(-0.5, 19.5)
    np.testing.assert_allclose(peaks.cells[:, 0].numpy(), inside, atol=1e-4)
    np.testing.assert_allclose(peaks.confidence[:, 0].numpy(), expected[:, 2], rtol=0.02)


def test_smooth_maps_are_read_near_their_summit():
    rng = np.random.default_rng(1)
    centres = rng.uniform(3, 20, (20, 2))
    second = centres + 4.5 * np.array([1, -0.4]) * rng.choice([-1, 1], (20, 1))
    fields = gaussians(centres, 24, 1.5) + 0.3 * gaussians(second, 24, 1.5)
    found = read(MatchedFit(1.5), fields)
    narrow = np.array([equal_pull(field, 1.5, 0.75) for field in fields])
    wide = np.array([equal_pull(field, 1.5, 1.5) for field in fields])
    between = np.linalg.norm(found - narrow, axis=1) / np.linalg.norm(wide - narrow, axis=1)
    assert between.max() < 0.5
    assert (
        np.linalg.norm(found - centres, axis=1).mean()
        < 0.7 * np.linalg.norm(wide - centres, axis=1).mean()
    )


def errors(peak, maps, points):
    return (peak(maps).cells - points).norm(dim=-1).flatten()


@pytest.mark.parametrize(("sigma", "kernel"), [(1.5, 7), (2.0, 11)])
@pytest.mark.parametrize("noise", [0.05, 0.1, 0.2, 0.4])
def test_white_noise_moves_it_less_than_dark_and_the_local_soft_argmax(sigma, kernel, noise):
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(40, 50, 2, generator=generator) * 31
    maps = draw_gaussians(points, Size(32, 32), sigma)
    maps = maps + noise * torch.randn(maps.shape, generator=generator)
    own = errors(MatchedFit(sigma), maps, points)
    for other in (Dark(kernel), LocalSoftArgmax()):
        gain = errors(other, maps, points) - own
        assert gain.mean() > 3 * gain.std() / math.sqrt(len(gain))


@pytest.mark.parametrize("level", [1.0, 2.0])
def test_broad_maps_are_read_where_the_expected_distance_is_least(level):
    """Maps that are honest about where the truth may be: a mixture's, blurred by the target."""
    rng = np.random.default_rng(0)
    cells = torch.from_numpy(rng.uniform(6, 26, (400, 20, 2)))
    truth, maps = corrupted_maps(cells, Size(32, 32), 1.5, [CORRUPTIONS["posterior"](level)], rng)
    own = errors(MatchedFit(1.5), maps, truth)
    for other in (Dark(7), LocalSoftArgmax()):
        gain = errors(other, maps, truth) - own
        assert gain.mean() > 2 * gain.std() / math.sqrt(len(gain))


def test_a_spike_does_not_lead_it_astray():
    points = torch.tensor([[[9.3, 21.7], [-0.2, 4.6]]])
    maps = draw_gaussians(points, Size(32, 32), 1.5)
    maps[..., 20, 5] = 1.6
    assert errors(MatchedFit(1.5), maps, points).max() < 0.02
    assert errors(Dark(7), maps, points).min() > 2


def test_the_spread_is_that_of_the_map():
    rows, columns = np.mgrid[:25, :25]
    covariance = np.array([[4.0, 1.5], [1.5, 2.0]])
    offsets = np.stack([columns - 12.3, rows - 11.6], axis=-1)
    field = np.exp(-0.5 * np.einsum("rci,ij,rcj->rc", offsets, np.linalg.inv(covariance), offsets))
    spread = MatchedFit(1.5)(torch.from_numpy(field)[None, None]).spread[0, 0].numpy()
    np.testing.assert_allclose(spread, covariance, rtol=0.05)


def test_noise_widens_the_spread_by_what_it_moves_the_point():
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(40, 50, 2, generator=generator) * 19 + 6
    maps = draw_gaussians(points, Size(32, 32), 1.5)
    maps = maps + 0.1 * torch.randn(maps.shape, generator=generator)
    peaks = MatchedFit(1.5)(maps)
    moved = (peaks.cells - points).square().mean()
    widened = peaks.spread.diagonal(dim1=-2, dim2=-1).median() - 1.5**2
    assert moved == pytest.approx(2 / math.pi * 0.1**2, rel=0.1)
    assert widened == pytest.approx(float(moved), abs=0.1)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1e-30, 1e-3, 1.0, 1e30]))
def test_any_finite_map_gives_finite_points_on_the_map(seed, scale):
    generator = torch.Generator().manual_seed(seed)
    height, width = (int(count) for count in torch.randint(1, 12, (2,), generator=generator))
    maps = scale * torch.randn(2, 3, height, width, generator=generator)
    peaks = MatchedFit(1.5)(maps)
    assert all(part.isfinite().all() for part in peaks)
    assert (peaks.cells >= -0.5).all()
    assert (peaks.cells <= torch.tensor([width - 0.5, height - 0.5])).all()
    assert (torch.linalg.eigvalsh(peaks.spread) > 0).all()


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.inf, math.nan])
def test_an_impossible_spread_is_refused(sigma):
    with pytest.raises(ValueError, match="must be larger than 0"):
        MatchedFit(sigma)
