import math

import pytest
import torch

from landmarks.codecs import Expectation, HighestBin, SimCC
from landmarks.codecs.covariance import CLAIMED
from landmarks.codecs.simcc import _highest_bins
from landmarks.geometry import Size, apply_affine
from landmarks.losses import KullbackLeibler
from landmarks.markups import Markup
from tests.codecs import reference_lines as reference

POINTS = Markup("5", 5, (1, 0, 2, 4, 3))
SIZE = Size(64, 48)


def drawn(faces, seed=0, size=SIZE):
    generator = torch.Generator().manual_seed(seed)
    share = torch.rand(faces, 5, 2, generator=generator, dtype=torch.float64)
    return share * torch.tensor([size.width, size.height]) - 0.5


@pytest.mark.parametrize(("splitting", "sigma"), [(2.0, 6.0), (1.5, 4.0), (1.0, 0.7), (3.0, 8.0)])
def test_labels_are_those_of_a_plain_loop(splitting, sigma):
    points = drawn(6)
    targets = SimCC(POINTS, SIZE, splitting, sigma).encode(points)
    for face in range(6):
        for point in range(5):
            lines = reference.simcc_lines(points[face, point].tolist(), SIZE, splitting, sigma)
            for name, line in zip("xy", lines, strict=True):
                expected = torch.tensor(line, dtype=torch.float32)
                torch.testing.assert_close(
                    targets[name][face, point, 0], expected, atol=1e-4, rtol=1e-5
                )


@pytest.mark.parametrize(
    ("reading", "plain"),
    [(HighestBin(), reference.highest_bin), (Expectation(), reference.expectation)],
)
@pytest.mark.parametrize("kind", ["targets", "noise", "learnt"])
def test_decodes_as_a_plain_loop(reading, plain, kind):
    codec = SimCC(POINTS, SIZE, reading=reading)
    generator = torch.Generator().manual_seed(1)
    noise = {
        name: torch.randn(12, *spec, generator=generator) for name, spec in codec.fields.items()
    }
    targets = codec.encode(drawn(12))
    outputs = {
        "noise": noise,
        "targets": targets,
        "learnt": {name: targets[name] + 0.3 * noise[name] for name in targets},
    }[kind]
    decoded = codec.decode(outputs)
    for face in range(12):
        for point in range(5):
            for axis, name in enumerate("xy"):
                scores = outputs[name][face, point, 0].tolist()
                place = plain(scores)
                found = float(decoded.points[face, point, axis])
                assert found == pytest.approx(reference.pixel_of(place, 2), abs=1e-4)
                excess = max(0.0, reference.variance_about(scores, place) - 36)
                lost = 1 / 12 if isinstance(reading, HighestBin) else 0.0
                variance = float(decoded.covariance[face, point, axis, axis])
                expected = (excess + lost + CLAIMED * codec.sigma**2) / 4
                assert variance == pytest.approx(expected, rel=1e-3, abs=1e-4)
            highest = min(max(reference.shares(outputs[n][face, point, 0].tolist())) for n in "xy")
            assert float(decoded.confidence[face, point]) == pytest.approx(highest, rel=1e-4)


def test_10000_points_come_back_as_theory_says():
    size = Size(256, 256)
    points = drawn(2000, size=size)
    codec = SimCC(POINTS, size)
    found = torch.cat([codec.decode(codec.encode(part)).points for part in points.split(200)])
    expected = torch.tensor(
        [
            [reference.pixel_of(math.floor((value + 0.5) * 2), 2) for value in point]
            for point in points.reshape(-1, 2).tolist()
        ]
    )
    torch.testing.assert_close(found.reshape(-1, 2), expected, atol=1e-4, rtol=0)
    error = torch.linalg.vector_norm(found - points, dim=-1).mean()
    # The mean distance from the middle of a square bin, of half a pixel.
    side = math.sqrt(2) + math.log(1 + math.sqrt(2))
    assert float(error) == pytest.approx(0.5 * side / 6, rel=0.02)


def test_between_bins_no_side_is_preferred():
    """Whole pixels lie on the edge between two bins, if a pixel has two."""
    whole = torch.arange(5.0, 55.0).view(10, 5)
    points = torch.stack([whole.clamp(max=47), whole], dim=-1)
    codec = SimCC(POINTS, SIZE)
    assert torch.equal(codec.decode(codec.encode(points)).points, points)


def test_the_expectation_is_exact_in_the_interior_and_as_stated_on_the_border():
    size = Size(128, 128)
    codec = SimCC(POINTS, size, reading=Expectation())
    points = drawn(400, size=size).float()
    errors = torch.linalg.vector_norm(codec.decode(codec.encode(points)).points - points, dim=-1)
    far = ((points > 27) & (points < 100)).all(dim=-1)
    assert errors[far].max() <= codec.stated_error.interior < 1e-3
    assert errors.max() <= codec.stated_error.border
    edge = torch.full((1, 5, 2), -0.5)
    worst = torch.linalg.vector_norm(codec.decode(codec.encode(edge)).points - edge, dim=-1)
    assert float(worst.max()) > 0.9 * codec.stated_error.border


def test_the_covariance_is_what_the_lines_are_wider_than_labels():
    wide = SimCC(POINTS, SIZE, sigma=10.0)
    points = torch.full((1, 5, 2), 24.1)
    narrow = SimCC(POINTS, SIZE, sigma=6.0, reading=Expectation())
    covariance = narrow.decode(wide.encode(points)).covariance[0, 0]
    # 10² - 6² square bins are 16 square pixels; a tenth of 6² square bins is 0.9.
    assert float(covariance[1, 1]) == pytest.approx(16 + 0.9, rel=0.02)
    assert covariance[0, 1] == covariance[1, 0] == 0
    own = narrow.decode(narrow.encode(points)).covariance[0, 0].diagonal()
    assert own.tolist() == pytest.approx([0.9, 0.9], abs=0.01)


def test_the_loss_is_the_divergence_of_both_axes():
    codec = SimCC(POINTS, SIZE)
    targets = codec.encode(drawn(2))
    outputs = {name: torch.randn_like(target) for name, target in targets.items()}
    weight = torch.ones(2, 5)
    expected = sum(
        KullbackLeibler()(outputs[name], targets[name].exp()) for name in ("x", "y")
    ).mean()
    torch.testing.assert_close(codec.loss(outputs, targets, weight), expected)
    assert codec.loss(targets, targets, weight).abs() < 1e-6


@pytest.mark.parametrize("degrees", [0, 20, 70, 180])
def test_a_warp_moves_labels_wherever_they_are_turned(degrees):
    size = Size(64, 64)
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    middle = 31.5
    affine = torch.tensor(
        [[cos, -sin, middle - middle * (cos - sin)], [sin, cos, middle - middle * (sin + cos)]]
    )
    codec = SimCC(POINTS, size, sigma=2.0, reading=Expectation())
    points = 20 + 24 * torch.rand(3, 5, 2, generator=torch.Generator().manual_seed(0))
    warped = codec.warp(codec.encode(points), affine.expand(3, 2, 3))
    expected = apply_affine(affine.expand(3, 2, 3), points)
    torch.testing.assert_close(codec.decode(warped).points, expected, atol=2e-2, rtol=0)
    # A turned label is a label: a Gaussian is round.
    for name, target in codec.encode(expected).items():
        torch.testing.assert_close(warped[name].exp(), target.exp(), atol=0.06, rtol=0)


def test_a_warp_is_differentiable():
    codec = SimCC(POINTS, Size(16, 16), sigma=1.0)
    generator = torch.Generator().manual_seed(0)
    outputs = [
        torch.randn(2, *spec, generator=generator, dtype=torch.float64).requires_grad_()
        for spec in codec.fields.values()
    ]
    affine = torch.tensor([[0.9, -0.2, 1.3], [0.2, 0.9, -0.7]], dtype=torch.float64)

    def warped(x, y):
        return tuple(codec.warp({"x": x, "y": y}, affine.expand(2, 2, 3)).values())

    assert torch.autograd.gradcheck(warped, outputs)


def test_the_reading_touches_decoding_alone():
    targets, warps = [], []
    affine = torch.tensor([[0.9, -0.2, 5.0], [0.2, 0.9, 1.0]]).expand(2, 2, 3)
    for reading in (HighestBin(), Expectation()):
        codec = SimCC(POINTS, SIZE, reading=reading)
        targets.append(codec.encode(drawn(2)))
        warps.append(codec.warp(targets[-1], affine))
    for one, other in (targets, warps):
        for name in one:
            assert torch.equal(one[name], other[name])
    assert SimCC.decoding_arguments == {"reading"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sigma": 0.0}, "spread of 0.0 bins"),
        ({"sigma": math.nan}, "spread"),
        ({"splitting": 0.0}, "larger than 0"),
        ({"splitting": 1.37}, "whole numbers"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        SimCC(POINTS, SIZE, **settings)


@pytest.mark.parametrize("count", [1, 7, 32, 96, 130, 512])
def test_the_highest_bin_is_between_the_first_and_the_last(count):
    generator = torch.Generator().manual_seed(count)
    lines = torch.randint(0, 3, (4, 25, count), generator=generator).float()
    for line, found in zip(lines.flatten(0, 1), _highest_bins(lines).flatten(), strict=True):
        places = (line == line.max()).nonzero().flatten()
        assert found == (places[0] + places[-1]) / 2
