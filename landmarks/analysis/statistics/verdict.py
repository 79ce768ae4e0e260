"""The verdict on one pair of methods.

The rule is this project's choice: a difference is resolved if the p of the bootstrap over faces and
seeds is below 0.05 after Holm's correction for the number of pairs. The signed-rank test stands
beside it and never decides: it asks about the typical face under these seeds, the bootstrap about
the mean, which is what gets published. The interval beside a verdict is the plain 95 % one.
"""

from typing import NamedTuple

from landmarks.analysis.statistics.estimate import Estimate
from landmarks.analysis.statistics.pair import Outcome, Verdict
from landmarks.analysis.statistics.required import POWER, Design

LEVEL = 0.05
"""A difference is resolved if its Holm-adjusted p is below this."""


class Evidence(NamedTuple):
    """What a verdict on two methods rests on.

    Attributes:
        difference: Mean difference with its interval.
        p_holm: Of the bootstrap, adjusted for the number of pairs.
        p_wilcoxon_holm: Of the signed-rank test, adjusted.
        typical: Above zero if the signed-rank sum is on the side of larger errors of the method.
        pairs: Number of pairs that were adjusted for.
        design: Numbers of faces and seeds, and what the difference varies with.
        same_training: Whether both read one and the same network under each seed.
        foreign: Whether the training of either is unknown.
    """

    difference: Estimate
    p_holm: float
    p_wilcoxon_holm: float
    typical: float
    pairs: int
    design: Design
    same_training: bool
    foreign: bool


def judge(evidence: Evidence) -> Verdict:
    """What may be said of two methods that both have a mean error."""
    if evidence.p_holm < LEVEL:
        return _resolved(evidence)
    return _not_resolved(evidence)


def no_difference() -> Verdict:
    """The verdict on two methods with the same error on every face."""
    return Verdict(Outcome.NOT_RESOLVED, None, None, "not resolved: no difference on any face")


def no_mean(why: str) -> Verdict:
    """The verdict on two methods whose means cannot be compared.

    Args:
        why: The reason.
    """
    return Verdict(Outcome.NOT_RESOLVED, None, None, f"not resolved: {why}")


def _resolved(evidence: Evidence) -> Verdict:
    better = evidence.difference.value < 0
    outcome = Outcome.BETTER if better else Outcome.WORSE
    parts = [f"{outcome.value}: {points(evidence.difference)}{_scope(evidence)}"]
    p = evidence.p_wilcoxon_holm
    if p >= LEVEL:
        parts.append(f"the signed-rank test does not confirm it ({p_value(p)}): few faces decide")
    elif (evidence.typical < 0) != better:
        parts.append(
            f"the signed-rank test points the other way ({p_value(p)}): few faces outweigh the "
            "typical one"
        )
    return Verdict(outcome, None, None, "; ".join(parts))


def _not_resolved(evidence: Evidence) -> Verdict:
    design = evidence.design
    value = evidence.difference.value
    faces, seeds = design.faces_needed(value), design.seeds_needed(value)
    if faces is not None:
        faces = max(faces, design.faces + 1)
    if seeds is not None:
        seeds = max(seeds, design.seeds + 1)
    parts = [f"not resolved: {points(evidence.difference)}{_scope(evidence)}"]
    if evidence.difference.excludes_zero:
        parts.append(
            f"the interval excludes zero, but not once corrected for {evidence.pairs} pairs"
        )
    wanted = []
    if faces is not None:
        wanted.append(f"{_about(faces)} faces")
    if seeds is not None:
        wanted.append(f"{_about(seeds)} seeds")
    if wanted:
        parts.append(f"a difference this large would take about {', or '.join(wanted)}")
    elif value:
        parts.append("no number of faces or of seeds alone would resolve a difference this large")
    smallest = design.detectable()
    digits = _digits(smallest)
    parts.append(
        f"one beyond ±{smallest:.{digits}f} would have been seen in {100 * POWER:.0f} of 100 such "
        "comparisons"
    )
    if evidence.p_wilcoxon_holm < LEVEL:
        way = "smaller" if evidence.typical < 0 else "larger"
        parts.append(
            f"the signed-rank test finds the error {way} on the typical face"
            f"{', for these seeds' if design.spread is not None else ''} "
            f"({p_value(evidence.p_wilcoxon_holm)})"
        )
    return Verdict(Outcome.NOT_RESOLVED, faces, seeds, "; ".join(parts))


def _scope(evidence: Evidence) -> str:
    """How far the verdict reaches, if not to other trainings of both."""
    if evidence.design.seeds == 1:
        if evidence.same_training:
            return " on this one network"
        return " for these two trainings; one seed says nothing about another"
    if evidence.foreign:
        return " beside one training; how far another would lie from it is unknown"
    return ""


def points(estimate: Estimate) -> str:
    """A difference with its interval, in as many digits as the interval is worth.

    >>> points(Estimate(0.02, -0.05, 0.09))
    '+0.02 (-0.05 … +0.09)'
    """
    digits = _digits((estimate.high - estimate.low) / 2)
    value, low, high = (f"{number:+.{digits}f}" for number in estimate)
    return f"{value} ({low} … {high})"


def p_value(p: float) -> str:
    """A p as text.

    >>> p_value(0.0312), p_value(0.0002)
    ('p 0.03', 'p < 0.001')
    """
    if p < 0.001:
        return "p < 0.001"
    return f"p {p:.3f}" if p < 0.01 else f"p {p:.2f}"


def _digits(width: float) -> int:
    return 2 if width >= 0.01 or width == 0 else 3 if width >= 0.001 else 4


def _about(number: int) -> str:
    """A number in two digits that count."""
    return f"{round(number, 2 - len(str(number))) if number >= 100 else number:,}"
