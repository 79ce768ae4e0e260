"""Fields that are the logarithm of a density over cells: where a point may lie.

The logarithm counts from the highest cell, which stands at 0, and ends at `LOWEST`: so the fields
are finite, keep their digits in half precision round the peak, and a softmax gives the density.
"""

import torch
from jaxtyping import Float
from torch import Tensor

LOWEST = -30.0
"""Logarithm of the smallest share of the highest cell's density that is told apart from none."""


def log_density(density: Float[Tensor, "B K h w"]) -> Float[Tensor, "B K h w"]:
    """The logarithm of a density as a field; 0 everywhere where there is no density at all.

    >>> log_density(torch.tensor([[[[0.5, 0.25, 0.0]]]]))
    tensor([[[[  0.0000,  -0.6931, -30.0000]]]])
    """
    highest = density.amax(dim=(-2, -1), keepdim=True)
    tiny = torch.finfo(density.dtype).tiny
    # The floor is taken before the logarithm, whose slope at 0 is not finite.
    lowest = torch.exp(density.new_tensor(LOWEST))
    log = (density / highest.clamp(min=tiny)).clamp(min=lowest).log()
    return torch.where(highest > 0, log, 0).clamp(min=LOWEST)


def softmax_of(scores: Float[Tensor, "B K h w"]) -> Float[Tensor, "B K h w"]:
    """The density that scores stand for: their softmax over all cells of a map."""
    return scores.flatten(2).softmax(dim=-1).view_as(scores)


def gaussian_log_line(
    centres: Float[Tensor, "B K"], count: int, sigma: float
) -> Float[Tensor, "B K n"]:
    """The logarithm of a Gaussian of height 1 over a line of cells; NaN where the centre is."""
    cells = torch.arange(count, dtype=centres.dtype, device=centres.device)
    return -((cells - centres[..., None]) ** 2) / (2 * sigma**2)


def from_highest(log: Float[Tensor, "B K h w"]) -> Float[Tensor, "B K h w"]:
    """A logarithm of a density as a field in float32; 0 where it is NaN."""
    shifted = (log - log.amax(dim=(-2, -1), keepdim=True)).clamp(min=LOWEST)
    return torch.where(shifted.isnan(), 0, shifted).float()
