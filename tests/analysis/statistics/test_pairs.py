import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from landmarks.analysis.statistics import Outcome, compare_pairs, pair_test
from landmarks.analysis.statistics.components import variance_components
from landmarks.analysis.statistics.pairs import holm
from landmarks.analysis.statistics.simulation import Population


def apart(errors):
    """Trainings of their own for every method."""
    return {
        method: tuple(f"{method}, seed {seed}" for seed in range(len(values)))
        for method, values in errors.items()
    }


def made_up(methods=3, seeds=3, faces=120, seed_sd=0.03, worse=(), draw=0):
    population = Population((seed_sd,) * methods, worse=worse)
    errors = population.draw(np.random.default_rng(draw), 1, seeds, faces).errors[0]
    return {f"m{place}": one for place, one in enumerate(errors)}


def only(errors, trainings=None):
    (pair,) = compare_pairs(errors, trainings or apart(errors))
    return pair


def plain_holm(ps):
    """Holm's step-down adjustment in plain loops."""
    order = sorted(range(len(ps)), key=lambda place: ps[place])
    adjusted, largest = [0.0] * len(ps), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = largest
    return adjusted


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
@settings(max_examples=15, deadline=None)
def test_holm_agrees_with_plain_loops(ps):
    assert holm(ps) == pytest.approx(plain_holm(ps))


def test_holm_agrees_with_statsmodels():
    ps = np.random.default_rng(0).uniform(0, 0.2, 20)
    assert holm(list(ps)) == pytest.approx(multipletests(ps, method="holm")[1])


def test_a_pair_without_p_counts_among_the_pairs():
    found = holm([0.01, math.nan, 0.5])
    assert found[0] == pytest.approx(0.03)
    assert math.isnan(found[1])
    assert found[2] == pytest.approx(1.0)


def test_every_pair_comes_once_the_later_against_the_earlier():
    errors = made_up(4)
    pairs = compare_pairs(errors, apart(errors))
    assert [(pair.method, pair.reference) for pair in pairs] == [
        ("m1", "m0"), ("m2", "m0"), ("m3", "m0"), ("m2", "m1"), ("m3", "m1"), ("m3", "m2"),
    ]  # fmt: skip
    assert [pair.p_bootstrap_holm for pair in pairs] == pytest.approx(
        plain_holm([pair.p_bootstrap for pair in pairs])
    )
    assert [pair.p_wilcoxon_holm for pair in pairs] == pytest.approx(
        plain_holm([pair.p_wilcoxon for pair in pairs])
    )


def test_the_figures_are_those_of_the_seed_averaged_differences():
    errors = made_up(2, worse=(0.0, 0.1))
    pair = only(errors)
    own, other = errors["m1"].mean(axis=0), errors["m0"].mean(axis=0)
    assert (pair.seeds, pair.faces) == (3, 120)
    assert pair.difference.value == pytest.approx((own - other).mean())
    assert pair.difference.low < pair.difference.value < pair.difference.high
    assert pair.relative == pytest.approx(100 * (own - other).mean() / other.mean())
    assert pair.effect == pytest.approx((own - other).mean() / (own - other).std(ddof=1))
    assert pair.better_faces == (own < other).mean()
    assert pair.p_wilcoxon == stats.wilcoxon(own, other).pvalue
    components = variance_components(errors["m1"] - errors["m0"])
    assert (pair.face_sd**2, pair.seed_sd**2, pair.rest_sd**2) == pytest.approx(components)


def test_the_order_of_the_methods_only_turns_the_pairs():
    errors = made_up(3)
    there = compare_pairs(errors, apart(errors))
    back = compare_pairs(dict(reversed(errors.items())), apart(errors))
    for pair in there:
        turned = next(one for one in back if one.method == pair.reference
                      and one.reference == pair.method)  # fmt: skip
        value, low, high = pair.difference
        assert turned.difference == pytest.approx((-value, -high, -low))
        assert turned.p_bootstrap_holm == pair.p_bootstrap_holm
        assert turned.p_wilcoxon_holm == pytest.approx(pair.p_wilcoxon_holm)
        assert turned.effect == pytest.approx(-pair.effect)
        assert turned.verdict.faces_needed == pair.verdict.faces_needed
    assert compare_pairs(errors, apart(errors)) == there


def test_one_method_twice_is_no_difference():
    errors = {"first": made_up()["m0"]}
    errors["second"] = errors["first"].copy()
    for trainings in (apart(errors), dict.fromkeys(errors, ("one", "two", "three"))):
        pair = only(errors, trainings)
        assert pair.difference == (0, 0, 0)
        assert pair.p_bootstrap == pair.p_wilcoxon == 1
        assert pair.effect == pair.better_faces == pair.face_sd == 0
        assert pair.verdict.outcome is Outcome.NOT_RESOLVED
        assert pair.verdict.sentence == "not resolved: no difference on any face"
        assert pair.verdict.faces_needed is pair.verdict.seeds_needed is None


@pytest.fixture
def _few_draws(monkeypatch):
    """Draws enough to tell a p of 0.05 / 10, for tests of many comparisons."""
    monkeypatch.setattr(pair_test, "DRAWS", 1_999)
    monkeypatch.setattr(pair_test, "_DRAWS_A_PAIR", 0)


@pytest.mark.usefixtures("_few_draws")
@pytest.mark.parametrize(("seeds", "faces"), [(1, 100), (3, 100)])
def test_one_method_twice_with_other_noise_is_seldom_resolved(seeds, faces):
    """At most one null comparison in twenty is claimed, as far as 150 can tell."""
    population = Population((0.0, 0.0) if seeds == 1 else (0.05, 0.05))
    drawn = population.draw(np.random.default_rng(3), 150, seeds, faces)
    claims = sum(
        only({"a": one[0], "b": one[1]}).verdict.outcome is not Outcome.NOT_RESOLVED
        for one in drawn.errors
    )
    assert claims / 150 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 150)


@pytest.mark.usefixtures("_few_draws")
def test_families_of_equal_methods_are_seldom_told_apart():
    """At most one family of five equal methods in twenty leads to any claim."""
    population = Population((0.05,) * 5)
    drawn = population.draw(np.random.default_rng(4), 60, 3, 100)
    claims = 0
    for one in drawn.errors:
        errors = {f"m{place}": values for place, values in enumerate(one)}
        pairs = compare_pairs(errors, apart(errors))
        claims += any(pair.verdict.outcome is not Outcome.NOT_RESOLVED for pair in pairs)
    assert claims / 60 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 60)


def test_a_difference_of_three_per_cent_is_found():
    """0.12 of an NME of 4, on 2,500 faces under 5 seeds, beside five methods of one mean.

    Seeds lie 0.03 apart (standard deviation), face × seed noise has 0.6. On 689 faces under 3 seeds
    about one in four such pairs is resolved.
    """
    found = claimed = 0
    for draw in range(2):
        errors = made_up(6, 5, 2500, worse=(0.12, 0, 0, 0, 0, 0), draw=draw)
        for pair in compare_pairs(errors, apart(errors)):
            if pair.reference == "m0":
                found += pair.verdict.outcome is Outcome.BETTER
                assert pair.verdict.outcome is not Outcome.WORSE
            else:
                claimed += pair.verdict.outcome is not Outcome.NOT_RESOLVED
    assert found >= 8
    assert claimed <= 1


def test_three_per_cent_more_on_every_face_are_found_on_few():
    errors = made_up(1, 3, 100)
    errors["worse"] = 1.03 * errors["m0"]
    pair = only(errors)
    assert pair.verdict.outcome is Outcome.WORSE
    assert pair.relative == pytest.approx(3)


def test_decoding_is_told_apart_on_shared_networks():
    """0.04 between two decoders of the same three networks, where networks differ by far more."""
    rng = np.random.default_rng(0)
    network = made_up(1, 3, 500, seed_sd=0.2)["m0"]
    errors = {"dark": network, "argmax": network + 0.04 + rng.normal(0, 0.2, network.shape)}
    pair = only(errors, dict.fromkeys(errors, ("one", "two", "three")))
    assert pair.same_training
    assert pair.verdict.outcome is Outcome.WORSE


def test_sharing_the_spread_of_seeds_makes_many_methods_sharper():
    errors = made_up(6, 3, 400, worse=(0.2, 0, 0, 0, 0, 0))
    alone = only({name: errors[name] for name in ("m0", "m1")})
    among = compare_pairs(errors, apart(errors))[0]
    assert among.difference.value == alone.difference.value
    width, own = (np.ptp(pair.difference[1:]) for pair in (among, alone))
    assert width < 0.9 * own
    # What is reported of the pair's own seeds stays its own.
    assert among.seed_sd == alone.seed_sd


@pytest.mark.parametrize("names", [("one",), (None,)])
def test_one_seed_is_no_other(names):
    errors = made_up(2, seeds=1, faces=300, worse=(0.0, 0.4))
    pair = only(errors, {"m0": ("its own",), "m1": names})
    assert pair.verdict.outcome is Outcome.WORSE
    assert pair.verdict.sentence.endswith(
        "for these two trainings; one seed says nothing about another"
    )
    assert pair.seed_sd is pair.rest_sd is None
    same = only(errors, dict.fromkeys(errors, ("one",)))
    assert same.same_training
    assert same.verdict.sentence.endswith("on this one network")


def test_another_programs_predictions_stand_beside_every_seed():
    errors = made_up(3, worse=(0.0, 0.0, 0.5))
    errors["m2"] = errors["m2"][:1]
    trainings = {**apart(errors), "m2": (None,)}
    pairs = compare_pairs(errors, trainings)
    assert [pair.foreign for pair in pairs] == [False, True, True]
    assert [pair.seeds for pair in pairs] == [3, 3, 3]
    beside = pairs[1]
    assert not beside.same_training
    assert beside.difference.value == pytest.approx(errors["m2"].mean() - errors["m0"].mean())
    assert beside.seed_sd is not None
    assert "beside one training; how far another would lie from it is unknown" in (
        beside.verdict.sentence
    )
    both = only({"x": errors["m2"], "y": errors["m2"] + 1}, {"x": (None,), "y": (None,)})
    assert not both.same_training


def test_a_lost_face_leaves_no_mean_but_ranks():
    errors = made_up(3, faces=60, worse=(0.0, 0.0, 0.5))
    errors["m1"][0, 5] = errors["m1"][:, 7] = errors["m2"][:, 7] = np.inf
    first, _, both = compare_pairs(errors, apart(errors))
    assert first.difference.value == np.inf
    for number in (*first.difference[1:], first.p_bootstrap, first.p_bootstrap_holm, first.effect):
        assert math.isnan(number)
    assert 0 < first.p_wilcoxon <= 1
    assert first.verdict.outcome is Outcome.NOT_RESOLVED
    assert first.verdict.sentence == (
        "not resolved: m1 has an error without end on 2 of 60 faces, which leaves no mean to "
        "compare"
    )
    assert "m2 has an error without end on 1 of 60 faces and m1 has" in both.verdict.sentence
    assert math.isnan(both.difference.value)
    everything = {name: np.full((2, 3), np.inf) for name in "ab"}
    assert only(everything).p_wilcoxon == 1


def test_a_single_face_tells_nothing():
    pair = only({"a": np.array([[1.0], [1.1]]), "b": np.array([[2.0], [2.1]])})
    assert pair.verdict.sentence == "not resolved: one face tells nothing of the next"
    assert pair.difference.value == pytest.approx(1.0)


def test_a_single_method_has_no_pairs():
    assert compare_pairs({"a": np.ones((2, 3))}, {"a": ("x", "y")}) == []
    assert compare_pairs({}, {}) == []


@pytest.mark.parametrize(
    ("second", "trainings", "message"),
    [
        (np.ones((3, 4)), {"a": "123"}, "name the trainings"),
        (np.ones((3, 5)), {"a": "123", "b": "456"}, "b was measured on 5 faces and a on 4"),
        (np.ones((2, 4)), {"a": "123", "b": "45"}, "under 2 seeds, other methods under 3"),
        (np.ones((1, 4)), {"a": "123", "b": "4"}, "whose training is None"),
        (np.ones((3, 4)), {"a": "123", "b": "45"}, "errors of 3 trainings and names of 2"),
        (np.full((3, 4), np.nan), {"a": "123", "b": "456"}, "no error on 4 of 4 faces"),
    ],
)
def test_what_does_not_fit_together_is_refused(second, trainings, message):
    with pytest.raises(ValueError, match=message):
        compare_pairs({"a": np.ones((3, 4)), "b": second}, trainings)
