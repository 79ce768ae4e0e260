"""DARK: one Newton step on the logarithm of the blurred map."""

import math

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.codecs.base import StatedError
from landmarks.codecs.peaks.base import Peak, Peaks
from landmarks.codecs.peaks.bounds import float32_error, phases_within
from landmarks.codecs.peaks.spread import SPREAD_RADIUS, inner_cells, window_spread
from landmarks.codecs.peaks.windows import (
    away_from_border,
    highest_cells,
    middle_of,
    part_of,
    windows,
)
from landmarks.geometry import Size, kept_inside


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
        size = Size(*maps.shape[-2:])
        reach = self.kernel_size // 2 + 2
        seen = windows(maps, cells, radius=max(reach, SPREAD_RADIUS + 1))
        # Points innermost: the blur adds up long lines instead of short pieces.
        rows = middle_of(seen, reach).permute(2, 3, 0, 1)
        blurred = _blur(_blur(rows, self.kernel).transpose(0, 1), self.kernel).transpose(0, 1)
        new_maximum = blurred.amax(dim=(0, 1))
        scaled = blurred * (confidence / new_maximum.clamp(min=torch.finfo(maps.dtype).tiny))
        step = _newton_step(scaled.clamp(min=1e-10).log())
        found = cells + step * away_from_border(cells, maps, margin=2)
        beside = part_of(seen, inner_cells(cells, size) - cells, SPREAD_RADIUS)
        return Peaks(kept_inside(found, size), confidence, window_spread(beside, size))

    def error(self, sigma: float, phase: float = 0.5) -> StatedError:
        """What the blur's truncated tails leave; near the border the blur sees the zeros beyond.

        A relative rounding error of eps / 2 in every cell moves gradient and Hessian of the
        logarithm by as much at most, and the step by less than (σ² + σ_blur²) eps along each axis.
        """
        reach = self.kernel_size // 2 + 2
        slack = float32_error(math.sqrt(sigma**2 + self.blur_variance))
        interior = math.sqrt(2) * max(self._axis_errors(sigma, phase, beyond=0)) + slack
        near = max(max(self._axis_errors(sigma, phase, beyond)) for beyond in range(reach - 1))
        rounding = math.sqrt(2) * (sigma**2 + self.blur_variance)
        return StatedError(
            interior=interior,
            border=math.sqrt(2) * max(phase, near) + slack,
            float16=rounding * torch.finfo(torch.float16).eps,
            bfloat16=rounding * torch.finfo(torch.bfloat16).eps,
        )

    def lost_variance(self, phase: float = 0.5) -> float:
        """None: the point is not rounded."""
        return 0.0

    def _axis_errors(self, sigma: float, phase: float, beyond: int) -> list[float]:
        """Errors along one axis over all phases in a cell, from the definition, in float64.

        Both the Gaussian and the blur are products of one function of x and one of y, so the mixed
        derivative of the logarithm is zero and the axes are apart. The window's first ``beyond``
        cells lie beyond the border.
        """
        reach = self.kernel_size // 2 + 2
        offsets = np.arange(-reach, reach + 1)
        errors = []
        for true in phases_within(phase):
            row = np.exp(-((offsets - true) ** 2) / (2 * sigma**2))
            row[:beyond] = 0
            log = np.log(np.maximum(np.convolve(row, self.kernel, mode="valid"), 1e-10))
            slope, bend = (log[3] - log[1]) / 2, (log[4] - 2 * log[2] + log[0]) / 4
            errors.append(float(abs(true + slope / bend)))
        return errors


def _blur(lines: Float[Tensor, "r c B K"], kernel: list[float]) -> Float[Tensor, "n c B K"]:
    """Weighted sums along the first axis, without padding.

    A loop over the kernel's few taps, not a convolution: autocast would round that to half
    precision, and its order of summation, so its last digit, may depend on the size of the batch.
    """
    count = len(lines) - len(kernel) + 1
    blurred = kernel[0] * lines[:count]
    for first, tap in enumerate(kernel[1:], start=1):
        blurred = blurred.add(lines[first : first + count], alpha=tap)
    return blurred


def _newton_step(log: Float[Tensor, "5 5 B K"]) -> Float[Tensor, "B K 2"]:
    """``-H⁻¹ ∇`` at the middle, derivatives over two cells; zero where H is singular."""
    middle = log[2, 2]
    dx = (log[2, 3] - log[2, 1]) / 2
    dy = (log[3, 2] - log[1, 2]) / 2
    dxx = (log[2, 4] - 2 * middle + log[2, 0]) / 4
    dyy = (log[4, 2] - 2 * middle + log[0, 2]) / 4
    dxy = (log[3, 3] - log[1, 3] - log[3, 1] + log[1, 1]) / 4
    determinant = dxx * dyy - dxy**2
    step = torch.stack([dxy * dy - dyy * dx, dxy * dx - dxx * dy], dim=-1)
    step = step / determinant[..., None]
    return torch.where(step.isfinite(), step, 0)
