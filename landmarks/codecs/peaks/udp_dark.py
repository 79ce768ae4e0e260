"""UDP's variant of DARK: derivatives over single cells, and a border that is mirrored."""

import math

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from landmarks.codecs.base import StatedError
from landmarks.codecs.peaks.base import Peak, Peaks
from landmarks.codecs.peaks.bounds import float32_error, phases_within
from landmarks.codecs.peaks.mirrored_blur import blur_rows, mirrored_windows, opencv_kernel
from landmarks.codecs.peaks.spread import peak_spread
from landmarks.codecs.peaks.windows import highest_cells
from landmarks.geometry import Size, kept_inside

_LOWEST, _HIGHEST = 0.001, 50.0


class UDPDark(Peak):
    """Blur, logarithm, and one Newton step from the highest cell, as UDP's public code takes it.

    Huang et al. 2020, "The Devil is in the Details: Delving into Unbiased Data Processing for Human
    Pose Estimation" (https://arxiv.org/abs/1911.07524); public code
    https://github.com/HuangJunJie2017/UDP-Pose. Verified there: the highest cell of the raw map; a
    Gaussian blur by OpenCV's default, which mirrors the map beyond its border (without repeating
    the outer cell); values kept within 0.001 and 50; derivatives over single cells,
    ``dxx = f(+1) - 2 f + f(-1)``, and for ``dxy`` seven points, which leave out two of the four
    diagonals; the blurred map's outer cells repeated beyond the border; the Hessian with float32's
    eps on its diagonal; no test whether the cell lies near the border, and no rescaling of the
    blurred map to its old maximum. On the border itself the step is therefore half a cell
    outwards, whatever the map. (The code's first version used a kernel of 7 and did rescale.)

    This project's choices: the mixed derivative is taken over all four diagonals, which is the mean
    of the published one and of what that makes of the mirrored map, since by itself it reads a map
    and the mirrored map differently; ``both_diagonals=False`` is as published. The blur is computed
    where the derivatives need it, which gives the same values as blurring the whole map; and a
    point is kept on the map, since a Newton step on noise leads anywhere.

    Args:
        kernel_size: Width of the blur in cells, odd; its weights are those that OpenCV gives that
            width. 13 is that of the published configurations.
        both_diagonals: Whether the mixed derivative sees all four diagonals, or two as published.

    Raises:
        ValueError: If the kernel is not odd and positive.

    >>> columns = torch.arange(32.0)
    >>> maps = torch.exp(-((columns - 14.3) ** 2 + (columns[:, None] - 16.1) ** 2) / 8)
    >>> UDPDark()(maps[None, None]).cells.round(decimals=2)
    tensor([[[14.3000, 16.1000]]])
    """

    def __init__(self, kernel_size: int = 13, both_diagonals: bool = True) -> None:
        super().__init__()
        self.both_diagonals = both_diagonals
        self.kernel_size = kernel_size
        self.kernel = opencv_kernel(kernel_size)

    def forward(self, maps: Float[Tensor, "B K h w"]) -> Peaks:
        """The highest cell of each map and a Newton step from it."""
        cells, confidence = highest_cells(maps)
        raw = mirrored_windows(maps, cells, self.kernel_size // 2 + 1)
        blurred = blur_rows(blur_rows(raw, self.kernel).mT, self.kernel).mT
        log = _repeat_border(blurred.clamp(_LOWEST, _HIGHEST).log(), cells, Size(*maps.shape[-2:]))
        found = cells + _newton_step(log, self.both_diagonals)
        kept = kept_inside(found, Size(*maps.shape[-2:]))
        return Peaks(kept, confidence, peak_spread(maps, cells))

    def error(self, sigma: float, phase: float = 0.5) -> StatedError:
        """The larger of the errors on whole Gaussians, and on those that UDP cuts off.

        A relative rounding error of eps / 2 in every cell moves the gradient of the logarithm by
        as much at most and its second derivatives, of which half a cell's step counts, by twice
        eps; the blur's mean over many cells leaves about half of all that.
        """
        reach = self.kernel_size // 2 + 1
        blur_variance = sum(tap * (place - reach + 1) ** 2 for place, tap in enumerate(self.kernel))
        slack = float32_error(2 * math.sqrt(sigma**2 + blur_variance))
        far = max(self._axis_errors(sigma, phase, range(3 * reach, 3 * reach + 1)))
        near = max(self._axis_errors(sigma, phase, range(3 * reach + 1)))
        rounding = math.sqrt(2) * (sigma**2 + blur_variance)
        return StatedError(
            interior=math.sqrt(2) * far + slack,
            border=math.sqrt(2) * near + slack,
            float16=rounding * torch.finfo(torch.float16).eps,
            bfloat16=rounding * torch.finfo(torch.bfloat16).eps,
        )

    def lost_variance(self, phase: float = 0.5) -> float:
        """None: the point is not rounded."""
        return 0.0

    def _axis_errors(self, sigma: float, phase: float, cells: range) -> list[float]:
        """Errors along one axis, from the definition, in float64; the border is before cell 0.

        Gaussian, window and blur are products of one function of x and one of y, so the mixed
        derivative of the logarithm is zero and the axes are apart.
        """
        reach = self.kernel_size // 2
        places = np.arange(6 * reach + 16)
        errors = []
        for cell in cells:
            for true in cell + phases_within(phase):
                whole = np.exp(-((places - true) ** 2) / (2 * sigma**2))
                for row in (whole, np.where(abs(places - cell) <= window_reach(sigma), whole, 0)):
                    smooth = np.convolve(
                        np.pad(row, reach, mode="reflect"), self.kernel, mode="valid"
                    )
                    before, here, after = np.log(smooth[[max(cell - 1, 0), cell, cell + 1]])
                    slope, bend = (after - before) / 2, after - 2 * here + before
                    errors.append(float(abs(cell - slope / bend - true)))
        return errors


def window_reach(sigma: float) -> int:
    """Cells to either side of its nearest cell in which UDP draws a Gaussian: 3 σ."""
    return math.floor(3 * sigma)


def _repeat_border(
    log: Float[Tensor, "B K 3 3"], cells: Int64[Tensor, "B K 2"], size: Size
) -> Float[Tensor, "B K 3 3"]:
    """Puts the border's own values where the window of a cell on the border leaves the map."""
    steps = torch.arange(-1, 2, device=log.device)
    for axis, last, dimension in ((0, size.width - 1, -1), (1, size.height - 1, -2)):
        at = cells[..., axis, None]
        inside = (at + steps).clamp(0, last) - at + 1
        wanted = inside[..., None, :] if dimension == -1 else inside[..., None]
        log = log.gather(dimension, wanted.expand(log.shape))
    return log


def _newton_step(log: Float[Tensor, "B K 3 3"], both_diagonals: bool) -> Float[Tensor, "B K 2"]:
    """``-(H + eps)⁻¹ ∇`` at the middle, derivatives over one cell; zero where that is singular."""
    middle = log[..., 1, 1]
    left, right = log[..., 1, 0], log[..., 1, 2]
    above, below = log[..., 0, 1], log[..., 2, 1]
    dx = (right - left) / 2
    dy = (below - above) / 2
    eps = torch.finfo(torch.float32).eps
    dxx = right - 2 * middle + left + eps
    dyy = below - 2 * middle + above + eps
    corners = log[..., 2, 2] + log[..., 0, 0]
    if both_diagonals:
        dxy = (corners - log[..., 0, 2] - log[..., 2, 0]) / 4
    else:
        dxy = (corners - right - below + 2 * middle - left - above) / 2
    determinant = dxx * dyy - dxy**2
    step = torch.stack([dxy * dy - dyy * dx, dxy * dx - dxx * dy], dim=-1)
    step = step / determinant[..., None]
    return torch.where(step.isfinite(), step, 0)
