"""Does a method know how wrong it is? Predicted covariances against the errors that were made.

A codec claims for each point a covariance of its error. Here the claim is read as a Gaussian round
the predicted point and held against the truth. All arithmetic is in float64. Errors and covariances
come in any one unit (crop pixels, fractions of a normaliser) and its square; only the negative
log-likelihood and the root-mean-square depend on the unit.

- **Proper score**: `negative_log_likelihood`, lower is better; it rewards small ellipses that hold.
- **Calibration**: `coverage` of ellipses; `reliability`, spread found against spread predicted.
- **Ranking**: Spearman's correlation and the area under the sparsification error (AUSE) ask only
  whether the points predicted to be worse are worse, whatever the scale.
- **Recalibration**: `fitted_temperature`, the one factor on all covariances that suits a set of
  faces best. It is fitted on other faces than those it is judged on.

A point whose error is NaN is not annotated and is left out. Every other point counts, those outside
the crop too, as they do in the NME. A point without a finite error or covariance is lost: it lies
in no ellipse and its negative log-likelihood is infinite, so that it never vanishes silently.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Float64
from scipy import stats
from torch import Tensor

COVERAGES = (0.50, 0.90, 0.95)
"""Probabilities of the ellipses whose coverage is reported."""


class ReliabilityBin(NamedTuple):
    """Points of like predicted spread.

    Attributes:
        points: Their number.
        predicted: Root of the mean trace of their covariances: the root-mean-square error that was
            predicted, in the unit of the errors.
        found: Their root-mean-square error; for a calibrated method the same.
    """

    points: int
    predicted: float
    found: float


class Calibration(NamedTuple):
    """How well predicted covariances describe errors.

    Attributes:
        points: Number of points.
        nll: Mean negative log-likelihood of a point, in nats, for errors in the unit given.
        coverage: Share of the points inside their ellipse of each probability of `COVERAGES`.
        temperature: What these points' covariances would have to be multiplied by.
        predicted: Root-mean-square error that was predicted, in the unit of the errors.
        found: Root-mean-square error.
        correlation: Spearman's rank correlation of predicted spread and error, from -1 to 1; NaN
            where all points have one spread.
        ause: Area under the sparsification error, 0 for a perfect ranking.
    """

    points: int
    nll: float
    coverage: tuple[float, ...]
    temperature: float
    predicted: float
    found: float
    correlation: float
    ause: float


def calibration(errors: Float[Tensor, "N 2"], covariances: Float[Tensor, "N 2 2"]) -> Calibration:
    """Holds predicted covariances against errors.

    Args:
        errors: (N, 2) predicted minus true; NaN where a point is not annotated, infinite where a
            prediction is not finite.
        covariances: (N, 2, 2) in the square of the errors' unit, before or after a temperature.

    Raises:
        ValueError: If no point is annotated, or a finite covariance is not positive definite.

    >>> errors = torch.tensor([[1.0, 0.0], [0.0, -1.0], [1.0, 1.0], [float("nan"), 0.0]])
    >>> found = calibration(errors, torch.eye(2).expand(4, 2, 2))
    >>> found.points, round(found.nll, 3), round(found.temperature, 3)
    (3, 2.505, 0.667)
    >>> [round(share, 2) for share in found.coverage]
    [0.67, 1.0, 1.0]
    """
    errors, covariances = _annotated(errors, covariances)
    distances = torch.linalg.vector_norm(errors, dim=-1)
    spread = _spread(covariances)
    return Calibration(
        points=len(errors),
        nll=float(negative_log_likelihood(errors, covariances).mean()),
        coverage=tuple(coverage(errors, covariances, COVERAGES).tolist()),
        temperature=fitted_temperature(errors, covariances),
        predicted=_root_mean_square(spread),
        found=_root_mean_square(distances),
        correlation=_rank_correlation(spread, distances),
        ause=area_under_sparsification_error(spread, distances),
    )


def squared_mahalanobis(
    errors: Float[Tensor, "N 2"], covariances: Float[Tensor, "N 2 2"]
) -> Float64[Tensor, " N"]:
    r"""Squared errors counted in predicted spreads, :math:`e^\top \Sigma^{-1} e`.

    For a calibrated Gaussian they follow a chi-squared distribution of two degrees of freedom.

    Args:
        errors: (N, 2) predicted minus true.
        covariances: (N, 2, 2).

    Returns:
        (N,) NaN where the error is, infinite where the error or the covariance is not finite.

    Raises:
        ValueError: If a finite covariance is not positive definite.

    >>> squared_mahalanobis(torch.tensor([[2.0, 0.0]]), torch.diag(torch.tensor([4.0, 1.0]))[None])
    tensor([1.], dtype=torch.float64)
    """
    errors, covariances = errors.double(), covariances.double()
    x, y = errors.unbind(-1)
    a, b, _, c = covariances.flatten(-2).unbind(-1)
    determinant = _determinant(covariances)
    squared = (c * x * x - 2 * b * x * y + a * y * y) / determinant
    finite = errors.isfinite().all(dim=-1) & determinant.isfinite()
    squared = torch.where(finite, squared, math.inf)
    return torch.where(errors.isnan().any(dim=-1), math.nan, squared)


def negative_log_likelihood(
    errors: Float[Tensor, "N 2"], covariances: Float[Tensor, "N 2 2"]
) -> Float64[Tensor, " N"]:
    r"""How surprising each error is under its Gaussian, in nats.

    .. math:: \tfrac{1}{2} e^\top \Sigma^{-1} e + \tfrac{1}{2}\log\det\Sigma + \log 2\pi

    It is a density's: expressed in a unit u times larger, every value falls by 2 log u.

    Args:
        errors: (N, 2) predicted minus true.
        covariances: (N, 2, 2).

    Returns:
        (N,) NaN where the error is, infinite where the error or the covariance is not finite.

    Raises:
        ValueError: If a finite covariance is not positive definite.

    >>> negative_log_likelihood(torch.zeros(1, 2), torch.eye(2)[None])
    tensor([1.8379], dtype=torch.float64)
    """
    squared = squared_mahalanobis(errors, covariances)
    density = squared / 2 + _determinant(covariances.double()).log() / 2 + math.log(2 * math.pi)
    return torch.where(squared.isposinf(), math.inf, density)


def coverage(
    errors: Float[Tensor, "N 2"],
    covariances: Float[Tensor, "N 2 2"],
    probabilities: Sequence[float],
) -> Float64[Tensor, " P"]:
    """Share of the points inside the ellipse that should hold them with a probability.

    Args:
        errors: (N, 2) predicted minus true; NaN rows are left out.
        covariances: (N, 2, 2).
        probabilities: Between 0 and 1.

    Returns:
        (P,) fractions; for a calibrated Gaussian the probabilities themselves.

    Raises:
        ValueError: If no point is annotated, or a finite covariance is not positive definite.

    >>> errors = torch.tensor([[0.1, 0.0], [2.0, 0.0], [2.2, 0.0], [4.0, 0.0]])
    >>> coverage(errors, torch.eye(2).expand(4, 2, 2), (0.5, 0.9, 0.95))
    tensor([0.2500, 0.5000, 0.7500], dtype=torch.float64)
    """
    errors, covariances = _annotated(errors, covariances)
    limits = torch.tensor(stats.chi2.ppf(list(probabilities), df=2), device=errors.device)
    inside = squared_mahalanobis(errors, covariances)[:, None] <= limits
    return inside.double().mean(dim=0)


def fitted_temperature(errors: Float[Tensor, "N 2"], covariances: Float[Tensor, "N 2 2"]) -> float:
    r"""The factor on all covariances under which the errors are likeliest.

    .. math:: T = \arg\min_T \sum_n \left(\frac{d_n^2}{2T} + \log T\right)
        = \frac{1}{2N}\sum_n d_n^2

    with :math:`d_n^2` the squared Mahalanobis distances. One scalar fitted on held-out data is the
    temperature of Guo et al. 2017 (https://arxiv.org/abs/1706.04599); for regression it is known as
    sigma scaling (Laves et al. 2021, https://melba-journal.org/2021:008), in one dimension.

    The minimiser is this project's choice over a factor that sets the median right
    (``median(d²) / (2 log 2)``), which a few gross errors would not move: it is the one that the
    reported likelihood asks for, it has no rival on the set it is fitted on, and where gross errors
    pull it up the coverage says so, as the 50 % ellipse then holds more than half of the points.

    Args:
        errors: (N, 2) predicted minus true, of faces that nothing is judged on; NaN rows are left
            out.
        covariances: (N, 2, 2).

    Returns:
        1 for a calibrated method, more for one that is too sure of itself; infinite if a prediction
        is not finite.

    Raises:
        ValueError: If no point is annotated, or a finite covariance is not positive definite.

    >>> fitted_temperature(torch.tensor([[2.0, 2.0], [-2.0, 2.0]]), torch.eye(2).expand(2, 2, 2))
    4.0
    """
    errors, covariances = _annotated(errors, covariances)
    return float(squared_mahalanobis(errors, covariances).mean() / 2)


def reliability(
    errors: Float[Tensor, "N 2"], covariances: Float[Tensor, "N 2 2"], bins: int = 10
) -> list[ReliabilityBin]:
    """Predicted against found root-mean-square errors, from the surest points to the least sure.

    Both are means of squares, so that they agree in expectation whatever the shapes of the
    ellipses and however the spreads vary within a bin.

    Args:
        errors: (N, 2) predicted minus true; NaN rows are left out.
        covariances: (N, 2, 2).
        bins: Number of bins of equal counts; fewer come back where points have equal spreads,
            since these are never divided.

    Raises:
        ValueError: If no point is annotated, or a finite covariance is not positive definite.

    >>> errors = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 4.0], [4.0, 0.0]])
    >>> spreads = torch.tensor([1.0, 1.0, 2.0, 2.0])
    >>> for bin in reliability(errors, spreads[:, None, None] ** 2 * torch.eye(2) / 2, bins=2):
    ...     print(bin)
    ReliabilityBin(points=2, predicted=1.0, found=1.0)
    ReliabilityBin(points=2, predicted=2.0, found=4.0)
    """
    errors, covariances = _annotated(errors, covariances)
    squared_mahalanobis(errors, covariances)  # refuses what is no covariance
    spread = _spread(covariances)
    ordered = spread.sort().values
    place = torch.searchsorted(ordered, spread)
    group = place * bins // len(spread)
    distances = torch.linalg.vector_norm(errors, dim=-1)
    return [
        ReliabilityBin(
            int((group == i).sum()),
            _root_mean_square(spread[group == i]),
            _root_mean_square(distances[group == i]),
        )
        for i in sorted(set(group.tolist()))
    ]


def area_under_sparsification_error(
    spread: Float[Tensor, " N"], distances: Float[Tensor, " N"]
) -> float:
    """What is lost by leaving out the points of largest predicted spread, not of largest error.

    The sparsification curve is the mean error of the points that are left as more and more are
    left out; AUSE is the mean gap between the curve under the predicted order and the best
    possible one, in units of the mean error of all points (Ilg et al. 2018,
    https://arxiv.org/abs/1802.07095). Points of equal spread are left out in random
    order, of which this is the expectation.

    Args:
        spread: (N,) predicted spreads.
        distances: (N,) errors, at least 0.

    Returns:
        0 for a perfect ranking; NaN if all errors are 0, or one is not finite.

    Raises:
        ValueError: If there are no points.

    >>> area_under_sparsification_error(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0]))
    0.0
    >>> area_under_sparsification_error(torch.tensor([2.0, 1.0]), torch.tensor([1.0, 3.0]))
    0.5
    """
    if not len(spread):
        raise ValueError(_NO_POINTS)
    spread, distances = spread.double(), distances.double()
    if not distances.isfinite().all():
        return math.nan
    group = torch.searchsorted(spread.sort().values, spread)  # equal spreads, one group
    sums = torch.zeros_like(spread).index_add(0, group, distances)
    predicted = (sums / group.bincount(minlength=len(spread)))[group.sort().values]
    left = torch.arange(1, len(spread) + 1, dtype=torch.float64, device=spread.device)
    gap = (predicted.cumsum(0) - distances.sort().values.cumsum(0)) / left
    return float(gap.mean() / distances.mean())


_NO_POINTS = "no point is annotated, so there is no error to hold a covariance against"


def _annotated(
    errors: Float[Tensor, "N 2"], covariances: Float[Tensor, "N 2 2"]
) -> tuple[Float64[Tensor, "M 2"], Float64[Tensor, "M 2 2"]]:
    """The points whose error is not NaN, in float64."""
    kept = ~errors.isnan().any(dim=-1)
    if not kept.any():
        raise ValueError(_NO_POINTS)
    return errors[kept].double(), covariances[kept].double()


def _determinant(covariances: Float64[Tensor, "N 2 2"]) -> Float64[Tensor, " N"]:
    """Determinants; NaN of covariances that are not finite.

    Raises:
        ValueError: If a finite covariance is not symmetric and positive definite.
    """
    a, b, other_b, c = covariances.flatten(-2).unbind(-1)
    determinant = a * c - b * other_b
    finite = covariances.flatten(-2).isfinite().all(dim=-1)
    uneven = (b - other_b).abs() > 1e-5 * (a.abs() + c.abs())
    wrong = finite & (~((a > 0) & (c > 0) & (determinant > 0)) | uneven)
    if wrong.any():
        first = int(wrong.nonzero()[0, 0])
        raise ValueError(
            f"{int(wrong.sum())} of {len(wrong)} covariances are not symmetric and positive "
            f"definite, the first in row {first}: {covariances[first].tolist()}; a codec must add "
            "a small floor to each variance, and shrink the covariance of x and y with it"
        )
    return torch.where(finite, determinant, math.nan)


def _spread(covariances: Float64[Tensor, "N 2 2"]) -> Float64[Tensor, " N"]:
    """The predicted root-mean-square error of each point; infinite where it is not finite."""
    trace = covariances.diagonal(dim1=-2, dim2=-1).sum(dim=-1)
    return trace.sqrt().nan_to_num(nan=math.inf, posinf=math.inf)


def _root_mean_square(values: Float64[Tensor, " N"]) -> float:
    return float(values.square().mean().sqrt())


def _rank_correlation(first: Float64[Tensor, " N"], second: Float64[Tensor, " N"]) -> float:
    """Spearman's, with ties at their mean rank."""
    ranks = torch.stack([torch.from_numpy(stats.rankdata(v.cpu())) for v in (first, second)])
    ranks = ranks - ranks.mean(dim=1, keepdim=True)
    norms = torch.linalg.vector_norm(ranks, dim=1)
    return float(ranks[0] @ ranks[1] / norms.prod()) if (norms > 0).all() else math.nan


__all__ = [
    "COVERAGES",
    "Calibration",
    "ReliabilityBin",
    "area_under_sparsification_error",
    "calibration",
    "coverage",
    "fitted_temperature",
    "negative_log_likelihood",
    "reliability",
    "squared_mahalanobis",
]
