"""A method's mean error over faces and seeds."""

import math

import numpy as np
from jaxtyping import Float

from landmarks.analysis.statistics.components import variance_components
from landmarks.analysis.statistics.estimate import Estimate, mean_estimate
from landmarks.analysis.statistics.resampling import DRAWS, face_means, limits, with_seeds
from landmarks.analysis.statistics.seed_spread import own_spread


def error_estimate(
    errors: Float[np.ndarray, "S N"], confidence: float = 0.95, seed: int = 0
) -> Estimate:
    """A method's mean error over faces and seeds, with its interval.

    With one seed the interval is that of `mean_estimate` and speaks of the choice of faces alone.
    With more it also holds the luck of the training, as `landmarks.analysis.statistics.resampling`
    describes; two seeds make it wide, for two numbers say little of their spread.

    Args:
        errors: (S, N) of S trainings on N faces, in any unit.
        confidence: Share of such intervals that cover the true mean.
        seed: Of the draws; one seed gives one interval.

    Returns:
        The mean; its limits are NaN for a single face and where an error is without end.

    Raises:
        ValueError: If there are no errors.

    >>> hard = np.random.default_rng(0).normal(4.0, 1.0, 400)
    >>> errors = np.stack([hard, hard + 0.1, hard + 0.2])
    >>> [round(limit, 2) for limit in error_estimate(errors)]
    [4.06, 3.8, 4.32]
    """
    if not errors.size:
        raise ValueError("there are no faces to average over")
    seeds, faces = errors.shape
    over_seeds = errors.mean(axis=0)
    mean = float(over_seeds.mean())
    if faces == 1 or not np.isfinite(errors).all():
        return Estimate(mean, math.nan, math.nan)
    if seeds == 1:
        return mean_estimate(over_seeds, confidence, seed)
    rest = variance_components(errors).rest
    drawn = with_seeds(
        face_means(over_seeds[:, None], DRAWS, seed)[:, 0],
        (rest or 0.0) / faces,
        own_spread(errors),
        seeds,
        seed,
    )
    return Estimate(mean, *limits(drawn, confidence))
