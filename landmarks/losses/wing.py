"""Wing: a loss for coordinates that attends to small errors."""

import math
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.losses.base import CellLoss


@final
class Wing(CellLoss):
    """Wing loss: logarithmic for small errors, straight for large ones.

    Feng et al. 2018, "Wing Loss for Robust Facial Landmark Localisation with Convolutional Neural
    Networks", section 5 (https://arxiv.org/abs/1711.06753): ``w ln(1 + |d| / epsilon)`` where
    ``|d| < w`` and ``|d| - C`` beyond, with C such that the value is continuous; the slope falls
    from ``w / epsilon`` at 0 to ``w / (w + epsilon)`` at w, and is 1 beyond. Meant for the errors
    of coordinates in pixels of the network's input.

    The formula is verified in the authors' code (https://github.com/FengZhenhua/Wing-Loss,
    model/lgLoss.m), whose own default is epsilon = 1, and which sums over coordinates where this
    takes the mean; w = 10 and epsilon = 2 are what the public reimplementations take from the
    paper.

    Args:
        width: w, the error at which the curve becomes straight.
        epsilon: Curvature; the smaller, the steeper at 0.

    Raises:
        ValueError: If a number is not positive.

    >>> Wing().cells(torch.tensor([[[[2.0, 20.0]]]]), torch.zeros(1, 1, 1, 2))
    tensor([[[[ 6.9315, 27.9176]]]])
    """

    def __init__(self, width: float = 10.0, epsilon: float = 2.0) -> None:
        super().__init__()
        if not (0 < width < math.inf and 0 < epsilon < math.inf):
            raise ValueError(f"Wing needs numbers above 0; found width {width}, epsilon {epsilon}")
        self.width = width
        self.epsilon = epsilon
        self._drop = width - width * math.log1p(width / epsilon)

    def cells(
        self, output: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K h w"]:
        """The loss of each coordinate."""
        error = (output - target).abs()
        curved = self.width * (error.clamp(max=self.width) / self.epsilon).log1p()
        return torch.where(error < self.width, curved, error - self._drop)
