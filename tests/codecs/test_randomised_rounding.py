import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.codecs import ExpectedRounding, RandomisedRounding
from landmarks.codecs.randomised_rounding import _highest, hashed
from landmarks.geometry import Size
from tests.codecs import reference, reference_rounding
from tests.codecs.methods import POINTS

CROP = Size(64, 64)
"""With 16 × 16 cells; what is drawn in a cell does not depend on how many there are."""


def drawn_points(faces, seed=0, low=-0.5, high=63.5):
    generator = torch.Generator().manual_seed(seed)
    return low + torch.rand(faces, 5, 2, generator=generator) * (high - low)


def rounded_up(points):
    """Whether each coordinate was rounded up, and its fraction."""
    codec = RandomisedRounding(POINTS, CROP, 16)
    cells = codec.grid.to_cells(points.double())
    found = codec.grid.to_cells(codec.decode(codec.encode(points)).points)
    return (found > cells).double(), cells - cells.floor()


def test_the_published_settings_are_the_defaults():
    codec = RandomisedRounding(POINTS, Size(256, 256))
    assert codec.fields == {"heatmap": (5, 64, 64)}
    assert codec.k == 9


def test_a_coordinate_is_rounded_up_as_often_as_its_fraction_says():
    up, fraction = rounded_up(drawn_points(2000, low=2.0, high=61.0))
    up, fraction = up.reshape(-1, 2), fraction.reshape(-1, 2)
    assert len(up) == 10_000
    for axis in range(2):
        which = (fraction[:, axis] * 10).long()
        for tenth in range(10):
            here = which == tenth
            expected = fraction[here, axis].mean()
            chance = (expected * (1 - expected) / here.sum()).sqrt()
            assert abs(up[here, axis].mean() - expected) < 4.5 * chance


def test_x_and_y_are_rounded_independently():
    up, fraction = rounded_up(drawn_points(2000, seed=1, low=2.0, high=61.0))
    surprise = ((up - fraction) / (fraction * (1 - fraction)).clamp(min=1e-6).sqrt()).reshape(-1, 2)
    # Of 10,000 independent pairs the correlation has a standard error of 0.01.
    assert abs(float((surprise[:, 0] * surprise[:, 1]).mean())) < 0.045


@pytest.mark.parametrize("step", [1.0, 0.5, 2**-10])
def test_draws_are_even_on_lattices_too(step):
    columns = 64 + step * torch.arange(200)
    lattice = torch.cartesian_prod(columns, columns)[None]
    draws = hashed(lattice)[0]
    count = len(draws)
    assert (draws.mean(dim=0) - 0.5).abs().max() < 5 * math.sqrt(1 / 12 / count)
    assert abs(float(torch.corrcoef(draws.T)[0, 1])) < 5 / math.sqrt(count)
    grid = draws[:, 0].view(200, 200)
    for own, neighbour in ((grid[1:], grid[:-1]), (grid[:, 1:], grid[:, :-1])):
        pair = torch.stack([own.flatten(), neighbour.flatten()])
        assert abs(float(torch.corrcoef(pair)[0, 1])) < 5 / math.sqrt(pair.shape[1])


def test_the_mean_over_draws_is_the_point():
    points = drawn_points(2000, seed=2, low=2.0, high=61.0)
    codec = RandomisedRounding(POINTS, CROP, 16)
    errors = (codec.decode(codec.encode(points)).points - points).double().reshape(-1, 2)
    chance = errors.std(dim=0) / math.sqrt(len(errors))
    assert (errors.mean(dim=0).abs() < 4.5 * chance).all()
    # Two draws that average to the truth are each off by a standard deviation of √(f (1 - f)).
    assert errors.std(dim=0).numpy() == pytest.approx(4 * math.sqrt(1 / 6), rel=0.03)
    assert (errors.abs() < 4).all()


def test_the_mean_target_is_the_expected_one():
    """One fraction, many places: the draws' frequencies are the bilinear shares."""
    expected = ExpectedRounding(POINTS, CROP, 16)
    random = RandomisedRounding(POINTS, CROP, 16)
    steps = torch.arange(3000) * 1e-5 - 0.015
    points = (torch.tensor([34.7, 30.9]) + steps[:, None]).reshape(-1, 5, 2)
    mean = random.encode(points)["heatmap"].exp().mean(dim=(0, 1))
    share = expected.encode(torch.tensor([34.7, 30.9]).expand(1, 5, 2))["heatmap"].exp()[0, 0]
    assert (mean - share).abs().max() < 4.5 * math.sqrt(0.25 / 3000)


def test_draws_depend_on_the_point_alone():
    codec = RandomisedRounding(POINTS, CROP, 16)
    points = drawn_points(8)
    whole = codec.encode(points)["heatmap"]
    before = torch.random.get_rng_state()
    for face in range(8):
        assert torch.equal(codec.encode(points[face : face + 1])["heatmap"][0], whole[face])
    assert torch.equal(codec.encode(points.double())["heatmap"], whole)
    assert torch.equal(hashed(torch.zeros(1, 1, 2)), hashed(-torch.zeros(1, 1, 2)))
    assert torch.equal(torch.random.get_rng_state(), before)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31))
def test_targets_against_plain_loops(seed):
    crop = Size(64, 48)
    random, expected = RandomisedRounding(POINTS, crop, 16), ExpectedRounding(POINTS, crop, 16)
    rng = np.random.default_rng(seed)
    points = rng.uniform(2, (45, 61), (2, 5, 2)).astype(np.float32)
    given_points = torch.from_numpy(points)
    maps = {c: c.encode(given_points)["heatmap"].exp() for c in (random, expected)}
    for face in range(2):
        for k in range(5):
            x, y = (reference.cell_of(float(value), 4) for value in points[face, k])
            wanted = np.zeros((16, 12))
            for (column, row), share in reference_rounding.shares(x, y, 16, 12).items():
                wanted[row, column] = share
            np.testing.assert_allclose(maps[expected][face, k], wanted, atol=1e-6)
            draws = reference_rounding.hashed(*(int(b) for b in points[face, k].view(np.uint32)))
            column, row = reference_rounding.drawn(x, y, *draws)
            only = np.zeros((16, 12))
            only[row, column] = 1
            np.testing.assert_allclose(maps[random][face, k], only, atol=1e-6)


@pytest.mark.parametrize("k", [1, 4, 9])
def test_decode_of_any_maps_against_plain_loops(k):
    codec = RandomisedRounding(POINTS, Size(64, 48), 16, k=k)
    rng = np.random.default_rng(k)
    maps = (3 * rng.normal(size=(40, 5, 16, 12))).astype(np.float32)
    found = codec.decode({"heatmap": torch.from_numpy(maps)}).points
    for face in range(40):
        for point in range(5):
            cells = reference_rounding.top_k_mean(maps[face, point].astype(np.float64), k)
            expected = [reference.crop_of(cell, 4) for cell in cells]
            np.testing.assert_allclose(found[face, point], expected, atol=1e-4)


def test_ten_thousand_points_are_exact_in_expectation():
    codec = ExpectedRounding(POINTS, CROP, 16)
    points = drawn_points(2000, seed=3, low=1.5, high=61.5)
    found = torch.cat([codec.decode(codec.encode(part)).points for part in points.split(500)])
    assert (found - points).abs().max() < 1e-4


def test_the_loss_is_the_cross_entropy():
    codec = RandomisedRounding(POINTS, Size(64, 64), 16)
    points = drawn_points(3, low=2.0, high=61.0)
    targets = codec.encode(points)
    outputs = torch.randn(3, 5, 16, 16, generator=torch.Generator().manual_seed(0))
    weight = torch.tensor([[1.0, 0, 1, 1, 1]]).expand(3, 5)
    classes = targets["heatmap"].flatten(2).argmax(dim=-1)
    each = torch.nn.functional.cross_entropy(
        outputs.view(15, 256), classes.view(15), reduction="none"
    )
    found = codec.loss({"heatmap": outputs}, targets, weight)
    torch.testing.assert_close(found, each.view(3, 5)[weight > 0].mean())


def test_the_expected_loss_has_the_mean_gradient_of_the_draws():
    expected = ExpectedRounding(POINTS, Size(64, 64), 16)
    random = RandomisedRounding(POINTS, Size(64, 64), 16)
    outputs = torch.randn(1, 5, 16, 16, generator=torch.Generator().manual_seed(0))
    outputs.requires_grad_()
    weight = torch.ones(1, 5)
    point = torch.tensor([30.6, 27.2])

    def gradient(codec, points):
        loss = codec.loss({"heatmap": outputs}, codec.encode(points), weight)
        return torch.autograd.grad(loss, outputs)[0]

    steps = torch.arange(2000) * 1e-5 - 0.01
    mean = sum(gradient(random, (point + step).expand(1, 5, 2)) for step in steps) / len(steps)
    wanted = gradient(expected, point.expand(1, 5, 2))
    assert (mean - wanted).abs().max() < 4.5 * 0.2 * math.sqrt(0.25 / len(steps))


def test_a_mirrored_crop_has_the_mirrored_probabilities():
    codec = ExpectedRounding(POINTS, CROP, 16)
    points = drawn_points(20)
    mirrored = torch.stack([63 - points[..., 0], points[..., 1]], dim=-1)[:, [1, 0, 2, 4, 3]]
    flipped = codec.flip(codec.encode(points))["heatmap"].exp()
    torch.testing.assert_close(flipped, codec.encode(mirrored)["heatmap"].exp(), atol=1e-4, rtol=0)


def test_the_covariance_is_the_posterior_less_what_rounding_adds():
    """A posterior of a known spread, rounded at random, is read as that spread."""
    codec = RandomisedRounding(POINTS, CROP, 16)
    generator = torch.Generator().manual_seed(0)
    spread = torch.tensor([[1.3, 0.0], [0.5, 0.8]])
    cells = torch.tensor([7.3, 6.8]) + torch.randn(20000, 2, generator=generator) @ spread.T
    points = codec.grid.to_crop(cells).reshape(-1, 5, 2)
    share = sum(part.exp().sum(dim=(0, 1)) for part in codec.encode(points)["heatmap"].split(200))
    maps = (share / share.sum()).clamp(min=1e-9).log().expand(1, 5, 16, 16)
    found = codec.decode({"heatmap": maps}).covariance[0, 0] / 16
    # The point read off the nine highest cells is not quite the mean.
    torch.testing.assert_close(found, spread @ spread.T, atol=0.15, rtol=0)


@pytest.mark.parametrize("k", [0, 257])
def test_an_impossible_k_is_refused(k):
    with pytest.raises(ValueError, match=f"the {k} highest of 16 × 16"):
        ExpectedRounding(POINTS, Size(64, 64), 16, k=k)


def test_flip_twice_is_nothing():
    codec = RandomisedRounding(POINTS, CROP, 16)
    outputs = codec.encode(drawn_points(2))
    twice = codec.flip(codec.flip(outputs))["heatmap"]
    torch.testing.assert_close(twice, outputs["heatmap"], atol=1e-4, rtol=0)


@pytest.mark.parametrize("k", [1, 9, 40, 12 * 7])
def test_the_highest_cells_are_those_of_the_whole_map(k):
    """More than there are rows, and many in one row."""
    maps = torch.randn(5, 3, 12, 7, generator=torch.Generator().manual_seed(k))
    maps[0, :, 4] += 10
    values, places = _highest(maps, k)
    expected = maps.flatten(2).topk(k, dim=-1)
    torch.testing.assert_close(values, expected.values, atol=0, rtol=0)
    assert (places[..., 1] * 7 + places[..., 0]).equal(expected.indices)
