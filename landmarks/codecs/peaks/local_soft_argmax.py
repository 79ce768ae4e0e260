"""The mean under a softmax in a window round the highest cell."""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.codecs.base import StatedError
from landmarks.codecs.peaks.base import Peak, Peaks
from landmarks.codecs.peaks.bounds import float32_error, lost_to_a_neighbour, phases_within
from landmarks.codecs.peaks.spread import SPREAD_RADIUS, inner_cells, window_spread
from landmarks.codecs.peaks.windows import highest_cells, middle_of, part_of, windows
from landmarks.geometry import Size, kept_inside


class LocalSoftArgmax(Peak):
    """The highest cell, and the mean offset under a softmax in a window round it.

    Bulat, Sanchez and Tzimiropoulos 2021 (https://arxiv.org/abs/2111.02360), section 3:
    ``argmax + Σ softmax(τ h)(m, n) · (m, n)`` over a ``d × d`` window. That paper found d = 5 best;
    τ = 10 and zeros beyond the border are those of the public package landmarker, which cites it. A
    temperature suits one height of Gaussian: τ = 10 is meant for a height of 1, with σ of about
    1.75 to 2 cells at d = 5. A point is kept on the map (this project's choice): beside negative
    values the zeros beyond the border would pull it off.

    Args:
        window: Width d of the window in cells, odd.
        temperature: Factor τ on the map's values.

    Raises:
        ValueError: If the window is not odd and positive, or the temperature is not positive.
    """

    def __init__(self, window: int = 5, temperature: float = 10.0) -> None:
        super().__init__()
        if window < 1 or window % 2 == 0:
            raise ValueError(f"the window of {window} cells must be odd and positive")
        if not 0 < temperature < math.inf:
            raise ValueError(f"the temperature {temperature} must be larger than 0")
        self.window = window
        self.temperature = temperature

    def forward(self, maps: Float[Tensor, "B K h w"]) -> Peaks:
        """The highest cell of each map and the mean offset round it."""
        cells, confidence = highest_cells(maps)
        size = Size(*maps.shape[-2:])
        reach = self.window // 2
        # One look at the maps, of which both windows are parts.
        inner = inner_cells(cells, size)
        seen = windows(maps, inner, radius=max(reach + 1, SPREAD_RADIUS))
        around = part_of(seen, cells - inner, reach)
        share = (self.temperature * around).flatten(2).softmax(dim=-1).view_as(around)
        offsets = torch.arange(-reach, reach + 1, dtype=maps.dtype, device=maps.device)
        mean = torch.stack(
            [(share.sum(dim=-2) * offsets).sum(-1), (share.sum(dim=-1) * offsets).sum(-1)], dim=-1
        )
        spread = window_spread(middle_of(seen, SPREAD_RADIUS), size)
        return Peaks(kept_inside(cells + mean, size), confidence, spread)

    def error(self, sigma: float, phase: float = 0.5) -> StatedError:
        """The decoder's own bias within a cell, from its definition; larger on the border."""
        # Each value is off by a quarter of eps at most, and the mean offset moves by τ times that
        # and the mean distance from the mean, at most (d² - 1) / 4d along each axis.
        spread = (self.window**2 - 1) / (4 * self.window)
        shift = math.sqrt(2) * self.temperature * spread / 2
        neighbour = lost_to_a_neighbour(sigma, phase)
        return StatedError(
            interior=self._largest_error(sigma, phase, missing=range(1)),
            border=self._largest_error(sigma, phase, missing=range(self.window // 2 + 1)),
            float16=shift * torch.finfo(torch.float16).eps + neighbour[0],
            bfloat16=shift * torch.finfo(torch.bfloat16).eps + neighbour[1],
        )

    def lost_variance(self, phase: float = 0.5) -> float:
        """None: the point is not rounded."""
        return 0.0

    def _largest_error(self, sigma: float, phase: float, missing: range) -> float:
        """The largest error in cells, from the definition, in float64, over all phases in a cell.

        Along each axis ``missing`` cells of the window lie beyond the border, and are zero.
        """
        reach = self.window // 2
        offsets = np.arange(-reach, reach + 1)
        phases = np.tile(phases_within(phase), len(missing))
        values = np.exp(-((offsets - phases[:, None]) ** 2) / (2 * sigma**2))
        beyond = np.repeat(np.array(missing), len(phases) // len(missing))
        values = np.where(np.arange(self.window) < beyond[:, None], 0, values)
        scores = np.exp(self.temperature * values[:, None, :, None] * values[None, :, None, :])
        share = scores / scores.sum(axis=(2, 3), keepdims=True)
        found_y = (share.sum(axis=3) * offsets).sum(axis=2)
        found_x = (share.sum(axis=2) * offsets).sum(axis=2)
        distance = np.hypot(found_y - phases[:, None], found_x - phases[None, :])
        return float(distance.max()) * 1.01 + float32_error(sigma)
