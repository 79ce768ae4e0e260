import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from landmarks.metrics.calibration import (
    COVERAGES,
    area_under_sparsification_error,
    calibration,
    coverage,
    fitted_temperature,
    negative_log_likelihood,
    reliability,
    squared_mahalanobis,
)

NAN = math.nan


def covariances(count, seed=0, unit=1.0):
    """Ellipses of every direction, from round to ten times as long as wide."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, np.pi, count)
    axes = unit * np.exp(rng.uniform(np.log(0.1), np.log(1.0), (count, 2)))
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], -1)
    turn = turn.reshape(count, 2, 2)
    return torch.from_numpy(turn @ (axes[:, :, None] ** 2 * turn.transpose(0, 2, 1)))


def gaussian_errors(covariance, seed=1):
    normal = torch.randn(len(covariance), 2, generator=torch.Generator().manual_seed(seed))
    return (torch.linalg.cholesky(covariance) @ normal[..., None].double())[..., 0]


def plain_loop(errors, covariance):
    """The same numbers, point by point."""
    squared, surprise, inside = [], [], [0] * len(COVERAGES)
    for error, matrix in zip(errors.tolist(), covariance.tolist(), strict=True):
        if any(math.isnan(value) for value in error):
            continue
        d2 = float(np.array(error) @ np.linalg.solve(matrix, error))
        squared.append(d2)
        surprise.append(-stats.multivariate_normal(mean=[0, 0], cov=matrix).logpdf(error))
        for i, probability in enumerate(COVERAGES):
            # Of two degrees of freedom the distribution is exponential.
            inside[i] += 1 - math.exp(-d2 / 2) <= probability
    count = len(squared)
    return sum(surprise) / count, [n / count for n in inside], sum(squared) / count / 2


def sparsification_by_loops(spread, distances):
    """The mean gap between both curves, for spreads that all differ."""

    def curve(order):
        return [np.mean([distances[i] for i in order[: n + 1]]) for n in range(len(order))]

    by_spread = curve(sorted(range(len(spread)), key=lambda i: spread[i]))
    by_error = curve(sorted(range(len(spread)), key=lambda i: distances[i]))
    return (np.mean(by_spread) - np.mean(by_error)) / np.mean(distances)


def test_it_agrees_with_a_plain_loop():
    claimed = covariances(500, unit=3.0)
    errors = 1.3 * gaussian_errors(claimed)
    errors[::7] = NAN
    found = calibration(errors, claimed)
    nll, inside, temperature = plain_loop(errors, claimed)
    there = ~errors.isnan().any(dim=1)
    lengths = np.hypot(*errors[there].numpy().T)
    spread = np.sqrt(claimed[there].numpy().trace(axis1=1, axis2=2))
    assert found.points == int(there.sum())
    assert found.nll == pytest.approx(nll, rel=1e-12)
    assert found.coverage == pytest.approx(inside, rel=1e-12)
    assert found.temperature == pytest.approx(temperature, rel=1e-12)
    assert found.predicted == pytest.approx(math.sqrt(np.mean(spread**2)), rel=1e-12)
    assert found.found == pytest.approx(math.sqrt(np.mean(lengths**2)), rel=1e-12)
    assert found.correlation == pytest.approx(stats.spearmanr(spread, lengths).statistic)
    assert found.ause == pytest.approx(sparsification_by_loops(spread, lengths))


@pytest.mark.parametrize("factor", [1.0, 4.0, 0.25])
def test_gaussians_are_covered_and_a_wrong_scale_is_found(factor):
    """200,000 points: three standard errors of a coverage of 50 % are 0.34 points."""
    true = covariances(200_000)
    errors, claimed = gaussian_errors(true), true / factor
    found = calibration(errors, claimed)
    assert found.temperature == pytest.approx(factor, rel=0.01)
    tempered = calibration(errors, factor * claimed)
    assert tempered.coverage == pytest.approx(COVERAGES, abs=0.0034)
    assert tempered.temperature == pytest.approx(1, rel=0.01)
    assert tempered.predicted == pytest.approx(tempered.found, rel=0.01)
    # What one number cannot change.
    assert tempered.correlation == pytest.approx(found.correlation)
    assert tempered.ause == pytest.approx(found.ause)
    if factor != 1:
        assert tempered.nll < found.nll - 0.1
        # An ellipse of the wrong size holds P(d² <= limit / factor), in closed form.
        expected = [1 - (1 - p) ** (1 / factor) for p in COVERAGES]
        assert found.coverage == pytest.approx(expected, abs=0.0034)


def test_the_true_covariance_is_the_likeliest_and_its_likelihood_is_the_entropy():
    true = covariances(200_000)
    errors = gaussian_errors(true)
    surprise = float(negative_log_likelihood(errors, true).mean())
    entropy = float(torch.logdet(true).mean()) / 2 + 1 + math.log(2 * math.pi)
    assert surprise == pytest.approx(entropy, abs=0.01)
    trace = true.diagonal(dim1=1, dim2=2).sum(dim=1)
    round_ones = trace[:, None, None] / 2 * torch.eye(2, dtype=torch.float64)
    assert float(negative_log_likelihood(errors, round_ones).mean()) > surprise + 0.1


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**31), st.integers(2, 60))
def test_no_other_factor_is_likelier(seed, count):
    claimed = covariances(count, seed)
    heavy = np.random.default_rng(seed).standard_t(2, (count, 2))
    errors = torch.from_numpy(heavy)
    best = fitted_temperature(errors, claimed)

    def surprise(factor):
        return float(negative_log_likelihood(errors, factor * claimed).mean())

    for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2.0):
        assert surprise(factor * best) >= surprise(best)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**31), st.floats(0.01, 100), st.floats(0, 6.3))
def test_a_turn_changes_nothing_and_a_unit_only_the_density(seed, unit, angle):
    claimed = covariances(50, seed)
    errors = gaussian_errors(claimed, seed)
    turn = torch.tensor(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]],
        dtype=torch.float64,
    )
    moved = calibration(unit * errors @ turn.T, unit**2 * turn @ claimed @ turn.T)
    found = calibration(errors, claimed)
    assert moved.nll == pytest.approx(found.nll + 2 * math.log(unit), abs=1e-6)
    assert moved.temperature == pytest.approx(found.temperature, rel=1e-6)
    assert moved.found == pytest.approx(unit * found.found, rel=1e-6)
    assert moved.coverage == found.coverage


def test_missing_points_are_left_out():
    claimed = covariances(40)
    errors = gaussian_errors(claimed)
    kept = torch.arange(40) % 3 != 0
    holes = torch.where(kept[:, None], errors, NAN)
    assert calibration(holes, claimed) == calibration(errors[kept], claimed[kept])
    claimed[~kept] = NAN
    assert calibration(holes, claimed) == calibration(errors[kept], claimed[kept])
    assert reliability(holes, claimed, 4) == reliability(errors[kept], claimed[kept], 4)
    assert squared_mahalanobis(holes, claimed).isnan().tolist() == (~kept).tolist()


@pytest.mark.parametrize("lost", ["error", "covariance", "half an error"])
def test_a_lost_point_never_vanishes(lost):
    claimed = covariances(10)
    errors = gaussian_errors(claimed)
    if lost == "covariance":
        claimed[3] = NAN
    else:
        errors[3, lost == "half an error" :] = math.inf
    assert negative_log_likelihood(errors, claimed)[3] == math.inf
    found = calibration(errors, claimed)
    assert (found.points, found.nll, found.temperature) == (10, math.inf, math.inf)
    wide = coverage(errors, 1e6 * claimed, (0.95,))
    assert float(wide) == pytest.approx(0.9)


@pytest.mark.parametrize(
    "matrix",
    [
        [[1.0, 0.0], [0.0, 0.0]],
        [[1.0, 2.0], [2.0, 1.0]],
        [[-1.0, 0.0], [0.0, -1.0]],
        [[2.0, 0.5], [-0.5, 2.0]],
    ],
)
def test_what_is_no_covariance_is_refused_and_shown(matrix):
    claimed = covariances(5)
    claimed[2] = torch.tensor(matrix)
    with pytest.raises(ValueError, match=r"1 of 5 .* the first in row 2: \[\[-?[12]\.0, "):
        calibration(torch.ones(5, 2), claimed)
    with pytest.raises(ValueError, match="1 of 5"):
        reliability(torch.ones(5, 2), claimed)


def test_no_points_are_refused():
    for errors in (torch.zeros(0, 2), torch.full((3, 2), NAN)):
        claimed = torch.eye(2).expand(len(errors), 2, 2)
        for measure in (calibration, fitted_temperature, reliability):
            with pytest.raises(ValueError, match="no point is annotated"):
                measure(errors, claimed)


def test_bins_have_equal_counts_and_ascend():
    claimed = covariances(1000)
    errors = gaussian_errors(claimed)
    found = reliability(errors, claimed, 8)
    assert [one.points for one in found] == [125] * 8
    spread = claimed.diagonal(dim1=1, dim2=2).sum(dim=1)
    order = spread.argsort()
    for place, one in enumerate(found):
        own = order[125 * place : 125 * (place + 1)]
        assert one.predicted == pytest.approx(math.sqrt(spread[own].mean()))
        assert one.found == pytest.approx(math.sqrt(errors[own].square().sum(dim=1).mean()))
    many = covariances(100_000)
    for one in reliability(gaussian_errors(many), many):
        assert one.found == pytest.approx(one.predicted, rel=0.04)


def test_points_of_one_spread_stay_together():
    errors = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
    constant = torch.eye(2).expand(60, 2, 2)
    (one,) = reliability(errors, constant)
    assert (one.points, one.predicted) == (60, pytest.approx(math.sqrt(2)))
    found = calibration(errors, constant)
    assert math.isnan(found.correlation)
    # A method that tells nothing apart: its curve is level.
    spread = torch.ones(60)
    distances = torch.linalg.vector_norm(errors, dim=1).double()
    best = (distances.sort().values.cumsum(0) / torch.arange(1, 61)).mean()
    assert found.ause == pytest.approx(float(1 - best / distances.mean()), rel=1e-6)
    # Which order equal spreads come in does not matter.
    shuffled = torch.randperm(60, generator=torch.Generator().manual_seed(1))
    spread[:20] = 2.0
    whole = area_under_sparsification_error(spread, distances)
    other = area_under_sparsification_error(spread[shuffled], distances[shuffled])
    assert other == pytest.approx(whole)


def test_the_ranking_is_perfect_or_the_worst():
    distances = torch.arange(1.0, 101.0)
    assert area_under_sparsification_error(distances, distances) == 0
    worst = area_under_sparsification_error(-distances, distances)
    random = area_under_sparsification_error(torch.ones(100), distances)
    assert worst > random > 0.4
    assert math.isnan(area_under_sparsification_error(distances, torch.zeros(100)))


def test_half_precision_is_computed_in_float64():
    claimed = covariances(100, unit=2.0)
    errors = gaussian_errors(claimed)
    half = calibration(errors.half(), claimed.half())
    exact = calibration(errors.half().double(), claimed.half().double())
    assert half == exact
