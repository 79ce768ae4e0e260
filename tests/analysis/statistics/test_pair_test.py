import numpy as np

from landmarks.analysis.statistics.pair_test import pair_tests
from landmarks.analysis.statistics.simulation import Population


def test_one_set_of_drawn_faces_serves_all_pairs():
    """Where methods share nothing, a pair's test is the same whatever stands beside it."""
    errors = Population((0.0,) * 3).draw(np.random.default_rng(0), 1, 1, 80).errors[0]
    named = dict(zip("abc", errors, strict=True))
    trainings = {name: (name,) for name in named}
    (alone,) = pair_tests({name: named[name] for name in "ab"}, trainings, [("b", "a")])
    among = pair_tests(named, trainings, [("b", "a"), ("c", "a")])
    assert np.allclose(among[0].difference, alone.difference, rtol=1e-12)
    assert among[0].p == alone.p
    assert among[0].spread is None


def test_a_foreign_method_keeps_the_spread_of_its_partner():
    errors = Population((0.1,) * 4).draw(np.random.default_rng(0), 1, 3, 80).errors[0]
    named = dict(zip("abcd", errors, strict=True))
    named["d"] = named["d"][:1]
    trainings = {name: tuple(f"{name}{seed}" for seed in range(3)) for name in "abc"}
    trainings["d"] = (None,)
    own, foreign = pair_tests(named, trainings, [("b", "a"), ("d", "a")])
    assert own.spread.freedom == 4
    assert foreign.spread.freedom == 2
    assert np.isclose(foreign.spread.variance, named["a"].mean(axis=1).var(ddof=1))
