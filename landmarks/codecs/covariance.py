"""Covariances of points: symmetric 2×2 matrices, in closed form, so that they can be exported."""

import torch
from jaxtyping import Float
from torch import Tensor


def clamp_eigenvalues(
    matrices: Float[Tensor, "*batch 2 2"], lowest: float, highest: float = torch.inf
) -> Float[Tensor, "*batch 2 2"]:
    """Symmetric matrices whose eigenvalues are moved into a range; their axes stay as they are.

    Args:
        matrices: Symmetric.
        lowest: Smallest eigenvalue that is left alone.
        highest: Largest eigenvalue that is left alone.

    >>> clamp_eigenvalues(torch.tensor([[3.0, 0.0], [0.0, -1.0]]), 0.0, 2.0)
    tensor([[2., 0.],
            [0., 0.]])
    """
    first, mixed, second = matrices[..., 0, 0], matrices[..., 0, 1], matrices[..., 1, 1]
    mean, half_difference = (first + second) / 2, (first - second) / 2
    radius = _hypotenuse(half_difference, mixed)
    larger = (mean + radius).clamp(lowest, highest)
    smaller = (mean - radius).clamp(lowest, highest)
    mean = (larger + smaller) / 2
    # Where the eigenvalues are equal there are no axes to keep.
    shrink = (larger - smaller) / 2 / radius.clamp(min=torch.finfo(matrices.dtype).tiny)
    half_difference, mixed = shrink * half_difference, shrink * mixed
    return symmetric(mean + half_difference, mixed, mean - half_difference)


CLAIMED = 0.1
"""Share of a target's own variance below which no point is claimed to be sure.

This project's choice. On trained networks of 300W, in a trial, the peaks of trained maps are often
no wider than the target, which claims no error at all, and then a single miss costs any likelihood.
With a tenth of the target's variance as the least, the negative log-likelihood after the
temperature falls from 6 nats a point to 1.5 for every way of reading the maps that was tried.
"""


def excess_variance(
    spread: Float[Tensor, "*batch 2 2"], sigma: float
) -> Float[Tensor, "*batch 2 2"]:
    """How much wider a map is than its target: the spread of what the network does not know.

    A trained map is about the distribution of where the point may be, blurred by the target's
    Gaussian, so that the target's variance is taken away; along no axis is it less than nothing,
    and a share of the target's variance, `CLAIMED`, is always left.

    Args:
        spread: Covariance of the map if it is read as a density, square cells.
        sigma: Spread of the target's Gaussian in cells.

    >>> excess_variance(torch.tensor([[5.0, 0.0], [0.0, 3.0]]), sigma=2.0)
    tensor([[1.4000, 0.0000],
            [0.0000, 0.4000]])
    """
    excess = clamp_eigenvalues(spread - isotropic(sigma**2, spread), 0.0)
    return excess + isotropic(CLAIMED * sigma**2, spread)


def invert_symmetric(matrices: Float[Tensor, "*batch 2 2"]) -> Float[Tensor, "*batch 2 2"]:
    """Inverses of symmetric matrices that have one.

    >>> invert_symmetric(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, -0.0000],
            [-0.0000, 0.2500]])
    """
    first, mixed, second = matrices[..., 0, 0], matrices[..., 0, 1], matrices[..., 1, 1]
    determinant = first * second - mixed**2
    return symmetric(second / determinant, -mixed / determinant, first / determinant)


def bounded_inverse(
    first: Float[Tensor, "*batch"],
    mixed: Float[Tensor, "*batch"],
    second: Float[Tensor, "*batch"],
    lowest: float,
    highest: float,
) -> Float[Tensor, "*batch 2 2"]:
    """Inverses of ``[[first, mixed], [mixed, second]]``, their eigenvalues moved into a range.

    The matrices need have no inverse: where one is flat or bent the wrong way along an axis, its
    inverse has the highest eigenvalue along it.

    Args:
        first: Entries, as `mixed` and `second`.
        mixed: Entries.
        second: Entries.
        lowest: Smallest eigenvalue of an inverse, above 0.
        highest: Largest eigenvalue of an inverse.

    >>> bounded_inverse(*torch.tensor([4.0, 0.0, -1.0]), lowest=0.1, highest=9.0).diagonal()
    tensor([0.2500, 9.0000])
    """
    mean, half_difference = (first + second) / 2, (first - second) / 2
    radius = _hypotenuse(half_difference, mixed)
    smaller = 1 / (mean + radius).clamp(1 / highest, 1 / lowest)
    larger = 1 / (mean - radius).clamp(1 / highest, 1 / lowest)
    middle = (smaller + larger) / 2
    shrink = (smaller - larger) / 2 / radius.clamp(min=torch.finfo(mean.dtype).tiny)
    half_difference = shrink * half_difference
    return symmetric(middle + half_difference, shrink * mixed, middle - half_difference)


def isotropic(variance: float, like: Float[Tensor, "*batch 2 2"]) -> Float[Tensor, "2 2"]:
    """The covariance of equal, independent axes, of the dtype and on the device of another.

    >>> isotropic(0.5, torch.zeros(1, 2, 2))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.5000]])
    """
    return variance * torch.eye(2, dtype=like.dtype, device=like.device)


def symmetric(
    first: Float[Tensor, "*batch"], mixed: Float[Tensor, "*batch"], second: Float[Tensor, "*batch"]
) -> Float[Tensor, "*batch 2 2"]:
    """The matrices ``[[first, mixed], [mixed, second]]``."""
    return torch.stack([first, mixed, mixed, second], dim=-1).view(*first.shape, 2, 2)


def _hypotenuse(a: Float[Tensor, "*batch"], b: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """`torch.hypot`, which ONNX has not: the squares of huge numbers do not overflow."""
    longer, shorter = torch.maximum(a.abs(), b.abs()), torch.minimum(a.abs(), b.abs())
    ratio = shorter / longer.clamp(min=torch.finfo(a.dtype).tiny)
    return longer * (1 + ratio.square()).sqrt()
