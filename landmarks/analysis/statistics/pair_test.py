"""The tests between two methods, before any correction for their number."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from landmarks.analysis.statistics.components import Components, variance_components
from landmarks.analysis.statistics.estimate import Estimate
from landmarks.analysis.statistics.resampling import (
    DRAWS,
    face_means,
    limits,
    two_sided_p,
    with_seeds,
)
from landmarks.analysis.statistics.seed_spread import SeedSpread, own_spread, shared_spreads
from landmarks.analysis.statistics.signed_rank import SignedRank, signed_rank

_DRAWS_A_PAIR = 200
"""At least this many draws for each pair, so that the smallest Holm-adjusted p is 0.01."""


@dataclass(frozen=True)
class PairTest:
    """Two methods on the same faces, under the same seeds.

    Attributes:
        method: Name of the one.
        reference: Name of the other.
        own: (N,) errors of the one, averaged over its seeds.
        other: (N,) of the other.
        seeds: Number of seeds under which they are paired.
        same_training: Whether both read one network under each seed.
        foreign: Whether the training of either is unknown.
        difference: Mean difference with its interval.
        p: Of the bootstrap; NaN where there is no mean or only one face.
        ranks: The signed-rank test on the seed-averaged differences.
        components: What the difference varies with; None where p is NaN.
        spread: Of the seeds' means of the difference; None for one seed and where p is NaN.
    """

    method: str
    reference: str
    own: Float[np.ndarray, " N"]
    other: Float[np.ndarray, " N"]
    seeds: int
    same_training: bool
    foreign: bool
    difference: Estimate
    p: float
    ranks: SignedRank
    components: Components | None
    spread: SeedSpread | None


def pair_tests(
    errors: Mapping[str, Float[np.ndarray, "_ N"]],
    trainings: Mapping[str, Sequence[str | None]],
    couples: Sequence[tuple[str, str]],
    seed: int = 0,
) -> list[PairTest]:
    """Tests couples of methods, all by the same draws of faces.

    Args:
        errors: For each method (S, N), or (1, N).
        trainings: For each method the names of its trainings.
        couples: Method and reference of each test.
        seed: Of the draws.
    """
    averaged = {name: errors[name].mean(axis=0) for name in sorted(errors)}
    finite = [name for name, values in averaged.items() if np.isfinite(values).all()]
    own_trainings = {name: errors[name] for name in finite if None not in trainings[name]}
    shared = shared_spreads(own_trainings, trainings)
    means: dict[str, Float[np.ndarray, " B"]] = {}
    if finite:
        drawn = face_means(
            np.stack([averaged[name] for name in finite], axis=1),
            max(DRAWS, _DRAWS_A_PAIR * len(couples) - 1),
            seed,
        )
        means = {name: drawn[:, column] for column, name in enumerate(finite)}
    tests = []
    for method, reference in couples:
        own, other = averaged[method], averaged[reference]
        foreign = None in trainings[method] or None in trainings[reference]
        same = not foreign and tuple(trainings[method]) == tuple(trainings[reference])
        with np.errstate(invalid="ignore"):
            by_face = own - other
        seeds = max(len(errors[method]), len(errors[reference]))
        difference = Estimate(float(own.mean()) - float(other.mean()), math.nan, math.nan)
        p, components, spread = math.nan, None, None
        if method in means and reference in means and len(own) > 1:
            values = errors[method] - errors[reference]
            components = variance_components(values)
            over_faces = means[method] - means[reference]
            if seeds > 1:
                spread = own_spread(values)
                if not foreign:
                    spread = (shared.same if same else shared.apart).at_least(spread)
                # Drawn for the names in their order, so that the other way round is the mirror.
                way = 1 if method < reference else -1
                rest = (components.rest or 0.0) / len(own)
                over_faces = way * with_seeds(way * over_faces, rest, spread, seeds, seed)
            difference, p = (
                Estimate(float(by_face.mean()), *limits(over_faces)),
                two_sided_p(over_faces),
            )
        tests.append(
            PairTest(
                method=method,
                reference=reference,
                own=own,
                other=other,
                seeds=seeds,
                same_training=same,
                foreign=foreign,
                difference=difference,
                p=p,
                # Both lost: no difference on this face.
                ranks=signed_rank(np.where(np.isnan(by_face), 0.0, by_face)),
                components=components,
                spread=spread,
            )
        )
    return tests
