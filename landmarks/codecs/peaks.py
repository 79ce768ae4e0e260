"""How a point is read off a map: argmax, quarter offset, DARK, local soft-argmax."""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from landmarks.codecs.base import StatedError
from landmarks.geometry import Size, kept_inside


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
    def error(self, sigma: float, phase: float = 0.5) -> StatedError:
        """The largest error on Gaussians of height 1, in cells.

        It holds for spreads of about half a cell to four cells, and maps larger than the window
        that is read.

        Args:
            sigma: Spread of the Gaussians in cells.
            phase: How far their means lie from the centre of a cell along each axis, at most.
        """


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

    def error(self, sigma: float, phase: float = 0.5) -> StatedError:
        """Half a cell's diagonal; rounding can make a neighbour win that is almost as near."""
        largest = math.sqrt(2) * phase + _float32_error(sigma)
        return StatedError(largest, largest, *_lost_to_a_neighbour(sigma, phase))


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

    def error(self, sigma: float, phase: float = 0.5) -> StatedError:
        """A quarter of a cell along each axis; on the border what `Argmax` leaves."""
        slack = _float32_error(sigma)
        interior = math.sqrt(2) * 0.25 if phase > 0 else 0.0
        rounding = _lost_to_a_neighbour(sigma, phase)
        return StatedError(interior + slack, math.sqrt(2) * phase + slack, *rounding)


class Dark(Peak):
    """DARK: blur, logarithm, and one Newton step from the highest cell.

    Zhang et al. 2020, "Distribution-Aware Coordinate Representation for Human Pose Estimation",
    section 3 (https://arxiv.org/abs/1910.06278), with the details of its public code: the highest
    cell of the raw map; a Gaussian blur with zeros beyond the border; derivatives by central
    differences over two cells; no step where the highest cell lies within one cell of the border or
    the Hessian is singular; the step itself is not limited.

    This project's choices, without effect where a map has one clear peak: the blur is computed in
    the window that the derivatives need, whose maximum stands for the map's when the blurred map is
    scaled back (that only sets how low the logarithm's floor of 1e-10 lies); and a point is kept on
    the map, since a Newton step on noise leads anywhere.

    Args:
        kernel_size: Width of the blur in cells, odd; its weights are those that OpenCV gives that
            width. The public code pairs 11 with Gaussians of σ = 2; mmpose notes 17 for σ = 3, 7
            for 1.5 and 3 for 1.

    Raises:
        ValueError: If the kernel is not odd and positive.

    >>> columns = torch.arange(16.0)
    >>> maps = torch.exp(-((columns - 7.3) ** 2 + (columns[:, None] - 8.1) ** 2) / 8)
    >>> Dark(11)(maps[None, None]).cells.round(decimals=2)
    tensor([[[7.3000, 8.1000]]])
    """

    def __init__(self, kernel_size: int = 11) -> None:
        super().__init__()
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(f"DARK's kernel size {kernel_size} must be odd and positive")
        self.kernel_size = kernel_size
        kernel = cv2.getGaussianKernel(kernel_size, 0, cv2.CV_64F)[:, 0]
        self.kernel: list[float] = kernel.tolist()
        self.blur_variance = float(
            (kernel * (np.arange(kernel_size) - kernel_size // 2) ** 2).sum()
        )

    def forward(self, maps: Float[Tensor, "B K h w"]) -> Peaks:
        """The highest cell of each map and a Newton step from it."""
        cells, confidence = highest_cells(maps)
        raw = windows(maps, cells, radius=self.kernel_size // 2 + 2)
        blurred = _blur(_blur(raw, self.kernel).mT, self.kernel).mT
        old_maximum = confidence[..., None, None]
        new_maximum = blurred.amax(dim=(-2, -1), keepdim=True)
        scaled = blurred / new_maximum.clamp(min=torch.finfo(maps.dtype).tiny) * old_maximum
        step = _newton_step(scaled.clamp(min=1e-10).log())
        found = cells + step * _away_from_border(cells, maps, margin=2)
        return Peaks(kept_inside(found, Size(*maps.shape[-2:])), confidence)

    def error(self, sigma: float, phase: float = 0.5) -> StatedError:
        """What the blur's truncated tails leave; near the border the blur sees the zeros beyond.

        A relative rounding error of eps / 2 in every cell moves gradient and Hessian of the
        logarithm by as much at most, and the step by less than (σ² + σ_blur²) eps along each axis.
        """
        reach = self.kernel_size // 2 + 2
        slack = _float32_error(math.sqrt(sigma**2 + self.blur_variance))
        interior = math.sqrt(2) * max(self._axis_errors(sigma, phase, beyond=0)) + slack
        near = max(max(self._axis_errors(sigma, phase, beyond)) for beyond in range(reach - 1))
        rounding = math.sqrt(2) * (sigma**2 + self.blur_variance)
        return StatedError(
            interior=interior,
            border=math.sqrt(2) * max(phase, near) + slack,
            float16=rounding * torch.finfo(torch.float16).eps,
            bfloat16=rounding * torch.finfo(torch.bfloat16).eps,
        )

    def _axis_errors(self, sigma: float, phase: float, beyond: int) -> list[float]:
        """Errors along one axis over all phases in a cell, from the definition, in float64.

        Both the Gaussian and the blur are products of one function of x and one of y, so the mixed
        derivative of the logarithm is zero and the axes are apart. The window's first ``beyond``
        cells lie beyond the border.
        """
        reach = self.kernel_size // 2 + 2
        offsets = np.arange(-reach, reach + 1)
        errors = []
        for true in _phases(phase):
            row = np.exp(-((offsets - true) ** 2) / (2 * sigma**2))
            row[:beyond] = 0
            log = np.log(np.maximum(np.convolve(row, self.kernel, mode="valid"), 1e-10))
            slope, bend = (log[3] - log[1]) / 2, (log[4] - 2 * log[2] + log[0]) / 4
            errors.append(float(abs(true + slope / bend)))
        return errors


class LocalSoftArgmax(Peak):
    """The highest cell, and the mean offset under a softmax in a window round it.

    Bulat, Sanchez and Tzimiropoulos 2021 (https://arxiv.org/abs/2111.02360), section 3:
    ``argmax + Σ softmax(τ h)(m, n) · (m, n)`` over a ``d × d`` window. That paper found d = 5 best;
    τ = 10 and zeros beyond the border are those of the public package landmarker, which cites it. A
    temperature suits one height of Gaussian: τ = 10 is meant for a height of 1, with σ of about
    1.75 to 2 cells at d = 5. A point is kept on the map (this project's choice): beside negative
    values the zeros beyond the border would pull it off.

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
        if not 0 < temperature < math.inf:
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
        return Peaks(kept_inside(cells + mean, Size(*maps.shape[-2:])), confidence)

    def error(self, sigma: float, phase: float = 0.5) -> StatedError:
        """The decoder's own bias within a cell, from its definition; larger on the border."""
        # Each value is off by a quarter of eps at most, and the mean offset moves by τ times that
        # and the mean distance from the mean, at most (d² - 1) / 4d along each axis.
        spread = (self.window**2 - 1) / (4 * self.window)
        shift = math.sqrt(2) * self.temperature * spread / 2
        neighbour = _lost_to_a_neighbour(sigma, phase)
        return StatedError(
            interior=self._largest_error(sigma, phase, missing=range(1)),
            border=self._largest_error(sigma, phase, missing=range(self.window // 2 + 1)),
            float16=shift * torch.finfo(torch.float16).eps + neighbour[0],
            bfloat16=shift * torch.finfo(torch.bfloat16).eps + neighbour[1],
        )

    def _largest_error(self, sigma: float, phase: float, missing: range) -> float:
        """The largest error in cells, from the definition, in float64, over all phases in a cell.

        Along each axis ``missing`` cells of the window lie beyond the border, and are zero.
        """
        reach = self.window // 2
        offsets = np.arange(-reach, reach + 1)
        phases = np.tile(_phases(phase), len(missing))
        values = np.exp(-((offsets - phases[:, None]) ** 2) / (2 * sigma**2))
        beyond = np.repeat(np.array(missing), len(phases) // len(missing))
        values = np.where(np.arange(self.window) < beyond[:, None], 0, values)
        scores = np.exp(self.temperature * values[:, None, :, None] * values[None, :, None, :])
        share = scores / scores.sum(axis=(2, 3), keepdims=True)
        found_y = (share.sum(axis=3) * offsets).sum(axis=2)
        found_x = (share.sum(axis=2) * offsets).sum(axis=2)
        distance = np.hypot(found_y - phases[:, None], found_x - phases[None, :])
        return float(distance.max()) * 1.01 + _float32_error(sigma)


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


def _blur(rows: Float[Tensor, "B K r c"], kernel: list[float]) -> Float[Tensor, "B K r n"]:
    """Weighted sums along the rows, without padding.

    A loop over the kernel's few taps, not a convolution: autocast would round that to half
    precision, and its order of summation, so its last digit, may depend on the size of the batch.
    """
    count = rows.shape[-1] - len(kernel) + 1
    blurred = torch.zeros_like(rows[..., :count])
    for first, tap in enumerate(kernel):
        blurred = blurred + tap * rows[..., first : first + count]
    return blurred


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


def _lost_to_a_neighbour(sigma: float, phase: float) -> tuple[float, float]:
    """How far past the edge of its cell a point can lie until rounding no longer hides it.

    Values below 1 are rounded by a quarter of eps at most, so two cells can change places if their
    squared distances from the point differ by less than σ² eps; the point then lies σ² eps / 2
    beyond the edge. Doubled, for what the quadratic approximation leaves out; none where points lie
    on the centres of cells.
    """
    scale = sigma**2 if phase > 0 else 0.0
    return scale * torch.finfo(torch.float16).eps, scale * torch.finfo(torch.bfloat16).eps


def _float32_error(sigma: float) -> float:
    """A bound on what computing in float32 adds, and phases between those that were tried."""
    return 1e-5 * (sigma**2 + 1)


def _phases(largest: float) -> Float[np.ndarray, " P"]:
    return np.linspace(-largest, largest, 21 if largest > 0 else 1)
