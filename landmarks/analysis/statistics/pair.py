"""What is known of the difference between two methods."""

from enum import Enum
from typing import NamedTuple

from landmarks.analysis.statistics.estimate import Estimate


class Outcome(Enum):
    """What may be said of a method beside its reference."""

    BETTER = "better"
    WORSE = "worse"
    NOT_RESOLVED = "not resolved"

    @property
    def turned(self) -> "Outcome":
        """What may then be said of the reference beside the method.

        >>> Outcome.BETTER.turned, Outcome.NOT_RESOLVED.turned
        (<Outcome.WORSE: 'worse'>, <Outcome.NOT_RESOLVED: 'not resolved'>)
        """
        others = {Outcome.BETTER: Outcome.WORSE, Outcome.WORSE: Outcome.BETTER}
        return others.get(self, self)


class Verdict(NamedTuple):
    """What may be said of a pair of methods, in words.

    Attributes:
        outcome: Of the method, beside the reference.
        faces_needed: Number of faces that would resolve a difference as large as the one seen,
            with the same seeds; None where it is resolved, or where no number would do.
        seeds_needed: Number of seeds that would, with the same faces.
        sentence: All of it in one sentence, without the methods' names.
    """

    outcome: Outcome
    faces_needed: int | None
    seeds_needed: int | None
    sentence: str


class Pair(NamedTuple):
    """Two methods on the same faces, under the same seeds.

    Differences are the method's NME less the reference's, in points of NME per cent.

    Attributes:
        method: Name of the one.
        reference: Name of the other, which stands before it in the list of methods.
        seeds: Number of seeds under which they were paired.
        faces: Number of faces.
        difference: Mean difference with its 95 % interval over faces and seeds, not widened for the
            number of pairs.
        relative: The mean difference in per cent of the reference's NME.
        p_bootstrap: Two-sided p of the bootstrap over faces and seeds.
        p_wilcoxon: Two-sided p of the signed-rank test on the differences averaged over the seeds;
            it speaks of the choice of faces alone.
        p_bootstrap_holm: Adjusted by Holm's method for the number of pairs.
        p_wilcoxon_holm: The same of the other.
        effect: Standardised mean difference d_z: the mean over the faces of the seed-averaged
            difference, divided by its standard deviation over the faces.
        better_faces: Share of the faces on which the method's seed-averaged error is the smaller.
        face_sd: Standard deviation of what a face always contributes to the difference; with one
            seed, of all that differs between faces.
        seed_sd: Of what a seed contributes to it; None for one seed.
        rest_sd: Of what a seed contributes on a single face; None for one seed.
        detectable: The smallest difference that would be resolved in four of five such comparisons;
            None where nothing would be.
        same_training: Whether both read one and the same network under each seed.
        foreign: Whether the training of either is unknown, so that its seeds' variance is too.
        verdict: What may be said.
    """

    method: str
    reference: str
    seeds: int
    faces: int
    difference: Estimate
    relative: float
    p_bootstrap: float
    p_wilcoxon: float
    p_bootstrap_holm: float
    p_wilcoxon_holm: float
    effect: float
    better_faces: float
    face_sd: float
    seed_sd: float | None
    rest_sd: float | None
    detectable: float | None
    same_training: bool
    foreign: bool
    verdict: Verdict
