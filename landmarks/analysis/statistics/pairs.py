"""Every pair of methods on the same faces, under the same seeds."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float

from landmarks.analysis.statistics.pair import Pair
from landmarks.analysis.statistics.pair_test import PairTest, pair_tests
from landmarks.analysis.statistics.required import Design
from landmarks.analysis.statistics.verdict import LEVEL, Evidence, judge, no_difference, no_mean

_Errors = Mapping[str, Float[np.ndarray, "_ N"]]
_Trainings = Mapping[str, Sequence[str | None]]


def compare_pairs(errors: _Errors, trainings: _Trainings, seed: int = 0) -> list[Pair]:
    """Every pair of methods once, each later method against each earlier one.

    Errors are paired by face and by seed: under one seed, methods start from the same weights and
    see the same crops. Means are compared by `landmarks.analysis.statistics.resampling`, with one
    set of drawn faces for all pairs; typical faces by `signed_rank`, on the differences averaged
    over the seeds. The p of both are adjusted for the number of pairs by Holm's method (1979,
    https://www.jstor.org/stable/4615733).

    Three seeds tell little of how far seeds lie apart: t with two degrees of freedom, corrected for
    15 pairs, asks for a difference of 17 standard errors. Where three or more trainings are
    compared, the spread of the seeds is therefore shared by all pairs, as in the analysis of
    variance of a randomised block design, but never taken smaller than a pair's own; this is this
    project's choice. In simulated families of six methods under three seeds it resolves 34 of 100
    differences of 3 % where each pair's own spread resolves 4, with a false claim in 3 of 100
    families. It assumes that trainings of different methods are about equally lucky: where the
    seeds of one lie three times as far apart as those of the other five, the 95 % intervals of its
    pairs cover in 87 of 100 comparisons, with a false claim in 5 of 100 families
    (benchmarks/interval_coverage.py). Pairs that read one training share among themselves; a pair
    with a foreign method has its own spread only.

    Args:
        errors: For each method (S, N) errors in per cent under S seeds on N faces, in one order;
            (1, N) for a method of another program. Infinite where a face was lost.
        trainings: For each method the name of its training under each seed, None for another
            program's. Methods with the same names read the same networks.
        seed: Of the draws. The order of the methods decides which one is the reference, and nothing
            else.

    Returns:
        The pairs (0, 1), (0, 2), ..., (1, 2), ... of the methods in their order.

    Raises:
        ValueError: If the methods do not fit together, or an error is NaN.

    >>> rng = np.random.default_rng(0)
    >>> hard = rng.lognormal(1.3, 0.4, 500)
    >>> errors = {name: hard + rng.normal(0, 0.4, (3, 500)) for name in ("argmax", "dark")}
    >>> errors["dark"] -= 0.2
    >>> (pair,) = compare_pairs(errors, {"argmax": ("a0", "a1", "a2"), "dark": ("d0", "d1", "d2")})
    >>> pair.method, pair.reference, pair.verdict.sentence
    ('dark', 'argmax', 'better: -0.19 (-0.30 … -0.08)')
    """
    _refuse(errors, trainings)
    couples = [(method, reference) for reference, method in combinations(errors, 2)]
    if not couples:
        return []
    tests = pair_tests(errors, trainings, couples, seed)
    p_bootstrap = holm([test.p for test in tests])
    p_wilcoxon = holm([test.ranks.p for test in tests])
    # What is resolved stays so, and leaves fewer pairs to correct the others for.
    left = len(tests) - sum(p < LEVEL for p in p_bootstrap)
    return [
        _pair(test, p, p_ranks, LEVEL / max(1, left), len(tests))
        for test, p, p_ranks in zip(tests, p_bootstrap, p_wilcoxon, strict=True)
    ]


def holm(ps: Sequence[float]) -> list[float]:
    """Each p adjusted for their number by Holm's method; NaN stays NaN, but counts.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    # statsmodels' multipletests gives the same numbers, but searches all of the process's memory
    # for garbage at each call, which takes long where networks are held.
    found = np.where(np.isnan(ps), 1.0, ps)
    order = np.argsort(found)
    adjusted = np.empty_like(found)
    adjusted[order] = np.maximum.accumulate(found[order] * np.arange(len(found), 0, -1))
    return [float(p) for p in np.where(np.isnan(ps), np.nan, adjusted.clip(max=1))]


def _pair(test: PairTest, p: float, p_ranks: float, level: float, pairs: int) -> Pair:
    components, value = test.components, test.difference.value
    detectable: float | None = None
    if components is None:
        verdict = no_mean(_why(test))
    else:
        design = Design(len(test.own), test.seeds, level, components, test.spread)
        detectable = design.detectable()
        if np.array_equal(test.own, test.other) and value == test.difference.low == 0:
            verdict = no_difference()
        else:
            verdict = judge(
                Evidence(
                    difference=test.difference,
                    p_holm=p,
                    p_wilcoxon_holm=p_ranks,
                    typical=test.ranks.direction,
                    pairs=pairs,
                    design=design,
                    same_training=test.same_training,
                    foreign=test.foreign,
                )
            )
    spread = math.nan if components is None else float((test.own - test.other).std(ddof=1))
    return Pair(
        method=test.method,
        reference=test.reference,
        seeds=test.seeds,
        faces=len(test.own),
        difference=test.difference,
        relative=_ratio(100 * value, float(test.other.mean())),
        p_bootstrap=test.p,
        p_wilcoxon=test.ranks.p,
        p_bootstrap_holm=p,
        p_wilcoxon_holm=p_ranks,
        effect=_ratio(value, spread),
        better_faces=float((test.own < test.other).mean()),
        face_sd=math.nan if components is None else math.sqrt(components.face),
        seed_sd=None if components is None else _root(components.seed),
        rest_sd=None if components is None else _root(components.rest),
        detectable=detectable,
        same_training=test.same_training,
        foreign=test.foreign,
        verdict=verdict,
    )


def _why(test: PairTest) -> str:
    """Why two methods' means cannot be compared."""
    if len(test.own) == 1:
        return "one face tells nothing of the next"
    lost = [
        f"{name} has an error without end on {count:,} of {len(errors):,} faces"
        for name, errors in ((test.method, test.own), (test.reference, test.other))
        if (count := int(np.isinf(errors).sum()))
    ]
    return f"{' and '.join(lost)}, which leaves no mean to compare"


def _ratio(value: float, by: float) -> float:
    """A quotient; 0 / 0 is 0, and where only the divisor is zero, it is without end."""
    if by:
        return value / by
    return math.copysign(math.inf, value) if value else 0.0


def _root(variance: float | None) -> float | None:
    return None if variance is None else math.sqrt(variance)


def _refuse(errors: _Errors, trainings: _Trainings) -> None:
    if not errors:
        return
    if set(errors) != set(trainings):
        raise ValueError(
            f"errors are given of {sorted(errors)}, trainings of {sorted(trainings)}; name the "
            "trainings of each method"
        )
    seeds = max(len(values) for values in errors.values())
    first, faces = next((name, values.shape[1]) for name, values in errors.items())
    for name, values in errors.items():
        if values.shape[1] != faces or not faces:
            raise ValueError(
                f"{name} was measured on {values.shape[1]} faces and {first} on {faces}; all "
                "methods must be measured on the same faces, at least one"
            )
        if len(values) != len(trainings[name]):
            raise ValueError(
                f"{name} has errors of {len(values)} trainings and names of "
                f"{len(trainings[name])}; name each training once"
            )
        if len(values) != seeds and not (len(values) == 1 and trainings[name][0] is None):
            raise ValueError(
                f"{name} was trained under {len(values)} seeds, other methods under {seeds}; "
                "compare methods under the same seeds. One row beside several is for another "
                "program's predictions, whose training is None"
            )
        if np.isnan(values).any():
            raise ValueError(
                f"{name} has no error on {int(np.isnan(values).any(axis=0).sum())} of {faces} "
                "faces (NaN); measure every face, and give a lost one the error infinity"
            )
