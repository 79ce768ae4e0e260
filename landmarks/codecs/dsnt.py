"""DSNT: the mean of a map, taken for the point and trained as one."""

import math
from math import inf
from typing import final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.batch import Fields, FieldSpec, FieldSpecs
from landmarks.codecs.base import Codec, Decoded, StatedError
from landmarks.codecs.covariance import excess_variance, symmetric
from landmarks.codecs.density import from_highest, log_density, softmax_of
from landmarks.codecs.gaussian import warp_point_maps
from landmarks.geometry import Grid, Size
from landmarks.losses import JensenShannon, PointLoss, float32_at_least, mean_over_points
from landmarks.markups import Markup

_REACH = 0.01
"""How near to the centre of the map's outer cells a mean is asked for, in cells."""

_STEPS = 12
"""Newton steps until a Gaussian has the mean it should; a test holds their number."""


@final
class DSNT(Codec):
    """Differentiable spatial to numerical transform: a softmax over a map, and its mean.

    Nibali, He, Morgan and Prendergast 2018, "Numerical Coordinate Regression with Convolutional
    Neural Networks" (https://arxiv.org/abs/1801.07372). The loss is the Euclidean error of the
    mean, plus the Jensen–Shannon divergence of the map from a Gaussian at the point. Verified in
    the authors' code (https://github.com/anibali/dsntnn, https://github.com/anibali/dsnt-pose2d):
    coordinates from -1 to 1 between the outer edges of the outer cells, errors measured in them; a
    Gaussian on the centres of the cells, divided by its sum; weight 1 and σ = 1 cell by default.
    It is the global soft-argmax with a regulariser.

    The mean of a Gaussian that the border cuts is not its point: a cell from the border, with
    σ = 1, it is 0.3 cells off, and published DSNT's two terms then pull apart. Here the target's
    Gaussian is moved until its mean, over the map's own cells, is the point (this project's
    choice). So encode and decode are each other's inverse up to the centres of the outer cells,
    both terms have one least, and in the interior the target is the published one. No mean lies
    beyond the outer cells' centres: in the outer half cell the error grows to half a cell.

    The targets are what a perfect network would emit: the logarithm of that Gaussian, see
    `landmarks.codecs.density`; the loss takes the true coordinates from their mean.

    A point's confidence is the highest probability of its map, its covariance the map's own about
    its mean, less that of the target.

    Fields:
        heatmap: (K, heatmap_size, heatmap_size · W / H), scores of cells of a centred grid.

    Args:
        markup: The point scheme; K is its number of points.
        crop_size: Size of the network's input in pixels.
        heatmap_size: Number of cells down the map.
        sigma: Spread of the target's Gaussian in cells, at least half a cell: the mean of a
            narrower one hardly moves within a cell.
        loss: Compares scores with the target's density; `JensenShannon` if none is given.
        weight: Weight of that loss beside the Euclidean error.

    Raises:
        ValueError: If the map does not fit the crop or has a single row or column, the spread is
            below half a cell, or the weight is negative.

    >>> from landmarks.markups import MARKUP_19
    >>> codec = DSNT(MARKUP_19, Size(128, 128), heatmap_size=32)
    >>> codec.decode(codec.encode(torch.full((1, 19, 2), 40.3))).points[0, 0]
    tensor([40.3000, 40.3000])
    """

    def __init__(
        self,
        markup: Markup,
        crop_size: Size,
        heatmap_size: int = 64,
        sigma: float = 1.0,
        loss: PointLoss | None = None,
        weight: float = 1.0,
    ) -> None:
        super().__init__(markup, crop_size)
        if not (0.5 <= sigma < inf and 0 <= weight < inf):
            raise ValueError(
                "DSNT needs a Gaussian's spread sigma of at least 0.5 cells and a weight of at "
                f"least 0; found sigma {sigma}, weight {weight}"
            )
        self.grid = Grid.centred(crop_size, heatmap_size)
        if min(self.grid.size) < 2:
            raise ValueError(
                f"a map of {self.grid.height} × {self.grid.width} cells has no mean that moves "
                "along both axes; choose a larger heatmap size"
            )
        self.sigma = sigma
        self.map_loss = loss or JensenShannon()
        self.weight = weight

    @property
    def fields(self) -> FieldSpecs:
        """One map a landmark."""
        return {"heatmap": FieldSpec(self.markup.count, *self.grid.size)}

    @property
    def stated_error(self) -> StatedError:
        """None but float32's in the interior; half a cell on the border, which no mean reaches.

        A score is off by half a unit in its last place at most, which shifts the mean by less than
        the sum of these over the cells, each times its share and distance.
        """
        exact = self.grid.stride * 1e-6 * max(self.grid.size) + 1e-6 * max(self.crop_size)
        moved = self.grid.stride * math.sqrt(2) * self._moved_by_rounding()
        return StatedError(
            interior=exact,
            border=self.grid.stride * math.sqrt(2) * (0.5 + _REACH) + exact,
            float16=moved * torch.finfo(torch.float16).eps,
            bfloat16=moved * torch.finfo(torch.bfloat16).eps,
        )

    def encode(self, points: Float[Tensor, "B K 2"]) -> Fields:
        """The logarithm of the Gaussian whose mean is the point; a missing point's map is zero."""
        cells = self.grid.to_cells(points.double())
        along = _log_line_of_mean(cells[..., 0], self.grid.width, self.sigma)
        down = _log_line_of_mean(cells[..., 1], self.grid.height, self.sigma)
        missing = cells.isnan().any(dim=-1)[..., None, None]
        log = from_highest(down[..., :, None] + along[..., None, :])
        return {"heatmap": torch.where(missing, 0, log)}

    def loss(self, outputs: Fields, targets: Fields, weight: Float[Tensor, "B K"]) -> Tensor:
        """The mean's distance from the target's in units of half a crop, and the divergence."""
        scores, wanted = (float32_at_least(fields["heatmap"]) for fields in (outputs, targets))
        density = softmax_of(wanted)
        half_crop = scores.new_tensor([self.grid.width, self.grid.height]) / 2
        apart = (_mean(softmax_of(scores)) - _mean(density)) / half_crop
        error = torch.linalg.vector_norm(apart, dim=-1)
        return mean_over_points(error + self.weight * self.map_loss(scores, density), weight)

    def decode(self, outputs: Fields) -> Decoded:
        """The mean of each map's softmax."""
        density = softmax_of(outputs["heatmap"].float())
        sums = density.sum(dim=-2), density.sum(dim=-1)
        mean = _mean_of(*sums)
        confidence = density.amax(dim=(-2, -1))
        # Last, since it may write over the density.
        spread = _spread(density, *sums, mean)
        return Decoded(
            points=self.grid.to_crop(mean),
            confidence=confidence,
            covariance=self.grid.stride**2 * excess_variance(spread, self.sigma),
        )

    def warp(self, outputs: Fields, warped_from_crop: Float[Tensor, "B 2 3"]) -> Fields:
        """Resamples the densities; left and right change places where the affine mirrors."""
        density = softmax_of(float32_at_least(outputs["heatmap"]))
        # In float64: in a Gaussian's tail a cell holds thousands of times less than its neighbour,
        # of which float32's places would mix too much in.
        warped = warp_point_maps(density.double(), warped_from_crop, self.grid, self.markup)
        return {"heatmap": log_density(warped).to(density.dtype)}

    def _moved_by_rounding(self) -> float:
        """How far rounding of a relative 1 to the next number moves a target's mean, in cells."""
        reach = math.ceil(8 * self.sigma)
        offsets = np.arange(-reach, reach + 1)
        largest = 0.0
        for phase in np.linspace(0, 0.5, 9):
            scores = -((offsets - phase) ** 2) / (2 * self.sigma**2)
            scores = scores[:, None] + scores
            scores = scores - scores.max()
            share = np.exp(scores) / np.exp(scores).sum()
            distance = np.abs(offsets - (share.sum(axis=0) * offsets).sum())
            largest = max(largest, float((share * np.abs(scores) * distance).sum()))
        return 1.1 * largest / 2


def _mean(density: Float[Tensor, "B K h w"]) -> Float[Tensor, "B K 2"]:
    """The mean place ``(x, y)`` of each map, in cells."""
    return _mean_of(density.sum(dim=-2), density.sum(dim=-1))


def _mean_of(along: Float[Tensor, "B K w"], down: Float[Tensor, "B K h"]) -> Float[Tensor, "B K 2"]:
    """The mean place ``(x, y)`` of each map in cells, from the sums of its columns and rows."""
    middle = along.new_tensor([along.shape[-1] - 1, down.shape[-1] - 1]) / 2
    columns, rows = _from_middle(along), _from_middle(down)
    return torch.stack([(along * columns).sum(-1), (down * rows).sum(-1)], dim=-1) + middle


def _spread(
    density: Float[Tensor, "B K h w"],
    along: Float[Tensor, "B K w"],
    down: Float[Tensor, "B K h"],
    mean: Float[Tensor, "B K 2"],
) -> Float[Tensor, "B K 2 2"]:
    """The covariance of each map about its mean, in square cells; it may write over the density.

    Args:
        density: Of the cells.
        along: Its sums of columns.
        down: Its sums of rows.
        mean: The place ``(x, y)``.
    """
    columns, rows = _from_middle(along), _from_middle(down)
    # The memory of another density takes longer to get than to fill; a gradient needs both.
    weighted = density * columns if density.requires_grad else density.mul_(columns)
    middle = along.new_tensor([along.shape[-1] - 1, down.shape[-1] - 1]) / 2
    x, y = (mean - middle)[..., None].unbind(dim=-2)
    mixed = ((weighted.sum(dim=-1) - x * down) * (rows - y)).sum(dim=-1)
    return symmetric(
        (along * (columns - x).square()).sum(dim=-1),
        mixed,
        (down * (rows - y).square()).sum(dim=-1),
    )


def _from_middle(line: Float[Tensor, "B K n"]) -> Float[Tensor, " n"]:
    """Cells of a line from the middle of the map, where float32 has the most digits."""
    count = line.shape[-1]
    return torch.arange(count, dtype=line.dtype, device=line.device) - (count - 1) / 2


def _log_line_of_mean(
    means: Float[Tensor, "B K"], count: int, sigma: float
) -> Float[Tensor, "B K n"]:
    """The logarithm of the Gaussian on a line of cells that has a given mean there, in float64.

    Solved for the Gaussian's centre by Newton steps on the logarithm of the mean, counted from the
    nearer end. As a function of the centre that is concave and rising: the first step from the mean
    itself leads below the solution, and all others up to it.
    """
    cells = torch.arange(count, dtype=means.dtype, device=means.device)
    last = (count - 1) / 2
    beyond = means > last
    wanted = torch.where(beyond, count - 1 - means, means).clamp(min=_REACH)
    centre = wanted
    for _ in range(_STEPS):
        share = (-((cells - centre[..., None]) ** 2) / (2 * sigma**2)).softmax(dim=-1)
        mean = (share * cells).sum(dim=-1)
        variance = (share * (cells - mean[..., None]).square()).sum(dim=-1)
        centre = centre - (mean / wanted).log() * mean * sigma**2 / variance
    line = -((cells - centre[..., None]) ** 2) / (2 * sigma**2)
    return torch.where(beyond[..., None], line.flip(-1), line)
