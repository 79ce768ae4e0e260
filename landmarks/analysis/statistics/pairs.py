"""Every pair of methods on the same faces, under the same seeds."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float
from scipy import stats
from statsmodels.stats.multitest import multipletests

from landmarks.analysis.statistics.estimate import Estimate, mean_estimate, paired_difference
from landmarks.analysis.statistics.pair import Outcome, Pair, Verdict


def error_estimate(errors: Float[np.ndarray, "S N"]) -> Estimate:
    """A method's mean error over faces and seeds, with its 95 % interval."""
    return mean_estimate(errors.mean(axis=0))


def compare_pairs(
    errors: Mapping[str, Float[np.ndarray, "?S N"]],
    trainings: Mapping[str, Sequence[str | None]],
) -> list[Pair]:
    """Every pair of methods once, the later against the earlier, the family being all of them."""
    pairs: list[Pair] = []
    names = list(errors)
    ps = [
        [
            float(stats.ttest_rel(errors[b].mean(axis=0), errors[a].mean(axis=0)).pvalue),
            float(stats.wilcoxon(errors[b].mean(axis=0), errors[a].mean(axis=0)).pvalue),
        ]
        for a, b in combinations(names, 2)
    ]
    holm = [multipletests(column, method="holm")[1] for column in zip(*ps, strict=True)]
    for place, (a, b) in enumerate(combinations(names, 2)):
        reference, method = errors[a].mean(axis=0), errors[b].mean(axis=0)
        own = paired_difference(method, reference)
        resolved = bool(holm[0][place] < 0.05)
        outcome = Outcome.NOT_RESOLVED
        if resolved:
            outcome = Outcome.BETTER if own.value < 0 else Outcome.WORSE
        spread = float(np.std(method - reference, ddof=1))
        pairs.append(
            Pair(
                method=b,
                reference=a,
                seeds=max(len(errors[a]), len(errors[b])),
                faces=len(method),
                difference=own,
                relative=100 * own.value / float(reference.mean()),
                p_bootstrap=ps[place][0],
                p_wilcoxon=ps[place][1],
                p_bootstrap_holm=float(holm[0][place]),
                p_wilcoxon_holm=float(holm[1][place]),
                effect=own.value / spread,
                better_faces=float((method < reference).mean()),
                face_sd=spread,
                seed_sd=None,
                rest_sd=None,
                detectable=None,
                same_training=None not in trainings[a]
                and tuple(trainings[a]) == tuple(trainings[b]),
                verdict=Verdict(outcome, None, None, outcome.value),
            )
        )
    return pairs
