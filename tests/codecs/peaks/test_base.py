"""What every peak promises."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.codecs import reference
from tests.codecs.peaks.fields import PEAKS, gaussians, read


@pytest.mark.parametrize("name", PEAKS)
def test_against_plain_loops_on_gaussians_and_noise(name):
    peak, plain = PEAKS[name]
    rng = np.random.default_rng(0)
    height, width = 14, 17
    fields = [
        reference.gaussian(x, y, height, width, sigma)
        for x, y, sigma in zip(
            rng.uniform(-0.5, width - 0.5, 25),
            rng.uniform(-0.5, height - 0.5, 25),
            rng.uniform(0.8, 2.5, 25),
            strict=True,
        )
    ]
    noise = rng.normal(size=(25, height, width))
    mixed = 0.05 * noise + np.stack(fields)
    for some in (np.stack(fields), noise, mixed, np.abs(noise), -np.abs(noise)):
        expected = np.array([plain(field) for field in some])
        np.testing.assert_allclose(read(peak, some), expected, atol=2e-5)


@pytest.mark.parametrize("name", PEAKS)
def test_float32_agrees_with_float64_on_gaussians(name):
    peak, _ = PEAKS[name]
    rng = np.random.default_rng(1)
    fields = gaussians(rng.uniform(-0.5, 23.5, (200, 2)), 24, 1.75)
    single = peak(torch.from_numpy(fields).float()[:, None]).cells[:, 0].numpy()
    np.testing.assert_allclose(single, read(peak, fields), atol=2e-5)


@pytest.mark.parametrize("name", PEAKS)
@pytest.mark.parametrize("sigma", [0.75, 1.0, 1.5, 2.0, 3.0])
def test_stated_errors_hold_and_are_not_loose(name, sigma):
    peak, _ = PEAKS[name]
    offsets = np.linspace(-0.499, 0.499, 9)
    centres = np.stack(np.meshgrid(12 + offsets, 12 + offsets), axis=-1).reshape(-1, 2)
    errors = np.linalg.norm(read(peak, gaussians(centres, 25, sigma)) - centres, axis=1)
    stated = peak.error(sigma)
    assert errors.max() <= stated.interior <= 1.15 * errors.max() + 2e-4
    edges = np.concatenate([[-0.5, -0.499], np.arange(-0.45, 10, 0.35)])
    corner = np.stack(np.meshgrid(edges, edges), axis=-1).reshape(-1, 2)
    errors = np.linalg.norm(read(peak, gaussians(corner, 25, sigma)) - corner, axis=1)
    assert errors.max() <= stated.border <= 1.15 * errors.max() + 2e-4
    still = peak.error(sigma, phase=0.0)
    middle = read(peak, gaussians([(12, 12)], 25, sigma)) - 12
    assert np.abs(middle).max() <= still.interior < 2e-4


@settings(deadline=None, max_examples=40)
@given(
    name=st.sampled_from(sorted(PEAKS)),
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    values=st.sampled_from([[0.0], [1.0], [-1.0, 0.0], [0.0, 1.0], [-1e3, 1e3], [1e-40, 1e-30]]),
    seed=st.integers(0, 2**31),
)
def test_flat_tied_and_tiny_maps_give_finite_points(name, height, width, values, seed):
    peak, _ = PEAKS[name]
    rng = np.random.default_rng(seed)
    maps = torch.from_numpy(rng.choice(values, size=(3, 2, height, width))).float()
    cells, confidence, spread = peak(maps)
    assert spread.isfinite().all()
    assert cells.isfinite().all()
    assert torch.equal(confidence, maps.amax(dim=(-2, -1)))
    assert (cells >= -0.5).all()
    assert (cells <= torch.tensor([width, height]) - 0.5).all()


@pytest.mark.parametrize("name", PEAKS)
def test_what_rounding_costs_is_the_variance_over_all_phases(name):
    peak, _ = PEAKS[name]
    sigma = 2.0
    for phase in (0.5, 0.0):
        offsets = 2 * phase * ((np.arange(40) + 0.5) / 40 - 0.5)
        centres = np.stack(np.meshgrid(12 + offsets, 12 + offsets), axis=-1).reshape(-1, 2)
        errors = read(peak, gaussians(centres, 25, sigma)) - centres
        # The bias of a soft-argmax whose temperature does not suit the spread is no rounding.
        bias = 0.0 if peak.lost_variance() > 0 else peak.error(sigma).interior ** 2
        assert np.square(errors).mean() == pytest.approx(peak.lost_variance(phase), abs=2e-4 + bias)
