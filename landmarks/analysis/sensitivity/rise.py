"""How large an error of the crop raises a network's error by a given share."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from landmarks.analysis.sensitivity.conditions import SHIFT, TURN, Kind

_RESAMPLES = 2000
_LOST = 1e15
"""Stands for an infinite error while means are taken, in per cent."""
_SURE = 0.975
"""Share of the resampled faces that must agree, as with a two-sided interval of 95 %."""


class Curve(NamedTuple):
    """What errors of one kind do, by their size, averaged over directions.

    Attributes:
        kind: The kind.
        sizes: (M,) ascending; the first changes nothing.
        nme: (N, M) each face's NME in per cent.
        moved: (N, M) how far each face's landmarks move within the crop, in crop heights.
    """

    kind: Kind
    sizes: Float[np.ndarray, " M"]
    nme: Float[np.ndarray, "N M"]
    moved: Float[np.ndarray, "N M"]


class Rise(NamedTuple):
    """Where a curve has risen by a given share.

    Attributes:
        size: The size of the crop's error; infinite if the largest measured is too small.
        low: Lower limit of its interval of 95 %, over the choice of faces.
        high: Upper limit; infinite as above.
        moved: How far landmarks move within the crop at that size, in crop heights; at the largest
            measured size if that is too small.
    """

    size: float
    low: float
    high: float
    moved: float

    @property
    def reached(self) -> bool:
        """Whether the curve rises so far within the sizes measured."""
        return math.isfinite(self.size)


class Verdict(NamedTuple):
    """What shift and rotation do, at the same distance that landmarks move within the crop.

    Attributes:
        rises: For each kind of error.
        position: Share of the resampled faces on which the rise takes less movement by a shift
            than by a rotation.
        orientation: Share on which it takes less by a rotation.
    """

    rises: Mapping[str, Rise]
    position: float
    orientation: float

    @property
    def position_matters_more(self) -> bool:
        """Whether the faces agree that shifts do more than rotations."""
        return self.position >= _SURE

    @property
    def orientation_matters_more(self) -> bool:
        """Whether the faces agree that rotations do more than shifts."""
        return self.orientation >= _SURE


class Crossing(NamedTuple):
    """Where curves first rise by a share.

    Attributes:
        size: (R,) the sizes; infinite where a curve does not rise so far.
        moved: (R,) how far landmarks move there; at the last size where it does not.
    """

    size: Float[np.ndarray, " R"]
    moved: Float[np.ndarray, " R"]


def crossings(
    sizes: Float[np.ndarray, " M"],
    nme: Float[np.ndarray, "R M"],
    moved: Float[np.ndarray, "R M"],
    share: float,
) -> Crossing:
    """The sizes at which errors first reach ``1 + share`` times the first, in between linearly.

    An infinite error crosses at the size that it belongs to.

    >>> sizes, moved = np.array([0.0, 10.0, 20.0]), np.array([[0.0, 0.1, 0.2]])
    >>> found = crossings(sizes, np.array([[4.0, 5.0, 7.0]]), moved, 0.5)
    >>> found.size.tolist(), found.moved.round(6).tolist()
    ([15.0], [0.15])
    >>> crossings(sizes, np.array([[4.0, 5.0, 5.5]]), moved, 0.5)
    Crossing(size=array([inf]), moved=array([0.2]))
    """
    limit = (1 + share) * nme[:, 0]
    above = nme >= limit[:, None]
    above[:, 0] = False
    reached = above.any(axis=1)
    right = np.where(reached, above.argmax(axis=1), len(sizes) - 1)
    left, rows = right - 1, np.arange(len(nme))
    before, after = nme[rows, left], nme[rows, right]
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(np.isfinite(after), (limit - before) / (after - before), 1.0)
    part = np.where(reached, part, 1.0)

    def between(values: Float[np.ndarray, "R M"]) -> Float[np.ndarray, " R"]:
        here: Float[np.ndarray, " R"] = values[rows, left]
        there: Float[np.ndarray, " R"] = here + part * (values[rows, right] - here)
        return there

    every_size = np.broadcast_to(sizes, nme.shape)
    return Crossing(np.where(reached, between(every_size), np.inf), between(moved))


def judge(curves: Sequence[Curve], share: float, seed: int = 0) -> Verdict:
    """Where each curve rises by the share, and whether position or orientation matters more.

    A degree and a part of the window's side are not comparable; how far landmarks move within the
    crop is. Faces are drawn with replacement 2,000 times, the same ones for every curve. A curve
    that does not rise so far counts with the largest movement measured, as a lower limit.

    Args:
        curves: Of the same faces.
        share: How far the NME is to rise, as a share of that of the unchanged crop.
        seed: Of the draws.
    """
    count = len(curves[0].nme)
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), _RESAMPLES)
    weights = np.concatenate([np.full((1, count), 1 / count), drawn / count])
    rises, movements = {}, {}
    for curve in curves:
        # A lost face is infinite only where it was drawn: 0 times infinity is no number.
        nme = weights @ np.minimum(curve.nme, _LOST)
        found = crossings(
            curve.sizes,
            np.where(nme > _LOST / (2 * count), np.inf, nme),
            weights @ curve.moved,
            share,
        )
        low, high = np.quantile(found.size[1:], [1 - _SURE, _SURE], method="nearest")
        rises[curve.kind.name] = Rise(
            float(found.size[0]), float(low), float(high), float(found.moved[0])
        )
        movements[curve.kind.name] = Crossing(found.size[1:], found.moved[1:])
    shift, turn = movements[SHIFT.name], movements[TURN.name]
    return Verdict(
        rises,
        position=float((np.isfinite(shift.size) & (shift.moved < turn.moved)).mean()),
        orientation=float((np.isfinite(turn.size) & (turn.moved < shift.moved)).mean()),
    )
