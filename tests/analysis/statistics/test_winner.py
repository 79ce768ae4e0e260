from functools import lru_cache
from itertools import combinations

import numpy as np
import pytest

from landmarks.analysis.statistics import (
    Estimate,
    Outcome,
    compare_pairs,
    error_estimate,
    winner_sentence,
)

MEANS = {"argmax": 4.6, "dark": 4.02, "matched": 4.0, "hih": 4.8, "h3r": 3.96}


@lru_cache
def undecided(methods, seeds):
    errors = {method: np.full((seeds, 3), MEANS[method]) for method in methods}
    return compare_pairs(errors, {method: tuple("123"[:seeds]) for method in methods})


def made_up(resolved, methods=tuple(MEANS), seeds=3, same_training=False, foreign=False):
    """Pairs of which `resolved` says which are; the smaller mean is the better."""
    pairs = []
    for pair in undecided(methods, seeds):
        outcome = Outcome.NOT_RESOLVED
        if resolved(pair.method, pair.reference):
            better = MEANS[pair.method] < MEANS[pair.reference]
            outcome = Outcome.BETTER if better else Outcome.WORSE
        pairs.append(
            pair._replace(
                verdict=pair.verdict._replace(outcome=outcome),
                same_training=same_training,
                foreign=foreign,
            )
        )
    return pairs, {method: Estimate(MEANS[method], 3.5, 5.0) for method in methods}


def told(resolved, *methods, **others):
    return winner_sentence(*made_up(resolved, methods or tuple(MEANS), **others))


def far(one, other):
    return abs(MEANS[one] - MEANS[other]) > 0.3


def test_a_best_method():
    assert told(lambda *_: True) == "h3r is best: 3.96 %, resolved against all 4 others."
    assert told(lambda *_: True, "dark", "h3r") == "h3r is better than dark: 3.96 % against 4.02 %."


def test_methods_that_are_not_told_apart():
    assert told(far) == (
        "h3r, matched and dark are not told apart (3.96 % to 4.02 %); all three beat argmax and "
        "hih."
    )
    assert told(far, "dark", "h3r", "hih") == (
        "h3r and dark are not told apart (3.96 % and 4.02 %); both beat hih."
    )
    assert told(lambda *_: False, "dark", "h3r") == (
        "h3r and dark are not told apart (3.96 % and 4.02 %)."
    )


def test_no_claim_is_made_for_all_that_holds_for_the_best_alone():
    found = told(lambda *couple: far(*couple) and {*couple} != {"dark", "argmax"})
    assert found == (
        "h3r, matched and dark are not told apart (3.96 % to 4.02 %); all three beat hih; argmax "
        "loses to h3r, but not to each of these."
    )
    # The two behind the best differ from one another, though neither does from the best.
    found = told(lambda *couple: {*couple} == {"dark", "hih"}, "dark", "h3r", "hih")
    assert found == "h3r has the lowest error, 3.96 %, but is not told apart from dark and hih."


def test_what_the_trainings_do_not_tell_is_said():
    assert told(far, "h3r", "hih", seeds=1).endswith(
        "One seed: where trainings differ, this holds for these trainings alone."
    )
    assert told(far, "h3r", "hih", seeds=1, same_training=True).endswith(
        "One seed: this holds for the network that all of them read."
    )
    assert told(far, "h3r", "hih", foreign=True).endswith("whose luck is unknown.")


def test_a_method_that_lost_faces_is_named_and_left_out():
    pairs, means = made_up(lambda *_: True, ("dark", "h3r", "hih"))
    means["h3r"] = Estimate(np.inf, np.nan, np.nan)
    assert winner_sentence(pairs, means) == (
        "dark is better than hih: 4.02 % against 4.80 %. h3r has an error without end on some "
        "faces and so no mean to compare."
    )
    lost = dict.fromkeys(means, Estimate(np.inf, np.nan, np.nan))
    assert winner_sentence(pairs, lost) == (
        "dark, h3r and hih have an error without end on some faces and so no mean to compare."
    )


def test_one_method_twice_is_not_told_apart():
    values = np.random.default_rng(0).lognormal(1.3, 0.4, (3, 50))
    errors = {"first": values, "again": values}
    pairs = compare_pairs(errors, {"first": (*"123",), "again": (*"456",)})
    means = {name: error_estimate(one) for name, one in errors.items()}
    assert "first and again are not told apart" in winner_sentence(pairs, means)


def test_every_pair_must_be_there():
    pairs, means = made_up(far)
    with pytest.raises(ValueError, match="were not compared"):
        winner_sentence(pairs[1:], means)
    with pytest.raises(ValueError, match="no methods"):
        winner_sentence([], {})


def test_sentences_never_claim_what_no_pair_holds():
    """For any outcomes, 'is best' is said only if the best is resolved against all others."""
    for mask in range(2**6):
        names = ["dark", "matched", "hih", "h3r"]
        couples = [frozenset(couple) for couple in combinations(names, 2)]
        yes = {couple for bit, couple in enumerate(couples) if mask >> bit & 1}
        sentence = told(lambda *couple, yes=yes: frozenset(couple) in yes, *names)
        best = all(frozenset(("h3r", other)) in yes for other in names[:3])
        assert ("is best" in sentence) == best
        if "are not told apart" in sentence:
            group = sentence.split(" are not")[0].replace(" and ", ", ").split(", ")
            assert not any(frozenset(couple) in yes for couple in combinations(group, 2))
