"""What reads a point off a map, and what it reads."""

from abc import ABC, abstractmethod
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn

from landmarks.codecs.base import StatedError


class Peaks(NamedTuple):
    """Points read off maps.

    Attributes:
        cells: (B, K, 2) ``(x, y)`` in cells.
        confidence: (B, K) the map's highest value.
        spread: (B, K, 2, 2) in square cells: the covariance of the map round the point if it is
            read as a density, the target's own σ² still in it. Symmetric, positive definite.
    """

    cells: Float[Tensor, "B K 2"]
    confidence: Float[Tensor, "B K"]
    spread: Float[Tensor, "B K 2 2"]


class Peak(nn.Module, ABC):
    """Reads one point off each map."""

    @abstractmethod
    def forward(self, maps: Float[Tensor, "B K h w"]) -> Peaks:
        """Reads float32 maps of any values; all it gives is finite wherever the maps are."""

    @abstractmethod
    def error(self, sigma: float, phase: float = 0.5) -> StatedError:
        """The largest error on Gaussians of height 1, in cells.

        It holds for spreads of about half a cell to four cells, and maps larger than the window
        that is read.

        Args:
            sigma: Spread of the Gaussians in cells.
            phase: How far their means lie from the centre of a cell along each axis, at most.
        """

    @abstractmethod
    def lost_variance(self, phase: float = 0.5) -> float:
        """The variance along an axis that rounding the point costs, in square cells.

        Args:
            phase: How far points lie from the centre of a cell along each axis, at most; they are
                taken to lie there evenly.
        """
