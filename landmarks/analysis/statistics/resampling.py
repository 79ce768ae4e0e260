"""Draws of a mean over faces and seeds.

Each draw is a mean over faces drawn with replacement, plus a term for the seeds. Three seeds cannot
be resampled: the mean of three drawn ones never leaves their range, so that an interval covers at
most three times in four. The seeds' term is therefore normal, with a variance that is itself drawn:
the estimated variance of the seeds' means, times its degrees of freedom over a draw of chi-square
(this alone would be Student's t), less the face × seed noise, which is part of the spread over
faces already. In sum it is the generalised pivotal quantity of the mean of a two-way layout
(Weerahandi 1993, Generalized Confidence Intervals, Journal of the American Statistical
Association 88, pages 899 to 905), with the bootstrap in place of the normal
distribution over faces. The seeds only ever widen what the faces leave open.

This combination is this project's choice, by the coverage of 95 % intervals of a paired difference
under three seeds, the lowest and the mean over regimes of faces, seeds and noise, in per cent, and
their mean width as a multiple of that under known variances (benchmarks/interval_coverage.py, 600
comparisons a regime, and there for other numbers of seeds and for a method's own error):

========================================================  ======  ====  =====
way                                                       lowest  mean  width
========================================================  ======  ====  =====
this one                                                    94.3  97.2   1.66
faces, and t of the seeds                                   94.5  97.8   1.73
faces, and t of the seeds less face × seed noise            91.5  94.8   1.41
mean squares with Satterthwaite's degrees of freedom        91.0  95.3   1.40
faces and seeds resampled (the pigeonhole bootstrap;
Owen 2007, https://doi.org/10.1214/07-AOAS122)              78.8  93.7   1.08
faces resampled alone                                       36.0  80.9   0.75
========================================================  ======  ====  =====

With two seeds the lowest is 95.3 at a mean width of 4.38, with five 95.3 at 1.23.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from landmarks.analysis.statistics.seed_spread import SeedSpread

DRAWS = 9_999
"""Number of draws where nothing asks for more."""
_NUMBERS_AT_ONCE = 2_000_000
"""Counts of drawn faces held in memory at a time."""


def face_means(
    values: Float[np.ndarray, "N M"], draws: int, seed: int = 0
) -> Float[np.ndarray, "B M"]:
    """Means over faces drawn with replacement, the same faces for every column.

    SciPy's bootstrap draws for one statistic at a time; here one matrix product, of how often each
    face was drawn with the values, serves all methods.

    Args:
        values: (N, M) for each face, the value of each method.
        draws: Number of draws.
        seed: Of the draws; one seed draws the same faces, whatever the values are.

    >>> face_means(np.array([[1.0, 3.0], [2.0, 4.0]]), draws=4).round(1).T
    array([[2. , 1.5, 1. , 1. ],
           [4. , 3.5, 3. , 3. ]])
    """
    faces, columns = values.shape
    rng = np.random.default_rng(seed)
    means = np.empty((draws, columns))
    step = max(1, _NUMBERS_AT_ONCE // faces)
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        drawn = (
            rng.integers(0, faces, (rows, faces), dtype=np.int32) + faces * np.arange(rows)[:, None]
        )
        counts = np.bincount(drawn.ravel(), minlength=rows * faces).reshape(rows, faces)
        means[start : start + rows] = counts @ values / faces
    return means


class SeedLuck(NamedTuple):
    """What the seeds' terms are drawn by.

    Attributes:
        normal: (B,) draws of the standard normal distribution.
        variance: (B,) factors on an estimated variance: its degrees of freedom over chi-square.
    """

    normal: Float[np.ndarray, " B"]
    variance: Float[np.ndarray, " B"]


@lru_cache(maxsize=32)
def seed_luck(freedom: int, draws: int, seed: int = 0) -> SeedLuck:
    """Draws that are evenly spread over the quantiles, in random order.

    Their tails are exact to the number of draws.

    >>> [draws.round(2).tolist() for draws in seed_luck(2, draws=3)]
    [[0.97, -0.97, 0.0], [1.44, 0.56, 5.48]]
    """
    rng = np.random.default_rng([seed, 1])  # other numbers than those that draw the faces
    even = (np.arange(draws) + 0.5) / draws
    luck = SeedLuck(
        stats.norm.ppf(rng.permutation(even)),
        freedom / stats.chi2.ppf(rng.permutation(even), freedom),
    )
    for values in luck:
        values.flags.writeable = False  # kept for the next caller
    return luck


def with_seeds(
    over_faces: Float[np.ndarray, " B"],
    rest_variance: float,
    spread: SeedSpread,
    seeds: int,
    seed: int = 0,
) -> Float[np.ndarray, " B"]:
    """Draws of a mean over faces, turned into draws over faces and seeds.

    Args:
        over_faces: (B,) draws of the mean over faces, of values averaged over the seeds.
        rest_variance: What face × seed noise adds to the variance of one seed's mean: its variance
            component over the number of faces.
        spread: How far the seeds' means lie apart.
        seeds: Number of seeds, at least two.
        seed: Of the seeds' term.
    """
    luck = seed_luck(spread.freedom, len(over_faces), seed)
    of_seeds = np.maximum(0.0, spread.variance * luck.variance - rest_variance) / seeds
    return np.asarray(over_faces + np.sqrt(of_seeds) * luck.normal)


def limits(draws: Float[np.ndarray, " B"], confidence: float = 0.95) -> tuple[float, float]:
    """The middle share of the draws: a percentile interval."""
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def two_sided_p(draws: Float[np.ndarray, " B"]) -> float:
    """Twice the share of the draws beyond zero, on the side where there are fewer.

    One draw is added to both, so that p is never 0 (Davison and Hinkley, Bootstrap Methods and
    their Application, 1997, section 4.2).

    >>> two_sided_p(np.array([-1.0, 1.0, 1.0, 1.0]))
    0.8
    """
    fewer = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    return min(1.0, 2 * (fewer + 1) / (len(draws) + 1))
