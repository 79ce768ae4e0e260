"""The verdict on all methods of a condition, in plain words."""

from collections.abc import Mapping, Sequence

from landmarks.analysis.statistics.estimate import Estimate
from landmarks.analysis.statistics.pair import Pair


def winner_sentence(pairs: Sequence[Pair], means: Mapping[str, Estimate]) -> str:
    """Which method is best, and beside which others that is resolved.

    Args:
        pairs: Of `compare_pairs`, every pair of the condition.
        means: Of `error_estimate`, by method.
    """
    best = min(means, key=lambda method: means[method].value)
    return f"{best} has the lowest error: {means[best].value:.2f} %."
