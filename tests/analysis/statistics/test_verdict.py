import pytest

from landmarks.analysis.statistics import Estimate, Outcome
from landmarks.analysis.statistics.components import Components
from landmarks.analysis.statistics.required import Design
from landmarks.analysis.statistics.seed_spread import SeedSpread
from landmarks.analysis.statistics.verdict import Evidence, judge

DESIGN = Design(
    500, 3, 0.05 / 15, Components(0.36, 0.0004, 0.25), SeedSpread(0.0004 + 0.25 / 500, 10)
)


def evidence(value=-0.29, low=-0.38, high=-0.19, p=0.001, p_ranks=0.001, typical=-0.3, **others):
    rest = {"pairs": 15, "design": DESIGN, "same_training": False, "foreign": False}
    return Evidence(Estimate(value, low, high), p, p_ranks, typical, **{**rest, **others})


def test_what_is_resolved_is_better_or_worse():
    better = judge(evidence())
    assert better == (Outcome.BETTER, None, None, "better: -0.29 (-0.38 … -0.19)")
    worse = judge(evidence(0.29, 0.19, 0.38, typical=0.3))
    assert worse == (Outcome.WORSE, None, None, "worse: +0.29 (+0.19 … +0.38)")


@pytest.mark.parametrize("p", [0.0499, 0.0501])
def test_the_corrected_p_decides(p):
    found = judge(evidence(p=p))
    assert (found.outcome is Outcome.BETTER) == (p < 0.05)
    assert ("not once corrected for 15 pairs" in found.sentence) == (p >= 0.05)


def test_a_rank_test_that_disagrees_is_named():
    assert judge(evidence(p_ranks=0.21)).sentence == (
        "better: -0.29 (-0.38 … -0.19); the signed-rank test does not confirm it (p 0.21): few "
        "faces decide"
    )
    assert "points the other way (p 0.001): few faces outweigh" in (
        judge(evidence(typical=0.3)).sentence
    )
    missed = judge(evidence(-0.02, -0.07, 0.03, p=0.8))
    assert missed.outcome is Outcome.NOT_RESOLVED
    assert missed.sentence.endswith(
        "the signed-rank test finds the error smaller on the typical face, for these seeds "
        "(p 0.001)"
    )


def test_what_is_not_resolved_says_what_would_do():
    found = judge(evidence(0.08, -0.03, 0.19, p=0.4, p_ranks=0.9, typical=0.1))
    assert found.faces_needed == DESIGN.faces_needed(0.08)
    assert found.seeds_needed is None
    wide = DESIGN._replace(faces=5000)
    found = judge(evidence(0.06, -0.01, 0.13, p=0.4, p_ranks=0.9, typical=0.1, design=wide))
    assert found.faces_needed is None or found.faces_needed > 5000
    assert found.seeds_needed == wide.seeds_needed(0.06)
    assert f"or {found.seeds_needed} seeds" in found.sentence or (
        f"about {found.seeds_needed} seeds" in found.sentence
    )
    assert "one beyond ±" in found.sentence


def test_what_no_number_resolves_says_so():
    found = judge(evidence(0.0005, -0.1, 0.1, p=0.9, p_ranks=0.9))
    assert found.faces_needed is found.seeds_needed is None
    assert "no number of faces or of seeds alone would resolve" in found.sentence


def test_small_differences_are_told_in_as_many_digits_as_they_have():
    found = judge(evidence(-0.004, -0.006, -0.002))
    assert found.sentence == "better: -0.004 (-0.006 … -0.002)"


def test_the_verdict_reaches_as_far_as_its_trainings():
    one = DESIGN._replace(seeds=1, spread=None, components=Components(0.36, None, None))
    assert "on this one network" in judge(evidence(design=one, same_training=True)).sentence
    assert "for these two trainings; one seed" in judge(evidence(design=one)).sentence
    missed = judge(evidence(0.02, -0.03, 0.07, p=0.8, p_ranks=0.9, design=one))
    assert missed.seeds_needed is None
    assert missed.faces_needed is not None
    assert "beside one training" in judge(evidence(foreign=True)).sentence
