"""OpenCV's Gaussian blur as it is by default: a kernel by its width, and a mirrored border."""

import cv2
import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor


def opencv_kernel(size: int) -> Float64[np.ndarray, " taps"]:
    """The weights of OpenCV's Gaussian blur of that width, for a spread that is left to it.

    Raises:
        ValueError: If the width is not odd and positive.
    """
    if size < 1 or size % 2 == 0:
        raise ValueError(f"the blur's kernel size {size} must be odd and positive")
    kernel: Float64[np.ndarray, " taps"] = cv2.getGaussianKernel(size, 0, cv2.CV_64F)[:, 0]
    return kernel


def mirrored_places(places: Int64[Tensor, "*any"], count: int) -> Int64[Tensor, "*any"]:
    """The place on a map that one beyond it shows, as OpenCV mirrors by default.

    >>> mirrored_places(torch.arange(-3, 6), 4)
    tensor([3, 2, 1, 0, 1, 2, 3, 2, 1])
    """
    period = max(2 * (count - 1), 1)
    within = places.remainder(period)
    return torch.minimum(within, period - within).clamp(max=count - 1)


def mirrored_windows(
    maps: Float[Tensor, "B K h w"], cells: Int64[Tensor, "B K 2"], radius: int
) -> Float[Tensor, "B K d d"]:
    """Each map's window of ``2 * radius + 1`` cells round a cell; mirrored beyond the border."""
    height, width = maps.shape[-2:]
    offsets = torch.arange(-radius, radius + 1, device=maps.device)
    columns = mirrored_places(cells[..., 0, None, None] + offsets, width)
    rows = mirrored_places(cells[..., 1, None, None] + offsets[:, None], height)
    places = rows * width + columns
    return maps.flatten(2).gather(2, places.flatten(2)).view(places.shape)


def blur_rows(
    rows: Float[Tensor, "B K r c"], kernel: Float64[np.ndarray, " taps"]
) -> Float[Tensor, "B K r n"]:
    """Weighted sums along the rows under a symmetric kernel, without padding.

    A loop over the kernel's few taps, not a convolution: autocast would round that to half
    precision, and its order of summation, so its last digit, may depend on the size of the batch.
    """
    count = rows.shape[-1] - len(kernel) + 1
    reach = len(kernel) // 2
    blurred = float(kernel[reach]) * rows[..., reach : reach + count]
    for place in range(reach):
        other = len(kernel) - 1 - place
        pair = rows[..., place : place + count] + rows[..., other : other + count]
        blurred = blurred.add(pair, alpha=float(kernel[place]))
    return blurred


def blur_map(
    maps: Float[Tensor, "B K h w"], kernel: Float64[np.ndarray, " taps"]
) -> Float[Tensor, "B K h w"]:
    """The maps blurred along both axes, mirrored beyond the border.

    >>> maps = torch.zeros(1, 1, 3, 3)
    >>> maps[..., 1, 0] = 1
    >>> blur_map(maps, opencv_kernel(3))[0, 0]
    tensor([[0.2500, 0.1250, 0.0000],
            [0.2500, 0.1250, 0.0000],
            [0.2500, 0.1250, 0.0000]])
    """
    down, along = (_blur_matrix(kernel, count, maps.device) for count in maps.shape[-2:])
    # In float64, which autocast leaves alone; a map is a matrix of its own, whatever the batch.
    blurred = (down @ maps.double()) @ along.mT.expand(*maps.shape[:2], *along.shape)
    return blurred.to(maps.dtype)


def _blur_matrix(
    kernel: Float64[np.ndarray, " taps"], count: int, device: torch.device
) -> Float64[Tensor, "count count"]:
    """The blur of a row of cells as a matrix."""
    reach = len(kernel) // 2
    places = mirrored_places(torch.arange(-reach, count + reach, device=device), count)
    seen = (places[:, None] == torch.arange(count, device=device)).double()
    matrix = torch.zeros(count, count, dtype=torch.float64, device=device)
    for first, tap in enumerate(kernel):
        matrix = matrix + float(tap) * seen[first : first + count]
    return matrix
