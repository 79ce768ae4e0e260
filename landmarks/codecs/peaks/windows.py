"""Where maps are highest, and what lies round there."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor


def highest_cells(
    maps: Float[Tensor, "B K h w"],
) -> tuple[Int64[Tensor, "B K 2"], Float[Tensor, "B K"]]:
    """The highest cell ``(x, y)`` of each map and its value; of several, the first as one reads.

    The maps are read once, in the order in which they lie in memory, for the highest value of each
    row; then the row that has the highest is searched. A search of the whole map for the place of
    its highest value takes several times as long.

    >>> maps = torch.tensor([[[[0.0, 1.0, 3.0], [3.0, 2.0, 3.0]]]])
    >>> highest_cells(maps)
    (tensor([[[2, 0]]]), tensor([[3.]]))
    """
    if _channels_last(maps):
        lying = maps.permute(0, 2, 3, 1)
        highest, rows = lying.amax(dim=2).max(dim=1)
        chosen = rows[:, None, None].expand(-1, 1, lying.shape[2], -1)
        columns = lying.gather(1, chosen).argmax(dim=2)[:, 0]
    else:
        highest, rows = maps.amax(dim=-1).max(dim=-1)
        batch, count, height, width = maps.shape
        first = torch.arange(batch * count, device=maps.device).view(batch, count) * height
        chosen = maps.reshape(-1, width).index_select(0, (first + rows).flatten())
        columns = chosen.argmax(dim=-1).view_as(rows)
    return torch.stack([columns, rows], dim=-1), highest


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
    batch, count, height, width = maps.shape
    down, across = (radius, radius) if isinstance(radius, int) else radius
    columns = cells[..., 0, None, None] + torch.arange(-across, across + 1, device=maps.device)
    rows = cells[..., 1, None, None] + torch.arange(-down, down + 1, device=maps.device)[:, None]
    there = ((columns >= 0) & (columns < width)) & ((rows >= 0) & (rows < height))
    # Places in memory, since picking from one long line is quicker than along the axes of a tensor.
    if _channels_last(maps):
        memory, point, column = maps.permute(0, 2, 3, 1).reshape(-1), 1, count
    else:
        memory, point, column = maps.reshape(-1), height * width, 1
    faces = torch.arange(batch, device=maps.device)[:, None] * (count * height * width)
    first = (faces + torch.arange(count, device=maps.device) * point)[..., None, None]
    lines = first + rows.clamp(0, height - 1) * (width * column)
    places = lines + columns.clamp(0, width - 1) * column
    return torch.where(there, memory.index_select(0, places.flatten()).view_as(places), 0)


def away_from_border(
    cells: Int64[Tensor, "B K 2"], maps: Float[Tensor, "B K h w"], margin: int
) -> Int64[Tensor, "B K 1"]:
    """1 where at least ``margin`` cells lie between a cell and the border's outer edge, else 0."""
    last = cells.new_tensor([maps.shape[-1] - 1, maps.shape[-2] - 1])
    away = (cells >= margin) & (cells <= last - margin)
    return away.all(dim=-1, keepdim=True).long()


def _channels_last(maps: Float[Tensor, "B K h w"]) -> bool:
    """Whether all points' values of a cell lie side by side, as convolutions leave them."""
    return maps.is_contiguous(memory_format=torch.channels_last) and not maps.is_contiguous()
