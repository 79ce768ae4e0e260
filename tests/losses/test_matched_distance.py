import math

import numpy as np
import pytest
import torch
from scipy.optimize import least_squares

from landmarks.codecs.gaussian import draw_gaussians
from landmarks.geometry import Size
from landmarks.losses import MatchedDistance
from tests.codecs import reference


def plain(output, target, weight):
    """One map against another, cell by cell."""
    height, width = target.shape
    square = mass = sum_x = sum_y = 0.0
    for row in range(height):
        for column in range(width):
            square += (output[row, column] - target[row, column]) ** 2
            mass += target[row, column] ** 2
            sum_x += target[row, column] ** 2 * column
            sum_y += target[row, column] ** 2 * row
    shift_x = shift_y = 0.0
    for row in range(height):
        for column in range(width):
            pull = target[row, column] * (output[row, column] - target[row, column])
            shift_x += pull * (column - sum_x / mass) / (mass / 2)
            shift_y += pull * (row - sum_y / mass) / (mass / 2)
    apart = math.sqrt(square + 0.1**2) - 0.1
    return apart + weight * (math.sqrt(shift_x**2 + shift_y**2 + 0.03**2) - 0.03)


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_against_plain_loops(weight):
    rng = np.random.default_rng(0)
    target = np.stack([reference.gaussian(x, y, 9, 12, 1.3) for x, y in rng.uniform(0, 9, (6, 2))])
    output = target + 0.2 * rng.normal(size=target.shape)
    found = MatchedDistance(weight)(torch.from_numpy(output)[None], torch.from_numpy(target)[None])
    expected = [plain(*maps, weight) for maps in zip(output, target, strict=True)]
    np.testing.assert_allclose(found[0].numpy(), expected, rtol=1e-6)


def maps_at(points, sigma=1.5):
    return draw_gaussians(torch.tensor([points], dtype=torch.float64), Size(32, 32), sigma).double()


def test_equal_maps_cost_nothing():
    maps = maps_at([(4.2, 9.1), (15.0, 15.0)])
    assert MatchedDistance()(maps, maps).abs().max() == 0


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.5])
def test_a_small_displacement_costs_its_length_whatever_the_spread(sigma):
    truth, moved = maps_at([(15.3, 16.1)], sigma), maps_at([(15.3 + 0.3, 16.1 + 0.4)], sigma)
    apart = MatchedDistance(0.0)(moved, truth) + 0.1
    both = MatchedDistance(1.0)(moved, truth) + 0.1 + 0.03
    distance = math.hypot(0.3, 0.4)
    assert float(apart) == pytest.approx(math.sqrt(math.pi / 2) * distance, rel=0.08)
    assert float(both - apart) == pytest.approx(distance, rel=0.1)


def test_a_hopeless_point_costs_no_more_than_a_bad_one():
    truth = maps_at([(8.0, 8.0)])
    costs = [float(MatchedDistance()(maps_at([(x, 8.0)]), truth)) for x in (9.0, 11.0, 16.0, 24.0)]
    assert costs[1] > costs[0]
    assert costs[3] == pytest.approx(costs[2], rel=0.01)


def test_the_shift_is_the_least_squares_step_and_height_and_width_do_not_count():
    rng = np.random.default_rng(0)
    truth = maps_at([(15.3, 16.1)])
    noisy = truth + 0.01 * torch.from_numpy(rng.normal(size=truth.shape))
    shift_only = MatchedDistance(1.0)(noisy, truth) - MatchedDistance(0.0)(noisy, truth)

    def left(unknown):
        x, y, height = unknown
        return (height * reference.gaussian(x, y, 32, 32, 1.5) - noisy[0, 0].numpy()).ravel()

    x, y, _ = least_squares(left, [15.3, 16.1, 1.0]).x
    expected = math.sqrt((x - 15.3) ** 2 + (y - 16.1) ** 2 + 0.03**2) - 0.03
    assert float(shift_only) == pytest.approx(expected, rel=0.05)
    for other in (0.3 * truth, maps_at([(15.3, 16.1)], 2.2)):
        same = MatchedDistance(1.0)(other, truth) - MatchedDistance(0.0)(other, truth)
        assert float(same) == pytest.approx(0, abs=1e-6)


def test_the_gradient_is_right_and_finite_where_a_point_is_missing():
    torch.manual_seed(0)
    target = draw_gaussians(torch.tensor([[[3.2, 4.1], [math.nan, 1.0]]]), Size(8, 8), 1.2).double()
    output = torch.rand(1, 2, 8, 8, dtype=torch.float64, requires_grad=True)
    torch.autograd.gradcheck(lambda maps: MatchedDistance()(maps, target), (output,))
    at_target = target.clone().requires_grad_()
    MatchedDistance()(at_target, target).sum().backward()
    assert at_target.grad.abs().max() == 0


@pytest.mark.parametrize("weight", [-1.0, math.inf, math.nan])
def test_an_impossible_weight_is_refused(weight):
    with pytest.raises(ValueError, match="must be at least 0"):
        MatchedDistance(weight)
