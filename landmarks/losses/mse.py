"""Squared error."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.losses.base import CellLoss


@final
class MSE(CellLoss):
    """The mean squared difference over a map's cells.

    >>> MSE()(torch.full((1, 1, 2, 2), 3.0), torch.ones(1, 1, 2, 2))
    tensor([[4.]])
    """

    def cells(
        self, output: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K h w"]:
        """The squared difference in each cell."""
        return torch.square(output - target)
