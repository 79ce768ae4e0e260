"""The point at which a Gaussian fits a map best: a matched filter and Newton's method."""

import math
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int64
from scipy.optimize import brentq
from torch import Tensor

from landmarks.codecs.base import StatedError
from landmarks.codecs.covariance import clamp_eigenvalues, invert_symmetric, isotropic, symmetric
from landmarks.codecs.peaks.base import Peak, Peaks
from landmarks.codecs.peaks.bounds import float32_error, phases_within
from landmarks.codecs.peaks.spread import CELL_VARIANCE
from landmarks.codecs.peaks.windows import highest_cells, windows
from landmarks.geometry import Size, kept_inside

_STEPS = 4, 3
"""Newton steps under the first weight and under the second."""

_NARROWEST = 0.5
"""Spread of the narrowest weight, in spreads of the Gaussian."""

_CELL = 0.6
"""A weight narrower than this, in cells, sees too few cells for Newton's method."""

_NOISY = 0.01
"""Noise, in heights of the peak, from which on the weight is as wide as the Gaussian."""

_BROAD = 0.5
"""How much wider than the Gaussian, in its variance, a map may be without widening the weight."""

_WIDENING = 2.0
"""What every square cell beyond that adds to the weight's variance."""

_WIDEST = 2.0
"""Spread of the widest weight, in spreads of the Gaussian."""

_LEAST_CURVATURE = 0.05
"""Newton's method divides by no less: of a map's curvature, in that of a very narrow peak."""

_FLAT = 1e6
"""Variance of a map that shows nothing, in square cells; it is bounded by the map's size later."""

_SPIKE = 0.5
"""A highest cell is a spike if the Gaussian fitted there is not even so high."""


class MatchedFit(Peak):
    """The mean of the Gaussian that fits the map best.

    This project's own. The point ``m`` is where the map and a Gaussian of the target's width drawn
    at ``m`` pull equally: over the window's cells ``x`` that lie on the map, under the weight
    ``w = exp(-|x - m|² / 2b²)``, the mean of ``x`` by ``w · map`` equals that by ``w · Gaussian``.

    - A target satisfies this at its own mean whatever its phase, and however much of it the border
      cuts off: there is no bias to remove, within a cell or at the border.
    - With ``b = σ`` these are the normal equations of fitting ``height · Gaussian`` by least
      squares: the maximum-likelihood position in white noise. A narrower weight sees less of a
      second mode or a lopsided tail, but more noise. So the map's own noise decides, by the
      roughness of what the fit leaves over (Immerkær 1996, "Fast Noise Variance Estimation",
      Computer Vision and Image Understanding 64(2)): ``b`` goes from σ / 2 for a smooth map to σ
      where noise exceeds a hundredth of the peak. A map much broader than the target says that the
      network does not know, and then the point of least expected distance is no longer at the
      summit: the weight grows with the map's excess variance, up to 2 σ.
    - The equation is solved by Newton's method to convergence. It starts at the best match by the
      highest cell, unless that is a spike: then by the highest box about as wide as the Gaussian,
      over which noise cancels.

    The spread is read off the curvature at the solution, which for a Gaussian map is exact, and
    adds what the noise moves the point by.

    Args:
        sigma: Spread of the fitted Gaussian in cells: that of the codec's target.

    Raises:
        ValueError: If the spread is not positive.

    >>> columns = torch.arange(16.0)
    >>> maps = torch.exp(-((columns - 0.3) ** 2 + (columns[:, None] - 8.1) ** 2) / 2 / 1.5**2)
    >>> MatchedFit(1.5)(maps[None, None]).cells.round(decimals=4)
    tensor([[[0.3000, 8.1000]]])
    """

    def __init__(self, sigma: float = 1.5) -> None:
        super().__init__()
        if not 0 < sigma < math.inf:
            raise ValueError(f"the fitted Gaussian's spread of {sigma} cells must be larger than 0")
        self.sigma = sigma
        self.narrowest = min(sigma, max(_NARROWEST * sigma, _CELL))
        self.block = max(1, round(1.4 * sigma))
        self.reach = self.block // 2 + 1
        self.radius = math.ceil(2.5 * sigma) + self.reach

    def forward(self, maps: Float[Tensor, "B K h w"]) -> Peaks:
        """The fitted mean in each map."""
        size = Size(*maps.shape[-2:])
        cells = self._start(maps)
        # float64: autocast would round the products to half precision.
        window = _Window.around(maps, cells, self.radius)
        near = torch.arange(-self.reach, self.reach + 1, dtype=torch.float64, device=maps.device)
        response = self._gaussian(near[:, None] - window.offsets)
        best, _ = highest_cells(response @ window.values @ response.mT)
        mean = best.double() - self.reach

        width = torch.full_like(mean[..., :1], self.sigma)
        for _ in range(_STEPS[0]):
            fit = self._fit(window, mean, width)
            mean = mean + fit.step
        noise = self._noise(window, mean, fit.height)
        spread = fit.spread + self._shaken(noise)

        width = self._width(noise, fit.spread)
        for _ in range(_STEPS[1]):
            mean = mean + self._fit(window, mean, width).step
        found = kept_inside((cells + mean).to(maps.dtype), size)
        bounded = clamp_eigenvalues(spread, CELL_VARIANCE, CELL_VARIANCE * max(size) ** 2)
        return Peaks(found, (fit.height * window.scale).to(maps.dtype), bounded.to(maps.dtype))

    def error(self, sigma: float, phase: float = 0.5) -> StatedError:
        """Rounding alone on Gaussians of the fitted width; others are pulled in at the border."""
        slack = float32_error(max(sigma, self.sigma))
        interior = border = slack
        if sigma != self.sigma:
            widths = np.linspace(self.narrowest, _WIDEST * self.sigma, 4)
            interior += max(self._axis_error(sigma, phase, width, 0) for width in widths)
            border += max(
                self._axis_error(sigma, phase, width, beyond)
                for width in widths
                for beyond in range(self.radius + 1)
            )
        # A value is off by half an eps of its own size at most; under the narrowest weight the
        # curvature is at least a fifth, and the mean distance from the mean less than σ / 2.
        rounding = 2.5 * math.sqrt(2) * max(sigma, self.sigma)
        return StatedError(
            interior=math.sqrt(2) * interior,
            border=math.sqrt(2) * border,
            float16=rounding * torch.finfo(torch.float16).eps,
            bfloat16=rounding * torch.finfo(torch.bfloat16).eps,
        )

    def lost_variance(self, phase: float = 0.5) -> float:
        """None: the point is not rounded."""
        return 0.0

    def _start(self, maps: Float[Tensor, "B K h w"]) -> Int64[Tensor, "B K 2"]:
        """The highest cell, or the middle of the highest box where that cell is a spike."""
        cells, highest = highest_cells(maps)
        block = self.block
        down, across = maps.shape[-2] // block, maps.shape[-1] // block
        if min(down, across) < 2:
            return cells
        core = _Window.around(maps, cells, self.reach)
        shape = self._gaussian(core.offsets) * core.there
        square = shape.square().sum(dim=-1).prod(dim=-1)
        height = (shape[..., 1, None, :] @ core.values @ shape[..., 0, :, None])[..., 0, 0] / square

        # Two blocks either way make a box; neighbouring boxes overlap by half.
        part = maps[..., : down * block, : across * block]
        rows = part.unfold(-2, block, block)
        blocks = _sum_of_last(_sum_of_last(rows).unfold(-1, block, block))
        boxes = blocks[..., 1:, :] + blocks[..., :-1, :]
        corner, _ = highest_cells(boxes[..., 1:] + boxes[..., :-1])
        spike = (height * core.scale < _SPIKE * highest)[..., None]
        return torch.where(spike, (corner + 1) * block, cells)

    def _gaussian(self, offsets: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        return torch.exp(-(offsets**2) / (2 * self.sigma**2))

    def _fit(
        self,
        window: "_Window",
        mean: Float[Tensor, "B K 2"],
        width: Float[Tensor, "B K 1"],
    ) -> "_Fit":
        """How the map and a Gaussian at ``mean`` pull under a weight, and the step that follows."""
        offsets = window.offsets - mean[..., None]
        weight = torch.exp(-(offsets**2) / (2 * width[..., None] ** 2)) * window.there
        powers = torch.stack([weight, weight * offsets, weight * offsets**2], dim=-1)
        across, down = powers.unbind(dim=-3)
        moments = down.mT @ window.values @ across
        mass = moments[..., 0, 0]
        some = mass > 1e-6
        share = moments / torch.where(some, mass, 1)[..., None, None]
        map_mean = torch.stack([share[..., 0, 1], share[..., 1, 0]], dim=-1)
        xx = share[..., 0, 2] - map_mean[..., 0] ** 2
        yy = share[..., 2, 0] - map_mean[..., 1] ** 2
        xy = share[..., 1, 1] - map_mean[..., 0] * map_mean[..., 1]

        own = weight * self._gaussian(offsets)
        own_mass = own.sum(dim=-1)
        own_mean = (own * offsets).sum(dim=-1) / own_mass
        own_variance = (own * offsets**2).sum(dim=-1) / own_mass - own_mean**2

        # How the difference of the two means changes with `mean`: the derivative of a weighted
        # mean under a moving Gaussian weight is the variance over the weight's own, less one.
        square = width[..., 0] ** 2
        narrow = own_variance * (1 / square + 1 / self.sigma**2)[..., None]
        narrow = narrow.clamp(min=1e-6)
        # In cells of `root`, in which a Gaussian cut off by the border bends as a whole one does.
        root = narrow.sqrt()
        xx, yy = xx / square / narrow[..., 0], yy / square / narrow[..., 1]
        curvature = symmetric(1 - xx, -xy / square / root.prod(dim=-1), 1 - yy)
        inverse = invert_symmetric(clamp_eigenvalues(curvature, _LEAST_CURVATURE))
        pull = (map_mean - own_mean) / root
        step = (inverse @ pull[..., None])[..., 0] / root
        # At most one cell at a time: far from the solution a step leads anywhere.
        length = torch.linalg.vector_norm(step, dim=-1, keepdim=True)
        step = torch.where(some[..., None], step / length.clamp(min=1), 0)

        # The curvature is b² (b² + spread)⁻¹.
        spread = square[..., None, None] * (inverse - isotropic(1.0, inverse))
        spread = torch.where(some[..., None, None], spread, isotropic(_FLAT, spread))
        return _Fit(step, mass / own_mass.prod(dim=-1), spread)

    def _noise(
        self,
        window: "_Window",
        mean: Float[Tensor, "B K 2"],
        height: Float[Tensor, "B K"],
    ) -> Float[Tensor, "B K"]:
        """Standard deviation of what the fit leaves over, in heights of the peak.

        Second differences along both axes, which leave little of anything smooth; of white noise
        they have 6 times its standard deviation.
        """
        own = self._gaussian(window.offsets - mean[..., None])
        left = window.values - height[..., None, None] * own[..., 1, :, None] * own[..., 0, None, :]
        along = left[..., 2:] - 2 * left[..., 1:-1] + left[..., :-2]
        rough = (along[..., 2:, :] - 2 * along[..., 1:-1, :] + along[..., :-2, :]).abs()
        there = window.there[..., 2:] * window.there[..., 1:-1] * window.there[..., :-2]
        both = there[..., 1, :, None] * there[..., 0, None, :]
        mean_rough = (rough * both).sum(dim=(-2, -1)) / both.sum(dim=(-2, -1)).clamp(min=1)
        noise = mean_rough * math.sqrt(math.pi / 2) / 6
        return noise / height.clamp(min=1e-6)

    def _width(
        self, noise: Float[Tensor, "B K"], spread: Float[Tensor, "B K 2 2"]
    ) -> Float[Tensor, "B K 1"]:
        """The second weight's spread: wider for a noisy map, and for one that is broad."""
        share = (noise / _NOISY).clamp(max=1)
        width = self.narrowest + (self.sigma - self.narrowest) * share
        variance = (spread[..., 0, 0] + spread[..., 1, 1]) / 2
        broad = (variance - (1 + _BROAD) * self.sigma**2).clamp(min=0)
        return (width**2 + _WIDENING * broad).sqrt().clamp(max=_WIDEST * self.sigma)[..., None]

    def _shaken(self, noise: Float[Tensor, "B K"]) -> Float[Tensor, "B K 2 2"]:
        """Variance of a least-squares position in white noise: 2 noise² / π along each axis."""
        return (2 / math.pi) * noise[..., None, None] ** 2 * torch.eye(2, device=noise.device)

    def _axis_error(self, sigma: float, phase: float, width: float, beyond: int) -> float:
        """The largest error along one axis over all phases, from the definition, in float64.

        Gaussians and weights are products of one function of x and one of y, so the axes are
        apart. The window's first ``beyond`` cells lie beyond the border.
        """
        offsets = np.arange(-self.radius, self.radius + 1.0)[beyond:]

        def pull(mean: float, row: Float[np.ndarray, " n"]) -> float:
            weight = np.exp(-((offsets - mean) ** 2) / (2 * width**2))
            own = weight * np.exp(-((offsets - mean) ** 2) / (2 * self.sigma**2))
            return float(
                np.average(offsets, weights=weight * row) - np.average(offsets, weights=own)
            )

        errors = []
        for true in phases_within(phase):
            row = np.exp(-((offsets - true) ** 2) / (2 * sigma**2))
            found = brentq(pull, true - 2 * sigma, true + 2 * sigma, args=(row,))
            errors.append(abs(float(found) - float(true)))
        return max(errors)


def _sum_of_last(maps: Float[Tensor, "*shape n"]) -> Float[Tensor, "*shape"]:
    """The sum along a short last axis: added slice by slice, many times faster than `sum`."""
    first, *others = maps.unbind(dim=-1)
    return sum(others, start=first)


class _Window(NamedTuple):
    """A map's cells round a cell, divided by the largest.

    Attributes:
        values: (B, K, n, n) float64.
        offsets: (n,) from the cell.
        there: (B, K, 2, n) whether a column, a row, lies on the map: 1 or 0.
        scale: (B, K) what the values were divided by.
    """

    values: Float[Tensor, "B K n n"]
    offsets: Float[Tensor, " n"]
    there: Float[Tensor, "B K 2 n"]
    scale: Float[Tensor, "B K"]

    @classmethod
    def around(
        cls, maps: Float[Tensor, "B K h w"], cells: Int64[Tensor, "B K 2"], radius: int
    ) -> "_Window":
        # Each window whole in memory, as the matrix that it is multiplied as.
        values = windows(maps, cells, radius).contiguous().double()
        scale = values.abs().amax(dim=(-2, -1)).clamp(min=torch.finfo(torch.float32).tiny)
        offsets = torch.arange(-radius, radius + 1, device=maps.device)
        places = cells[..., None] + offsets
        last = cells.new_tensor([maps.shape[-1] - 1, maps.shape[-2] - 1])
        there = (places >= 0) & (places <= last[:, None])
        return cls(values / scale[..., None, None], offsets.double(), there.double(), scale)


class _Fit(NamedTuple):
    """What a weight shows of a map, against a Gaussian drawn at a point.

    Attributes:
        step: (B, K, 2) Newton's step to the point at which both pull equally, in cells.
        height: (B, K) of the fitted Gaussian, in the window's scale.
        spread: (B, K, 2, 2) the map's covariance by its curvature, in square cells.
    """

    step: Float[Tensor, "B K 2"]
    height: Float[Tensor, "B K"]
    spread: Float[Tensor, "B K 2 2"]
