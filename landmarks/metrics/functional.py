"""Errors of points, faces and sets of faces, as functions of tensors.

All arithmetic is in float64, whatever comes in, and all errors, thresholds and results are
fractions. A prediction that is not finite has an infinite error: it counts as a failure, and the
mean over its set is infinite, so that it never vanishes silently.

**Which integral?** The CED of N faces is a staircase, so its area is exact: `area_under_ced`.
Published numbers come from approximations, which differ from it in the third or fourth digit:
`area_under_ced_simpson` (HRNet, PIPNet, FaRL, STAR) and `area_under_ced_trapezoid` (LUVLi). Compare
a number only with one of the same integral.
"""

import math

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor


def point_errors(
    predicted: Float[Tensor, "B K 2"], true: Float[Tensor, "B K 2"]
) -> Float64[Tensor, "B K"]:
    """Euclidean distances from the truth.

    Args:
        predicted: (B, K, 2) photo pixels.
        true: (B, K, 2) photo pixels; NaN where a point is not annotated.

    Returns:
        (B, K) photo pixels; NaN where the truth is missing, infinite where a prediction is not
        finite.

    >>> point_errors(torch.tensor([[[3.0, 4.0]]]), torch.zeros(1, 1, 2))
    tensor([[5.]], dtype=torch.float64)
    """
    errors = torch.linalg.vector_norm(predicted.double() - true.double(), dim=-1)
    errors = torch.where(predicted.isfinite().all(dim=-1), errors, math.inf)
    return torch.where(true.isnan().any(dim=-1), math.nan, errors)


def normalised_mean_error(
    predicted: Float[Tensor, "B K 2"],
    true: Float[Tensor, "B K 2"],
    normaliser: Float[Tensor, " B"],
) -> Float64[Tensor, " B"]:
    r"""NME of each face: the mean error of its annotated points over a distance.

    .. math:: e_b = \frac{1}{|A_b|\, d_b} \sum_{k \in A_b} \lVert \hat{p}_{bk} - p_{bk} \rVert_2

    Args:
        predicted: (B, K, 2) photo pixels.
        true: (B, K, 2) photo pixels; NaN where a point is not annotated.
        normaliser: (B,) the distance d of each face, photo pixels.

    Returns:
        (B,) fractions; infinite where a prediction is not finite.

    Raises:
        ValueError: If a normaliser is not positive and finite, or a face has no annotated point.

    >>> true = torch.tensor([[[0.0, 0.0], [10.0, 0.0], [float("nan"), float("nan")]]])
    >>> predicted = torch.tensor([[[3.0, 4.0], [10.0, 1.0], [7.0, 7.0]]])
    >>> normalised_mean_error(predicted, true, torch.tensor([10.0]))
    tensor([0.3000], dtype=torch.float64)
    """
    _refuse(~((normaliser > 0) & normaliser.isfinite()), "a normaliser that is not above 0")
    errors = point_errors(predicted, true)
    annotated = ~errors.isnan()
    _refuse(~annotated.any(dim=-1), "no annotated point")
    return errors.nanmean(dim=-1) / normaliser.double()


def mean_error(nme: Float[Tensor, " N"]) -> Float64[Tensor, ""]:
    """Mean over faces, rounded once, so that it does not depend on the faces' order.

    Raises:
        ValueError: If there are no faces.

    >>> mean_error(torch.tensor([0.25, 0.75]))
    tensor(0.5000, dtype=torch.float64)
    """
    return _mean(_errors(nme))


def failure_rate(nme: Float[Tensor, " N"], threshold: float) -> Float64[Tensor, ""]:
    """The share of faces whose NME is above a threshold; NaN is above every threshold.

    Raises:
        ValueError: If there are no faces, or the threshold is not positive and finite.

    >>> failure_rate(torch.tensor([0.02, 0.05, 0.11, float("nan")]), 0.10)
    tensor(0.5000, dtype=torch.float64)
    """
    check_threshold(threshold)
    return _mean((_errors(nme) > threshold).double())


def ced(nme: Float[Tensor, " N"], thresholds: Float[Tensor, " T"]) -> Float64[Tensor, " T"]:
    """Cumulative error distribution: the share of faces whose NME is at most each threshold.

    Args:
        nme: (N,) fractions; NaN never comes below a threshold.
        thresholds: (T,) fractions, in any order.

    Raises:
        ValueError: If there are no faces.

    >>> ced(torch.tensor([0.02, 0.05]), torch.tensor([0.01, 0.02, 0.03, 0.06]))
    tensor([0.0000, 0.5000, 0.5000, 1.0000], dtype=torch.float64)
    """
    ordered = _errors(nme).sort().values
    count = torch.searchsorted(ordered, thresholds.double().contiguous(), right=True)
    return count.double() / len(ordered)


def area_under_ced(nme: Float[Tensor, " N"], threshold: float) -> Float64[Tensor, ""]:
    r"""The exact area under the CED from 0 to a threshold, divided by the threshold.

    .. math:: \frac{1}{t}\int_0^t \mathrm{CED}(x)\,dx
        = \frac{1}{N}\sum_n \max\!\left(0,\, 1 - \frac{e_n}{t}\right)

    The right side holds because a face contributes 1/N to the CED from its own error onwards.

    Raises:
        ValueError: If there are no faces, or the threshold is not positive and finite.

    >>> area_under_ced(torch.tensor([0.0, 0.05, 0.2, float("nan")]), 0.10)
    tensor(0.3750, dtype=torch.float64)
    """
    check_threshold(threshold)
    return _mean((1 - _errors(nme) / threshold).clamp(min=0))


def area_under_ced_simpson(
    nme: Float[Tensor, " N"], threshold: float, step: float = 1e-4
) -> Float64[Tensor, ""]:
    """The area by Simpson's rule on an even grid, to compare with published numbers.

    HRNet, PIPNet, FaRL and STAR sample the CED from 0 to the threshold in steps of 1e-4 and
    integrate the samples by Simpson's rule. A staircase is no parabola: the result differs from
    `area_under_ced` by up to two thirds of ``step / threshold``, up or down by chance.

    Args:
        nme: (N,) fractions.
        threshold: Where the integral ends, a fraction.
        step: Distance of the samples; made a little smaller where the threshold is not an even
            multiple of it, as the rule demands.

    Raises:
        ValueError: If there are no faces, or threshold or step are not positive and finite.

    >>> area_under_ced_simpson(torch.tensor([0.05004]), 0.10)
    tensor(0.4997, dtype=torch.float64)
    """
    check_threshold(threshold)
    check_threshold(step)
    pieces = max(2, 2 * math.ceil(round(threshold / (2 * step), 9)))
    grid = torch.linspace(0, threshold, pieces + 1, dtype=torch.float64, device=nme.device)
    weights = torch.full_like(grid, 2.0)
    weights[1::2] = 4.0
    weights[[0, -1]] = 1.0
    return (ced(nme.double(), grid) * weights).sum() / (3 * pieces)


def area_under_ced_trapezoid(nme: Float[Tensor, " N"], threshold: float) -> Float64[Tensor, ""]:
    """The area by the trapezoid rule over sorted errors, to compare with published numbers.

    The public code of LUVLi (https://github.com/merlresearch/LUVLi, ``calculate_auc_from_nme``)
    joins the points ``(e_i, i / N)`` of the sorted errors by straight lines, interpolates at the
    threshold and starts at the smallest error. The result lies above `area_under_ced`, by up to
    1 / 2N.

    Raises:
        ValueError: If there are no faces, or the threshold is not positive and finite.

    >>> area_under_ced_trapezoid(torch.tensor([0.02, 0.06]), 0.10)
    tensor(0.7000, dtype=torch.float64)
    """
    check_threshold(threshold)
    x = _errors(nme).sort().values
    y = torch.arange(1, len(x) + 1, dtype=torch.float64, device=x.device) / len(x)
    # Behind the largest error the curve stays at 1.
    x = torch.cat([x, x.new_tensor([math.inf])])
    y = torch.cat([y, y[-1:]])
    left = x[:-1] < threshold
    x0, x1, y0, y1 = x[:-1][left], x[1:][left], y[:-1][left], y[1:][left]
    end = x1.clamp(max=threshold)
    slope = (y1 - y0) / (x1 - x0).clamp(min=torch.finfo(torch.float64).tiny)
    heights = y0 + slope * (end - x0) / 2
    return (heights * (end - x0)).sum() / threshold


def _errors(nme: Float[Tensor, " N"]) -> Float64[Tensor, " N"]:
    if not len(nme):
        raise ValueError("there are no faces to average over; update the metric or choose a split")
    return nme.double().nan_to_num(nan=math.inf, posinf=math.inf)


def _mean(values: Float64[Tensor, " N"]) -> Float64[Tensor, ""]:
    """The mean with one rounding of the sum: the same on any device, in any order."""
    total = math.fsum(values.tolist())
    return torch.tensor(total / len(values), dtype=torch.float64, device=values.device)


def check_threshold(threshold: float) -> None:
    """Refuses a threshold that is not a positive fraction.

    Raises:
        ValueError: If it is not above 0, or not finite.
    """
    if not (threshold > 0 and math.isfinite(threshold)):
        raise ValueError(
            f"the threshold is {threshold}; expected a fraction above 0, such as 0.10 for 10 %"
        )


def _refuse(bad: Bool[Tensor, " B"], what: str) -> None:
    if bad.any():
        rows = bad.nonzero()[:, 0].tolist()
        raise ValueError(
            f"{len(rows)} of {len(bad)} faces have {what}, the first in row {rows[0]}; leave them "
            "out before measuring"
        )


__all__ = [
    "area_under_ced",
    "area_under_ced_simpson",
    "area_under_ced_trapezoid",
    "ced",
    "check_threshold",
    "failure_rate",
    "mean_error",
    "normalised_mean_error",
    "point_errors",
]
