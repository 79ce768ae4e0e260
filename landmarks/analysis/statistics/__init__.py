"""How sure a mean is, and which differences between methods are more than chance."""

from landmarks.analysis.statistics.estimate import Estimate, mean_estimate, paired_difference
from landmarks.analysis.statistics.method_error import error_estimate
from landmarks.analysis.statistics.pair import Outcome, Pair, Verdict
from landmarks.analysis.statistics.pairs import compare_pairs
from landmarks.analysis.statistics.winner import needed_sentence, winner_sentence

__all__ = [
    "Estimate",
    "Outcome",
    "Pair",
    "Verdict",
    "compare_pairs",
    "error_estimate",
    "mean_estimate",
    "needed_sentence",
    "paired_difference",
    "winner_sentence",
]
