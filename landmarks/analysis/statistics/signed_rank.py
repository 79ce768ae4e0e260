"""Wilcoxon's signed-rank test on faces."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats


class SignedRank(NamedTuple):
    """Wilcoxon's test of whether the differences lie evenly about zero.

    Attributes:
        p: Two-sided p.
        direction: Sum of the ranks of the differences above zero, less that of those below, as a
            share of all ranks: the matched-pairs rank-biserial correlation, from -1 to 1 (Kerby
            2014, https://doi.org/10.2466/11.IT.3.1).
    """

    p: float
    direction: float


def signed_rank(differences: Float[np.ndarray, " N"]) -> SignedRank:
    """The signed-rank test by SciPy, also where differences are zero or infinite.

    Zeros are ranked and then left out (Pratt 1959,
    https://doi.org/10.1080/01621459.1959.10501526): faces on which two decoders agree to the last
    bit speak for neither. An infinite difference counts as the largest. The p is exact up to 50
    faces without ties, else of the normal approximation.

    Args:
        differences: (N,) one for each face; not NaN.

    >>> signed_rank(np.array([1.0, 2.0, 3.0, -4.0, 5.0, 6.0, 7.0, 8.0]))
    SignedRank(p=0.0546875, direction=0.777...)
    >>> signed_rank(np.zeros(4))
    SignedRank(p=1.0, direction=0.0)
    """
    if not differences.any():
        return SignedRank(1.0, 0.0)
    sizes = np.abs(differences)
    # Left to itself, SciPy goes through all signs of few faces with ties, which takes seconds.
    exact = len(sizes) <= 50 and sizes.all() and len(np.unique(sizes)) == len(sizes)
    ranks = stats.rankdata(sizes) * (differences != 0)
    direction = float((ranks * np.sign(differences)).sum() / ranks.sum())
    found = stats.wilcoxon(
        differences, zero_method="pratt", method="exact" if exact else "asymptotic"
    )
    return SignedRank(float(found.pvalue), direction)
