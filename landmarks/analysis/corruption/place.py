"""Corruptions of the true points."""

from math import inf
from typing import final

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from landmarks.analysis.corruption.base import PointCorruption
from landmarks.geometry import FIRST_EDGE, Size


@final
class Border(PointCorruption):
    """Each point is moved, straight across, to one of the map's four edges, drawn at random.

    The level says how many cells beyond the outer edge of the outer cells the point then lies; 0 is
    the edge itself, and a negative level lies inside. The border cuts the point's Gaussian.

    >>> cells = torch.full((1, 1, 2), 3.25, dtype=torch.float64)
    >>> Border(-1.0).move(cells, Size(8, 8), np.random.default_rng(0))
    tensor([[[3.2500, 6.5000]]], dtype=torch.float64)
    """

    meaning = "cells beyond the edge"

    def _limits(self) -> tuple[float, float]:
        return -inf, inf

    def move(
        self, cells: Float64[Tensor, "B K 2"], size: Size, rng: np.random.Generator
    ) -> Float64[Tensor, "B K 2"]:
        """The points at the edges; a missing one stays missing."""
        edge = torch.from_numpy(rng.integers(0, 4, size=cells.shape[:-1]))
        first = FIRST_EDGE - self.level
        last = cells.new_tensor([size.width, size.height]) + (FIRST_EDGE + self.level)
        there = torch.where((edge % 2 == 0)[..., None], torch.full_like(last, first), last)
        across = torch.stack([edge < 2, edge >= 2], dim=-1)
        moved = torch.where(across, there, cells)
        return torch.where(cells.isnan().any(dim=-1, keepdim=True), torch.nan, moved)
