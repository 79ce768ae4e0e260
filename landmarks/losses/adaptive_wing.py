"""Adaptive Wing: a loss whose shape depends on how bright the target's cell is."""

from math import inf
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.losses.base import CellLoss


@final
class AdaptiveWing(CellLoss):
    """Adaptive Wing loss: steep at small errors on the peak, flat there on the background.

    Wang, Bo and Fuxin 2019, "Adaptive Wing Loss for Robust Face Alignment via Heatmap Regression",
    section 4 (https://arxiv.org/abs/1904.07399). With ``d = |target - output|`` and the exponent
    ``p = alpha - target``, a cell costs

    - ``omega · ln(1 + (d / epsilon)^p)`` where ``d < theta``, and
    - ``A d - C`` beyond, with A and C such that value and slope are continuous at theta.

    The defaults are the paper's. It trains with this loss under its weighted map:
    ``Weighted(AdaptiveWing())``. The authors' training code was never published; the formula agrees
    with the public reimplementations.

    The exponent takes the target as lying between 0 and 1, as the paper's do; a target beyond that
    (the output for another view of a face) counts as its nearer end there. This project's choice:
    an exponent below 1 has no slope at 0.

    Args:
        alpha: Exponent on the background; above 2 in the paper, for a smooth loss at the peak.
        omega: Weight of the curved part.
        epsilon: Width of the curved part.
        theta: Error at which the curved part becomes a straight one.

    Raises:
        ValueError: If alpha is not above 1, or another number is not positive.

    >>> target = torch.tensor([[[[1.0, 0.0]]]])
    >>> error = torch.tensor([[[[0.1, 0.1]]]])
    >>> AdaptiveWing().cells(target + error, target)
    tensor([[[[1.0701, 0.1108]]]])
    """

    def __init__(
        self, alpha: float = 2.1, omega: float = 14.0, epsilon: float = 1.0, theta: float = 0.5
    ) -> None:
        super().__init__()
        if not (1 < alpha < inf and 0 < omega < inf and 0 < epsilon < inf and 0 < theta < inf):
            raise ValueError(
                "Adaptive Wing needs alpha above 1 and the others above 0; found "
                f"alpha {alpha}, omega {omega}, epsilon {epsilon}, theta {theta}"
            )
        self.alpha = alpha
        self.omega = omega
        self.epsilon = epsilon
        self.theta = theta

    def cells(
        self, output: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K h w"]:
        """The loss of each cell."""
        exponent = self.alpha - target.clamp(0, 1)
        error = (target - output).abs()
        at_theta = (self.theta / self.epsilon) ** exponent
        slope = self.omega * exponent * at_theta / (1 + at_theta) / self.theta
        # Held at theta, so that the part that is not chosen has a finite gradient.
        near = (error.clamp(max=self.theta) / self.epsilon) ** exponent
        straight = slope * (error - self.theta) + self.omega * at_theta.log1p()
        return torch.where(error < self.theta, self.omega * near.log1p(), straight)
