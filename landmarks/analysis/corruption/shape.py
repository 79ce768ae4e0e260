"""Corruptions of the shape of a Gaussian map: its width, its roundness, a second mode, a spread."""

import math
from math import inf
from typing import final

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from landmarks.analysis.corruption.base import Mixture, ShapeCorruption


@final
class Width(ShapeCorruption):
    """The peak is wider or narrower than the codec assumes; its height stays.

    The level is a factor on the Gaussian's spread.
    """

    meaning = "factor on the spread"

    def _limits(self) -> tuple[float, float]:
        return 0.01, inf

    def redraw(self, mixture: Mixture, rng: np.random.Generator) -> Mixture:
        """Scales the covariances; draws nothing."""
        return mixture._replace(
            weights=self.level**2 * mixture.weights,
            covariances=self.level**2 * mixture.covariances,
        )


@final
class Elongation(ShapeCorruption):
    """The peak is an ellipse turned by a random angle; its height and its area stay.

    The level is the ratio of the long to the short axis.
    """

    meaning = "ratio of the axes"

    def _limits(self) -> tuple[float, float]:
        return 1.0, inf

    def redraw(self, mixture: Mixture, rng: np.random.Generator) -> Mixture:
        """Stretches each point's components along an angle of its own."""
        count = tuple(mixture.means.shape[:2])
        axes = math.sqrt(self.level)
        stretch = _stretch(rng.uniform(0, np.pi, count), np.full(count, axes))[:, :, None]
        return mixture._replace(covariances=stretch @ mixture.covariances @ stretch.mT)


@final
class SecondMode(ShapeCorruption):
    """The map has a second peak, as where the network takes another feature for the point.

    It lies `nearest` to `farthest` cells away, in any direction, both drawn evenly; the level is
    its height relative to the true peak's.
    """

    meaning = "height of the second mode"
    nearest = 4.0
    farthest = 12.0

    def _limits(self) -> tuple[float, float]:
        return 0.0, inf

    def redraw(self, mixture: Mixture, rng: np.random.Generator) -> Mixture:
        """Adds a copy of each point's components, away from them."""
        count = tuple(mixture.means.shape[:2])
        angle = rng.uniform(0, 2 * np.pi, count)
        distance = rng.uniform(self.nearest, self.farthest, count)
        offset = np.stack([distance * np.cos(angle), distance * np.sin(angle)], axis=-1)
        return mixture._replace(
            weights=torch.cat([mixture.weights, self.level * mixture.weights], dim=2),
            means=torch.cat(
                [mixture.means, mixture.means + torch.from_numpy(offset)[:, :, None]], dim=2
            ),
            covariances=torch.cat([mixture.covariances, mixture.covariances], dim=2),
        )


@final
class Posterior(ShapeCorruption):
    """Maps of real spread: each is an honest posterior, blurred by the target's Gaussian.

    A network that cannot tell where a point is, and is trained for the squared error to Gaussian
    targets, emits the mean target: its posterior of the point blurred by the target. Here each
    point has a posterior of its own, a mixture of three Gaussians, so skewed, elongated or
    multi-modal: the weights are Dirichlet(1, 1, 1), the means standard normal, each component round
    with a spread drawn evenly from 0.2 to 1, and the whole stretched along a random angle, by a
    ratio of axes of up to 3, and scaled to the point's spread. That is drawn from half to twice the
    level, evenly in its logarithm: some points are harder than others.

    The truth is a draw from the posterior: the posterior is placed so that the true point is one.
    So no decoder can know better than the map, and one that reads its map well has an error that
    the map foretells.

    The level is the median over points of the posterior's root mean square deviation along an axis,
    in cells.
    """

    meaning = "spread of the posterior (cells)"
    components = 3

    def _limits(self) -> tuple[float, float]:
        return 0.0, inf

    def redraw(self, mixture: Mixture, rng: np.random.Generator) -> Mixture:
        """Convolves each point's components with the point's posterior, placed round the truth."""
        weights, offsets, covariances = self._posteriors(tuple(mixture.means.shape[:2]), rng)
        shape = (*mixture.means.shape[:2], -1)
        means = mixture.means[:, :, :, None] + offsets[:, :, None]
        spread = mixture.covariances[:, :, :, None] + covariances[:, :, None]
        return mixture._replace(
            weights=(mixture.weights[..., None] * weights[:, :, None]).reshape(shape),
            means=means.reshape(*shape, 2),
            covariances=spread.reshape(*shape, 2, 2),
        )

    def _posteriors(
        self, count: tuple[int, ...], rng: np.random.Generator
    ) -> tuple[Float64[Tensor, "B K J"], Float64[Tensor, "B K J 2"], Float64[Tensor, "B K J 2 2"]]:
        """Weights, means and covariances in cells; the truth, a draw, lies at 0."""
        each = (*count, self.components)
        weights = torch.from_numpy(rng.dirichlet(np.ones(self.components), count))
        means = torch.from_numpy(rng.standard_normal((*each, 2)))
        spreads = torch.from_numpy(rng.uniform(0.2, 1.0, each))
        covariances = spreads[..., None, None] ** 2 * torch.eye(2, dtype=torch.float64)

        ratio = rng.uniform(1.0, 3.0, count)
        stretch = _stretch(rng.uniform(0, np.pi, count), np.sqrt(ratio))[:, :, None]
        means = (stretch @ means[..., None])[..., 0]
        covariances = stretch @ covariances @ stretch.mT

        middle = (weights[..., None] * means).sum(dim=2, keepdim=True)
        variance = (weights * (means - middle).square().sum(dim=-1)).sum(dim=2)
        variance = variance + (weights * covariances.diagonal(dim1=-2, dim2=-1).sum(-1)).sum(dim=2)
        wanted = self.level * torch.from_numpy(2.0 ** rng.uniform(-1.0, 1.0, count))
        scale = (wanted / (variance / 2).sqrt())[..., None, None]
        means = scale * means
        covariances = scale[..., None] ** 2 * covariances

        chosen = (torch.from_numpy(rng.uniform(size=count))[..., None] > weights.cumsum(2)).sum(2)
        chosen = chosen.clamp(max=self.components - 1)[..., None, None]
        mean = means.gather(2, chosen.expand(*count, 1, 2))
        own = covariances.gather(2, chosen[..., None].expand(*count, 1, 2, 2))
        # A matrix with A Aᵀ = C, which a covariance of zero has too.
        values, vectors = torch.linalg.eigh(own)
        root = vectors * values.clamp(min=0).sqrt()[..., None, :]
        normal = torch.from_numpy(rng.standard_normal((*count, 1, 2, 1)))
        truth = mean + (root @ normal)[..., 0]
        return weights, means - truth, covariances


def _stretch(
    angle: Float64[np.ndarray, "B K"], factor: Float64[np.ndarray, "B K"]
) -> Float64[Tensor, "B K 2 2"]:
    """Stretches by the factor along the angle and by its inverse across; areas stay."""
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    scale = np.stack([factor, 1 / factor], -1)[..., None, :]
    return torch.from_numpy((turn * scale) @ np.swapaxes(turn, -1, -2))
