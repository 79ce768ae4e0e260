"""One Gaussian a landmark: integer heatmaps, and continuous ones."""

import math
from abc import abstractmethod
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.batch import Fields, FieldSpec, FieldSpecs
from landmarks.codecs.base import Codec, Decoded, StatedError
from landmarks.codecs.covariance import excess_variance, isotropic
from landmarks.codecs.peaks import CELL_VARIANCE, Argmax, LocalSoftArgmax, Peak
from landmarks.codecs.supervision import supervise_drawn
from landmarks.geometry import Grid, Size, is_mirrored, nearest_cells, warp_maps
from landmarks.losses import MSE, PointLoss, mean_over_points
from landmarks.markups import Markup


class GaussianHeatmap(Codec):
    """A map a landmark; the target is a Gaussian of height 1.

    Fields:
        heatmap: (K, heatmap_size, heatmap_size · W / H), cells of a centred grid.

    Args:
        markup: The point scheme; K is its number of points.
        crop_size: Size of the network's input in pixels.
        heatmap_size: Number of cells down the map.
        sigma: Spread of the Gaussian in cells.
        peak: How a point is read off a map.
        loss: Compares an output map with its target.

    Raises:
        ValueError: If the map does not fit the crop, or the spread is not positive.
    """

    decoding_arguments: ClassVar[frozenset[str]] = frozenset({"peak"})

    def __init__(
        self,
        markup: Markup,
        crop_size: Size,
        heatmap_size: int,
        sigma: float,
        peak: Peak,
        loss: PointLoss,
    ) -> None:
        super().__init__(markup, crop_size)
        if not (sigma > 0 and math.isfinite(sigma)):
            raise ValueError(f"the Gaussian's spread of {sigma} cells must be larger than 0")
        self.grid = Grid.centred(crop_size, heatmap_size)
        self.sigma = sigma
        self.peak = peak
        self.point_loss = loss

    @property
    def fields(self) -> FieldSpecs:
        """One map a landmark."""
        return {"heatmap": FieldSpec(self.markup.count, *self.grid.size)}

    def encode(self, points: Float[Tensor, "B K 2"]) -> Fields:
        """Draws each point's Gaussian; a missing point's map is zero."""
        return {
            "heatmap": draw_gaussians(
                self._centres(self.grid.to_cells(points)), self.grid.size, self.sigma
            )
        }

    def loss(self, outputs: Fields, targets: Fields, weight: Float[Tensor, "B K"]) -> Tensor:
        """The mean of the points' losses."""
        return mean_over_points(self.point_loss(outputs["heatmap"], targets["heatmap"]), weight)

    def supervise(
        self, outputs: Fields, points: Float[Tensor, "B K 2"], weight: Float[Tensor, "B K"]
    ) -> Tensor:
        """The loss against each point's Gaussian, which is drawn when it is needed."""
        centres = self._centres(self.grid.to_cells(points))

        def draw(some: Tensor, memory_format: torch.memory_format) -> Tensor:
            return draw_gaussians(some, self.grid.size, self.sigma, memory_format)

        return supervise_drawn(outputs["heatmap"], centres, weight, draw, self.point_loss)

    def decode(self, outputs: Fields) -> Decoded:
        """Reads each map's peak; the confidence is the map's highest value.

        The covariance takes a map for the density of where the point may be, blurred by the
        target's Gaussian: what the peak is wider than σ, and what rounding loses.
        """
        peaks = self.peak(outputs["heatmap"].float())
        excess = excess_variance(peaks.spread, self.sigma)
        lost = isotropic(self._lost_variance, peaks.spread)
        return Decoded(
            points=self.grid.to_crop(peaks.cells),
            confidence=peaks.confidence,
            covariance=self.grid.stride**2 * (excess + lost),
        )

    def warp(self, outputs: Fields, warped_from_crop: Float[Tensor, "B 2 3"]) -> Fields:
        """Resamples the maps; left and right change places where the affine mirrors."""
        return {
            "heatmap": warp_point_maps(outputs["heatmap"], warped_from_crop, self.grid, self.markup)
        }

    @property
    @abstractmethod
    def _lost_variance(self) -> float:
        """What rounding costs along an axis, in target and peak, in square cells."""

    @abstractmethod
    def _centres(self, cells: Float[Tensor, "B K 2"]) -> Float[Tensor, "B K 2"]:
        """Where a Gaussian is drawn for a point at ``cells``."""


@final
class ContinuousHeatmap(GaussianHeatmap):
    """The continuous encoding of sub-pixel heatmap regression: the Gaussian's mean is not rounded.

    "[...] encode and decode [...] leveraging the underlying continuous distribution" (Bulat,
    Sanchez and Tzimiropoulos 2021, abstract, https://arxiv.org/abs/2111.02360); DARK (Zhang et al.
    2020, https://arxiv.org/abs/1910.06278) encodes likewise. The default spread is this project's
    choice, matched to the default decoder: the paper's own is not known.

    See `GaussianHeatmap` for the fields.

    >>> from landmarks.markups import MARKUP_19
    >>> codec = ContinuousHeatmap(MARKUP_19, Size(128, 128), heatmap_size=32)
    >>> points = torch.full((1, 19, 2), 40.3)
    >>> (codec.decode(codec.encode(points)).points - points).abs().max() < 0.15
    tensor(True)
    """

    def __init__(
        self,
        markup: Markup,
        crop_size: Size,
        heatmap_size: int = 64,
        sigma: float = 1.75,
        peak: Peak | None = None,
        loss: PointLoss | None = None,
    ) -> None:
        super().__init__(
            markup, crop_size, heatmap_size, sigma, peak or LocalSoftArgmax(), loss or MSE()
        )

    @property
    def stated_error(self) -> StatedError:
        """That of the peak, in crop pixels."""
        return StatedError(*(self.grid.stride * part for part in self.peak.error(self.sigma)))

    @property
    def _lost_variance(self) -> float:
        return self.peak.lost_variance()

    def _centres(self, cells: Float[Tensor, "B K 2"]) -> Float[Tensor, "B K 2"]:
        return cells


@final
class IntegerHeatmap(GaussianHeatmap):
    """The quantised encoding: the Gaussian is drawn at the centre of the point's cell.

    What heatmap regression did before sub-pixel encodings, and most public code still does; rounded
    to the nearest cell, where some code truncates. See `GaussianHeatmap` for the fields.

    >>> from landmarks.markups import MARKUP_19
    >>> codec = IntegerHeatmap(MARKUP_19, Size(128, 128), heatmap_size=32)
    >>> codec.decode(codec.encode(torch.full((1, 19, 2), 40.3))).points[0, 0]
    tensor([41.5000, 41.5000])
    """

    def __init__(
        self,
        markup: Markup,
        crop_size: Size,
        heatmap_size: int = 64,
        sigma: float = 1.5,
        peak: Peak | None = None,
        loss: PointLoss | None = None,
    ) -> None:
        super().__init__(markup, crop_size, heatmap_size, sigma, peak or Argmax(), loss or MSE())

    @property
    def stated_error(self) -> StatedError:
        """Half a cell's diagonal, lost by the target, and what the peak adds at a cell's centre."""
        lost = math.sqrt(0.5)
        peak = self.peak.error(self.sigma, phase=0.0)
        stride = self.grid.stride
        return StatedError(
            stride * (lost + peak.interior),
            stride * (lost + peak.border),
            stride * peak.float16,
            stride * peak.bfloat16,
        )

    @property
    def _lost_variance(self) -> float:
        # The target lies on a cell's centre, where the peak loses nothing more.
        return CELL_VARIANCE + self.peak.lost_variance(phase=0.0)

    def _centres(self, cells: Float[Tensor, "B K 2"]) -> Float[Tensor, "B K 2"]:
        return nearest_cells(cells, self.grid.size)


def draw_gaussians(
    centres: Float[Tensor, "B K 2"],
    size: Size,
    sigma: float,
    memory_format: torch.memory_format = torch.contiguous_format,
) -> Float[Tensor, "B K h w"]:
    """A Gaussian of height 1 round each centre, in cells; zero where the centre is NaN; float32.

    It is the product of a function of x and one of y: exponentials are taken along the axes only.

    Args:
        centres: (B, K, 2) in cells.
        size: Of the maps.
        sigma: Spread of the Gaussians in cells.
        memory_format: How the maps lie in memory, contiguous or channels last.
    """
    columns = torch.arange(size.width, dtype=centres.dtype, device=centres.device)
    rows = torch.arange(size.height, dtype=centres.dtype, device=centres.device)
    along = torch.exp(-((columns - centres[..., 0, None]) ** 2) / (2 * sigma**2)).float()
    down = torch.exp(-((rows - centres[..., 1, None]) ** 2) / (2 * sigma**2)).float()
    there = ~centres.isnan().any(dim=-1, keepdim=True)
    along, down = torch.where(there, along, 0), torch.where(there, down, 0)
    if memory_format is torch.channels_last:
        along, down = along.mT.contiguous(), down.mT.contiguous()
        return (down[:, :, None] * along[:, None]).permute(0, 3, 1, 2)
    return down[..., :, None] * along[..., None, :]


def warp_point_maps(
    maps: Float[Tensor, "B K h w"],
    warped_from_crop: Float[Tensor, "B 2 3"],
    grid: Grid,
    markup: Markup,
) -> Float[Tensor, "B K h w"]:
    """Resamples one map a landmark, and exchanges left and right where the affine mirrors.

    Places are computed in float64 and half-precision maps resampled in float32: places in half
    precision would be off by a tenth of a cell, under autocast too.
    """
    maps = maps.to(torch.promote_types(maps.dtype, torch.float32))
    warped = warp_maps(maps, grid.cells_from_crop(warped_from_crop.double()))
    return exchange_mirrored(warped, warped_from_crop, markup)


def exchange_mirrored(
    maps: Float[Tensor, "B K h w"], warped_from_crop: Float[Tensor, "B 2 3"], markup: Markup
) -> Float[Tensor, "B K h w"]:
    """Exchanges the maps of left and right points where the affine mirrors."""
    mirrored = is_mirrored(warped_from_crop)[:, None, None, None]
    return torch.where(mirrored, maps[:, markup.mirror_index.to(maps.device)], maps)
