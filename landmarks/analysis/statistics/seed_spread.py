"""How far the means of seeds lie apart, and how surely that is known."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class SeedSpread(NamedTuple):
    """Variance of the means of single seeds, all faces averaged.

    Attributes:
        variance: The estimate, in squares of the unit.
        freedom: Its degrees of freedom.
    """

    variance: float
    freedom: int

    def at_least(self, own: "SeedSpread") -> "SeedSpread":
        """This estimate, shared by several differences, for one that has its own as well.

        The larger variance of the two, with the freedom of the shared one: what varies more than
        its peers is not made to look steady by them. The shared one serves only where it rests on
        more than the own.
        """
        if self.freedom <= own.freedom:
            return own
        return SeedSpread(max(self.variance, own.variance), self.freedom)


def own_spread(values: Float[np.ndarray, "S N"]) -> SeedSpread:
    """The spread of one set of values, of at least two seeds.

    >>> own_spread(np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]))
    SeedSpread(variance=1.0, freedom=2)
    """
    return SeedSpread(float(values.mean(axis=1).var(ddof=1)), len(values) - 1)


def shared_spread(tables: Sequence[Float[np.ndarray, "_ S"]]) -> SeedSpread:
    """The spread of a difference of two methods, taken from all methods of a table.

    In a table of methods × seeds, what neither a method nor a seed explains is the luck of one
    training. If it is equally large for all methods, a difference of two has twice its variance,
    known with (M − 1) (S − 1) degrees of freedom instead of the S − 1 that one pair has: the
    analysis of variance of a randomised block design, seeds being the blocks.

    Args:
        tables: (M, S) mean errors of M methods under S seeds; several tables share their residual
            variance, but not their seeds' effects.

    >>> shared_spread([np.array([[1.0, 2.0], [1.0, 2.0], [5.0, 6.0]])])
    SeedSpread(variance=0.0, freedom=2)
    """
    squares, freedom = 0.0, 0
    for table in tables:
        rest = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
        squares += float((rest**2).sum())
        freedom += (len(table) - 1) * (table.shape[1] - 1)
    return SeedSpread(2 * squares / freedom if freedom else 0.0, freedom)


class SharedSpreads(NamedTuple):
    """The spread of a difference of two methods, shared by the pairs of a kind.

    Attributes:
        same: Of pairs that read one training under each seed.
        apart: Of pairs with trainings of their own.
    """

    same: SeedSpread
    apart: SeedSpread


def shared_spreads(
    errors: Mapping[str, Float[np.ndarray, "S N"]], trainings: Mapping[str, Sequence[str | None]]
) -> SharedSpreads:
    """What all methods together tell of the spread of a pair.

    Methods that read one training under each seed differ by their decoding alone and share among
    themselves; as a group, they are one method among those with trainings of their own.

    Args:
        errors: (S, N) finite errors of each method, under the same seeds.
        trainings: Names of the S trainings of each of these methods.
    """
    groups = defaultdict(list)
    for method, values in errors.items():
        groups[tuple(trainings[method])].append(values.mean(axis=1))
    tables = [np.stack(group) for group in groups.values()]
    if not tables:
        return SharedSpreads(SeedSpread(0.0, 0), SeedSpread(0.0, 0))
    groups_table = np.stack([table.mean(axis=0) for table in tables])
    return SharedSpreads(same=shared_spread(tables), apart=shared_spread([groups_table]))
