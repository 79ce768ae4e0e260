"""A map's cells as classes, as HIH's decimal map has them."""

from typing import final

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from landmarks.losses.base import PointLoss, float32_at_least


@final
class SoftClassification(PointLoss):
    """HIH's coordinate soft-classification (CSC): a map's cells are classes.

    The target distribution is the softmax of the Gaussian target's *values*, which lie between 0
    and 1 and make it nearly flat; the prediction is the softmax of the outputs. The loss is the
    Kullback–Leibler divergence divided by the number of cells, as in the published code
    (https://github.com/starhiking/HeatmapInHeatmap), whose reduction is the mean over elements.

    >>> import torch
    >>> loss = SoftClassification()
    >>> float(loss(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2)))
    0.0
    """

    def forward(
        self, output: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K"]:
        """The loss of each point's map."""
        predicted = functional.log_softmax(float32_at_least(output).flatten(2), dim=-1)
        wanted = functional.log_softmax(float32_at_least(target).flatten(2), dim=-1)
        return functional.kl_div(predicted, wanted, reduction="none", log_target=True).mean(dim=-1)
