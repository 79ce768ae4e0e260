"""The highest cell, moved towards its higher neighbour."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.codecs.base import StatedError
from landmarks.codecs.peaks.base import Peak, Peaks
from landmarks.codecs.peaks.bounds import float32_error, lost_to_a_neighbour
from landmarks.codecs.peaks.spread import SPREAD_RADIUS, inner_cells, window_spread
from landmarks.codecs.peaks.windows import away_from_border, highest_cells, part_of, windows
from landmarks.geometry import Size


class QuarterOffset(Peak):
    """The highest cell, moved a quarter of a cell towards its higher neighbour along each axis.

    The rule of the stacked hourglass (Newell et al. 2016, https://arxiv.org/abs/1603.06937) as in
    HRNet's public code: a highest cell on the map's border is not moved along either axis.

    >>> maps = torch.zeros(1, 1, 4, 4)
    >>> maps[0, 0, 1, 1:3] = torch.tensor([1.0, 0.5])
    >>> QuarterOffset()(maps).cells
    tensor([[[1.2500, 1.0000]]])
    """

    def forward(self, maps: Float[Tensor, "B K h w"]) -> Peaks:
        """The moved cell of each map."""
        cells, confidence = highest_cells(maps)
        size = Size(*maps.shape[-2:])
        # One look at the maps, of which the cell's neighbours are a part.
        inner = inner_cells(cells, size)
        seen = windows(maps, inner, SPREAD_RADIUS)
        around = part_of(seen, cells - inner, radius=1)
        slope = torch.stack(
            [
                around[..., 1, 2] - around[..., 1, 0],
                around[..., 2, 1] - around[..., 0, 1],
            ],
            dim=-1,
        )
        moved = cells + 0.25 * slope.sign() * away_from_border(cells, maps, margin=1)
        return Peaks(moved, confidence, window_spread(seen, size))

    def error(self, sigma: float, phase: float = 0.5) -> StatedError:
        """A quarter of a cell along each axis; on the border what `Argmax` leaves."""
        slack = float32_error(sigma)
        interior = math.sqrt(2) * 0.25 if phase > 0 else 0.0
        rounding = lost_to_a_neighbour(sigma, phase)
        return StatedError(interior + slack, math.sqrt(2) * phase + slack, *rounding)

    def lost_variance(self, phase: float = 0.5) -> float:
        """That of an even distribution about a quarter of a cell to either side."""
        return phase**2 / 3 - phase / 4 + 1 / 16 if phase > 0 else 0.0
