"""How wide a map's peak is, and along which axes."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from landmarks.codecs.covariance import bounded_inverse
from landmarks.codecs.peaks.windows import windows

CELL_VARIANCE = 1 / 12
"""Variance along an axis of a point anywhere in a cell."""

_RADIUS = 3
_FAINT = 1e-5
"""A value so much lower than the highest says nothing."""

_NARROW = 1e-8
"""Share of all weight for the belief that a peak whose neighbours say nothing is within a cell."""

_LEAST = 1e-3
"""Smallest share of a moment that may be left of it once the others are accounted for."""


def peak_spread(
    maps: Float[Tensor, "B K h w"], cells: Int64[Tensor, "B K 2"]
) -> Float[Tensor, "B K 2 2"]:
    """The covariance of each map round a cell, if the map is read as a density; square cells.

    A quadratic is fitted to the logarithm of the window of 7 × 7 cells round the cell; on the
    border, round its inner neighbour. On a Gaussian it is the Gaussian's own covariance, wherever
    its mean lies; a plain second moment over so small a window would be too low. A value ``v``
    counts by ``v⁴``: noise of equal strength everywhere moves its logarithm by ``1 / v``, which
    asks for ``v²`` (Guo 2011, "A Simple Algorithm for Fitting a Gaussian Function", IEEE Signal
    Processing Magazine 28(5)), but bends it as well where noise outweighs the value, and a narrow
    peak has many such cells round it. The fit is made to sums of opposite cells, in which the
    slope is cancelled, so that three equations are left.

    The covariance is symmetric and positive definite, finite for any finite map: along no axis is
    it smaller than that of a point anywhere in one cell, or larger than that of a point anywhere on
    the map, which is what a flat map gets, and a map without any value above 0.

    >>> columns = torch.arange(16.0)
    >>> maps = torch.exp(-((columns - 7.3) ** 2 / 8 + (columns[:, None] - 8.1) ** 2 / 2))
    >>> peak_spread(maps[None, None], torch.tensor([[[7, 8]]])).diagonal(dim1=-2, dim2=-1)
    tensor([[[4.0000, 1.0000]]])
    """
    height, width = maps.shape[-2:]
    # Opposite cells are compared, so at the border the window moves to where they exist.
    inward = [
        cells[..., axis].clamp(min(1, (count - 1) // 2), max(count // 2, count - 2))
        for axis, count in enumerate((width, height))
    ]
    window = windows(maps, torch.stack(inward, dim=-1), _RADIUS)
    # Points innermost: sums over the window then run along long lines.
    values = window.flatten(2).permute(2, 0, 1).contiguous()

    highest = values.amax(dim=0)
    some = highest > 0
    values = torch.where(some, values / torch.where(some, highest, 1), 1).clamp(min=_FAINT)
    # A window and its half turn: of each pair of opposite cells the first, and the centre last.
    pairs = len(values) // 2 + 1
    one, other = values[:pairs], values[pairs - 1 :].flip(0)
    weight = (one**-2 + other**-2) ** -2
    weight[-1] = weight[-1] / 2  # The centre is its own opposite: it is one value, not two.
    precision = _fit(-(one * other).log(), weight)
    return bounded_inverse(*precision, CELL_VARIANCE, CELL_VARIANCE * max(height, width) ** 2)


def _fit(
    sums: Float[Tensor, "P B K"], weight: Float[Tensor, "P B K"]
) -> tuple[Float[Tensor, "B K"], Float[Tensor, "B K"], Float[Tensor, "B K"]]:
    """Pxx, Pxy and Pyy of the least squares of ``sums = c + Pxx x² + 2 Pxy x y + Pyy y²``.

    Both run over the first half of a window, up to its centre. Sums of products, not a matrix
    product, which autocast would round to half precision.
    """
    line = torch.arange(-_RADIUS, _RADIUS + 1, dtype=sums.dtype, device=sums.device)
    x, y = line.repeat(len(line))[: len(sums)], line.repeat_interleave(len(line))[: len(sums)]
    features = torch.stack([x * x, y * y, 2 * x * y])[..., None, None]
    total = weight.sum(dim=0)
    mean = (weight * features).sum(dim=1) / total
    mean_sum = (weight * sums).sum(dim=0) / total
    centred = features - mean[:, None]
    weighted = weight * centred
    right = (weighted * (sums - mean_sum)).sum(dim=1)

    def moment(one: int, other: int) -> Float[Tensor, "B K"]:
        return (weighted[one] * centred[other]).sum(dim=0)

    # Elimination with pivots held well above what float32 can tell from 0: from the few high cells
    # of noise no fit can tell everything.
    prior = _NARROW * total.clamp(min=1e-7)
    xx, yy, mixed = (moment(axis, axis) + prior for axis in range(3))
    narrow = prior / CELL_VARIANCE
    x_right, y_right, mixed_right = right[0] + narrow, right[1] + narrow, right[2]
    y_by_x, mixed_by_x = moment(0, 1) / xx, moment(0, 2) / xx
    y_pivot = torch.maximum(yy - y_by_x**2 * xx, _LEAST * yy)
    y_right = y_right - y_by_x * x_right
    mixed_by_y = (moment(1, 2) - y_by_x * mixed_by_x * xx) / y_pivot
    mixed_pivot = torch.maximum(
        mixed - mixed_by_x**2 * xx - mixed_by_y**2 * y_pivot, _LEAST * mixed
    )
    mixed_right = mixed_right - mixed_by_x * x_right - mixed_by_y * y_right
    pxy = mixed_right / mixed_pivot
    pyy = y_right / y_pivot - mixed_by_y * pxy
    pxx = x_right / xx - y_by_x * pyy - mixed_by_x * pxy
    return pxx, pxy, pyy
