import numpy as np
import pytest
import torch

from landmarks.analysis.corruption import BFloat16, CorrelatedNoise, Float16, WhiteNoise


def noise(corruption, shape=(2, 8, 100, 120), height=(1.0, 5.0), seed=0):
    zeros = torch.zeros(shape)
    return corruption.disturb(zeros, torch.tensor(height), np.random.default_rng(seed))


def correlation(field, lag):
    field = field - field.mean()
    return float((field[..., lag:] * field[..., :-lag]).mean() / field.square().mean())


@pytest.mark.parametrize("kind", [WhiteNoise, CorrelatedNoise])
def test_the_level_is_the_standard_deviation_relative_to_the_height(kind):
    found = noise(kind(0.1))
    assert float(found[0].std()) == pytest.approx(0.1, rel=0.03)
    assert float(found[1].std()) == pytest.approx(0.5, rel=0.03)
    assert abs(float(found.mean())) < 0.02


def test_white_noise_is_independent_from_cell_to_cell():
    assert abs(correlation(noise(WhiteNoise(0.1))[0], 1)) < 0.02


def test_correlated_noise_is_smooth_and_the_same_up_to_the_border():
    found = noise(CorrelatedNoise(0.1))[0]
    # The correlation of blurred white noise is a Gaussian of √2 times the blur's spread.
    for lag in (1, 2, 4):
        expected = np.exp(-(lag**2) / (4 * 2.0**2))
        assert correlation(found, lag) == pytest.approx(expected, abs=0.03)
        assert correlation(found.mT, lag) == pytest.approx(expected, abs=0.03)
    assert float(found[..., 0].std()) == pytest.approx(0.1, rel=0.15)
    assert float(found[..., 0, :].std()) == pytest.approx(0.1, rel=0.15)


def test_noise_works_on_lines():
    found = noise(CorrelatedNoise(0.1), shape=(1, 20, 1, 400), height=(1.0,))
    assert float(found.std()) == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize(("kind", "dtype"), [(Float16, torch.float16), (BFloat16, torch.bfloat16)])
def test_rounding(kind, dtype):
    values = torch.rand(1, 2, 8, 8)
    rng = np.random.default_rng(0)
    assert torch.equal(
        kind(1).disturb(values, torch.ones(1), rng), values.to(dtype).to(torch.float32)
    )
    assert torch.equal(kind(0).disturb(values, torch.ones(1), rng), values)
