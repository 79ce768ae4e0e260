"""Heatmap in Heatmap: a map of cells, and a map of the places within a cell."""

from math import inf
from typing import final

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from landmarks.batch import Fields, FieldSpec, FieldSpecs
from landmarks.codecs.base import Codec, Decoded, StatedError
from landmarks.codecs.cells import CellConvention, CentredCells
from landmarks.codecs.covariance import excess_variance, isotropic
from landmarks.codecs.gaussian import exchange_mirrored
from landmarks.codecs.peaks import highest_cells, peak_spread
from landmarks.codecs.supervision import supervise_drawn
from landmarks.geometry import Grid, Size, apply_affine, warp_maps
from landmarks.losses import MSE, PointLoss, mean_over_points
from landmarks.markups import Markup


@final
class HIH(Codec):
    """Nested heatmaps: the integer map says which cell, the decimal map where within it.

    Lan, Hu, Zhao and Cheng 2021, "HIH: Towards More Accurate Face Alignment via Heatmap in Heatmap"
    (https://arxiv.org/abs/2104.03100); public code https://github.com/starhiking/HeatmapInHeatmap.

    Verified in that code: 64 × 64 cells with σ = 1.5 and squared error; 8 × 8 bins with σ = 1;
    Gaussians of height 1 at whole cells and whole bins; decoding by the highest cell and the
    highest bin; coordinate soft-classification (CSC) of the bins with weight 0.05. The method with
    CSC is ``decimal_loss=SoftClassification()``.

    This project's choice: `CentredCells`, by which a cell reaches half a cell to either side of its
    centre and holds its bins evenly, so that the code is free of bias (a mean error of 0.19 px for
    64 cells and 8 bins over 256 px). ``convention=PublishedCells()`` is the published code's way,
    which has a bias. The weight of 0.05 for squared error of the bins is this project's choice too;
    it puts both maps' targets at about the same energy.

    Fields:
        integer: (K, heatmap_size, heatmap_size · W / H), cells of the convention's grid.
        decimal: (K, bins, bins), places within the cell, row by row.

    Args:
        markup: The point scheme; K is its number of points.
        crop_size: Size of the network's input in pixels.
        heatmap_size: Number of cells down the integer map.
        bins: Number of bins across a cell.
        sigma: Spread of the integer map's Gaussian in cells.
        decimal_sigma: Spread of the decimal map's Gaussian in bins.
        loss: Compares integer maps; `MSE` if none is given.
        decimal_loss: Compares decimal maps; `MSE` if none is given, `SoftClassification` is CSC.
        decimal_weight: Weight of the decimal map's loss.
        convention: How a place becomes a cell and a bin, and back; `CentredCells` if none is given.

    Raises:
        ValueError: If the map does not fit the crop, there is no bin, or a spread is not positive.

    >>> from landmarks.markups import MARKUP_19
    >>> codec = HIH(MARKUP_19, Size(128, 128), heatmap_size=32)
    >>> codec.decode(codec.encode(torch.full((1, 19, 2), 40.3))).points[0, 0]
    tensor([40.2500, 40.2500])
    """

    def __init__(
        self,
        markup: Markup,
        crop_size: Size,
        heatmap_size: int = 64,
        bins: int = 8,
        sigma: float = 1.5,
        decimal_sigma: float = 1.0,
        loss: PointLoss | None = None,
        decimal_loss: PointLoss | None = None,
        decimal_weight: float = 0.05,
        convention: CellConvention | None = None,
    ) -> None:
        super().__init__(markup, crop_size)
        if bins < 1 or not (
            0 < sigma < inf and 0 < decimal_sigma < inf and 0 <= decimal_weight < inf
        ):
            raise ValueError(
                f"HIH needs at least one bin, spreads above 0 and a weight of at least 0; found "
                f"bins {bins}, sigma {sigma}, decimal_sigma {decimal_sigma}, decimal_weight "
                f"{decimal_weight}"
            )
        self.convention = convention or CentredCells()
        self.grid = self.convention.grid(crop_size, heatmap_size)
        self.cell = Grid.within_cell(bins)
        self.sigma = sigma
        self.decimal_sigma = decimal_sigma
        self.integer_loss = loss or MSE()
        self.decimal_loss = decimal_loss or MSE()
        self.decimal_weight = decimal_weight

    @property
    def fields(self) -> FieldSpecs:
        """One integer and one decimal map a landmark."""
        return {
            "integer": FieldSpec(self.markup.count, *self.grid.size),
            "decimal": FieldSpec(self.markup.count, *self.cell.size),
        }

    @property
    def stated_error(self) -> StatedError:
        """That of the convention, in crop pixels, and what computing in float32 adds."""
        interior, border, float16, bfloat16 = self.convention.stated_error(self.cell.height)
        stride = self.grid.stride
        return StatedError(
            stride * interior + 1e-4, stride * border + 1e-4, stride * float16, stride * bfloat16
        )

    def encode(self, points: Float[Tensor, "B K 2"]) -> Fields:
        """Draws the cell and the place within it; a missing point's maps are zero."""
        cells, bins = self._centres(points)
        return {
            "integer": self.convention.draw(cells, self.grid.size, self.sigma),
            "decimal": self.convention.draw(bins, self.cell.size, self.decimal_sigma),
        }

    def loss(self, outputs: Fields, targets: Fields, weight: Float[Tensor, "B K"]) -> Tensor:
        """The integer maps' loss and the weighted one of the decimal maps."""
        integer = self.integer_loss(outputs["integer"], targets["integer"])
        decimal = self.decimal_loss(outputs["decimal"], targets["decimal"])
        return mean_over_points(integer + self.decimal_weight * decimal, weight)

    def supervise(
        self, outputs: Fields, points: Float[Tensor, "B K 2"], weight: Float[Tensor, "B K"]
    ) -> Tensor:
        """The loss against each point's Gaussians, which are drawn when they are needed."""
        cells, bins = self._centres(points)

        def draw_integer(some: Tensor, memory_format: torch.memory_format) -> Tensor:
            return self.convention.draw(some, self.grid.size, self.sigma, memory_format)

        def draw_decimal(some: Tensor, memory_format: torch.memory_format) -> Tensor:
            return self.convention.draw(some, self.cell.size, self.decimal_sigma, memory_format)

        integer = supervise_drawn(
            outputs["integer"], cells, weight, draw_integer, self.integer_loss
        )
        decimal = supervise_drawn(outputs["decimal"], bins, weight, draw_decimal, self.decimal_loss)
        return integer + self.decimal_weight * decimal

    def decode(self, outputs: Fields) -> Decoded:
        """The highest cell and its highest bin; the confidence is the integer map's maximum.

        The covariance is what either peak is wider than its target's Gaussian, and what rounding to
        a bin loses. A place that is spread over many cells has the variance of its cell and that of
        its place in it, which add up. A decimal map is measured from its lowest value:
        soft-classification leaves open what is added to all of its bins.
        """
        integer, decimal = outputs["integer"].float(), outputs["decimal"].float()
        cells, confidence = highest_cells(integer)
        bins, highest = highest_cells(decimal)
        places = self._places((cells, confidence), (bins, highest))
        between = excess_variance(peak_spread(integer, cells), self.sigma)
        raised = decimal - decimal.amin(dim=(-2, -1), keepdim=True)
        within = (
            excess_variance(peak_spread(raised, bins), self.decimal_sigma) * self.cell.stride**2
        )
        lost = isotropic(self.convention.lost_variance(self.cell.height), between)
        covariance = self.grid.stride**2 * (between + within + lost)
        return Decoded(self.grid.to_crop(places), confidence, covariance)

    def warp(self, outputs: Fields, warped_from_crop: Float[Tensor, "B 2 3"]) -> Fields:
        """Resamples the integer maps; decodes, moves and encodes the decimal ones.

        An integer map peaks at the centre of its point's cell, not at the point. So each map is
        also shifted, by less than a cell, until its peak lies at the centre of the cell that the
        moved point lies in: there the network would have put it. Under an exact flip the shift is
        nothing.
        """
        integer = outputs["integer"]
        integer = integer.to(torch.promote_types(integer.dtype, torch.float32))
        # Places are in float64, which autocast leaves alone.
        affine = warped_from_crop.double()
        highest = highest_cells(integer)
        places = self._places(highest, highest_cells(outputs["decimal"].float()))
        points = apply_affine(affine, self.grid.to_crop(places).double())
        moved = self.grid.to_cells(points)

        cells_affine = self.grid.cells_from_crop(affine)
        peaks = apply_affine(cells_affine, highest[0].double())
        cells = self.convention.cells(moved, self.grid.size)
        shift = self.convention.painted(cells, self.sigma) - peaks
        linear = cells_affine[:, None, :, :2].expand(*shift.shape[:2], 2, 2)
        offset = cells_affine[:, None, :, 2] + shift
        each = torch.cat([linear, offset[..., None]], dim=-1)
        warped = warp_maps(integer.flatten(0, 1)[:, None], each.flatten(0, 1))

        within = self.encode(points)["decimal"].to(integer.dtype)
        return {
            "integer": exchange_mirrored(warped.view(integer.shape), warped_from_crop, self.markup),
            "decimal": exchange_mirrored(within, warped_from_crop, self.markup),
        }

    def _centres(
        self, points: Float[Tensor, "B K 2"]
    ) -> tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K 2"]]:
        """Where the Gaussians are drawn, in cells and in bins; a missing point has none."""
        places, size = self.grid.to_cells(points), self.grid.size
        last = places.new_tensor([size.width - 1, size.height - 1])
        cells = self.convention.cells(places, size).clamp(min=torch.zeros_like(last), max=last)
        return cells, self.convention.bins(places, cells, size, self.cell.height)

    def _places(
        self,
        cells: tuple[Int64[Tensor, "B K 2"], Float[Tensor, "B K"]],
        bins: tuple[Int64[Tensor, "B K 2"], Float[Tensor, "B K"]],
    ) -> Float[Tensor, "B K 2"]:
        """What the highest cell and bin stand for, in cells."""
        return self.convention.places(
            (cells[0].to(cells[1].dtype), cells[1]),
            (bins[0].to(bins[1].dtype), bins[1]),
            self.cell.height,
        )
