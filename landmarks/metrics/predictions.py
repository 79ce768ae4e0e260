"""Gathers predicted points and their covariances from all devices."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat


class Predictions(NamedTuple):
    """What was predicted of a set of faces, each once.

    Attributes:
        face: (N,) the faces' places in their split, ascending.
        points: (N, K, 2) float64, in one space.
        covariances: (N, K, 2, 2) float64, in its square.
    """

    face: Int64[Tensor, " N"]
    points: Float64[Tensor, "N K 2"]
    covariances: Float64[Tensor, "N K 2 2"]


class PredictedPoints(Metric):
    """Every face's predicted points and covariances, once, in the order of the faces.

    A distributed sampler evaluates some faces twice to give every device as many; these are dropped
    by the face's place in its split.

    >>> metric = PredictedPoints()
    >>> metric.update(torch.zeros(2, 5, 2), torch.zeros(2, 5, 2, 2), torch.tensor([1, 0]))
    >>> metric.update(torch.ones(1, 5, 2), torch.ones(1, 5, 2, 2), torch.tensor([1]))
    >>> metric.compute().face
    tensor([0, 1])
    """

    full_state_update = False
    higher_is_better = None
    is_differentiable = False

    face: list[Tensor]
    points: list[Tensor]
    covariances: list[Tensor]

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 (torchmetrics' own signature)
        super().__init__(**settings)
        self.add_state("face", default=[], dist_reduce_fx="cat")
        self.add_state("points", default=[], dist_reduce_fx="cat")
        self.add_state("covariances", default=[], dist_reduce_fx="cat")

    def update(
        self,
        points: Float[Tensor, "B K 2"],
        covariances: Float[Tensor, "B K 2 2"],
        face: Int64[Tensor, " B"],
    ) -> None:
        """Adds the points of some faces.

        Args:
            points: (B, K, 2), in any one space.
            covariances: (B, K, 2, 2), in its square.
            face: (B,) the faces' places in their split.
        """
        self.face.append(face)
        self.points.append(points.double())
        self.covariances.append(covariances.double())

    def compute(self) -> Predictions:
        """All faces so far, each as it came first."""
        face, points = dim_zero_cat(self.face), dim_zero_cat(self.points)
        covariances = dim_zero_cat(self.covariances)
        faces, group = torch.unique(face, return_inverse=True)
        places = torch.arange(len(face), device=face.device)
        first = torch.full_like(faces, len(face))
        first = first.scatter_reduce(0, group, places, reduce="amin")
        return Predictions(faces, points[first], covariances[first])
