"""Where maps are highest, and what lies round there."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor


def highest_cells(
    maps: Float[Tensor, "B K h w"],
) -> tuple[Int64[Tensor, "B K 2"], Float[Tensor, "B K"]]:
    """The highest cell ``(x, y)`` of each map and its value; of several, the first as one reads."""
    width = maps.shape[-1]
    highest, place = maps.flatten(2).max(dim=-1)
    return torch.stack([place % width, place // width], dim=-1), highest


def windows(
    maps: Float[Tensor, "B K h w"], cells: Int64[Tensor, "B K 2"], radius: int | tuple[int, int]
) -> Float[Tensor, "B K r c"]:
    """Each map's window round a cell; zero beyond the border.

    Args:
        maps: Of any memory format.
        cells: ``(x, y)`` of the windows' centres.
        radius: Cells to either side of the centre, or how many down and how many across.

    >>> maps = torch.arange(12.0).view(1, 1, 3, 4)
    >>> windows(maps, torch.tensor([[[3, 1]]]), radius=1)
    tensor([[[[ 2.,  3.,  0.],
              [ 6.,  7.,  0.],
              [10., 11.,  0.]]]])
    """
    height, width = maps.shape[-2:]
    down, across = (radius, radius) if isinstance(radius, int) else radius
    columns = cells[..., 0, None, None] + torch.arange(-across, across + 1, device=maps.device)
    rows = cells[..., 1, None, None] + torch.arange(-down, down + 1, device=maps.device)[:, None]
    there = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    places = rows.clamp(0, height - 1) * width + columns.clamp(0, width - 1)
    found = maps.flatten(2).gather(2, places.flatten(2)).view(places.shape)
    return torch.where(there, found, 0)


def away_from_border(
    cells: Int64[Tensor, "B K 2"], maps: Float[Tensor, "B K h w"], margin: int
) -> Int64[Tensor, "B K 1"]:
    """1 where at least ``margin`` cells lie between a cell and the border's outer edge, else 0."""
    last = cells.new_tensor([maps.shape[-1] - 1, maps.shape[-2] - 1])
    away = (cells >= margin) & (cells <= last - margin)
    return away.all(dim=-1, keepdim=True).long()
