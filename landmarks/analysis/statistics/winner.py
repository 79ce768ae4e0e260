"""The verdict on all methods of a condition, in plain words."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from landmarks.analysis.statistics.estimate import Estimate
from landmarks.analysis.statistics.pair import Outcome, Pair


def winner_sentence(pairs: Sequence[Pair], means: Mapping[str, Estimate]) -> str:
    """Which method is best, and beside which others that is resolved.

    Args:
        pairs: Every pair of the condition, of `compare_pairs`.
        means: Mean error of each method in per cent, of `error_estimate`.

    Raises:
        ValueError: If there are no methods, or a pair is missing.

    >>> winner_sentence([], {"dark": Estimate(4.351, 4.18, 4.53)})
    'dark: 4.35 % (4.18 … 4.53), with nothing to compare it to.'
    """
    if not means:
        raise ValueError("there are no methods to compare")
    outcomes = _outcomes(pairs, means)
    ranked = sorted(
        (name for name, mean in means.items() if math.isfinite(mean.value)),
        key=lambda name: means[name].value,
    )
    lost = [name for name in means if name not in ranked]
    sentences = []
    if ranked:
        sentences.append(_sentence(ranked, outcomes, means))
    if lost:
        have = "has" if len(lost) == 1 else "have"
        sentences.append(
            f"{listed(lost)} {have} an error without end on some faces and so no mean to compare."
        )
    sentences += _scope([pair for pair in pairs if {pair.method, pair.reference} <= {*ranked}])
    return " ".join(sentences)


def needed_sentence(pairs: Sequence[Pair], best: str) -> str | None:
    """How many faces or seeds would tell the methods apart that are not told from the best.

    Args:
        pairs: Every pair of the condition, of `compare_pairs`.
        best: The method of lowest mean error.

    Returns:
        A sentence; None if all are told apart from the best, or no number is known that would do.

    >>> import numpy as np
    >>> from landmarks.analysis.statistics import compare_pairs
    >>> rng = np.random.default_rng(0)
    >>> easy = rng.normal(4.0, 1.0, 200)
    >>> errors = {"dark": easy[None], "soft": (easy + rng.normal(0.03, 0.2, 200))[None]}
    >>> pairs = compare_pairs(errors, {"dark": ("a",), "soft": ("a",)})
    >>> needed_sentence(pairs, "dark")
    'To tell a difference as large as that seen would take about 2,200 faces for soft.'
    """
    parts = []
    for pair in pairs:
        if best not in (pair.method, pair.reference):
            continue
        other = pair.reference if pair.method == best else pair.method
        numbers = []
        if pair.verdict.faces_needed is not None:
            numbers.append(f"{_rounded(pair.verdict.faces_needed):,} faces")
        if pair.verdict.seeds_needed is not None:
            numbers.append(f"{_rounded(pair.verdict.seeds_needed):,} seeds")
        if pair.verdict.outcome is Outcome.NOT_RESOLVED and numbers:
            parts.append(f"{' or '.join(numbers)} for {other}")
    if not parts:
        return None
    return f"To tell a difference as large as that seen would take about {listed(parts)}."


def _rounded(number: int) -> int:
    """To two digits: more would claim too much."""
    size = 10 ** max(0, len(str(number)) - 2)
    rounded: int = math.ceil(number / size) * size
    return rounded


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them.

    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _sentence(
    ranked: Sequence[str],
    outcomes: Mapping[tuple[str, str], Outcome],
    means: Mapping[str, Estimate],
) -> str:
    best, *others = ranked
    mean = f"{means[best].value:.2f} %"
    if not others:
        limits = (means[best].low, means[best].high)
        interval = "" if math.isnan(limits[0]) else f" ({limits[0]:.2f} … {limits[1]:.2f})"
        return f"{best}: {mean}{interval}, with nothing to compare it to."
    beaten = [name for name in others if outcomes[best, name] is Outcome.BETTER]
    equals = [name for name in others if name not in beaten]
    if not equals:
        if len(others) == 1:
            return f"{best} is better than {others[0]}: {mean} against {_mean(others[0], means)}."
        return f"{best} is best: {mean}, resolved against all {len(others)} others."
    group = [best, *equals]
    told_apart = any(
        outcomes[couple] is not Outcome.NOT_RESOLVED for couple in combinations(group, 2)
    )
    if told_apart:
        lead = f"{best} has the lowest error, {mean}, but is not told apart from {listed(equals)}"
        return f"{lead}; it beats {listed(beaten)}." if beaten else f"{lead}."
    if len(group) == 2:
        lead = f"{listed(group)} are not told apart ({mean} and {_mean(equals[0], means)})"
    else:
        lead = f"{listed(group)} are not told apart ({mean} to {_mean(equals[-1], means)})"
    if not beaten:
        return f"{lead}."
    by_all = [
        name for name in beaten if all(outcomes[one, name] is Outcome.BETTER for one in group)
    ]
    by_some = [name for name in beaten if name not in by_all]
    parts = [lead]
    if by_all:
        number = "both" if len(group) == 2 else f"all {_number(len(group))}"
        parts.append(f"{number} beat {listed(by_all)}")
    if by_some:
        parts.append(f"{listed(by_some)} {_loses(by_some)} to {best}, but not to each of these")
    return "; ".join(parts) + "."


def _scope(pairs: Sequence[Pair]) -> list[str]:
    """What limits the verdict to the trainings at hand."""
    apart = [pair for pair in pairs if not pair.same_training]
    if any(pair.seeds == 1 for pair in apart):
        return ["One seed: where trainings differ, this holds for these trainings alone."]
    if pairs and pairs[0].seeds == 1:
        return ["One seed: this holds for the network that all of them read."]
    if any(pair.foreign for pair in apart):
        return ["Other programs' methods are one training each, whose luck is unknown."]
    return []


def _outcomes(
    pairs: Sequence[Pair], means: Mapping[str, Estimate]
) -> dict[tuple[str, str], Outcome]:
    """Outcomes of the pairs both ways round."""
    turned = {
        Outcome.BETTER: Outcome.WORSE,
        Outcome.WORSE: Outcome.BETTER,
        Outcome.NOT_RESOLVED: Outcome.NOT_RESOLVED,
    }
    outcomes = {}
    for pair in pairs:
        outcomes[pair.method, pair.reference] = pair.verdict.outcome
        outcomes[pair.reference, pair.method] = turned[pair.verdict.outcome]
    for one, other in combinations(means, 2):
        if (one, other) not in outcomes:
            raise ValueError(f"{one} and {other} were not compared; give every pair of the methods")
    return outcomes


def _mean(name: str, means: Mapping[str, Estimate]) -> str:
    return f"{means[name].value:.2f} %"


def _loses(names: Sequence[str]) -> str:
    return "loses" if len(names) == 1 else "lose"


def _number(count: int) -> str:
    words = {3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}
    return words.get(count, str(count))
