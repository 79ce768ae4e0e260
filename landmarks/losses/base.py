"""What a loss between an output map and a target map is, and the mean over points.

Half-precision maps are compared in float32: the mean over a map's cells, most of them near 0, would
lose the small ones.
"""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn


class PointLoss(nn.Module, ABC):
    """Compares maps; each point has a loss of its own, so that a missing one can be left out."""

    @abstractmethod
    def forward(
        self, output: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K"]:
        """The loss of each point's map."""


class CellLoss(PointLoss):
    """A point's loss that is the mean over its map's cells, each compared by itself.

    A subclass gives `cells`; it is called with float32 at least.
    """

    @abstractmethod
    def cells(
        self, output: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K h w"]:
        """The loss of each cell."""

    def forward(
        self, output: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K"]:
        """The mean of the cells' losses."""
        return self.cells(float32_at_least(output), float32_at_least(target)).mean(dim=(-2, -1))


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


def float32_at_least(maps: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Half-precision maps in float32; others as they are.

    >>> float32_at_least(torch.ones(2, dtype=torch.bfloat16))
    tensor([1., 1.])
    """
    return maps.to(torch.promote_types(maps.dtype, torch.float32))
