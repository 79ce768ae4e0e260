"""One split with a few methods, told by hand."""

from landmarks.analysis.report.content import SplitReport
from landmarks.analysis.scores import MethodScore
from landmarks.analysis.statistics import Estimate, Outcome, Pair, Verdict
from landmarks.benchmarks import BENCHMARKS

PROTOCOL = BENCHMARKS["300w"].facts.protocols[0]


def score(method, nme, difference, seeds=3, **changes):
    own = MethodScore(
        split="lfpw/testset",
        protocol=PROTOCOL.name,
        method=method,
        seeds=seeds,
        faces=224,
        nme=Estimate(nme, nme - 0.1, nme + 0.12),
        seed_spread=0.03 if seeds > 1 else None,
        difference=difference,
        fr=1.0,
        auc=60.0,
        parameters=1_234_567 if seeds else None,
        network_ms=1.5 if seeds else None,
        decode_ms=0.25 if seeds else None,
    )
    return own._replace(**changes)


def pair(method, reference, value, outcome):
    return Pair(
        method=method,
        reference=reference,
        seeds=3,
        faces=224,
        difference=Estimate(value, value - 0.05, value + 0.05),
        relative=100 * value / 4,
        p_bootstrap=0.0001,
        p_wilcoxon=0.02,
        p_bootstrap_holm=0.0003,
        p_wilcoxon_holm=0.06,
        effect=value,
        better_faces=0.375,
        face_sd=0.5,
        seed_sd=0.02,
        rest_sd=0.1,
        detectable=0.08,
        same_training=method == "b_2",
        foreign="[e]" in (method, reference),
        verdict=Verdict(outcome, None, None, f"{outcome.value}: a sentence"),
    )


def small_split():
    """``b_2`` is best, ``c & d`` is not told apart from it, ``a%`` is worse, as is ``[e]``."""
    unresolved = Outcome.NOT_RESOLVED
    return SplitReport(
        name="lfpw/testset",
        found="224 of 224 faces of lfpw/testset",
        protocol=PROTOCOL,
        verdict="b_2 and c & d are not told apart.",
        scores=[
            score("a%", 4.5, Estimate(0.5, 0.45, 0.55)),
            score("b_2", 4.0, None),
            score("c & d", 4.02, Estimate(0.02, -0.03, 0.07)),
            score("[e]", 4.4, Estimate(0.4, 0.35, 0.45), seeds=0),
        ],
        pairs=[
            pair("b_2", "a%", -0.5, Outcome.BETTER),
            pair("c & d", "a%", -0.48, Outcome.BETTER),
            pair("c & d", "b_2", 0.02, unresolved),
            pair("[e]", "a%", -0.1, unresolved),
            pair("[e]", "b_2", 0.4, Outcome.WORSE),
            pair("[e]", "c & d", 0.38, Outcome.WORSE),
        ],
    )


__all__ = ["PROTOCOL", "pair", "score", "small_split"]
