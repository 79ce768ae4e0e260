"""How far an output map is from its target, and how far it would move the point; unsquared."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.losses.base import PointLoss, float32_at_least


class MatchedDistance(PointLoss):
    """The distance between two maps, and the distance by which one moves the other's point.

    This project's own; it goes with `landmarks.codecs.MatchedFit`. The loss of a point is
    ``|output - target| + weight · |shift|``, in cells:

    - ``|output - target|`` is the root of the sum of squares over the map, where `MSE` takes the
      mean without the root. NME is a mean of distances, not of squared ones, and so is this: for
      two Gaussians of height 1 that lie ``d`` cells apart it is ``d · √(π/2)`` for a small ``d``
      whatever their spread, and levels off for a large one, so that a few hopeless points do not
      rule the gradient.
    - ``shift`` is the first Newton step, from the true point, of fitting the target's Gaussian to
      the output by least squares: of all that the output may have wrong, the part that moves the
      point. A wrong height or width costs nothing here.

    Both distances are ``√(d² + ε²)``, smooth at 0, less ``ε``.

    Args:
        weight: Of the shift, against the distance of the maps.

    Raises:
        ValueError: If the weight is negative.

    >>> rows, columns = torch.arange(16.0)[:, None], torch.arange(16.0)
    >>> def gaussian(x):
    ...     return torch.exp(-((columns - x) ** 2 + (rows - 8) ** 2) / 4)[None, None]
    >>> apart = MatchedDistance(weight=0.0)(gaussian(8.5), gaussian(8.0))
    >>> shift = MatchedDistance(weight=1.0)(gaussian(8.5), gaussian(8.0)) - apart
    >>> apart.round(decimals=2), shift.round(decimals=2)
    (tensor([[0.5300]]), tensor([[0.4600]]))
    """

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        if not 0 <= weight < math.inf:
            raise ValueError(f"the weight of the shift, {weight}, must be at least 0")
        self.weight = weight

    def forward(
        self, output: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K"]:
        """The loss of each point's map; 0 where the maps are equal."""
        target = float32_at_least(target)
        difference = float32_at_least(output) - target
        apart = _root(difference.square().sum(dim=(-2, -1)), _SMOOTH_APART)
        return apart + self.weight * _root(
            _shift(difference, target).square().sum(-1), _SMOOTH_SHIFT
        )


_SMOOTH_APART = 0.1
"""Distances of maps well below this are squared in effect."""

_SMOOTH_SHIFT = 0.03
"""Shifts well below this are squared in effect; in cells."""


def _root(square: Float[Tensor, "B K"], smooth: float) -> Float[Tensor, "B K"]:
    return (square + smooth**2).sqrt() - smooth


def _shift(
    difference: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
) -> Float[Tensor, "B K 2"]:
    """The Newton step, in cells.

    ``Σ target · difference · (x - m)`` over what a step of one cell makes of it. A Gaussian's
    derivative by its mean is ``target · (x - m) / σ²``, and the variance of its square is σ² / 2.
    With m the mean by the squared target, as far as it lies on the map, a height does not count.
    """
    columns = torch.arange(target.shape[-1], dtype=target.dtype, device=target.device)
    rows = torch.arange(target.shape[-2], dtype=target.dtype, device=target.device)
    square, pull = target.square(), target * difference
    # A missing point's target is zero everywhere.
    mass = square.sum(dim=(-2, -1)).clamp(min=torch.finfo(target.dtype).tiny)

    def along(axis: Float[Tensor, " n"], dim: int) -> Float[Tensor, "B K"]:
        middle = (square.sum(dim=dim) * axis).sum(dim=-1) / mass
        return (pull.sum(dim=dim) * (axis - middle[..., None])).sum(dim=-1) / (mass / 2)

    return torch.stack([along(columns, -2), along(rows, -1)], dim=-1)
