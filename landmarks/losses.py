"""Losses between an output map and a target map, one number a point.

Half-precision maps are compared in float32: the mean over a map's cells, most of them near 0, would
lose the small ones.
"""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


class PointLoss(nn.Module, ABC):
    """Compares maps; each point has a loss of its own, so that a missing one can be left out."""

    @abstractmethod
    def forward(
        self, output: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K"]:
        """The loss of each point's map."""


class MSE(PointLoss):
    """The mean squared difference over a map's cells.

    >>> MSE()(torch.full((1, 1, 2, 2), 3.0), torch.ones(1, 1, 2, 2))
    tensor([[4.]])
    """

    def forward(
        self, output: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K"]:
        """The loss of each point's map."""
        return (_float32_at_least(output) - _float32_at_least(target)).square().mean(dim=(-2, -1))


class SoftClassification(PointLoss):
    """HIH's coordinate soft-classification (CSC): a map's cells are classes.

    The target distribution is the softmax of the Gaussian target's *values*, which lie between 0
    and 1 and make it nearly flat; the prediction is the softmax of the outputs. The loss is the
    Kullback–Leibler divergence divided by the number of cells, as in the published code
    (https://github.com/starhiking/HeatmapInHeatmap), whose reduction is the mean over elements.

    >>> loss = SoftClassification()
    >>> float(loss(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2)))
    0.0
    """

    def forward(
        self, output: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K"]:
        """The loss of each point's map."""
        predicted = functional.log_softmax(_float32_at_least(output).flatten(2), dim=-1)
        wanted = functional.log_softmax(_float32_at_least(target).flatten(2), dim=-1)
        return functional.kl_div(predicted, wanted, reduction="none", log_target=True).mean(dim=-1)


def mean_over_points(loss: Float[Tensor, "B K"], weight: Float[Tensor, "B K"]) -> Float[Tensor, ""]:
    """The weighted sum over the number of points whose weight is not zero; 0 if there are none.

    A point of weight zero is taken out, not multiplied by zero: its gradient is exactly zero even
    where its loss is not finite.

    >>> mean_over_points(torch.tensor([[2.0, 4.0, torch.inf]]), torch.tensor([[1.0, 1.0, 0.0]]))
    tensor(3.)
    """
    counted = weight != 0
    total = torch.where(counted, loss * weight, 0).sum()
    return total / counted.sum().clamp(min=1)


def _float32_at_least(maps: Float[Tensor, "B K h w"]) -> Float[Tensor, "B K h w"]:
    return maps.to(torch.promote_types(maps.dtype, torch.float32))
