"""Discs round points, offsets from their cells to the point, and how an offset is read."""

import math
from abc import ABC, abstractmethod
from functools import cache

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn

from landmarks.codecs.base import StatedError
from landmarks.codecs.covariance import symmetric
from landmarks.codecs.peaks.mirrored_blur import mirrored_windows, opencv_kernel
from landmarks.codecs.peaks.windows import windows
from landmarks.geometry import FIRST_EDGE, Size

_CIRCLE = 1e-4
"""Cells beyond the radius that still belong to a disc: what rounding may do to a distance."""


class OffsetReader(nn.Module, ABC):
    """Reads how far a point lies from a cell, off maps of a disc and of offsets."""

    @abstractmethod
    def forward(
        self,
        disc: Float[Tensor, "B K h w"],
        along: Float[Tensor, "B K h w"],
        down: Float[Tensor, "B K h w"],
        cells: Int64[Tensor, "B K 2"],
        radius: float,
    ) -> Float[Tensor, "B K 2"]:
        """The offset from each cell to its point, in cells.

        Args:
            disc: About 1 near the point and 0 elsewhere; float32.
            along: Cells to the right from each cell to the point, over the radius.
            down: Cells down from each cell to the point, over the radius.
            cells: ``(x, y)``, near the point.
            radius: The disc's, in cells.
        """

    @abstractmethod
    def error(self, radius: float, kernel: Float64[np.ndarray, " taps"]) -> StatedError:
        """The largest error on exact discs and offsets, in cells.

        Args:
            radius: The disc's, in cells.
            kernel: The blur under which the disc's highest cell was found.
        """


class BlurredOffset(OffsetReader):
    """The offset maps, blurred, at the cell: what UDP's public code reads.

    Huang et al. 2020, https://github.com/HuangJunJie2017/UDP-Pose. OpenCV's weights for a kernel
    of 7, and its mirroring beyond the border. Where the blur reaches beyond the disc it takes the
    zeros there for offsets, and on the border a mirrored offset points the wrong way; see
    `VotedOffset`.

    Args:
        kernel_size: Width of the blur in cells, odd.

    Raises:
        ValueError: If the kernel is not odd and positive.
    """

    def __init__(self, kernel_size: int = 7) -> None:
        super().__init__()
        self.kernel = opencv_kernel(kernel_size)

    def forward(
        self,
        disc: Float[Tensor, "B K h w"],
        along: Float[Tensor, "B K h w"],
        down: Float[Tensor, "B K h w"],
        cells: Int64[Tensor, "B K 2"],
        radius: float,
    ) -> Float[Tensor, "B K 2"]:
        """The blurred offset at each cell."""
        taps = along.new_tensor(self.kernel.tolist())
        weights = taps[:, None] * taps
        reach = len(self.kernel) // 2
        return torch.stack(
            [
                radius * (weights * mirrored_windows(maps, cells, reach)).sum(dim=(-2, -1))
                for maps in (along, down)
            ],
            dim=-1,
        )

    def error(self, radius: float, kernel: Float64[np.ndarray, " taps"]) -> StatedError:
        """From the definition, in float64; a quarter more, for phases between those tried.

        Which cells belong to a disc changes in steps as the point moves. Rounding an offset to half
        precision moves it by eps / 2 of itself at most.
        """
        interior, border = _blurred_errors(radius, tuple(kernel), tuple(self.kernel))
        rounding = radius * math.sqrt(2) / 2
        return StatedError(
            interior=1.25 * interior + 1e-4,
            border=1.25 * border + 1e-4,
            float16=rounding * torch.finfo(torch.float16).eps,
            bfloat16=rounding * torch.finfo(torch.bfloat16).eps,
        )


class VotedOffset(OffsetReader):
    """The places that the cells of the disc point to, averaged.

    Each cell of a window votes for its own place plus its offset, with the weight of a Gaussian
    about the window's middle times the disc's map there, if that is above 0. So the cells whose
    offsets were never learnt have no say, and exact maps give the exact point, up to the border.
    This project's choice; the published reading is `BlurredOffset`.

    Args:
        kernel_size: Width of the window in cells, odd; the weights are OpenCV's for that width.

    Raises:
        ValueError: If the kernel is not odd and positive.
    """

    def __init__(self, kernel_size: int = 7) -> None:
        super().__init__()
        self.kernel = opencv_kernel(kernel_size)

    def forward(
        self,
        disc: Float[Tensor, "B K h w"],
        along: Float[Tensor, "B K h w"],
        down: Float[Tensor, "B K h w"],
        cells: Int64[Tensor, "B K 2"],
        radius: float,
    ) -> Float[Tensor, "B K 2"]:
        """The votes' mean, from each cell; none of it where no cell has a say."""
        taps = along.new_tensor(self.kernel.tolist())
        reach = len(self.kernel) // 2
        # A window's cells side by side, so that a face's sums run in one order in every batch.
        said, moved_x, moved_y = (
            windows(maps, cells, reach).contiguous() for maps in (disc, along, down)
        )
        said = said.clamp(min=0)
        # Divided by the largest, so that sums of huge or tiny values stay finite.
        largest = said.amax(dim=(-2, -1), keepdim=True)
        weights = taps[:, None] * taps * (said / torch.where(largest > 0, largest, 1))
        total = weights.sum(dim=(-2, -1)).clamp(min=torch.finfo(disc.dtype).tiny)
        steps = torch.arange(-reach, reach + 1, device=disc.device)
        votes_x = steps + radius * moved_x
        votes_y = steps[:, None] + radius * moved_y
        return torch.stack(
            [(weights * votes).sum(dim=(-2, -1)) / total for votes in (votes_x, votes_y)], dim=-1
        )

    def error(self, radius: float, kernel: Float64[np.ndarray, " taps"]) -> StatedError:
        """That of float32 alone, everywhere; the votes' rounding in half precision.

        It holds where the highest cell of the blurred disc lies on the disc or a window's reach
        beside it, which is so for any radius of a cell or more.
        """
        rounding = radius * math.sqrt(2) / 2
        return StatedError(
            interior=1e-4,
            border=1e-4,
            float16=rounding * torch.finfo(torch.float16).eps,
            bfloat16=rounding * torch.finfo(torch.bfloat16).eps,
        )


def draw_disc(
    centres: Float[Tensor, "B K 2"], size: Size, radius: float
) -> tuple[Float[Tensor, "B K h w"], Float[Tensor, "B K h w"], Float[Tensor, "B K h w"]]:
    """A disc of 1 round each centre, and the offsets to it along x and y, over the radius.

    All are zero outside the disc, and where the centre is NaN; float32.

    >>> disc, along, _ = draw_disc(torch.tensor([[[1.0, 0.0]]]), Size(1, 4), 1.0)
    >>> disc[0, 0], along[0, 0]
    (tensor([[1., 1., 1., 0.]]), tensor([[ 1.,  0., -1.,  0.]]))
    """
    columns = torch.arange(size.width, dtype=centres.dtype, device=centres.device)
    rows = torch.arange(size.height, dtype=centres.dtype, device=centres.device)
    right = (centres[..., 0, None] - columns)[..., None, :]
    below = (centres[..., 1, None] - rows)[..., :, None]
    # False for NaN, and for places so far away that their squares overflow.
    within = right.square() + below.square() <= (radius + _CIRCLE) ** 2
    along, down = (torch.where(within, part / radius, 0).float() for part in (right, below))
    return within.float(), along, down


def excess_moments(
    disc: Float[Tensor, "B K h w"],
    cells: Int64[Tensor, "B K 2"],
    points: Float[Tensor, "B K 2"],
    radius: float,
) -> Float[Tensor, "B K 2 2"]:
    """How much wider each disc's map is than a disc: second moments round the point.

    A disc's map that was learnt by squared error is the density of where the point may be, blurred
    by the disc. The moments of the disc itself are those of a disc drawn at the point, on the same
    cells, so that nothing is left on an exact map. A map without any value above 0 counts as flat.

    Args:
        disc: Float32.
        cells: ``(x, y)``, near the point; the window of four radii lies round it.
        points: In cells.
        radius: The disc's, in cells.

    Returns:
        Square cells; symmetric, but not positive definite where the map is narrower than a disc.
    """
    reach = math.ceil(2 * radius)
    said = windows(disc, cells, reach).clamp(min=0)
    there = windows(torch.ones_like(disc[:1, :1]).expand_as(disc), cells, reach)
    largest = said.amax(dim=(-2, -1), keepdim=True)
    said = torch.where(largest > 0, said / torch.where(largest > 0, largest, 1), there)

    steps = torch.arange(-reach, reach + 1, device=disc.device)
    right = (cells - points)[..., 0, None, None] + steps
    below = (cells - points)[..., 1, None, None] + steps[:, None]
    drawn = there * (right.square() + below.square() <= (radius + _CIRCLE) ** 2)

    found, own = (
        weights / weights.sum((-2, -1), keepdim=True).clamp(min=1) for weights in (said, drawn)
    )
    excess = found - own
    return symmetric(
        (excess * right.square()).sum(dim=(-2, -1)),
        (excess * right * below).sum(dim=(-2, -1)),
        (excess * below.square()).sum(dim=(-2, -1)),
    )


@cache
def _blurred_errors(
    radius: float, disc_kernel: tuple[float, ...], offset_kernel: tuple[float, ...]
) -> tuple[float, float]:
    """The largest errors of `BlurredOffset` far from the border, and anywhere; in cells."""
    far = math.ceil(radius) + len(disc_kernel) // 2 + len(offset_kernel) // 2 + 1
    count = 3 * far
    phases = np.linspace(FIRST_EDGE, -FIRST_EDGE, 33)
    interior = _errors_at(3 * far // 2 + phases, radius, count, disc_kernel, offset_kernel)
    near = (np.arange(far)[:, None] + np.linspace(FIRST_EDGE, FIRST_EDGE / -2, 4)).ravel()
    border = _errors_at(near, radius, count, disc_kernel, offset_kernel)
    return interior, max(interior, border)


def _errors_at(
    places: Float[np.ndarray, " P"],
    radius: float,
    count: int,
    disc_kernel: tuple[float, ...],
    offset_kernel: tuple[float, ...],
) -> float:
    """The largest error over points at all pairs of the places, on a square map."""
    disc_blur, offset_blur = (_blur_matrix(k, count) for k in (disc_kernel, offset_kernel))
    cells = np.arange(count)
    largest = 0.0
    for number, y in enumerate(places, start=1):
        x = places[:number]  # The other pairs are these, mirrored in the diagonal.
        right = x[:, None, None] - cells
        below = y - cells[:, None]
        disc = (np.hypot(right, below) <= radius + _CIRCLE).astype(np.float64)
        smooth = disc_blur @ disc @ disc_blur.T
        rows, columns = np.divmod(smooth.reshape(number, -1).argmax(axis=1), count)
        each = np.arange(number)
        found_x = columns + (offset_blur @ (disc * right) @ offset_blur.T)[each, rows, columns]
        found_y = rows + (offset_blur @ (disc * below) @ offset_blur.T)[each, rows, columns]
        largest = max(largest, float(np.hypot(found_x - x, found_y - y).max()))
    return largest


def _blur_matrix(kernel: tuple[float, ...], count: int) -> Float[np.ndarray, "count count"]:
    """The blur of a row as a matrix, mirrored beyond the border."""
    reach = len(kernel) // 2
    row = np.pad(np.eye(count), ((reach, reach), (0, 0)), mode="reflect")
    return np.stack([np.asarray(kernel) @ row[at : at + len(kernel)] for at in range(count)])
