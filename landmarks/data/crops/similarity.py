"""The similarity that fits one set of points to another."""

import numpy as np
from jaxtyping import Float


def fit_similarity(
    source: Float[np.ndarray, "*batch N 2"], target: Float[np.ndarray, "*batch N 2"]
) -> Float[np.ndarray, "*batch 2 3"]:
    """``target_from_source``: the rotation, scale and shift with the least squared error.

    The solution of Umeyama (1991, https://doi.org/10.1109/34.88573, equations 40 to 43) without
    reflection. In the plane it needs no decomposition: with points as complex numbers about their
    means, the factor is ``Σ conj(source) · target / Σ |source|²``.

    Args:
        source: (..., N, 2).
        target: (..., N, 2). A point that is NaN in either is left out.

    Returns:
        (..., 2, 3) affines in float64.

    Raises:
        ValueError: If fewer than two points are left, or those in ``source`` coincide.

    >>> unit = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> quarter_turn = np.array([[5.0, 5.0], [5.0, 7.0], [3.0, 5.0]])
    >>> fit_similarity(unit, quarter_turn) + 0.0
    array([[ 0., -2.,  5.],
           [ 2.,  0.,  5.]])
    """
    there = np.isfinite(source).all(axis=-1) & np.isfinite(target).all(axis=-1)
    count = there.sum(axis=-1)
    if (count < 2).any():
        raise ValueError(f"a similarity is settled by at least 2 points; there are {count.min()}")
    kept = there[..., None]
    source = np.where(kept, source, 0.0).astype(np.float64)
    target = np.where(kept, target, 0.0).astype(np.float64)
    source_mean = source.sum(axis=-2) / count[..., None]
    target_mean = target.sum(axis=-2) / count[..., None]
    a = np.where(kept, source - source_mean[..., None, :], 0.0)
    b = np.where(kept, target - target_mean[..., None, :], 0.0)
    spread = (a**2).sum(axis=(-2, -1))
    if not (spread > 0).all():
        raise ValueError("the points to be moved coincide, so that no similarity is settled")
    real = (a * b).sum(axis=(-2, -1)) / spread
    imaginary = (a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]).sum(axis=-1) / spread
    linear = np.stack(
        [np.stack([real, -imaginary], axis=-1), np.stack([imaginary, real], axis=-1)], axis=-2
    )
    offset = target_mean - (linear @ source_mean[..., None])[..., 0]
    affine: Float[np.ndarray, "*batch 2 3"] = np.concatenate([linear, offset[..., None]], axis=-1)
    return affine
