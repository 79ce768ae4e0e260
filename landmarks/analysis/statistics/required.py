"""How many faces or seeds would resolve a difference.

A difference is resolved in four of five comparisons if it is so many standard errors large: the
noncentrality at which a two-sided t test has 80 % power. The standard errors of faces and of seeds,
each times its own noncentrality, add up in squares; this is exact where one of them is all, and
this project's choice between. That noncentrality is SciPy's inverse of the noncentral t
distribution: the solvers of statsmodels tie the degrees of freedom to one number of observations.
"""

import math
from bisect import bisect_left
from collections.abc import Callable
from typing import NamedTuple

from scipy import special

from landmarks.analysis.statistics.components import Components
from landmarks.analysis.statistics.seed_spread import SeedSpread

POWER = 0.8
"""Share of comparisons in which a difference of the size in question is resolved."""
MOST_FACES = 1_000_000
"""Beyond this number of faces, none is named."""
MOST_SEEDS = 1_000
"""Beyond this number of seeds, none is named."""


class Design(NamedTuple):
    """What the numbers of faces and seeds that would do depend on.

    Attributes:
        faces: Number of faces there are.
        seeds: Number of seeds there are.
        level: Significance level of one comparison, two-sided.
        components: Variance components of the difference.
        spread: Of the seeds' means, as used for the difference's interval; None for one seed.
    """

    faces: int
    seeds: int
    level: float
    components: Components
    spread: SeedSpread | None

    def detectable(self, faces: int | None = None, seeds: int | None = None) -> float:
        """The smallest difference that is resolved with 80 % power.

        Args:
            faces: Number of faces, if not those there are.
            seeds: Number of seeds, if not those there are.

        >>> print(round(Design(100, 1, 0.05, Components(1.0, None, None), None).detectable(), 2))
        0.28
        """
        faces = self.faces if faces is None else faces
        of_faces = _noncentrality(faces - 1, self.level) ** 2 * self.components.face / faces
        if self.spread is None:
            return math.sqrt(of_faces)
        seeds = self.seeds if seeds is None else seeds
        assert self.components.rest is not None
        own = max(0.0, self.spread.variance - self.components.rest / self.faces)
        variance = (own + self.components.rest / faces) / seeds
        freedom = self.spread.freedom * (seeds - 1) / (self.seeds - 1)
        return math.sqrt(of_faces + _noncentrality(freedom, self.level) ** 2 * variance)

    def faces_needed(self, difference: float) -> int | None:
        """Number of faces that resolve a difference under these seeds; None if none does."""
        return _first(lambda faces: self.detectable(faces=faces) <= abs(difference), 2, MOST_FACES)

    def seeds_needed(self, difference: float) -> int | None:
        """Number of seeds that resolve a difference on these faces; None if none does.

        None also for one seed, which does not tell how far seeds lie apart.
        """
        if self.spread is None:
            return None
        return _first(lambda seeds: self.detectable(seeds=seeds) <= abs(difference), 2, MOST_SEEDS)


def _noncentrality(freedom: float, level: float) -> float:
    return float(special.nctdtrinc(freedom, 1 - POWER, special.stdtrit(freedom, 1 - level / 2)))


def _first(enough: Callable[[int], bool], fewest: int, most: int) -> int | None:
    numbers = range(fewest, most + 1)
    place = bisect_left(numbers, True, key=enough)
    return numbers[place] if place < len(numbers) else None
