"""Heatmap in Heatmap: a map of cells, and a map of the places within a cell."""

import math
from math import inf
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.batch import Fields, FieldSpec, FieldSpecs
from landmarks.codecs.base import Codec, Decoded, StatedError
from landmarks.codecs.covariance import clamp_eigenvalues, isotropic
from landmarks.codecs.gaussian import draw_gaussians, exchange_mirrored, gaussians_of
from landmarks.codecs.peaks import CELL_VARIANCE, highest_cells, peak_spread
from landmarks.codecs.supervision import supervise_drawn
from landmarks.geometry import Grid, Size, apply_affine, nearest_cells, nearest_whole, warp_maps
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

    This project's choice: a cell reaches half a cell to either side of its centre and holds its
    bins evenly, so that the code is free of bias (a mean error of 0.19 px for 64 cells and 8 bins
    over 256 px). In the published code a cell begins at its own coordinate and bin k stands for
    k / bins, whereby the last half bin falls off the map. The weight of 0.05 for squared error of
    the bins is this project's choice too; it puts both maps' targets at about the same energy.

    Fields:
        integer: (K, heatmap_size, heatmap_size · W / H), cells of a centred grid.
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
        self.grid = Grid.centred(crop_size, heatmap_size)
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
        """Half a bin's diagonal; both targets peak on a cell, so rounding is harmless."""
        half_bin = self.grid.stride * self.cell.stride * math.sqrt(0.5)
        return StatedError(half_bin + 1e-4, half_bin + 1e-4, 0.0, 0.0)

    def encode(self, points: Float[Tensor, "B K 2"]) -> Fields:
        """Draws the cell and the place within it; a missing point's maps are zero."""
        cells, bins = self._centres(points)
        return {
            "integer": draw_gaussians(cells, self.grid.size, self.sigma),
            "decimal": draw_gaussians(bins, self.cell.size, self.decimal_sigma),
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
        integer = supervise_drawn(
            outputs["integer"],
            cells,
            weight,
            gaussians_of(self.grid.size, self.sigma),
            self.integer_loss,
        )
        decimal = supervise_drawn(
            outputs["decimal"],
            bins,
            weight,
            gaussians_of(self.cell.size, self.decimal_sigma),
            self.decimal_loss,
        )
        return integer + self.decimal_weight * decimal

    def decode(self, outputs: Fields) -> Decoded:
        """The highest cell and its highest bin; the confidence is the integer map's maximum."""
        integer, decimal = outputs["integer"].float(), outputs["decimal"].float()
        cells, confidence = highest_cells(integer)
        bins, _ = highest_cells(decimal)
        points = self.grid.to_crop(cells + self.cell.to_crop(bins.float()))
        spread = peak_spread(integer, cells)
        excess = clamp_eigenvalues(spread - isotropic(self.sigma**2, spread), 0.0)
        lost = isotropic(CELL_VARIANCE * self.cell.stride**2, spread)
        return Decoded(points, confidence, self.grid.stride**2 * (excess + lost))

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
        points = apply_affine(affine, self.decode(outputs).points.double())
        moved = self.grid.to_cells(points)

        cells_affine = self.grid.cells_from_crop(affine)
        peaks = apply_affine(cells_affine, highest_cells(integer)[0].double())
        shift = nearest_whole(moved, self._middle(moved)) - peaks
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
        cells = self.grid.to_cells(points)
        nearest = nearest_cells(cells, self.grid.size)
        return nearest, self._nearest_bins(cells - nearest, nearest)

    def _middle(self, cells: Float[Tensor, "B K 2"]) -> Float[Tensor, " 2"]:
        """The middle of the integer map, in cells."""
        return cells.new_tensor([self.grid.width - 1, self.grid.height - 1]) / 2

    def _nearest_bins(
        self, offsets: Float[Tensor, "B K 2"], nearest: Float[Tensor, "B K 2"]
    ) -> Float[Tensor, "B K 2"]:
        """The bin of each offset from a cell's centre, in cells.

        Between two bins the one nearer the cell's centre is taken. With an even number of bins the
        centre itself lies between two; it goes towards the map's middle, so that such points are
        not all moved to one side, and a mirrored crop has mirrored bins.
        """
        bins = self.cell.height
        middle_bin = (bins - 1) / 2 + 0.25 * (self._middle(nearest) - nearest).sign()
        return nearest_whole(self.cell.to_cells(offsets), middle_bin).clamp(0, bins - 1)
