"""The ways to integrate the cumulative error distribution; which one is part of a protocol."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

from jaxtyping import Float, Float64
from torch import Tensor

from landmarks.metrics.functional import (
    area_under_ced,
    area_under_ced_simpson,
    area_under_ced_trapezoid,
    check_threshold,
)


class AreaRule(ABC):
    """The area under the CED from 0 to a threshold, divided by the threshold."""

    @property
    @abstractmethod
    def description(self) -> str:
        """The rule in a few words, such as ``exact``."""

    @abstractmethod
    def __call__(self, nme: Float[Tensor, " N"], threshold: float) -> Float64[Tensor, ""]:
        """The area, a fraction.

        Args:
            nme: (N,) fractions.
            threshold: Where the integral ends, a fraction.

        Raises:
            ValueError: If there are no faces, or the threshold is not positive and finite.
        """


@final
@dataclass(frozen=True)
class ExactArea(AreaRule):
    """The exact area of the staircase (`landmarks.metrics.functional.area_under_ced`).

    >>> import torch
    >>> ExactArea()(torch.tensor([0.0, 0.05, 0.2, 0.3]), 0.10)
    tensor(0.3750, dtype=torch.float64)
    """

    @property
    def description(self) -> str:
        """``exact``."""
        return "exact"

    def __call__(self, nme: Float[Tensor, " N"], threshold: float) -> Float64[Tensor, ""]:
        """The area; see `AreaRule`."""
        return area_under_ced(nme, threshold)


@final
@dataclass(frozen=True)
class SimpsonArea(AreaRule):
    """Simpson's rule on an even grid, as in the code of HRNet, PIPNet, FaRL and STAR.

    It differs from the exact area by chance (`landmarks.metrics.functional.area_under_ced_simpson`
    says by how much).

    Attributes:
        step: Distance of the samples, a fraction; 1e-4 is what those papers' code uses.

    Raises:
        ValueError: If the step is not positive and finite.

    >>> SimpsonArea().description
    "Simpson's rule in steps of 0.01 %"
    """

    step: float = 1e-4

    def __post_init__(self) -> None:
        check_threshold(self.step)

    @property
    def description(self) -> str:
        """The rule and its step, in per cent."""
        return f"Simpson's rule in steps of {100 * self.step:g} %"

    def __call__(self, nme: Float[Tensor, " N"], threshold: float) -> Float64[Tensor, ""]:
        """The area; see `AreaRule`."""
        return area_under_ced_simpson(nme, threshold, self.step)


@final
@dataclass(frozen=True)
class TrapezoidArea(AreaRule):
    """The trapezoid rule over the sorted errors, as in the code of LUVLi.

    It lies above the exact area (`landmarks.metrics.functional.area_under_ced_trapezoid`).
    """

    @property
    def description(self) -> str:
        """``trapezoids over the sorted errors``."""
        return "trapezoids over the sorted errors"

    def __call__(self, nme: Float[Tensor, " N"], threshold: float) -> Float64[Tensor, ""]:
        """The area; see `AreaRule`."""
        return area_under_ced_trapezoid(nme, threshold)


__all__ = ["AreaRule", "ExactArea", "SimpsonArea", "TrapezoidArea"]
