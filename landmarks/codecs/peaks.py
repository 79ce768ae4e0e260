"""How a point is read off a map: argmax, quarter offset, DARK, local soft-argmax."""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional

from landmarks.codecs.base import StatedError

_HALF_DIAGONAL = math.sqrt(0.5)
"""The farthest that a point can lie from the centre of its cell, in cells."""


class Peaks(NamedTuple):
    """Points read off maps.

    Attributes:
        cells: (B, K, 2) ``(x, y)`` in cells.
        confidence: (B, K) the map's highest value.
    """

    cells: Float[Tensor, "B K 2"]
    confidence: Float[Tensor, "B K"]


class Peak(nn.Module, ABC):
    """Reads one point off each map."""

    @abstractmethod
    def forward(self, maps: Float[Tensor, "B K h w"]) -> Peaks:
        """Reads float32 maps of any values; the cells are finite wherever the maps are."""

    @abstractmethod
    def error(self, sigma: float) -> StatedError:
        """The largest error, in cells, on un-rounded Gaussians of height 1 and ``sigma`` cells."""


class Argmax(Peak):
    """The centre of the highest cell.

    >>> maps = torch.zeros(1, 1, 4, 4)
    >>> maps[0, 0, 1, 3] = 1
    >>> Argmax()(maps).cells
    tensor([[[3., 1.]]])
    """

    def forward(self, maps: Float[Tensor, "B K h w"]) -> Peaks:
        """The highest cell of each map; of several, the first in reading order."""
        cells, confidence = highest_cells(maps)
        return Peaks(cells.to(maps.dtype), confidence)

    def error(self, sigma: float) -> StatedError:
        """Half a cell's diagonal; rounding can make a neighbour win that is almost as near."""
        return StatedError(_HALF_DIAGONAL, _HALF_DIAGONAL, *_lost_to_rounding(2 * sigma**2))


class QuarterOffset(Peak):
    """The highest cell, moved a quarter of a cell towards its higher neighbour along each axis.

    The rule of the stacked hourglass (Newell et al. 2016, https://arxiv.org/abs/1603.06937) as in
    HRNet's public code: a highest cell on the map's border is not moved along either axis.

    >>> maps = torch.zeros(1, 1, 4, 4)
    >>> maps[0, 0, 1, 1:3] = torch.tensor([1.0, 0.5])
    >>> QuarterOffset()(maps).cells
    tensor([[[1.2500, 1.0000]]])
    """

    def forward(self, maps: Float[Tensor, "B K h w"]) -> Peaks:
        """The moved cell of each map."""
        cells, confidence = highest_cells(maps)
        around = windows(maps, cells, radius=1)
        slope = torch.stack(
            [
                around[..., 1, 2] - around[..., 1, 0],
                around[..., 2, 1] - around[..., 0, 1],
            ],
            dim=-1,
        )
        moved = cells + 0.25 * slope.sign() * _away_from_border(cells, maps, margin=1)
        return Peaks(moved, confidence)

    def error(self, sigma: float) -> StatedError:
        """A quarter of a cell along each axis; on the border what `Argmax` leaves."""
        rounding = _lost_to_rounding(2 * sigma**2)
        return StatedError(0.25 * math.sqrt(2), _HALF_DIAGONAL, *rounding)


class Dark(Peak):
    """DARK: blur, logarithm, and one Newton step from the highest cell.

    Zhang et al. 2020, "Distribution-Aware Coordinate Representation for Human Pose Estimation",
    section 3 (https://arxiv.org/abs/1910.06278), with the details of its public code: the highest
    cell of the raw map; a Gaussian blur with zeros beyond the border; derivatives by central
    differences over two cells; no step where the highest cell lies within one cell of the border or
    the Hessian is singular; the step is not limited. The blur is computed in the window that the
    derivatives need, and equals that of the whole map. The public code then scales the blurred map
    to its old maximum, which no derivative of a logarithm sees.

    Args:
        kernel_size: Width of the blur in cells, odd; its σ follows as in OpenCV. The public code
            pairs 11 with Gaussians of σ = 2; mmpose notes 17 for σ = 3, 7 for 1.5 and 3 for 1.

    Raises:
        ValueError: If the kernel is not odd and positive.
    """

    kernel: Tensor

    def __init__(self, kernel_size: int = 11) -> None:
        super().__init__()
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(f"DARK's kernel size {kernel_size} must be odd and positive")
        self.kernel_size = kernel_size
        self.blur = 0.3 * ((kernel_size - 1) / 2 - 1) + 0.8
        offsets = torch.arange(kernel_size, dtype=torch.float64) - kernel_size // 2
        kernel = torch.exp(-(offsets**2) / (2 * self.blur**2))
        self.register_buffer("kernel", (kernel / kernel.sum()).float(), persistent=False)

    def forward(self, maps: Float[Tensor, "B K h w"]) -> Peaks:
        """The highest cell of each map and a Newton step from it."""
        cells, confidence = highest_cells(maps)
        reach = self.kernel_size // 2
        raw = windows(maps, cells, radius=reach + 2).flatten(0, 1)[:, None]
        kernel = self.kernel.to(maps.dtype)
        blurred = functional.conv2d(
            functional.conv2d(raw, kernel[None, None, None, :]), kernel[None, None, :, None]
        )
        # Height is free: the largest value in reach stands for the map's old maximum.
        largest = blurred.amax(dim=(-2, -1), keepdim=True).clamp(min=torch.finfo(maps.dtype).tiny)
        log = (blurred / largest).clamp(min=1e-10).log().view(*cells.shape[:2], 5, 5)
        step = _newton_step(log) * _away_from_border(cells, maps, margin=2)
        return Peaks(cells + step, confidence)

    def error(self, sigma: float) -> StatedError:
        """What the blur's truncated tails leave; near the border the blur sees the zeros beyond."""
        total = sigma**2 + self.blur**2
        return StatedError(
            interior=_dark_error(sigma, self.kernel.double().numpy()),
            border=2 * _HALF_DIAGONAL,
            float16=2 * total * torch.finfo(torch.float16).eps,
            bfloat16=2 * total * torch.finfo(torch.bfloat16).eps,
        )


class LocalSoftArgmax(Peak):
    """The highest cell, and the mean offset under a softmax in a window round it.

    Bulat, Sanchez and Tzimiropoulos 2021 (https://arxiv.org/abs/2111.02360), section 3:
    ``argmax + Σ softmax(τ h)(m, n) · (m, n)`` over a ``d × d`` window. That paper found d = 5 best;
    τ = 10 and zeros beyond the border are those of the public package landmarker, which cites it. A
    temperature suits one height of Gaussian: τ = 10 is meant for a height of 1, with σ of about
    1.75 to 2 cells at d = 5.

    Args:
        window: Width d of the window in cells, odd.
        temperature: Factor τ on the map's values.

    Raises:
        ValueError: If the window is not odd and positive, or the temperature is not positive.
    """

    def __init__(self, window: int = 5, temperature: float = 10.0) -> None:
        super().__init__()
        if window < 1 or window % 2 == 0:
            raise ValueError(f"the window of {window} cells must be odd and positive")
        if not temperature > 0:
            raise ValueError(f"the temperature {temperature} must be larger than 0")
        self.window = window
        self.temperature = temperature

    def forward(self, maps: Float[Tensor, "B K h w"]) -> Peaks:
        """The highest cell of each map and the mean offset round it."""
        cells, confidence = highest_cells(maps)
        reach = self.window // 2
        around = windows(maps, cells, radius=reach)
        share = (self.temperature * around).flatten(2).softmax(dim=-1).view_as(around)
        offsets = torch.arange(-reach, reach + 1, dtype=maps.dtype, device=maps.device)
        mean = torch.stack(
            [(share.sum(dim=-2) * offsets).sum(-1), (share.sum(dim=-1) * offsets).sum(-1)], dim=-1
        )
        return Peaks(cells + mean, confidence)

    def error(self, sigma: float) -> StatedError:
        """The decoder's own bias within a cell, from its definition; larger on the border."""
        spread = 2 * sigma**2 * self.temperature
        return StatedError(
            interior=_soft_argmax_error(sigma, self.window, self.temperature, border=False),
            border=_soft_argmax_error(sigma, self.window, self.temperature, border=True),
            float16=spread * torch.finfo(torch.float16).eps,
            bfloat16=spread * torch.finfo(torch.bfloat16).eps,
        )


def highest_cells(
    maps: Float[Tensor, "B K h w"],
) -> tuple[Int64[Tensor, "B K 2"], Float[Tensor, "B K"]]:
    """The highest cell ``(x, y)`` of each map and its value."""
    width = maps.shape[-1]
    highest, place = maps.flatten(2).max(dim=-1)
    return torch.stack([place % width, place // width], dim=-1), highest


def windows(
    maps: Float[Tensor, "B K h w"], cells: Int64[Tensor, "B K 2"], radius: int
) -> Float[Tensor, "B K d d"]:
    """Each map's window of ``2 * radius + 1`` cells round a cell; zero beyond the border."""
    height, width = maps.shape[-2:]
    offsets = torch.arange(-radius, radius + 1, device=maps.device)
    columns = cells[..., 0, None, None] + offsets
    rows = cells[..., 1, None, None] + offsets[:, None]
    there = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    places = rows.clamp(0, height - 1) * width + columns.clamp(0, width - 1)
    found = maps.flatten(2).gather(2, places.flatten(2)).view(places.shape)
    return torch.where(there, found, 0)


def _away_from_border(
    cells: Int64[Tensor, "B K 2"], maps: Float[Tensor, "B K h w"], margin: int
) -> Int64[Tensor, "B K 1"]:
    last = cells.new_tensor([maps.shape[-1] - 1, maps.shape[-2] - 1])
    away = (cells >= margin) & (cells <= last - margin)
    return away.all(dim=-1, keepdim=True).long()


def _newton_step(log: Float[Tensor, "B K 5 5"]) -> Float[Tensor, "B K 2"]:
    """``-H⁻¹ ∇`` at the middle, derivatives over two cells; zero where H is singular."""
    middle = log[..., 2, 2]
    dx = (log[..., 2, 3] - log[..., 2, 1]) / 2
    dy = (log[..., 3, 2] - log[..., 1, 2]) / 2
    dxx = (log[..., 2, 4] - 2 * middle + log[..., 2, 0]) / 4
    dyy = (log[..., 4, 2] - 2 * middle + log[..., 0, 2]) / 4
    dxy = (log[..., 3, 3] - log[..., 1, 3] - log[..., 3, 1] + log[..., 1, 1]) / 4
    determinant = dxx * dyy - dxy**2
    step = torch.stack([dxy * dy - dyy * dx, dxy * dx - dxx * dy], dim=-1)
    step = step / determinant[..., None]
    return torch.where(step.isfinite(), step, 0)


def _lost_to_rounding(scale: float) -> tuple[float, float]:
    return scale * torch.finfo(torch.float16).eps, scale * torch.finfo(torch.bfloat16).eps


def _phases(count: int = 21) -> Float[np.ndarray, " P"]:
    return np.linspace(-0.5, 0.5, count)


def _dark_error(sigma: float, kernel: Float[np.ndarray, " k"]) -> float:
    """The largest interior error in cells, from the definition, in float64.

    Both the Gaussian and the blur are products of one function of x and one of y, so the mixed
    derivative of the logarithm is zero and the axes are apart.
    """
    reach = len(kernel) // 2 + 2
    offsets = np.arange(-reach, reach + 1)
    worst = 0.0
    for phase in _phases():
        row = np.exp(-((offsets - phase) ** 2) / (2 * sigma**2))
        log = np.log(np.maximum(np.convolve(row, kernel, mode="valid"), 1e-10))
        slope, bend = (log[3] - log[1]) / 2, (log[4] - 2 * log[2] + log[0]) / 4
        worst = max(worst, abs(phase + slope / bend))
    # One part in a thousand for phases between those tried, and float32's own rounding.
    return math.sqrt(2) * worst * 1.001 + 1e-5 * (sigma**2 + 1)


def _soft_argmax_error(sigma: float, window: int, temperature: float, border: bool) -> float:
    """The largest error in cells, from the definition, in float64, over all phases in a cell.

    With ``border``, the highest cell also lies up to ``window // 2`` cells from a border along
    each axis, and the window holds zeros beyond it.
    """
    reach = window // 2
    offsets = np.arange(-reach, reach + 1)
    beyond = range(reach + 1) if border else range(1)
    rows = []
    for missing in beyond:
        for phase in _phases():
            row = np.exp(-((offsets - phase) ** 2) / (2 * sigma**2))
            row[:missing] = 0
            rows.append((phase, row))
    phases = np.array([phase for phase, _ in rows])
    values = np.stack([row for _, row in rows])
    scores = np.exp(temperature * values[:, None, :, None] * values[None, :, None, :])
    share = scores / scores.sum(axis=(2, 3), keepdims=True)
    found_y = (share.sum(axis=3) * offsets).sum(axis=2)
    found_x = (share.sum(axis=2) * offsets).sum(axis=2)
    distance = np.hypot(found_y - phases[:, None], found_x - phases[None, :])
    return float(distance.max()) * 1.001 + 1e-5
