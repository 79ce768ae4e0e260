"""How wide a map's peak is, and along which axes."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from landmarks.codecs.covariance import clamp_eigenvalues, invert_symmetric, symmetric
from landmarks.codecs.peaks.windows import windows

CELL_VARIANCE = 1 / 12
"""Variance along an axis of a point anywhere in a cell."""

_RADIUS = 3
_FAINT = 1e-6
"""A value so much lower than the highest says nothing."""

_NARROW = 1e-6
"""Weight of the belief that a peak whose neighbours say nothing is no wider than a cell."""


def peak_spread(
    maps: Float[Tensor, "B K h w"], cells: Int64[Tensor, "B K 2"]
) -> Float[Tensor, "B K 2 2"]:
    """The covariance of each map round a cell, if the map is read as a density; square cells.

    A quadratic is fitted to the logarithm of the window of 7 × 7 cells round the cell, moved inward
    where it would leave the map. On a Gaussian it is the Gaussian's own covariance, wherever its
    mean lies; a plain second moment over a window that small would be too low. Cells count by what
    noise of equal strength everywhere leaves of their logarithm: a value ``v`` by ``v²``. The fit
    is made to sums of opposite cells, in which the slope is cancelled, so that three equations are
    left. Weighted fits to a logarithm: Guo 2011, "A Simple Algorithm for Fitting a Gaussian
    Function" (IEEE Signal Processing Magazine 28(5)).

    The covariance is symmetric and positive definite, finite for any finite map: along no axis is
    it smaller than that of a point anywhere in one cell, or larger than that of a point anywhere on
    the map, which is what a flat map gets, and a map without any value above 0.

    >>> columns = torch.arange(16.0)
    >>> maps = torch.exp(-((columns - 7.3) ** 2 / 8 + (columns[:, None] - 8.1) ** 2 / 2))
    >>> peak_spread(maps[None, None], torch.tensor([[[7, 8]]])).round(decimals=2)
    tensor([[[[4., 0.],
              [0., 1.]]]])
    """
    height, width = maps.shape[-2:]
    reach_y, reach_x = (min(_RADIUS, (count - 1) // 2) for count in (height, width))
    reach = cells.new_tensor([reach_x, reach_y])
    last = cells.new_tensor([width - 1, height - 1])
    centres = torch.minimum(torch.maximum(cells, reach), last - reach)
    values = windows(maps, centres, (reach_y, reach_x)).flatten(2)

    highest = values.amax(dim=-1, keepdim=True)
    some = highest > 0
    values = torch.where(some, values / torch.where(some, highest, 1), 1).clamp(min=_FAINT)
    # A window and its half turn: of each pair of opposite cells the first, and the centre last.
    pairs = values.shape[-1] // 2 + 1
    one, other = values[..., :pairs], values.flip(-1)[..., :pairs]
    weight = 1 / (one**-2 + other**-2)
    halved = torch.ones(pairs, dtype=maps.dtype, device=maps.device)
    halved[-1] = 0.5  # The centre is its own opposite: its noise is counted twice.
    precision = _fit(-(one.log() + other.log()), weight * halved, _offsets(maps, reach_y, reach_x))

    least = CELL_VARIANCE * max(height, width) ** 2
    bounded = clamp_eigenvalues(precision, 1 / least, 1 / CELL_VARIANCE)
    return invert_symmetric(bounded)


def _offsets(
    maps: Float[Tensor, "B K h w"], reach_y: int, reach_x: int
) -> tuple[Float[Tensor, " P"], Float[Tensor, " P"]]:
    """``x`` and ``y`` of the first half of a window, up to its centre."""
    columns = torch.arange(-reach_x, reach_x + 1, dtype=maps.dtype, device=maps.device)
    rows = torch.arange(-reach_y, reach_y + 1, dtype=maps.dtype, device=maps.device)
    pairs = len(rows) * len(columns) // 2 + 1
    return columns.repeat(len(rows))[:pairs], rows.repeat_interleave(len(columns))[:pairs]


def _fit(
    sums: Float[Tensor, "B K P"],
    weight: Float[Tensor, "B K P"],
    offsets: tuple[Float[Tensor, " P"], Float[Tensor, " P"]],
) -> Float[Tensor, "B K 2 2"]:
    """The least squares of ``sums = c + Pxx x² + 2 Pxy x y + Pyy y²``, ``P``; c is of no interest.

    Sums of products, not a matrix product, which autocast would round to half precision.
    """
    x, y = offsets
    features = torch.stack([x * x, 2 * x * y, y * y])
    total = weight.sum(dim=-1)[..., None]
    mean = (weight[..., None, :] * features).sum(dim=-1) / total
    mean_sum = (weight * sums).sum(dim=-1)[..., None] / total
    centred = features - mean[..., None]
    weighted = weight[..., None, :] * centred
    right = (weighted * (sums - mean_sum)[..., None, :]).sum(dim=-1)
    xx = (weighted[..., 0, :] * centred[..., 0, :]).sum(dim=-1) + _NARROW
    xm = (weighted[..., 0, :] * centred[..., 1, :]).sum(dim=-1)
    xy = (weighted[..., 0, :] * centred[..., 2, :]).sum(dim=-1)
    mm = (weighted[..., 1, :] * centred[..., 1, :]).sum(dim=-1) + _NARROW
    my = (weighted[..., 1, :] * centred[..., 2, :]).sum(dim=-1)
    yy = (weighted[..., 2, :] * centred[..., 2, :]).sum(dim=-1) + _NARROW
    narrow = _NARROW / CELL_VARIANCE
    one, two, three = right[..., 0] + narrow, right[..., 1], right[..., 2] + narrow
    # Cramer's rule for the symmetric matrix [[xx, xm, xy], [xm, mm, my], [xy, my, yy]].
    c00, c01, c02 = mm * yy - my**2, xy * my - xm * yy, xm * my - xy * mm
    c11, c12, c22 = xx * yy - xy**2, xm * xy - xx * my, xx * mm - xm**2
    determinant = xx * c00 + xm * c01 + xy * c02
    return symmetric(
        (c00 * one + c01 * two + c02 * three) / determinant,
        (c01 * one + c11 * two + c12 * three) / determinant,
        (c02 * one + c12 * two + c22 * three) / determinant,
    )
