"""What can be wrong with a map: its point lies at the border, its shape is another, its values are.

A corruption belongs to one of three kinds, in the order in which they act: it moves the true
points, it redraws the map round them, or it disturbs the values. Each draws from the generator that
it is given and from nothing else, so that one seed gives one corruption, whatever the codec.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from landmarks.geometry import Size


class Mixture(NamedTuple):
    """The map that each point has in the limit of many cells: a sum of J Gaussians, in cells.

    A component of weight w and covariance C has the height w · σ² / √det C: a posterior of such
    components, each with weight 1 in all and covariance C - σ²I, blurred by the target's Gaussian
    of height 1. What a network trained for the squared error to such targets emits is just that.

    Attributes:
        weights: (B, K, J) from 0 upwards.
        means: (B, K, J, 2) ``(x, y)`` in cells; NaN throughout for a missing point.
        covariances: (B, K, J, 2, 2) square cells, the target's own σ² included.
        sigma: Spread of the target's Gaussian in cells.
    """

    weights: Float64[Tensor, "B K J"]
    means: Float64[Tensor, "B K J 2"]
    covariances: Float64[Tensor, "B K J 2 2"]
    sigma: float

    @classmethod
    def target(cls, cells: Float[Tensor, "B K 2"], sigma: float) -> "Mixture":
        """What a codec encodes: one round Gaussian of height 1 at each point."""
        means = cells.double()[..., None, :]
        round_ = sigma**2 * torch.eye(2, dtype=torch.float64)
        return cls(
            torch.ones(means.shape[:-1], dtype=torch.float64),
            means,
            round_.expand(*means.shape, 2),
            sigma,
        )

    def draw(self, size: Size) -> Float[Tensor, "B K h w"]:
        """The maps, float32; zero where the point is missing.

        >>> cells = torch.tensor([[[1.0, 0.0]]])
        >>> Mixture.target(cells, sigma=1.0).draw(Size(1, 3))
        tensor([[[[0.6065, 1.0000, 0.6065]]]])
        """
        heights = self.weights * self.sigma**2 / self.covariances.det().sqrt()
        precisions = self.covariances.inverse()
        maps = torch.zeros(*self.means.shape[:2], *size)
        for j in range(self.means.shape[2]):
            blob = _gaussians(self.means[:, :, j], precisions[:, :, j], size)
            maps += blob.mul_(heights[..., j, None, None])
        missing = self.means.isnan().flatten(2).any(dim=-1)
        return torch.where(missing[..., None, None], 0, maps)


class Corruption(ABC):
    """One imperfection, of one level.

    Args:
        level: How strong it is; what it measures is each corruption's own, see `meaning`.

    Raises:
        ValueError: If there is no such level.
    """

    meaning: str
    """What the level measures, as the axis of a plot names it."""

    def __init__(self, level: float) -> None:
        lowest, highest = self._limits()
        if not (lowest <= level <= highest and math.isfinite(level)):
            raise ValueError(
                f"{type(self).__name__} of level {level:g}: {self.meaning} must be a number from "
                f"{lowest:g} to {highest:g}"
            )
        self.level = level

    @abstractmethod
    def _limits(self) -> tuple[float, float]:
        """The lowest and the highest level."""


class PointCorruption(Corruption):
    """Moves the true points before they are encoded: every codec can be measured on it."""

    @abstractmethod
    def move(
        self, cells: Float64[Tensor, "B K 2"], size: Size, rng: np.random.Generator
    ) -> Float64[Tensor, "B K 2"]:
        """The new true points.

        Args:
            cells: (B, K, 2) cells of a grid that tiles the crop; NaN for a missing point.
            size: Height and width of that grid in cells.
            rng: Where the draws come from.
        """


class ShapeCorruption(Corruption):
    """Redraws the map round each true point: for codecs whose field is one Gaussian a landmark."""

    @abstractmethod
    def redraw(self, mixture: Mixture, rng: np.random.Generator) -> Mixture:
        """The new shape; the truth stays where it is."""


class ValueCorruption(Corruption):
    """Disturbs the values of a field, whatever they stand for."""

    @abstractmethod
    def disturb(
        self, field: Float[Tensor, "B C h w"], height: Float[Tensor, " B"], rng: np.random.Generator
    ) -> Float[Tensor, "B C h w"]:
        """The new values.

        Args:
            field: (B, C, h, w) what a network would have emitted.
            height: (B,) what level 1 stands for: 1 for Gaussians of height 1, the range of the
                field's values for others.
            rng: Where the draws come from.
        """


def corrupted_maps(
    cells: Float[Tensor, "B K 2"],
    size: Size,
    sigma: float,
    corruptions: Sequence[Corruption],
    rng: np.random.Generator,
) -> tuple[Float64[Tensor, "B K 2"], Float[Tensor, "B K h w"]]:
    """The true points in cells, and their Gaussian maps of height 1 as the corruptions leave them.

    Points are moved first, then maps redrawn, then values disturbed; in each kind in the order
    given.

    Args:
        cells: (B, K, 2) true points in cells of the maps.
        size: Height and width of the maps in cells.
        sigma: Spread of the Gaussians in cells.
        corruptions: What to do; nothing if there are none.
        rng: Where the draws come from.

    >>> from landmarks.analysis.corruption import WhiteNoise, Width
    >>> cells = torch.full((1, 1, 2), 3.3)
    >>> rng = np.random.default_rng(0)
    >>> truth, maps = corrupted_maps(cells, Size(8, 8), 1.5, [Width(2), WhiteNoise(0.01)], rng)
    >>> maps.shape, round(float(maps.max()), 1)
    (torch.Size([1, 1, 8, 8]), 1.0)
    """
    truth = moved(cells.double(), size, corruptions, rng)
    maps = redrawn(Mixture.target(truth, sigma), corruptions, rng).draw(size)
    return truth, disturbed(maps, maps.new_ones(len(maps)), corruptions, rng)


def moved(
    cells: Float64[Tensor, "B K 2"],
    size: Size,
    corruptions: Sequence[Corruption],
    rng: np.random.Generator,
) -> Float64[Tensor, "B K 2"]:
    """The points as the point corruptions among these leave them; see `PointCorruption.move`."""
    for corruption in corruptions:
        if isinstance(corruption, PointCorruption):
            cells = corruption.move(cells, size, rng)
    return cells


def redrawn(
    mixture: Mixture, corruptions: Sequence[Corruption], rng: np.random.Generator
) -> Mixture:
    """The map as the shape corruptions among these leave it; see `ShapeCorruption.redraw`."""
    for corruption in corruptions:
        if isinstance(corruption, ShapeCorruption):
            mixture = corruption.redraw(mixture, rng)
    return mixture


def disturbed(
    field: Float[Tensor, "B C h w"],
    height: Float[Tensor, " B"],
    corruptions: Sequence[Corruption],
    rng: np.random.Generator,
) -> Float[Tensor, "B C h w"]:
    """The field as the value corruptions among these leave it; see `ValueCorruption.disturb`."""
    for corruption in corruptions:
        if isinstance(corruption, ValueCorruption):
            field = corruption.disturb(field, height, rng)
    return field


def _gaussians(
    means: Float64[Tensor, "B K 2"], precisions: Float64[Tensor, "B K 2 2"], size: Size
) -> Float[Tensor, "B K h w"]:
    """Gaussians of height 1, float32; what depends on a row or a column alone is in float64."""
    dx = torch.arange(size.width, dtype=torch.float64) - means[..., 0, None]
    dy = torch.arange(size.height, dtype=torch.float64) - means[..., 1, None]
    xx, xy, yy = (precisions[..., *place, None] for place in ((0, 0), (0, 1), (1, 1)))
    down = torch.exp(-(yy - xy**2 / xx) * dy**2 / 2).float()
    if not (xy != 0).any():
        return down[..., :, None] * torch.exp(-xx * dx**2 / 2).float()[..., None, :]
    # The form's square is completed, row by row: no cancellation between large terms.
    across = (xx.sqrt() * dx).float()[..., None, :] + (xy / xx.sqrt() * dy).float()[..., :, None]
    return across.square_().mul_(-0.5).exp_().mul_(down[..., :, None])
