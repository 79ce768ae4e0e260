"""Divergences: a map's cells as the places that a point may lie at."""

import math
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from landmarks.losses.base import PointLoss, float32_at_least


@final
class KullbackLeibler(PointLoss):
    """The Kullback–Leibler divergence from the target's density to the softmax of the outputs.

    In nats, summed over the cells. The outputs are scores of classes; the target is a density once
    it is divided by its sum. The gradient is that of cross-entropy, which differs by the target's
    entropy alone.

    What SimCC trains with (Li et al. 2022, https://arxiv.org/abs/2107.03332). Its public code
    (https://github.com/leeyegy/SimCC, lib/core/loss.py) divides by the number of bins, and does not
    divide the label by its sum, which matters on the border only: this project's choice.

    With a heatmap codec the outputs become scores instead of heights of a Gaussian: read them with
    a peak that asks for the order of the values alone, such as `landmarks.codecs.Argmax`.

    >>> loss = KullbackLeibler()
    >>> target = torch.tensor([[[[1.0, 1.0]]]])
    >>> loss(torch.tensor([[[[5.0, 5.0]]]]), target), loss(torch.tensor([[[[1.0, 0.0]]]]), target)
    (tensor([[0.]]), tensor([[0.1201]]))
    """

    def forward(
        self, output: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K"]:
        """The loss of each point's map."""
        predicted = functional.log_softmax(float32_at_least(output).flatten(2), dim=-1)
        wanted = _density(target)
        return (wanted * (wanted.log() - predicted)).sum(dim=-1)


@final
class JensenShannon(PointLoss):
    """The Jensen–Shannon divergence of the softmax of the outputs and the target's density.

    ``KL(p ‖ m) / 2 + KL(q ‖ m) / 2`` with ``m = (p + q) / 2``, in nats, at most ln 2; the target is
    a density once it is divided by its sum. The regulariser of DSNT (Nibali et al. 2018, section
    3.4, https://arxiv.org/abs/1801.07372; its code, https://github.com/anibali/dsntnn).

    >>> loss = JensenShannon()
    >>> target = torch.tensor([[[[1.0, 0.0]]]])
    >>> loss(torch.tensor([[[[0.0, 0.0]]]]), target), loss(torch.tensor([[[[0.0, 50.0]]]]), target)
    (tensor([[0.2158]]), tensor([[0.6931]]))
    """

    def forward(
        self, output: Float[Tensor, "B K h w"], target: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K"]:
        """The loss of each point's map."""
        predicted = functional.log_softmax(float32_at_least(output).flatten(2), dim=-1)
        density = _density(target)
        wanted = density.log()
        middle = torch.logaddexp(predicted, wanted) - math.log(2)
        apart = predicted.exp() * (predicted - middle) + density * (wanted - middle)
        return apart.sum(dim=-1) / 2


def _density(target: Float[Tensor, "B K h w"]) -> Float[Tensor, "B K n"]:
    """A map divided by its sum; no cell is quite 0, so that it has a logarithm and a gradient."""
    cells = float32_at_least(target).flatten(2).clamp(min=0)
    tiny = torch.finfo(cells.dtype).tiny
    return (cells / cells.sum(dim=-1, keepdim=True).clamp(min=tiny)).clamp(min=tiny)
