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

    In memory its points lie innermost: whatever is done with a window's cells runs along long lines
    of points instead of a few cells.

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
    columns = cells[..., 0] + torch.arange(-across, across + 1, device=maps.device)[:, None, None]
    rows = cells[..., 1] + torch.arange(-down, down + 1, device=maps.device)[:, None, None]
    seen_rows, seen_columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    # Exported, a view of all slices of the maps would become a copy of them.
    sliced = maps.is_contiguous() and not torch.compiler.is_exporting()
    if sliced and height * width >= len(columns):
        values = _slices(maps, seen_rows, columns[0], len(columns))
    else:
        values = _picked(maps, seen_rows, seen_columns)
    beyond = (rows != seen_rows)[:, None] | (columns != seen_columns)
    return values.masked_fill_(beyond, 0).permute(2, 3, 0, 1)


def middle_of(window: Float[Tensor, "B K r c"], radius: int) -> Float[Tensor, "B K d d"]:
    """The smaller window about the middle of each window."""
    down, across = window.shape[-2] // 2 - radius, window.shape[-1] // 2 - radius
    side = 2 * radius + 1
    return window[..., down : down + side, across : across + side]


def part_of(
    window: Float[Tensor, "B K r c"], shift: Int64[Tensor, "B K 2"], radius: int
) -> Float[Tensor, "B K d d"]:
    """The smaller window, a shift ``(x, y)`` off the middle of each window.

    It must lie in the window: what has been read off the maps need not be looked for there again.

    >>> window = torch.arange(9.0).view(1, 1, 3, 3)
    >>> part_of(window, torch.tensor([[[1, -1]]]), radius=0)
    tensor([[[[2.]]]])
    """
    rows, columns = window.shape[-2:]
    line = torch.arange(-radius, radius + 1, device=window.device)
    inner = (line[:, None] + rows // 2) * columns + line + columns // 2
    places = inner.flatten()[:, None, None] + shift[..., 1] * columns + shift[..., 0]
    lying = window.permute(2, 3, 0, 1).reshape(rows * columns, *window.shape[:2])
    return lying.gather(0, places).view(*inner.shape, *window.shape[:2]).permute(2, 3, 0, 1)


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


def _slices(
    maps: Float[Tensor, "B K h w"],
    rows: Int64[Tensor, "r B K"],
    first: Int64[Tensor, "B K"],
    count: int,
) -> Float[Tensor, "r c B K"]:
    """As many cells of the rows, from a column on; beyond a row's ends any value at all.

    A slice at a time: that takes half as long as cell by cell. The first map's first row and the
    last map's last cannot be left, since that is where the memory ends. A map must hold ``count``
    cells at least, so that no slice of another map reaches there.
    """
    batch, points, height, width = maps.shape
    lines = torch.arange(batch * points, device=maps.device).view(batch, points) * height
    starts = ((lines + rows) * width + first).permute(1, 2, 0).flatten(0, 1)
    within = starts.clamp(0, maps.numel() - count)
    slices = maps.reshape(-1).unfold(0, count, 1).index_select(0, within.flatten())
    slices = slices.view(*starts.shape, count)
    column = torch.arange(count, device=maps.device)
    for end in {0, batch * points - 1}:  # one place if there is one map
        places = column + (starts[end] - within[end])[:, None]
        slices[end] = slices[end].gather(1, places.clamp(0, count - 1))
    return slices.flatten(1).t().contiguous().view(len(rows), count, batch, points)


def _picked(
    maps: Float[Tensor, "B K h w"], rows: Int64[Tensor, "r B K"], columns: Int64[Tensor, "c B K"]
) -> Float[Tensor, "r c B K"]:
    """The cells of rows and columns on the maps, of any memory format."""
    batch, count, height, width = maps.shape
    # Places in memory, since picking from one long line is quicker than along the axes of a tensor.
    if _channels_last(maps):
        memory, point, column = maps.permute(0, 2, 3, 1).reshape(-1), 1, count
    else:
        memory, point, column = maps.reshape(-1), height * width, 1
    faces = torch.arange(batch, device=maps.device)[:, None] * (count * height * width)
    first = faces + torch.arange(count, device=maps.device) * point
    places = (first + rows * (width * column))[:, None] + columns * column
    return memory.index_select(0, places.flatten()).view_as(places)
