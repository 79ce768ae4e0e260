"""A protocol: what a number must say of itself before it can be compared with another."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars

from landmarks.batch import Record
from landmarks.metrics.area import AreaRule, ExactArea
from landmarks.metrics.functional import check_threshold


class Normaliser(ABC):
    """The distance that a face's error is divided by."""

    @property
    @abstractmethod
    def description(self) -> str:
        """The distance in one line for people, such as ``diagonal of the annotated face box``.

        It names the points, or the box, that the distance is taken from: two normalisers with one
        description measure alike.
        """

    @abstractmethod
    def __call__(self, record: Record) -> float:
        """The distance in photo pixels, from the true points or the record's box.

        Raises:
            landmarks.errors.DataError: If the face has no such distance (a missing point, no box,
                coinciding eye corners).
        """


@dataclass(frozen=True)
class Protocol:
    """How errors are normalised and scored.

    A benchmark names a protocol only if every one of its faces has the distance: one whose profiles
    lack an eye corner has no inter-ocular protocol.

    Attributes:
        name: Benchmark and normaliser, such as ``300w/inter_ocular``.
        normaliser: The distance that a face's error is divided by.
        failure_threshold: A face fails when its NME is above this fraction.
        auc_threshold: The CED is integrated up to this fraction.
        area: How the CED is integrated.

    Raises:
        ValueError: If a threshold is not positive and finite.

    >>> from landmarks.metrics.normalisers import InterOcular
    >>> Protocol("300w/inter_ocular", InterOcular(36, 45)).description
    'distance of the outer eye corners, points 36 and 45; FR above 10 %; AUC up to 10 %, exact'
    """

    name: str
    normaliser: Normaliser
    failure_threshold: float = 0.10
    auc_threshold: float = 0.10
    area: AreaRule = field(default_factory=ExactArea)

    def __post_init__(self) -> None:
        check_threshold(self.failure_threshold)
        check_threshold(self.auc_threshold)

    @property
    def description(self) -> str:
        """All that the protocol settles, in one line."""
        return "; ".join(
            (self.normaliser.description, self.failure_description, self.area_description)
        )

    @property
    def failure_description(self) -> str:
        """When a face fails, such as ``FR above 10 %``."""
        return f"FR above {100 * self.failure_threshold:g} %"

    @property
    def area_description(self) -> str:
        """How the CED is integrated, such as ``AUC up to 10 %, exact``."""
        return f"AUC up to {100 * self.auc_threshold:g} %, {self.area.description}"


def protocols_table(protocols: Sequence[Protocol]) -> polars.DataFrame:
    """A row for each protocol: what its name stands for in other tables.

    Columns: ``protocol``, ``normaliser``, ``fr_above`` and ``auc_up_to`` in per cent, ``integral``.
    """
    return polars.DataFrame(
        {
            "protocol": [protocol.name for protocol in protocols],
            "normaliser": [protocol.normaliser.description for protocol in protocols],
            "fr_above": [_percent(protocol.failure_threshold) for protocol in protocols],
            "auc_up_to": [_percent(protocol.auc_threshold) for protocol in protocols],
            "integral": [protocol.area.description for protocol in protocols],
        }
    )


def _percent(fraction: float) -> float:
    """A fraction in per cent, without the digits that binary numbers add.

    >>> 100 * 0.07, _percent(0.07)
    (7.000000000000001, 7.0)
    """
    return float(f"{100 * fraction:.12g}")


__all__ = ["Normaliser", "Protocol", "protocols_table"]
