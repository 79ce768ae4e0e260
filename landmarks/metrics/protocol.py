"""A protocol: what a number must say of itself before it can be compared with another."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from landmarks.batch import Record


class Normaliser(ABC):
    """The distance that a face's error is divided by."""

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

    Attributes:
        name: Benchmark and normaliser, such as ``300w/inter_ocular``.
        normaliser: The distance that a face's error is divided by.
        failure_threshold: A face fails when its NME is above this fraction.
        auc_threshold: The CED is integrated up to this fraction.
    """

    name: str
    normaliser: Normaliser
    failure_threshold: float = 0.10
    auc_threshold: float = 0.10
