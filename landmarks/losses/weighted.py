"""More weight for the cells round the peak."""

from math import inf
from typing import final

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from landmarks.losses.base import CellLoss


@final
class Weighted(CellLoss):
    """A loss of cells, with more weight for the peak and what lies beside it.

    The weighted loss map of Wang, Bo and Fuxin 2019 (https://arxiv.org/abs/1904.07399, section 4):
    the target is dilated (each cell takes the highest value of its 3×3 neighbourhood), and where it
    then reaches 0.2 the loss counts ``weight + 1`` times. The mean over all cells is taken after,
    as in the public reimplementations. ``Weighted(AdaptiveWing())`` is the paper's;
    ``Weighted(MSE())`` is a weighted squared error.

    Args:
        base: The loss of each cell.
        weight: What the cells of the peak count more.
        threshold: Height of the dilated target from which a cell belongs to the peak.
        dilation: Width of the neighbourhood in cells, odd; 1 dilates nothing.

    Raises:
        ValueError: If the weight is negative, or the dilation not odd and positive.

    >>> import torch
    >>> from landmarks.losses.mse import MSE
    >>> target = torch.tensor([[[[1.0, 0.0, 0.0]]]])
    >>> Weighted(MSE()).cells(torch.full((1, 1, 1, 3), 2.0), target)
    tensor([[[[11., 44.,  4.]]]])
    """

    def __init__(
        self, base: CellLoss, weight: float = 10.0, threshold: float = 0.2, dilation: int = 3
    ) -> None:
        super().__init__()
        if not 0 <= weight < inf:
            raise ValueError(f"the weight {weight} of a peak's cells must be at least 0")
        if dilation < 1 or dilation % 2 == 0:
            raise ValueError(f"the dilation of {dilation} cells must be odd and positive")
        self.base = base
        self.weight = weight
        self.threshold = threshold
        self.dilation = dilation

    def cells(
        self, output: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K h w"]:
        """The loss of each cell, weighted."""
        dilated = functional.max_pool2d(
            target.detach(), self.dilation, stride=1, padding=self.dilation // 2
        )
        peak = (dilated >= self.threshold).to(output.dtype)
        return self.base.cells(output, target) * (1 + self.weight * peak)
