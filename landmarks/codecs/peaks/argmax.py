"""The highest cell."""

import math

from jaxtyping import Float
from torch import Tensor

from landmarks.codecs.base import StatedError
from landmarks.codecs.peaks.base import Peak, Peaks
from landmarks.codecs.peaks.bounds import float32_error, lost_to_a_neighbour
from landmarks.codecs.peaks.spread import peak_spread
from landmarks.codecs.peaks.windows import highest_cells


class Argmax(Peak):
    """The centre of the highest cell.

    >>> import torch
    >>> maps = torch.zeros(1, 1, 4, 4)
    >>> maps[0, 0, 1, 3] = 1
    >>> Argmax()(maps).cells
    tensor([[[3., 1.]]])
    """

    def forward(self, maps: Float[Tensor, "B K h w"]) -> Peaks:
        """The highest cell of each map; of several, the first in reading order."""
        cells, confidence = highest_cells(maps)
        return Peaks(cells.to(maps.dtype), confidence, peak_spread(maps, cells))

    def error(self, sigma: float, phase: float = 0.5) -> StatedError:
        """Half a cell's diagonal; rounding can make a neighbour win that is almost as near."""
        largest = math.sqrt(2) * phase + float32_error(sigma)
        return StatedError(largest, largest, *lost_to_a_neighbour(sigma, phase))

    def lost_variance(self, phase: float = 0.5) -> float:
        """That of an even distribution."""
        return phase**2 / 3
