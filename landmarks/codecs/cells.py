"""How a place becomes a cell and a bin within it, and back: by this project, and by HIH's code."""

import math
from abc import ABC, abstractmethod
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.codecs.base import StatedError
from landmarks.codecs.gaussian import draw_gaussians
from landmarks.geometry import Grid, Size, nearest_whole


class CellConvention(ABC):
    """What nested heatmaps leave open: the grid, the rounding, and how a target is painted."""

    @abstractmethod
    def grid(self, crop_size: Size, heatmap_size: int) -> Grid:
        """The cells of the integer map, over the crop."""

    @abstractmethod
    def cells(self, places: Float[Tensor, "B K 2"], size: Size) -> Float[Tensor, "B K 2"]:
        """The cell of each place, also of places beyond the map."""

    @abstractmethod
    def bins(
        self,
        places: Float[Tensor, "B K 2"],
        cells: Float[Tensor, "B K 2"],
        size: Size,
        bins: int,
    ) -> Float[Tensor, "B K 2"]:
        """The bin of each place within its cell, which lies on the map."""

    @abstractmethod
    def draw(
        self,
        centres: Float[Tensor, "B K 2"],
        size: Size,
        sigma: float,
        memory_format: torch.memory_format = torch.contiguous_format,
    ) -> Float[Tensor, "B K h w"]:
        """Targets of whole cells or bins; of height 1, zero where the centre is NaN; float32."""

    @abstractmethod
    def painted(self, centres: Float[Tensor, "B K 2"], sigma: float) -> Float[Tensor, "B K 2"]:
        """Where `draw` puts the highest value of a target, were the map without end."""

    @abstractmethod
    def places(
        self,
        cells: tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K"]],
        bins: tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K"]],
        count: int,
    ) -> Float[Tensor, "B K 2"]:
        """The place that the highest cell and the highest bin stand for.

        Args:
            cells: The highest cells and their values.
            bins: The highest bins and their values.
            count: Number of bins across a cell.
        """

    @abstractmethod
    def stated_error(self, bins: int) -> StatedError:
        """The largest error of a round trip, in cells."""

    @abstractmethod
    def lost_variance(self, bins: int) -> float:
        """The variance along an axis that rounding to a bin costs, in square cells."""


@final
class CentredCells(CellConvention):
    """A cell reaches half a cell to either side of its centre and holds its bins evenly.

    What lies between two bins goes to the one nearer the cell's centre, what lies between two cells
    to the one nearer the map's middle: nothing is moved to one side on average, and a mirrored crop
    has mirrored targets.
    """

    def grid(self, crop_size: Size, heatmap_size: int) -> Grid:
        """Cells that tile the crop."""
        return Grid.centred(crop_size, heatmap_size)

    def cells(self, places: Float[Tensor, "B K 2"], size: Size) -> Float[Tensor, "B K 2"]:
        """The nearest cell."""
        return nearest_whole(places, _middle(places, size))

    def bins(
        self,
        places: Float[Tensor, "B K 2"],
        cells: Float[Tensor, "B K 2"],
        size: Size,
        bins: int,
    ) -> Float[Tensor, "B K 2"]:
        """The nearest bin.

        With an even number of bins the cell's centre itself lies between two; it goes towards the
        map's middle.
        """
        within = Grid.within_cell(bins).to_cells(places - cells)
        middle = (bins - 1) / 2 + 0.25 * (_middle(cells, size) - cells).sign()
        return nearest_whole(within, middle).clamp(0, bins - 1)

    def draw(
        self,
        centres: Float[Tensor, "B K 2"],
        size: Size,
        sigma: float,
        memory_format: torch.memory_format = torch.contiguous_format,
    ) -> Float[Tensor, "B K h w"]:
        """Gaussians over the whole map."""
        return draw_gaussians(centres, size, sigma, memory_format)

    def painted(self, centres: Float[Tensor, "B K 2"], sigma: float) -> Float[Tensor, "B K 2"]:
        """The centre."""
        return centres

    def places(
        self,
        cells: tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K"]],
        bins: tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K"]],
        count: int,
    ) -> Float[Tensor, "B K 2"]:
        """The centre of the bin, whatever the values."""
        return cells[0] + Grid.within_cell(count).to_crop(bins[0])

    def stated_error(self, bins: int) -> StatedError:
        """Half a bin's diagonal; both targets peak on a cell, so rounding is harmless."""
        half_bin = math.sqrt(0.5) / bins
        return StatedError(half_bin, half_bin, 0.0, 0.0)

    def lost_variance(self, bins: int) -> float:
        """That of a point anywhere in a bin."""
        return 1 / 12 / bins**2


@final
class PublishedCells(CellConvention):
    """As HIH's published code has it, quirks and all; to reproduce its numbers.

    https://github.com/starhiking/HeatmapInHeatmap. A cell begins at its own coordinate
    ``pixel / stride`` and bin k stands for ``k / bins``, without half a bin:

    - the cell is ``clip(floor(c), 0, size - 1)``, the bin ``round(frac · bins)``, a half going to
      the even number. Beyond the middle of the last bin that is a bin off the map, whose neighbour
      gets the tail of 0.607 (for σ = 1) and is what is read;
    - a target is a patch of ``int(6σ + 1)`` cells, whose corner ``μ - 3σ`` is truncated towards
      zero. For σ = 1.5 the targets of cells 0 to 4 are therefore painted one cell too high, on
      either axis;
    - a map whose highest value is not above zero is read as cell or bin 0.

    Away from the border the round trip costs 0.054 cells on average (0.22 px at a stride of 4)
    where `CentredCells` costs 0.048.
    """

    def grid(self, crop_size: Size, heatmap_size: int) -> Grid:
        """``cell = pixel / stride``."""
        return Grid.stride_only(crop_size, heatmap_size)

    def cells(self, places: Float[Tensor, "B K 2"], size: Size) -> Float[Tensor, "B K 2"]:
        """The cell that begins before the place."""
        return places.floor()

    def bins(
        self,
        places: Float[Tensor, "B K 2"],
        cells: Float[Tensor, "B K 2"],
        size: Size,
        bins: int,
    ) -> Float[Tensor, "B K 2"]:
        """The nearest bin, which may lie beyond the last."""
        return ((places - cells) * bins).round()

    def draw(
        self,
        centres: Float[Tensor, "B K 2"],
        size: Size,
        sigma: float,
        memory_format: torch.memory_format = torch.contiguous_format,
    ) -> Float[Tensor, "B K h w"]:
        """Gaussians in patches; what lies off the map is cut away."""
        gaussians = draw_gaussians(self.painted(centres, sigma), size, sigma, memory_format)
        first, end = (centres - 3 * sigma).trunc(), (centres + 3 * sigma + 1).trunc()
        across, down = (
            (line >= first[..., axis, None]) & (line < end[..., axis, None])
            for axis, line in enumerate(
                torch.arange(count, device=centres.device) for count in (size.width, size.height)
            )
        )
        return torch.where(down[..., :, None] & across[..., None, :], gaussians, 0)

    def painted(self, centres: Float[Tensor, "B K 2"], sigma: float) -> Float[Tensor, "B K 2"]:
        """The middle of the patch."""
        return (centres - 3 * sigma).trunc() + (6 * sigma + 1) // 2

    def places(
        self,
        cells: tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K"]],
        bins: tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K"]],
        count: int,
    ) -> Float[Tensor, "B K 2"]:
        """Where the bin begins."""
        cell, within = (
            torch.where(value[..., None] > 0, place, 0) for place, value in (cells, bins)
        )
        return cell + within / count

    def stated_error(self, bins: int) -> StatedError:
        """A whole bin; on the border one cell more, and what lies before the first cell."""
        interior = math.sqrt(2) / bins
        return StatedError(interior, math.sqrt(2) * (1.5 + 1 / bins), 0.0, 0.0)

    def lost_variance(self, bins: int) -> float:
        """The mean square of what lies in a bin, and of half a bin that has none of its own."""
        half = 1 / (2 * bins)
        return half**2 / 3 + 2 * half**3


def _middle(places: Float[Tensor, "B K 2"], size: Size) -> Float[Tensor, " 2"]:
    return places.new_tensor([size.width - 1, size.height - 1]) / 2
