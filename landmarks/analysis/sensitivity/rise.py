"""How large an error of the crop raises a network's error by a given share."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from landmarks.analysis.sensitivity.conditions import SHIFT, TURN, Kind

_RESAMPLES = 2000
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
        return np.isfinite(self.size).item()


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


def crossing(
    sizes: Float[np.ndarray, " M"], values: Float[np.ndarray, " M"], share: float
) -> float:
    """The size at which values first reach ``1 + share`` times the first, between sizes linearly.

    >>> crossing(np.array([0.0, 10.0, 20.0]), np.array([4.0, 5.0, 7.0]), 0.5)
    15.0
    >>> crossing(np.array([0.0, 10.0]), np.array([4.0, 5.0]), 0.5)
    inf
    """
    limit = (1 + share) * values[0]
    above = np.flatnonzero(values >= limit)
    if not len(above) or above[0] == 0:
        return np.inf
    i = int(above[0])
    if not np.isfinite(values[i]):
        return float(sizes[i])
    part = (limit - values[i - 1]) / (values[i] - values[i - 1])
    return float(sizes[i - 1] + part * (sizes[i] - sizes[i - 1]))


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
    rng = np.random.default_rng(seed)
    count = len(curves[0].nme)
    draws = rng.integers(0, count, (_RESAMPLES, count))
    rises, movements = {}, {}
    for curve in curves:
        sizes = np.empty(_RESAMPLES)
        moved = np.empty(_RESAMPLES)
        for i, rows in enumerate(draws):
            sizes[i], moved[i] = _rise(curve, rows, share)
        size, movement = _rise(curve, np.arange(count), share)
        low, high = np.quantile(sizes, [1 - _SURE, _SURE], method="nearest")
        rises[curve.kind.name] = Rise(size, float(low), float(high), movement)
        movements[curve.kind.name] = (moved, np.isfinite(sizes))
    shift, shift_reached = movements[SHIFT.name]
    turn, turn_reached = movements[TURN.name]
    return Verdict(
        rises,
        position=float((shift_reached & (shift < turn)).mean()),
        orientation=float((turn_reached & (turn < shift)).mean()),
    )


def _rise(curve: Curve, rows: np.ndarray, share: float) -> tuple[float, float]:
    size = crossing(curve.sizes, curve.nme[rows].mean(axis=0), share)
    moved = curve.moved[rows].mean(axis=0)
    return size, float(np.interp(min(size, curve.sizes[-1]), curve.sizes, moved))
