import numpy as np
import pytest
import torch

from landmarks.analysis.corruption import Elongation, Mixture, Posterior, SecondMode, Width
from landmarks.geometry import Size

SIGMA = 1.5
SIZE = Size(64, 64)


def target(faces=4, points=50):
    cells = np.random.default_rng(5).uniform(26, 38, (faces, points, 2))
    return Mixture.target(torch.from_numpy(cells), SIGMA)


def moments(maps):
    """Mass, mean and covariance of maps read as densities."""
    x = torch.arange(maps.shape[-1], dtype=torch.float64)
    y = torch.arange(maps.shape[-2], dtype=torch.float64)
    maps = maps.double()
    mass = maps.sum(dim=(-2, -1))
    along, down = maps.sum(dim=-2) / mass[..., None], maps.sum(dim=-1) / mass[..., None]
    mean = torch.stack([(along * x).sum(-1), (down * y).sum(-1)], dim=-1)
    dx, dy = x - mean[..., :1], y - mean[..., 1:]
    xy = (maps / mass[..., None, None] * dy[..., :, None] * dx[..., None, :]).sum(dim=(-2, -1))
    xx, yy = (along * dx**2).sum(-1), (down * dy**2).sum(-1)
    return mass, mean, torch.stack([xx, xy, xy, yy], dim=-1).unflatten(-1, (2, 2))


def test_width_scales_the_spread_and_keeps_place_and_height():
    mixture = target()
    maps = Width(2.0).redraw(mixture, np.random.default_rng(0)).draw(SIZE)
    _, mean, covariance = moments(maps)
    torch.testing.assert_close(mean, mixture.means[:, :, 0], atol=1e-4, rtol=0)
    expected = (9.0 * torch.eye(2, dtype=torch.float64)).expand_as(covariance)
    torch.testing.assert_close(covariance, expected, atol=1e-2, rtol=0)
    assert 0.97 < float(maps.amax(dim=(-2, -1)).min()) <= 1


def test_elongation_keeps_place_area_and_height():
    mixture = target()
    maps = Elongation(3.0).redraw(mixture, np.random.default_rng(0)).draw(SIZE)
    mass, mean, covariance = moments(maps)
    torch.testing.assert_close(mean, mixture.means[:, :, 0], atol=1e-4, rtol=0)
    values, vectors = torch.linalg.eigh(covariance)
    torch.testing.assert_close(
        values, values.new_tensor([SIGMA**2 / 3, SIGMA**2 * 3]).expand_as(values), atol=0.02, rtol=0
    )
    torch.testing.assert_close(mass, torch.full_like(mass, 2 * np.pi * SIGMA**2), atol=0.05, rtol=0)
    angles = torch.atan2(vectors[..., 1, 1], vectors[..., 0, 1]) % np.pi
    assert float(angles.min()) < 0.1
    assert float(angles.max()) > np.pi - 0.1


def test_the_second_mode_has_its_height_and_its_distance():
    mixture = target()
    both = SecondMode(0.5).redraw(mixture, np.random.default_rng(0))
    assert both.means.shape == (4, 50, 2, 2)
    assert torch.equal(both.means[:, :, 0], mixture.means[:, :, 0])
    distance = torch.linalg.vector_norm(both.means[:, :, 1] - both.means[:, :, 0], dim=-1)
    assert 4 <= float(distance.min()) < 5
    assert 11 < float(distance.max()) <= 12
    other = both._replace(
        weights=both.weights[:, :, 1:],
        means=both.means[:, :, 1:].round(),
        covariances=both.covariances[:, :, 1:],
    )
    torch.testing.assert_close(other.draw(SIZE).amax(dim=(-2, -1)), torch.full((4, 50), 0.5))


@pytest.fixture(scope="module")
def posterior():
    mixture = target(faces=30, points=100)
    return mixture.means[:, :, 0], Posterior(2.0).redraw(mixture, np.random.default_rng(0))


def test_the_posterior_is_a_mean_of_targets(posterior):
    _, mixture = posterior
    torch.testing.assert_close(mixture.weights.sum(-1), torch.ones(30, 100, dtype=torch.float64))
    # Each component is wider than the target: what is left is a covariance.
    excess = mixture.covariances - SIGMA**2 * torch.eye(2, dtype=torch.float64)
    assert (torch.linalg.eigvalsh(excess) > 0).all()
    # The mass of a mean of Gaussians of height 1 is theirs.
    inner = Mixture(*(part[:2, :10] for part in mixture[:3]), mixture.sigma)
    inner = inner._replace(means=inner.means - inner.means.mean(dim=2, keepdim=True) + 100)
    mass, _, _ = moments(inner.draw(Size(200, 200)))
    torch.testing.assert_close(mass, torch.full_like(mass, 2 * np.pi * SIGMA**2), atol=1e-2, rtol=0)


def spreads(mixture):
    """Mean of each posterior, and its covariance."""
    weights = mixture.weights[..., None]
    mean = (weights * mixture.means).sum(dim=2)
    offset = (mixture.means - mean[:, :, None])[..., None]
    own = mixture.covariances - SIGMA**2 * torch.eye(2, dtype=torch.float64)
    return mean, (weights[..., None] * (offset @ offset.mT + own)).sum(dim=2)


def test_posteriors_have_the_stated_spread(posterior):
    _, covariance = spreads(posterior[1])
    deviation = (covariance.diagonal(dim1=-2, dim2=-1).sum(-1) / 2).sqrt()
    assert float(deviation.median()) == pytest.approx(2.0, rel=0.05)
    assert 1.0 <= float(deviation.min()) < 1.01
    assert 3.99 < float(deviation.max()) <= 4.0


def test_the_truth_is_a_draw_from_its_posterior(posterior):
    truth, mixture = posterior
    mean, covariance = spreads(mixture)
    error = (truth - mean)[..., None]
    squared = (error.mT @ covariance.inverse() @ error).flatten()
    # Expectation 2 for a draw; its own scatter over 3000 points is about 0.05.
    assert float(squared.mean()) == pytest.approx(2.0, abs=0.2)
    standard = (error[..., 0] / covariance.diagonal(dim1=-2, dim2=-1).sqrt()).flatten(0, 1)
    assert standard.mean(dim=0).abs().max() < 4 / np.sqrt(3000)
    # Probability integral transform along x: uniform for an honest posterior.
    own = (mixture.covariances[..., 0, 0] - SIGMA**2).sqrt()
    z = (truth[..., None, 0] - mixture.means[..., 0]) / own
    below = (mixture.weights * torch.special.ndtr(z)).sum(dim=-1).flatten()
    shares = torch.histc(below.float(), bins=10, min=0, max=1) / len(below)
    assert shares.numpy() == pytest.approx(np.full(10, 0.1), abs=0.025)


def test_a_posterior_without_spread_is_the_target():
    mixture = target()
    maps = Posterior(0.0).redraw(mixture, np.random.default_rng(0)).draw(SIZE)
    torch.testing.assert_close(maps, mixture.draw(SIZE), atol=1e-5, rtol=0)
