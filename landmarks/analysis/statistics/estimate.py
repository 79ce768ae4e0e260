"""How sure a mean is, and how sure the difference of two means on the same faces."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

_RESAMPLES = 9999
_NUMBERS_AT_ONCE = 2_000_000
"""Resampled values held in memory at a time."""


class Estimate(NamedTuple):
    """A mean and the limits of its confidence interval, in the unit of what was averaged.

    Attributes:
        value: The mean.
        low: Lower limit; NaN where there is no interval (one face, or an error without end).
        high: Upper limit.
    """

    value: float
    low: float
    high: float

    @property
    def negated(self) -> "Estimate":
        """A difference told from the other side.

        >>> Estimate(1.0, 0.5, 2.0).negated
        Estimate(value=-1.0, low=-2.0, high=-0.5)
        """
        return Estimate(-self.value, -self.high, -self.low)

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside the interval; false where there is none."""
        return self.low > 0 or self.high < 0


def mean_estimate(
    values: Float[np.ndarray, " N"], confidence: float = 0.95, seed: int = 0
) -> Estimate:
    """The mean over faces, with a bootstrap interval.

    Faces are drawn with replacement, 9,999 times, and the limits are those of the bias-corrected
    and accelerated bootstrap (BCa; Efron 1987, https://doi.org/10.2307/2289144), which follows the
    long upper tail that errors have. The interval speaks of the choice of test faces; it says
    nothing of another training.

    Args:
        values: (N,) one for each face.
        confidence: Share of such intervals that cover the true mean.
        seed: Of the draws; one seed gives one interval.

    Raises:
        ValueError: If there are no values.

    >>> mean_estimate(np.full(5, 0.25))
    Estimate(value=0.25, low=0.25, high=0.25)
    >>> values = np.random.default_rng(0).normal(4.0, 1.0, 400)
    >>> [round(limit, 2) for limit in mean_estimate(values)]
    [3.96, 3.87, 4.06]
    """
    if not len(values):
        raise ValueError("there are no faces to average over")
    mean = float(values.mean())
    if np.ptp(values) == 0:
        return Estimate(mean, mean, mean)
    if not np.isfinite(values).all():
        return Estimate(mean, np.nan, np.nan)
    found = stats.bootstrap(
        (values,),
        np.mean,
        confidence_level=confidence,
        n_resamples=_RESAMPLES,
        batch=max(1, _NUMBERS_AT_ONCE // len(values)),
        method="BCa",
        rng=np.random.default_rng(seed),
    )
    return Estimate(
        mean, float(found.confidence_interval.low), float(found.confidence_interval.high)
    )


def paired_difference(
    values: Float[np.ndarray, " N"],
    reference: Float[np.ndarray, " M"],
    confidence: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """The mean of ``values - reference``, face by face, with a bootstrap interval.

    A hard face is hard for both methods, so that the difference is far surer than either mean: two
    intervals of means may overlap where the interval of the difference excludes zero.

    Args:
        values: (N,) one for each face.
        reference: (N,) of the same faces, in the same order.
        confidence: See `mean_estimate`.
        seed: See `mean_estimate`.

    Raises:
        ValueError: If the two are not of one length.

    >>> hard = np.array([1.0, 2.0, 9.0, 3.0])
    >>> paired_difference(hard + 0.5, hard)
    Estimate(value=0.5, low=0.5, high=0.5)
    """
    if len(values) != len(reference):
        raise ValueError(
            f"{len(values)} faces cannot be paired with {len(reference)}; both must be measured on "
            "the same faces"
        )
    return mean_estimate(values - reference, confidence, seed)
