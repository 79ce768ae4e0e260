"""Unbiased data processing (UDP) on its corner grid: Gaussians, and discs with offsets."""

import math
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.batch import Fields, FieldSpec, FieldSpecs
from landmarks.codecs.base import Codec, Decoded, StatedError
from landmarks.codecs.covariance import clamp_eigenvalues, excess_variance, isotropic
from landmarks.codecs.gaussian import draw_gaussians, warp_point_maps
from landmarks.codecs.offsets import BlurredOffset, OffsetReader, draw_disc, excess_moments
from landmarks.codecs.peaks import Peak, UDPDark, highest_cells
from landmarks.codecs.peaks.mirrored_blur import blur_map, opencv_kernel
from landmarks.codecs.peaks.udp_dark import window_reach
from landmarks.geometry import Grid, Size, kept_inside, nearest_cells
from landmarks.losses import MSE, PointLoss, mean_over_points
from landmarks.markups import Markup

_SURE = 0.01
"""Cells of standard deviation that remain at the best: no point is claimed to be exact."""


@final
class UDPHeatmap(Codec):
    """UDP's Gaussian target: drawn at the sub-pixel point, on a grid from corner to corner.

    Huang et al. 2020, "The Devil is in the Details: Delving into Unbiased Data Processing for Human
    Pose Estimation" (https://arxiv.org/abs/1911.07524), section 3.2: lengths are measured between
    pixel centres, so the stride is ``(W - 1) / (w - 1)`` and a mirrored map needs no shift. Public
    code https://github.com/HuangJunJie2017/UDP-Pose; verified there: σ = 2; a Gaussian of height 1
    whose mean is not rounded, drawn in a square window of 3σ round the nearest cell, zero outside;
    half the mean squared error; decoding by `UDPDark`.

    This project's choices: a point between two cells has its window round the one nearer the map's
    middle, so that a mirrored crop has the mirrored target; and a point is kept on the crop.

    Fields:
        heatmap: (K, heatmap_size, heatmap_size), cells of a corner grid.

    Args:
        markup: The point scheme; K is its number of points.
        crop_size: Size of the network's input in pixels; square, or the strides would differ.
        heatmap_size: Number of cells down the map.
        sigma: Spread of the Gaussian in cells.
        peak: How a point is read off a map; `UDPDark` if none is given.
        loss: Compares an output map with its target, and is halved; `MSE` if none is given.

    Raises:
        ValueError: If the map does not fit the crop, the crop is not square, or the spread is not
            positive.

    >>> from landmarks.markups import MARKUP_19
    >>> codec = UDPHeatmap(MARKUP_19, Size(128, 128), heatmap_size=32)
    >>> codec.grid.to_crop(torch.tensor([0.0, 31.0]))
    tensor([  0., 127.])
    >>> codec.decode(codec.encode(torch.full((1, 19, 2), 60.3))).points[0, 0].round(decimals=1)
    tensor([60.3000, 60.3000])
    """

    decoding_arguments: ClassVar[frozenset[str]] = frozenset({"peak"})

    def __init__(
        self,
        markup: Markup,
        crop_size: Size,
        heatmap_size: int = 64,
        sigma: float = 2.0,
        peak: Peak | None = None,
        loss: PointLoss | None = None,
    ) -> None:
        super().__init__(markup, crop_size)
        if not (sigma > 0 and math.isfinite(sigma)):
            raise ValueError(f"the Gaussian's spread of {sigma} cells must be larger than 0")
        self.grid = Grid.corners(crop_size, heatmap_size)
        self.sigma = sigma
        self.peak = peak or UDPDark()
        self.point_loss = loss or MSE()

    @property
    def fields(self) -> FieldSpecs:
        """One map a landmark."""
        return {"heatmap": FieldSpec(self.markup.count, *self.grid.size)}

    @property
    def stated_error(self) -> StatedError:
        """That of the peak, in crop pixels; peaks of other methods do not expect cut-off tails."""
        peak = self.peak.error(self.sigma)
        tails = 0.0 if isinstance(self.peak, UDPDark) else 0.01
        stride = self.grid.stride
        return StatedError(
            stride * (peak.interior + tails),
            stride * (peak.border + tails),
            stride * peak.float16,
            stride * peak.bfloat16,
        )

    def encode(self, points: Float[Tensor, "B K 2"]) -> Fields:
        """Draws each point's Gaussian in its window; a missing point's map is zero."""
        cells = self.grid.to_cells(points)
        nearest = nearest_cells(cells, self.grid.size)
        reach = window_reach(self.sigma)
        along, down = (
            (torch.arange(count, device=points.device) - nearest[..., axis, None]).abs() <= reach
            for axis, count in enumerate((self.grid.width, self.grid.height))
        )
        window = down[..., :, None] & along[..., None, :]
        gaussians = draw_gaussians(cells, self.grid.size, self.sigma)
        return {"heatmap": torch.where(window, gaussians, 0)}

    def loss(self, outputs: Fields, targets: Fields, weight: Float[Tensor, "B K"]) -> Tensor:
        """Half the mean of the points' losses."""
        loss = self.point_loss(outputs["heatmap"], targets["heatmap"])
        return 0.5 * mean_over_points(loss, weight)

    def decode(self, outputs: Fields) -> Decoded:
        """Reads each map's peak; the confidence is the map's highest value.

        The covariance is what the peak is wider than the target's Gaussian.
        """
        peaks = self.peak(outputs["heatmap"].float())
        excess = excess_variance(peaks.spread, self.sigma)
        lost = isotropic(self.peak.lost_variance(), peaks.spread)
        return Decoded(
            points=kept_inside(self.grid.to_crop(peaks.cells), self.crop_size),
            confidence=peaks.confidence,
            covariance=self.grid.stride**2 * (excess + lost),
        )

    def warp(self, outputs: Fields, warped_from_crop: Float[Tensor, "B 2 3"]) -> Fields:
        """Resamples the maps; left and right change places where the affine mirrors."""
        return {
            "heatmap": warp_point_maps(outputs["heatmap"], warped_from_crop, self.grid, self.markup)
        }


@final
class UDPOffset(Codec):
    """UDP's combined target: a disc says where about, and each of its cells how far off the point.

    Huang et al. 2020 (https://arxiv.org/abs/1911.07524), and its public code
    https://github.com/HuangJunJie2017/UDP-Pose. Verified: three maps a point; a disc of 1 with a
    radius of 0.0546875 of the map's height (3.5 cells of 64); the offsets from each of its cells to
    the point along x and y, divided by the radius, 0 outside the disc; half the mean squared error
    of each map, those of the offsets masked by the disc; decoding at the highest cell of the disc's
    map, blurred by a Gaussian of 15 cells, whose offset, blurred by one of 7, leads to the point;
    OpenCV's weights and its mirroring beyond the border.

    This project's choices: a cell on the circle itself belongs to the disc, whatever rounding says;
    the three maps are three fields; and a point is kept on the crop.

    Fields:
        heatmap: (K, heatmap_size, heatmap_size), the disc, cells of a corner grid.
        offset_x: As the heatmap; cells to the right from cell to point, over the radius.
        offset_y: As the heatmap; cells down from cell to point, over the radius.

    Args:
        markup: The point scheme; K is its number of points.
        crop_size: Size of the network's input in pixels; square, or the strides would differ.
        heatmap_size: Number of cells down a map.
        radius: The disc's, as a share of the map's height.
        kernel_size: Width of the blur of the disc's map in cells, odd.
        offset: How the offset is read at the highest cell; `BlurredOffset` if none is given.

    Raises:
        ValueError: If the map does not fit the crop, the crop is not square, the radius is not
            positive, or the kernel is not odd and positive.

    >>> from landmarks.markups import MARKUP_19
    >>> from landmarks.codecs.offsets import VotedOffset
    >>> codec = UDPOffset(MARKUP_19, Size(256, 256), offset=VotedOffset())
    >>> codec.decode(codec.encode(torch.full((1, 19, 2), 60.3))).points[0, 0].round(decimals=1)
    tensor([60.3000, 60.3000])
    """

    decoding_arguments: ClassVar[frozenset[str]] = frozenset({"kernel_size", "offset"})

    def __init__(
        self,
        markup: Markup,
        crop_size: Size,
        heatmap_size: int = 64,
        radius: float = 0.0546875,
        kernel_size: int = 15,
        offset: OffsetReader | None = None,
    ) -> None:
        super().__init__(markup, crop_size)
        if not (radius > 0 and math.isfinite(radius)):
            raise ValueError(f"the disc's radius, {radius} of the map, must be larger than 0")
        self.grid = Grid.corners(crop_size, heatmap_size)
        self.radius = radius * heatmap_size
        self.kernel = opencv_kernel(kernel_size)
        self.offset = offset or BlurredOffset()

    @property
    def fields(self) -> FieldSpecs:
        """A disc and two offsets a landmark."""
        spec = FieldSpec(self.markup.count, *self.grid.size)
        return {"heatmap": spec, "offset_x": spec, "offset_y": spec}

    @property
    def stated_error(self) -> StatedError:
        """That of the offset, in crop pixels."""
        error = self.offset.error(self.radius, self.kernel)
        return StatedError(*(self.grid.stride * part for part in error))

    def encode(self, points: Float[Tensor, "B K 2"]) -> Fields:
        """Draws each point's disc and offsets; a missing point's maps are zero."""
        disc, along, down = draw_disc(self.grid.to_cells(points), self.grid.size, self.radius)
        return {"heatmap": disc, "offset_x": along, "offset_y": down}

    def loss(self, outputs: Fields, targets: Fields, weight: Float[Tensor, "B K"]) -> Tensor:
        """Half the squared error of the disc, and of both offsets where the target has its disc."""
        mse, disc = MSE(), targets["heatmap"]
        loss = mse(outputs["heatmap"], disc)
        for name in ("offset_x", "offset_y"):
            loss = loss + mse(disc * outputs[name], disc * targets[name])
        return mean_over_points(0.5 * loss, weight)

    def decode(self, outputs: Fields) -> Decoded:
        """The highest cell of the blurred disc, moved by the offset there.

        The confidence is the blurred map's highest value. The covariance is what the disc's map is
        wider than a disc.
        """
        disc, along, down = (outputs[name].float() for name in self.fields)
        cells, confidence = highest_cells(blur_map(disc, self.kernel))
        found = cells + self.offset(disc, along, down, cells, self.radius)
        points = kept_inside(self.grid.to_crop(found), self.crop_size)
        wider = excess_moments(disc, cells, self.grid.to_cells(points), self.radius)
        excess = clamp_eigenvalues(wider, 0.0)
        return Decoded(
            points=points,
            confidence=confidence,
            covariance=self.grid.stride**2 * (excess + isotropic(_SURE**2, excess)),
        )

    def warp(self, outputs: Fields, warped_from_crop: Float[Tensor, "B 2 3"]) -> Fields:
        """Resamples the maps and turns the offsets; left and right change places when mirrored.

        An offset is a vector in cells: the linear part of the affine acts on it. Within the disc it
        changes linearly from cell to cell, so that resampling is exact there. The disc is turned
        and scaled with the crop, as the Gaussians of other codecs are.
        """
        disc, along, down = (
            warp_point_maps(outputs[name], warped_from_crop, self.grid, self.markup)
            for name in self.fields
        )
        linear = warped_from_crop[..., :2].to(along.dtype)[..., None, None, None]
        return {
            "heatmap": disc,
            "offset_x": linear[:, 0, 0] * along + linear[:, 0, 1] * down,
            "offset_y": linear[:, 1, 0] * along + linear[:, 1, 1] * down,
        }
