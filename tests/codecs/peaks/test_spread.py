import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.codecs.peaks import CELL_VARIANCE, highest_cells, peak_spread
from tests.codecs.peaks.fields import PEAKS


def covariance(long, short, angle):
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return turn @ np.diag([long**2, short**2]) @ turn.T


def gaussians(centres, cov, height=33, width=40):
    """(N, 1, h, w) float32 Gaussians of height 1 and any covariance."""
    ys, xs = np.mgrid[:height, :width]
    offsets = np.stack([xs, ys], axis=-1) - np.asarray(centres)[:, None, None]
    power = np.einsum("nhwi,ij,nhwj->nhw", offsets, np.linalg.inv(cov), offsets)
    return torch.from_numpy(np.exp(-power / 2)).float()[:, None]


def spread_of(maps):
    return peak_spread(maps, highest_cells(maps)[0])


@settings(deadline=None, max_examples=60)
@given(
    long=st.floats(0.75, 3),
    short=st.floats(0.75, 3),
    angle=st.floats(0, math.pi),
    x=st.floats(8, 31),
    y=st.floats(8, 24),
    height=st.sampled_from([1e-30, 0.2, 1.0, 300.0]),
)
def test_the_spread_of_a_gaussian_is_its_covariance(long, short, angle, x, y, height):
    cov = covariance(long, short, angle)
    found = spread_of(height * gaussians([(x, y)], cov))[0, 0].double().numpy()
    np.testing.assert_allclose(found, cov, atol=0.01 * max(long, short) ** 2)


@pytest.mark.parametrize("name", PEAKS)
@pytest.mark.parametrize("sigma", [0.75, 1.0, 1.75, 3.0])
def test_every_peak_knows_the_spread(name, sigma):
    offsets = np.linspace(-0.49, 0.49, 7)
    centres = np.stack(np.meshgrid(20 + offsets, 16 + offsets), axis=-1).reshape(-1, 2)
    found = PEAKS[name][0](gaussians(centres, sigma**2 * np.eye(2))).spread[:, 0].numpy()
    expected = np.broadcast_to(sigma**2 * np.eye(2), found.shape)
    np.testing.assert_allclose(found, expected, atol=0.01 * sigma**2)


@pytest.mark.parametrize("sigma", [1.0, 1.75, 2.5])
def test_the_spread_holds_up_to_the_border(sigma):
    edges = np.array([-0.5, 0.3, 1.4, 37.6, 39.5])
    centres = np.stack(np.meshgrid(edges, edges * 32 / 39), axis=-1).reshape(-1, 2)
    found = spread_of(gaussians(centres, sigma**2 * np.eye(2)))[:, 0].numpy()
    expected = np.broadcast_to(sigma**2 * np.eye(2), found.shape)
    np.testing.assert_allclose(found, expected, atol=0.02 * sigma**2)


@pytest.mark.parametrize(("sigma", "noise"), [(1.0, 0.03), (1.75, 0.05), (3.0, 0.05)])
def test_noise_scatters_the_spread_and_hardly_moves_it(sigma, noise):
    rng = np.random.default_rng(0)
    maps = gaussians(rng.uniform(8, 24, (400, 2)), sigma**2 * np.eye(2))
    maps = maps + noise * torch.from_numpy(rng.normal(size=maps.shape)).float()
    found = spread_of(maps)[:, 0].diagonal(dim1=-2, dim2=-1) / sigma**2
    assert found.median() == pytest.approx(1, abs=0.03)
    assert found.quantile(0.05) > 0.7
    assert found.quantile(0.95) < 1.35


@settings(deadline=None, max_examples=60)
@given(
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    values=st.sampled_from(
        [[0.0], [1.0], [-1.0], [-1.0, 0.0], [0.0, 1.0], [-1e3, 1e3], [0.0, 3e38], [1e-40, 1e-30]]
    ),
    noise=st.sampled_from([0.0, 1e-30, 1.0, 1e30]),
    seed=st.integers(0, 2**31),
)
def test_the_spread_of_any_map_is_a_covariance_no_larger_than_the_map(
    height, width, values, noise, seed
):
    rng = np.random.default_rng(seed)
    maps = rng.choice(values, size=(3, 4, height, width)) + noise * rng.normal(
        size=(3, 4, height, width)
    )
    spread = spread_of(torch.from_numpy(maps).float())
    assert spread.isfinite().all()
    assert torch.equal(spread, spread.mT)
    found = torch.linalg.eigvalsh(spread.double())
    assert found.min() >= 0.99 * CELL_VARIANCE
    assert found.max() <= 1.01 * CELL_VARIANCE * max(height, width) ** 2


def test_a_flat_map_says_anywhere_and_a_spike_says_here():
    maps = torch.zeros(1, 4, 20, 30)
    maps[0, 1] = 0.7
    maps[0, 2] = -3
    maps[0, 3, 9, 11] = 0.2
    found = spread_of(maps)[0]
    for anywhere in found[:3]:
        torch.testing.assert_close(anywhere, CELL_VARIANCE * 30**2 * torch.eye(2))
    torch.testing.assert_close(found[3], CELL_VARIANCE * torch.eye(2))


def test_the_spread_turns_with_the_map():
    generator = torch.Generator().manual_seed(0)
    maps = torch.rand(20, 1, 24, 24, generator=generator)
    maps = maps.flatten(2).sort(dim=-1).values.view(maps.shape) + 0.1 * maps  # no equal cells
    cov = covariance(2.5, 1.2, 0.6)
    maps = gaussians(np.random.default_rng(0).uniform(0, 23, (20, 2)), cov, 24, 24) + 0.02 * maps
    found = spread_of(maps)
    mirror = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
    torch.testing.assert_close(spread_of(maps.flip(-1)), found * mirror, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(spread_of(maps.flip(-2)), found * mirror, rtol=1e-3, atol=1e-3)
    swapped = found.flip(-1).flip(-2)
    torch.testing.assert_close(spread_of(maps.mT), swapped, rtol=1e-3, atol=1e-3)
