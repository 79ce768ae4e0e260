"""Corruptions of a field's values: noise, and rounding."""

from abc import abstractmethod
from math import inf
from typing import final

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.analysis.corruption.base import ValueCorruption


@final
class WhiteNoise(ValueCorruption):
    """Normal noise, independent from cell to cell; the level is its standard deviation.

    >>> zeros = torch.zeros(1, 1, 100, 100)
    >>> noise = WhiteNoise(0.1).disturb(zeros, torch.ones(1), np.random.default_rng(0))
    >>> round(float(noise.std()), 3)
    0.1
    """

    meaning = "standard deviation of the noise, relative to the peak's height"

    def _limits(self) -> tuple[float, float]:
        return 0.0, inf

    def disturb(
        self, field: Float[Tensor, "B C h w"], height: Float[Tensor, " B"], rng: np.random.Generator
    ) -> Float[Tensor, "B C h w"]:
        """Adds the noise."""
        noise = torch.from_numpy(rng.standard_normal(tuple(field.shape), dtype=np.float32))
        return field + self.level * height[:, None, None, None] * noise


@final
class CorrelatedNoise(ValueCorruption):
    """Normal noise that is smooth over a few cells, as a network's is.

    White noise blurred by a Gaussian of `length` cells and scaled back, the same everywhere up to
    the border; the level is the standard deviation of each cell.
    """

    meaning = "standard deviation of smooth noise, relative to the peak's height"
    length = 2.0

    def _limits(self) -> tuple[float, float]:
        return 0.0, inf

    def disturb(
        self, field: Float[Tensor, "B C h w"], height: Float[Tensor, " B"], rng: np.random.Generator
    ) -> Float[Tensor, "B C h w"]:
        """Adds the noise."""
        reach = round(4 * self.length)
        taps = cv2.getGaussianKernel(2 * reach + 1, self.length, cv2.CV_32F)
        taps = taps / np.sqrt((taps**2).sum())
        batch, channels, rows, columns = field.shape
        shape = (batch, channels, rows + 2 * reach, columns + 2 * reach)
        noise = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
        kernel = torch.from_numpy(taps)[:, 0]
        smooth = (noise.unfold(3, len(kernel), 1) @ kernel).unfold(2, len(kernel), 1) @ kernel
        return field + self.level * height[:, None, None, None] * smooth


class _Rounded(ValueCorruption):
    meaning = "rounded (1) or not (0)"

    def _limits(self) -> tuple[float, float]:
        return 0.0, 1.0

    def disturb(
        self, field: Float[Tensor, "B C h w"], height: Float[Tensor, " B"], rng: np.random.Generator
    ) -> Float[Tensor, "B C h w"]:
        """Rounds; draws nothing."""
        return field.to(self._dtype()).float() if self.level >= 0.5 else field

    @abstractmethod
    def _dtype(self) -> torch.dtype:
        """What the values are rounded to."""


@final
class Float16(_Rounded):
    """The values are rounded to float16, as a network under mixed precision emits them.

    The level is 1; at 0 nothing is rounded.

    >>> third = torch.full((1, 1, 1, 1), 1 / 3)
    >>> float(Float16(1).disturb(third, torch.ones(1), np.random.default_rng(0)))
    0.333251953125
    """

    def _dtype(self) -> torch.dtype:
        return torch.float16


@final
class BFloat16(_Rounded):
    """The values are rounded to bfloat16; see `Float16`.

    >>> third = torch.full((1, 1, 1, 1), 1 / 3)
    >>> float(BFloat16(1).disturb(third, torch.ones(1), np.random.default_rng(0)))
    0.333984375
    """

    def _dtype(self) -> torch.dtype:
        return torch.bfloat16
