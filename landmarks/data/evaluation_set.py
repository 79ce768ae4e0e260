"""The faces that something is measured on, and the truth about them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.batch import Record
from landmarks.benchmarks.base import Benchmark
from landmarks.metrics.protocol import Protocol


class EvaluationSet(NamedTuple):
    """The faces of one evaluation and the truth about them.

    Attributes:
        split: Name of the split, ``validation`` for the held-out part of the training split.
        records: The faces; `Batch.face` counts along them.
        points_photo: (N, K, 2) float64, photo pixels; NaN where a point is missing.
        normalisers: (N, P) float64, photo pixels: one distance for each face and protocol.
        protocols: The P protocols of the benchmark that the faces are of.
    """

    split: str
    records: Sequence[Record]
    points_photo: Float[Tensor, "N K 2"]
    normalisers: Float[Tensor, "N P"]
    protocols: tuple[Protocol, ...]

    @classmethod
    def of(cls, benchmark: Benchmark, split: str, records: Sequence[Record]) -> "EvaluationSet":
        """Faces of a benchmark, under all of its protocols.

        Args:
            benchmark: The benchmark that they are of.
            split: What to call them.
            records: The faces.

        Raises:
            landmarks.errors.DataError: If a face has no distance to be measured by.
        """
        points = np.array([record.points_photo for record in records], dtype=np.float64)
        points = points.reshape(len(records), benchmark.facts.markup.count, 2)
        return cls(
            split,
            records,
            torch.from_numpy(points),
            torch.from_numpy(benchmark.normalisers(records)),
            benchmark.facts.protocols,
        )
