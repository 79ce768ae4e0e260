import math

import pytest
import torch

from landmarks.codecs import Coordinates
from landmarks.geometry import Size, apply_affine
from landmarks.losses import MSE
from landmarks.markups import Markup

POINTS = Markup("5", 5, (1, 0, 2, 4, 3))
SIZE = Size(96, 128)


def drawn(faces, seed=0):
    generator = torch.Generator().manual_seed(seed)
    share = torch.rand(faces, 5, 2, generator=generator, dtype=torch.float64)
    return share * torch.tensor([SIZE.width, SIZE.height]) - 0.5


def test_10000_points_are_encoded_and_decoded_as_by_a_plain_loop():
    codec = Coordinates(POINTS, SIZE)
    points = drawn(2000)
    targets = codec.encode(points)
    assert targets["coordinates"].abs().max() <= 1
    expected = torch.tensor(
        [
            value
            for x, y in points.reshape(-1, 2).tolist()
            for value in ((2 * x + 1) / 128 - 1, (2 * y + 1) / 96 - 1)
        ]
    )
    torch.testing.assert_close(targets["coordinates"].flatten(), expected, atol=1e-6, rtol=0)
    found = codec.decode(targets).points
    torch.testing.assert_close(found.double(), points, atol=1e-4, rtol=0)


def test_the_loss_is_wings_of_pixels():
    codec = Coordinates(POINTS, SIZE)
    errors = torch.tensor([[0.5, -3.0], [20.0, 0.0], [9.9, -10.1], [0.0, 0.0], [1.0, -60.0]])
    # Encoding keeps points on the crop; none of these leaves it.
    truth = torch.tensor([64.0, 60.0]).expand(2, 5, 2)
    outputs = codec.encode(truth + errors)

    def wing(error):
        error = abs(error)
        if error < 10:
            return 10 * math.log(1 + error / 2)
        return error - (10 - 10 * math.log(1 + 10 / 2))

    expected = sum((wing(x) + wing(y)) / 2 for x, y in errors.tolist()) / 5
    found = codec.loss(outputs, codec.encode(truth), torch.ones(2, 5))
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_any_loss_of_cells_will_do():
    codec = Coordinates(POINTS, SIZE, loss=MSE())
    truth = torch.full((1, 5, 2), 40.0)
    found = codec.loss(codec.encode(truth + 3), codec.encode(truth), torch.ones(1, 5))
    assert float(found) == pytest.approx(9, rel=1e-4)


def test_points_beyond_the_crop_can_be_emitted_but_not_asked_for():
    codec = Coordinates(POINTS, SIZE)
    beyond = codec.decode({"coordinates": torch.full((1, 10, 1, 1), 1.5)}).points
    assert torch.equal(beyond, torch.tensor([159.5, 119.5]).expand(1, 5, 2))
    asked = codec.encode(torch.full((1, 5, 2), 1e9))["coordinates"]
    assert (asked == 1).all()


def test_one_covariance_is_claimed_for_all():
    codec = Coordinates(POINTS, SIZE, claimed_error=0.02)
    decoded = codec.decode({"coordinates": torch.randn(3, 10, 1, 1)})
    expected = (0.02 * 96) ** 2 * torch.eye(2)
    torch.testing.assert_close(decoded.covariance, expected.expand(3, 5, 2, 2))
    assert (decoded.confidence == 1).all()


def test_a_warp_is_exact_and_differentiable():
    codec = Coordinates(POINTS, SIZE)
    affine = torch.tensor([[-0.9, -0.2, 110.0], [0.2, -0.9, 70.0]], dtype=torch.float64)
    mirrored = affine.clone()
    mirrored[:, 0] *= -1
    for each in (affine, mirrored):
        points = drawn(2)
        found = codec.decode(codec.warp(codec.encode(points), each.expand(2, 2, 3))).points
        expected = apply_affine(each.expand(2, 2, 3), points)
        if torch.det(each[:, :2]) < 0:
            expected = expected[:, list(POINTS.mirror)]
        torch.testing.assert_close(found.double(), expected, atol=1e-4, rtol=0)
    outputs = torch.randn(2, 10, 1, 1, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda field: codec.warp({"coordinates": field}, mirrored.expand(2, 2, 3))["coordinates"],
        outputs,
    )


@pytest.mark.parametrize("claimed", [0.0, -1.0, math.nan, math.inf])
def test_a_claimed_error_that_is_none_is_refused(claimed):
    with pytest.raises(ValueError, match="claimed error"):
        Coordinates(POINTS, SIZE, claimed_error=claimed)
