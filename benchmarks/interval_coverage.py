"""Prints how often intervals cover the truth, and how often differences are claimed or missed.

    python benchmarks/interval_coverage.py

Comparisons are drawn from a known truth (`landmarks.analysis.statistics.simulation`), and several
ways of making an interval over faces and seeds are tried on the same draws; "this package" is the
one that `landmarks compare` uses. For one seed the truth is that of the trained network.

It takes four to five minutes of one core's time.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats
from tqdm import tqdm

from landmarks.analysis.statistics.components import variance_components
from landmarks.analysis.statistics.pairs import holm
from landmarks.analysis.statistics.resampling import (
    face_means,
    limits,
    seed_luck,
    two_sided_p,
    with_seeds,
)
from landmarks.analysis.statistics.seed_spread import SeedSpread, own_spread, shared_spreads
from landmarks.analysis.statistics.simulation import Population

_DRAWS = 1_999
_SEEDS = (1, 2, 3, 5)
_FACES = (100, 700)
_SEED_SDS = (0.0, 0.03, 0.1)
_REST_SDS = (0.3, 1.0)

_Values = Float[np.ndarray, "S N"]
_Draws = Float[np.ndarray, " B"]


class Count(NamedTuple):
    """Coverage of one way in one regime.

    Attributes:
        covered: Share of the intervals that hold the truth.
        width: Mean width, as a multiple of 3.92 true standard errors.
    """

    covered: float
    width: float


def main() -> None:
    """Simulates and prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comparisons", type=int, default=600, help="drawn for each regime")
    parser.add_argument("--families", type=int, default=150, help="drawn for each pattern")
    arguments = parser.parse_args()
    print(
        "95 % intervals of a mean over faces and seeds, and of a paired difference of two, over\n"
        f"N in {_FACES}, seed sd in {_SEED_SDS}, face × seed sd in {_REST_SDS}:\n"
        "coverage, lowest and mean over these regimes, in per cent; mean width, 1 being that of\n"
        "known variances\n"
    )
    print(f"{'of':12}{'S':>2}  {'way':34}{'lowest':>7}{'mean':>7}{'width':>7}")
    for (what, methods), seeds in product((("error", 1), ("difference", 2)), _SEEDS):
        counts = defaultdict(list)
        regimes = list(product(_FACES, _SEED_SDS, _REST_SDS))
        for faces, seed_sd, rest_sd in tqdm(regimes, desc=f"{what}, {seeds} seeds", leave=False):
            population = Population((seed_sd,) * methods, rest_sd, shared_seed_sd=0.0)
            for way, count in _coverage(population, arguments.comparisons, seeds, faces).items():
                counts[way].append(count)
        for way, found in counts.items():
            covered, width = np.array(found).T
            print(
                f"{what:12}{seeds:2}  {way:34}{100 * covered.min():7.1f}"
                f"{100 * covered.mean():7.1f}{width.mean():7.2f}"
            )
    print(
        "\nSix methods with trainings of their own, 15 pairs, N = 554, face × seed sd 0.6; Holm's\n"
        "correction. Families with a claim where all means are equal; of 5 pairs that differ by\n"
        "3 % of the NME (0.12), share that is resolved; coverage of the pairs' intervals, of the\n"
        "worst pair and on average; per cent\n"
    )
    print(f"{'seed sd':26}{'S':>2}  {'spread of the seeds':22}{'false':>6}{'found':>7}"
          f"{'worst':>7}{'mean':>7}")  # fmt: skip
    patterns = {
        "0.03 each": (0.03,) * 6,
        "0.01 to 0.06": (0.01, 0.02, 0.03, 0.04, 0.05, 0.06),
        "0.03, one of 0.09": (0.09, *(0.03,) * 5),
    }
    for (name, seed_sd), seeds in product(patterns.items(), (3, 5)):
        null = _families(Population(seed_sd), arguments.families, seeds)
        planted = _families(
            Population(seed_sd, worse=(0.0,) * 5 + (0.12,)), arguments.families, seeds
        )
        for way, found in null.items():
            print(
                f"{name:26}{seeds:2}  {way:22}{100 * found.any_claim:6.1f}"
                f"{100 * planted[way].found:7.1f}{100 * found.worst:7.1f}{100 * found.mean:7.1f}"
            )


def _coverage(
    population: Population, comparisons: int, seeds: int, faces: int
) -> Mapping[str, Count]:
    """Coverage of every way in one regime."""
    drawn = population.draw(np.random.default_rng(0), comparisons, seeds, faces)
    sign = np.array([1.0, -1.0])[: len(drawn.truth), None, None]
    values = (drawn.errors * sign).sum(axis=1)
    if seeds == 1:
        truths = (drawn.network_truth * sign[:, 0]).sum(axis=1)[:, 0]
    else:
        truths = np.full(comparisons, (drawn.truth * sign[:, 0, 0]).sum())
    estimates = values.mean(axis=(1, 2))
    error = float((estimates - truths).std())
    by_seed = np.stack([face_means(values[:, s].T, _DRAWS) for s in range(seeds)])
    ways = _WAYS if seeds > 1 else {"faces alone": _faces_alone}
    found = {}
    for way, draws in ways.items():
        intervals = np.array(
            [limits(draws(values[c], by_seed[:, :, c])) for c in range(comparisons)]
        )
        low, high = intervals.T
        found[way] = Count(
            float(((low <= truths) & (truths <= high)).mean()),
            float((high - low).mean() / (3.92 * error)),
        )
    return found


def _faces_alone(values: _Values, by_seed: Float[np.ndarray, "S B"]) -> _Draws:
    return by_seed.mean(axis=0)


def _this_package(values: _Values, by_seed: Float[np.ndarray, "S B"]) -> _Draws:
    rest = variance_components(values).rest or 0.0
    return with_seeds(by_seed.mean(axis=0), rest / values.shape[1], own_spread(values), len(values))


def _pigeonhole(values: _Values, by_seed: Float[np.ndarray, "S B"]) -> _Draws:
    seeds, draws = by_seed.shape
    counts = np.random.default_rng(1).multinomial(seeds, np.full(seeds, 1 / seeds), draws)
    return (by_seed * counts.T).sum(axis=0) / seeds


def _plus_t(values: _Values, by_seed: Float[np.ndarray, "S B"]) -> _Draws:
    return _with_t(values, by_seed, own_spread(values).variance)


def _plus_t_less_rest(values: _Values, by_seed: Float[np.ndarray, "S B"]) -> _Draws:
    return _with_t(values, by_seed, variance_components(values).seed or 0.0)


def _with_t(values: _Values, by_seed: Float[np.ndarray, "S B"], variance: float) -> _Draws:
    luck = seed_luck(len(values) - 1, by_seed.shape[1])
    error = np.sqrt(variance / len(values))
    return by_seed.mean(axis=0) + error * luck.normal * np.sqrt(luck.variance)


def _satterthwaite(values: _Values, by_seed: Float[np.ndarray, "S B"]) -> _Draws:
    """No draws of faces: t with the degrees of freedom of the sum of mean squares."""
    seeds, faces = values.shape
    found = variance_components(values)
    rest, own = (found.rest or 0.0) / faces, own_spread(values).variance
    of_faces = float(values.mean(axis=0).var(ddof=1)) / faces
    variance = max(of_faces, of_faces + (own - rest) / seeds)
    freedom = variance**2 / (
        of_faces**2 / (faces - 1)
        + (own / seeds) ** 2 / (seeds - 1)
        + (rest / seeds) ** 2 / ((seeds - 1) * (faces - 1))
    )
    even = (np.arange(by_seed.shape[1]) + 0.5) / by_seed.shape[1]
    return np.asarray(values.mean() + np.sqrt(variance) * stats.t.ppf(even, freedom))


_WAYS: Mapping[str, Callable[[_Values, Float[np.ndarray, "S B"]], _Draws]] = {
    "this package": _this_package,
    "faces + t of the seeds": _plus_t,
    "faces + t, less face × seed noise": _plus_t_less_rest,
    "Satterthwaite, no bootstrap": _satterthwaite,
    "faces and seeds resampled": _pigeonhole,
    "faces alone": _faces_alone,
}


class Claims(NamedTuple):
    """What families of pairs led to.

    Attributes:
        any_claim: Share of the families in which any two equal methods were told apart.
        found: Share of the pairs that differ and were told apart.
        worst: Coverage of the worst pair.
        mean: Mean coverage.
    """

    any_claim: float
    found: float
    worst: float
    mean: float


def _families(population: Population, families: int, seeds: int) -> Mapping[str, Claims]:
    """Claims by the pairs' own spreads, by shared ones, and by the larger of the two."""
    faces, methods = 554, len(population.seed_sd)
    names = [str(method) for method in range(methods)]
    trainings = {name: tuple(f"{name} {seed}" for seed in range(seeds)) for name in names}
    couples = list(combinations(range(methods), 2))
    claims: dict[str, list[list[bool]]] = defaultdict(list)
    covered: dict[str, list[list[bool]]] = defaultdict(list)
    truth = np.zeros(methods)
    rng = np.random.default_rng(0)
    for _ in tqdm(range(families), leave=False):
        (errors,), truth, _ = population.draw(rng, 1, seeds, faces)
        means = face_means(errors.mean(axis=1).T, _DRAWS)
        shared = shared_spreads(dict(zip(names, errors, strict=True)), trainings).apart
        ps: dict[str, list[float]] = defaultdict(list)
        within: dict[str, list[bool]] = defaultdict(list)
        for one, other in couples:
            values = errors[one] - errors[other]
            rest = (variance_components(values).rest or 0.0) / faces
            own = own_spread(values)
            for way, spread in _spreads(own, shared).items():
                drawn = with_seeds(means[:, one] - means[:, other], rest, spread, seeds)
                low, high = limits(drawn)
                ps[way].append(two_sided_p(drawn))
                within[way].append(low <= truth[one] - truth[other] <= high)
        for way, found in ps.items():
            claims[way].append([p < 0.05 for p in holm(found)])
            covered[way].append(within[way])
    differ = np.array([truth[one] != truth[other] for one, other in couples])
    results = {}
    for way, found in claims.items():
        claimed, hits = np.array(found), np.array(covered[way])
        results[way] = Claims(
            float(claimed[:, ~differ].any(axis=1).mean()),
            float(claimed[:, differ].mean()) if differ.any() else np.nan,
            float(hits.mean(axis=0).min()),
            float(hits.mean()),
        )
    return results


def _spreads(own: SeedSpread, shared: SeedSpread) -> Mapping[str, SeedSpread]:
    return {
        "this package": shared.at_least(own),
        "each pair's own": own,
        "shared by all pairs": shared,
    }


if __name__ == "__main__":
    main()
