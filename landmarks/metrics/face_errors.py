"""NME, failure rate and AUC of a set of faces that comes in batches, on one device or many."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, final

import torch
from jaxtyping import Float, Float64, Int64
from matplotlib.axes import Axes
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from landmarks.metrics.area import AreaRule, ExactArea
from landmarks.metrics.functional import (
    check_threshold,
    failure_rate,
    mean_error,
)


class FaceErrorMetric(Metric, ABC):
    """A number that depends on the NME of every face of a set.

    The value is the same to the last digit in whatever order the faces come, in batches of any
    size, on any number of processes: faces are told apart by their place in the split, those that
    a distributed sampler adds to fill a batch are dropped, and sums are rounded once.

    As input to ``forward`` and ``update`` the metric accepts the following input:

    - ``nme`` (`~torch.Tensor`): (B,) NME of each face, a fraction; NaN counts as infinite.
    - ``face`` (`~torch.Tensor`): (B,) int64, the face's place in its split. Of a face that comes
      twice with two errors the larger counts.

    As output of ``forward`` and ``compute`` the metric returns a float64 scalar.
    ``compute`` raises ValueError if no face has come, rather than make up a number.

    Args:
        kwargs: Further arguments of `torchmetrics.Metric`.
    """

    is_differentiable = False
    full_state_update: bool | None = False
    plot_lower_bound: float | None = 0.0

    nme: list[Tensor]
    face: list[Tensor]

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401, torchmetrics' own signature
        super().__init__(**kwargs)
        # One dtype for both, and for the empty state of a process without a face: gathering
        # states of unlike dtypes fails. Float64 holds every whole number up to 2^53.
        self.set_dtype(torch.float64)
        self.add_state("nme", default=[], dist_reduce_fx="cat")
        self.add_state("face", default=[], dist_reduce_fx="cat")

    def update(self, nme: Float[Tensor, " B"], face: Int64[Tensor, " B"]) -> None:
        """Adds faces.

        Args:
            nme: (B,) NME of each face, a fraction.
            face: (B,) the face's place in its split.
        """
        self.nme.append(nme.detach().double())
        self.face.append(face.double())

    def compute(self) -> Float64[Tensor, ""]:
        """The value over all faces so far.

        Raises:
            ValueError: If there are none.
        """
        return self.value(self._distinct())

    @abstractmethod
    def value(self, nme: Float64[Tensor, " N"]) -> Float64[Tensor, ""]:
        """The value of a set of distinct faces."""

    def plot(self, val: Tensor | Sequence[Tensor] | None = None, ax: Axes | None = None) -> Any:  # noqa: ANN401
        """Plots a value, or several.

        Args:
            val: What ``forward`` or ``compute`` returned, once or several times; by default
                ``compute`` is called.
            ax: Where to draw; by default a new figure.

        Returns:
            Figure and axes.
        """
        return self._plot(val, ax)

    def _distinct(self) -> Float64[Tensor, " N"]:
        """Each face's error once, in the order of the faces."""
        if isinstance(self.nme, list) and not self.nme:
            return torch.zeros(0, dtype=torch.float64, device=self.device)
        nme = dim_zero_cat(self.nme).nan_to_num(nan=torch.inf, posinf=torch.inf)
        face = dim_zero_cat(self.face)
        by_error = nme.argsort(stable=True)
        order = by_error[face[by_error].argsort(stable=True)]
        nme, face = nme[order], face[order]
        last = torch.ones_like(face, dtype=torch.bool)
        last[:-1] = face[1:] != face[:-1]
        return nme[last]


@final
class NormalisedMeanError(FaceErrorMetric):
    r"""Mean NME over faces, a fraction.

    .. math:: \text{NME} = \frac{1}{N} \sum_n e_n

    Input, output and arguments are those of `FaceErrorMetric`.

    Attributes:
        higher_is_better: False.

    >>> metric = NormalisedMeanError()
    >>> metric.update(torch.tensor([0.02, 0.06]), torch.tensor([0, 1]))
    >>> metric.update(torch.tensor([0.13, 0.02]), torch.tensor([2, 0]))  # face 0 comes again
    >>> metric.compute()
    tensor(0.0700, dtype=torch.float64)
    """

    higher_is_better = False

    def value(self, nme: Float64[Tensor, " N"]) -> Float64[Tensor, ""]:
        """The mean."""
        return mean_error(nme)


@final
class FailureRate(FaceErrorMetric):
    r"""The share of faces whose NME is above a threshold.

    .. math:: \text{FR}_t = \frac{1}{N} \left|\{n : e_n > t\}\right|

    Input and output are those of `FaceErrorMetric`.

    Args:
        threshold: A fraction; 0.10 is usual with the inter-ocular distance.
        kwargs: Further arguments of `torchmetrics.Metric`.

    Attributes:
        higher_is_better: False.

    Raises:
        ValueError: If the threshold is not above 0.

    >>> metric = FailureRate(0.10)
    >>> metric.update(torch.tensor([0.02, 0.06, 0.13, float("nan")]), torch.arange(4))
    >>> metric.compute()
    tensor(0.5000, dtype=torch.float64)
    """

    higher_is_better = False
    plot_upper_bound: float | None = 1.0

    def __init__(self, threshold: float = 0.10, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        check_threshold(threshold)
        self.threshold = threshold

    def value(self, nme: Float64[Tensor, " N"]) -> Float64[Tensor, ""]:
        """The share of failures."""
        return failure_rate(nme, self.threshold)


@final
class AreaUnderCED(FaceErrorMetric):
    r"""The area under the cumulative error distribution up to a threshold, exact by default.

    .. math:: \text{AUC}_t = \frac{1}{t}\int_0^t \mathrm{CED}(x)\,dx
        = \frac{1}{N}\sum_n \max\!\left(0,\, 1 - \frac{e_n}{t}\right)

    It lies between 0 (every face fails) and 1 (no face has an error). Input and output are those
    of `FaceErrorMetric`.

    Args:
        threshold: A fraction; 0.10 is usual with the inter-ocular distance.
        area: How the CED is integrated; `landmarks.metrics.area` has the approximations that
            published numbers come from.
        kwargs: Further arguments of `torchmetrics.Metric`.

    Attributes:
        higher_is_better: True.

    Raises:
        ValueError: If the threshold is not above 0.

    >>> metric = AreaUnderCED(0.10)
    >>> metric.update(torch.tensor([0.0, 0.05, 0.20]), torch.arange(3))
    >>> metric.compute()
    tensor(0.5000, dtype=torch.float64)
    """

    higher_is_better = True
    plot_upper_bound: float | None = 1.0

    def __init__(
        self,
        threshold: float = 0.10,
        area: AreaRule = ExactArea(),  # noqa: B008 (frozen)
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(**kwargs)
        check_threshold(threshold)
        self.threshold = threshold
        self.area = area

    def value(self, nme: Float64[Tensor, " N"]) -> Float64[Tensor, ""]:
        """The area."""
        return self.area(nme, self.threshold)


__all__ = ["AreaUnderCED", "FaceErrorMetric", "FailureRate", "NormalisedMeanError"]
