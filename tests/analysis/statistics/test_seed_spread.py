import numpy as np
import pytest

from landmarks.analysis.statistics.seed_spread import (
    SeedSpread,
    own_spread,
    shared_spread,
    shared_spreads,
)


def names(*methods):
    return {method: tuple(f"{method} {seed}" for seed in range(3)) for method in methods}


def test_a_shared_spread_is_the_mean_of_all_pairs_own():
    table = np.random.default_rng(0).normal(0, 1, (5, 3))
    own = [np.var(table[one] - table[other], ddof=1) for one in range(5) for other in range(one)]
    found = shared_spread([table])
    assert found.variance == pytest.approx(np.mean(own))
    assert found.freedom == 8


def test_what_a_seed_does_to_all_methods_does_not_count():
    table = np.random.default_rng(0).normal(0, 1, (4, 3))
    found = shared_spread([table + np.array([0.0, 5.0, 9.0])])
    assert found.variance == pytest.approx(shared_spread([table]).variance)


def test_tables_share_their_residuals_alone():
    first, second = np.random.default_rng(0).normal(0, 1, (2, 3, 3))
    found = shared_spread([first, second + 7])
    apart = shared_spread([first]), shared_spread([second])
    assert found.freedom == 8
    assert found.variance == pytest.approx(np.mean([one.variance for one in apart]))


def test_a_pair_is_never_made_steadier_than_it_was_seen():
    shared = SeedSpread(1.0, 10)
    assert shared.at_least(SeedSpread(4.0, 2)) == SeedSpread(4.0, 10)
    assert shared.at_least(SeedSpread(0.1, 2)) == shared
    assert SeedSpread(1.0, 2).at_least(SeedSpread(0.1, 2)) == SeedSpread(0.1, 2)


def test_methods_of_one_training_are_one_among_the_others():
    rng = np.random.default_rng(0)
    errors = {name: rng.normal(0, 1, (3, 20)) for name in ("a", "b", "c")}
    trainings = names("a", "b", "c")
    alone = shared_spreads(errors, trainings)
    # A twin that reads a's networks, always 1 behind it.
    twin = shared_spreads(
        {**errors, "twin": errors["a"] + 1}, {**trainings, "twin": names("a")["a"]}
    )
    assert twin.apart.freedom == alone.apart.freedom == 4
    assert twin.apart.variance == pytest.approx(alone.apart.variance)
    assert alone.same == SeedSpread(0.0, 0)
    assert twin.same.freedom == 2
    assert twin.same.variance == pytest.approx(0)


def test_no_methods_share_nothing():
    assert shared_spreads({}, {}).apart == SeedSpread(0.0, 0)


def test_the_own_spread_is_of_the_seeds_means():
    values = np.random.default_rng(0).normal(0, 1, (3, 20))
    assert own_spread(values) == SeedSpread(pytest.approx(np.var(values.mean(1), ddof=1)), 2)
