"""How wide a map's peak is, and along which axes."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from landmarks.codecs.covariance import bounded_inverse
from landmarks.codecs.peaks.windows import windows
from landmarks.geometry import Size

CELL_VARIANCE = 1 / 12
"""Variance along an axis of a point anywhere in a cell."""

SPREAD_RADIUS = 3
"""Cells to either side of a peak, or of its inner neighbour, that its spread is read from."""

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
    size = Size(*maps.shape[-2:])
    return window_spread(windows(maps, inner_cells(cells, size), SPREAD_RADIUS), size)


def inner_cells(cells: Int64[Tensor, "B K 2"], size: Size) -> Int64[Tensor, "B K 2"]:
    """The cells, those on the border moved to their inner neighbour, if the map has one.

    A spread is read off opposite cells, so at the border its window moves to where they exist.
    """
    counts = (size.width, size.height)
    inward = [
        cells[..., axis].clamp(min(1, (count - 1) // 2), max(count // 2, count - 2))
        for axis, count in enumerate(counts)
    ]
    return torch.stack(inward, dim=-1)


def window_spread(window: Float[Tensor, "B K d d"], size: Size) -> Float[Tensor, "B K 2 2"]:
    """What `peak_spread` finds, off the window round the inner cell, zero beyond the border.

    Args:
        window: Of `SPREAD_RADIUS`.
        size: Of the map.
    """
    # Points innermost: sums over the window then run along long lines.
    values = window.permute(2, 3, 0, 1).reshape(window[0, 0].numel(), -1)

    highest = values.amax(dim=0)
    some = highest > 0
    # Where no value is above 0, all are 1.
    least = torch.where(some, _FAINT, 1.0).to(values.dtype)
    values = torch.maximum(values / torch.where(some, highest, 1), least)
    # A window and its half turn: of each pair of opposite cells the first, and the centre last.
    squares = values * values
    pairs = len(values) // 2 + 1
    one, other = squares[:pairs], squares[pairs - 1 :].flip(0)
    product = one * other
    weight = product / (one + other)
    weight = weight * weight
    weight[-1] *= 0.5  # The centre is its own opposite: it is one value, not two.
    first, mixed, second = (x.view(window.shape[:2]) for x in _fit(product.log(), weight))
    widest = CELL_VARIANCE * max(size) ** 2
    return bounded_inverse(first, mixed, second, CELL_VARIANCE, widest).to(window.dtype)


def _fit(
    log_squares: Float[Tensor, "P N"], weight: Float[Tensor, "P N"]
) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"], Float[Tensor, " N"]]:
    """Pxx, Pxy and Pyy of the least squares of ``-log = c + Pxx x² + 2 Pxy x y + Pyy y²``.

    ``log_squares`` is twice the logarithm of the product of two opposite cells. Both run over the
    first half of a window, up to its centre. In float64: float32's matrix products would be rounded
    to half precision by autocast, and moments about 0 would lose digits.
    """
    side, half = 2 * SPREAD_RADIUS + 1, len(weight)
    line = torch.arange(side, dtype=torch.float64, device=weight.device) - SPREAD_RADIUS
    x, y = line.repeat(side)[:half], line.repeat_interleave(side)[:half]
    xx, yy, mixed = x * x, y * y, 2 * x * y
    features = torch.stack([torch.ones_like(x), xx, yy, mixed])
    squares = torch.stack([xx * xx, yy * yy, mixed * mixed, xx * yy, xx * mixed, yy * mixed])
    weight = weight.double()
    moments = torch.cat([features, squares]) @ weight
    total, means = moments[0], moments[1:4] / moments[0]
    right = features @ (weight * log_squares)
    right = (means * right[0] - right[1:]) / 2

    # Elimination with pivots held well above what float32 can tell from 0: from the few high cells
    # of noise no fit can tell everything.
    prior = _NARROW * total.clamp(min=1e-7)
    xx, yy, mixed = moments[4:7] - moments[1:4] * means + prior
    xx_yy, xx_mixed = moments[7:9] - moments[1] * means[1:]
    yy_mixed = moments[9] - moments[2] * means[2]
    narrow = prior / CELL_VARIANCE
    x_right, y_right, mixed_right = right[0] + narrow, right[1] + narrow, right[2]
    y_by_x, mixed_by_x = xx_yy / xx, xx_mixed / xx
    y_pivot = torch.maximum(yy - y_by_x**2 * xx, _LEAST * yy)
    y_right = y_right - y_by_x * x_right
    mixed_by_y = (yy_mixed - y_by_x * mixed_by_x * xx) / y_pivot
    mixed_pivot = torch.maximum(
        mixed - mixed_by_x**2 * xx - mixed_by_y**2 * y_pivot, _LEAST * mixed
    )
    mixed_right = mixed_right - mixed_by_x * x_right - mixed_by_y * y_right
    pxy = mixed_right / mixed_pivot
    pyy = y_right / y_pivot - mixed_by_y * pxy
    pxx = x_right / xx - y_by_x * pyy - mixed_by_x * pxy
    return pxx, pxy, pyy
