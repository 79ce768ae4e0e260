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


def invert_symmetric(matrices: Float[Tensor, "*batch 2 2"]) -> Float[Tensor, "*batch 2 2"]:
    """Inverses of symmetric matrices that have one.

    >>> invert_symmetric(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, -0.0000],
            [-0.0000, 0.2500]])
    """
    first, mixed, second = matrices[..., 0, 0], matrices[..., 0, 1], matrices[..., 1, 1]
    determinant = first * second - mixed**2
    return symmetric(second / determinant, -mixed / determinant, first / determinant)


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
