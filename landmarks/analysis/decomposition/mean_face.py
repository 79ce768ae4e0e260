"""Error landmark by landmark, and the face to draw it on."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64
from scipy import stats

from landmarks.analysis.decomposition.groups import by_method, point_nme
from landmarks.analysis.decomposition.rows import LandmarkError
from landmarks.analysis.measured import MeasuredRun
from landmarks.analysis.statistics import Estimate
from landmarks.markups import Markup
from landmarks.results import FaceResults

_ROUNDS = 20


def landmark_errors(
    runs: Sequence[MeasuredRun], markup: Markup, protocol: str, confidence: float = 0.95
) -> list[LandmarkError]:
    """Each method's error at each landmark, over the faces on which it is annotated.

    A landmark that no face has is left out. The intervals are Student's, over faces, of errors
    averaged over the trainings: with one for every landmark of every method the bootstrap would
    take minutes.

    Args:
        runs: Tested runs, of any conditions, and of other programs too.
        markup: The point scheme.
        protocol: Name of the protocol whose normaliser errors are divided by.
        confidence: Share of such intervals that cover the true mean.

    Returns:
        Rows by method and condition, split and landmark.
    """
    rows = []
    parts = [
        tuple(name for name, part in markup.parts.items() if point in part.points)
        for point in range(markup.count)
    ]
    for own in by_method(runs):
        for split in own[0].splits:
            errors = 100 * point_nme([run.splits[split] for run in own], protocol).mean(axis=0)
            for point, values in enumerate(errors.T):
                there = values[~np.isnan(values)]
                if len(there):
                    nme = _student(there, confidence)
                    head = (own[0].method, own[0].levels, split)
                    rows.append(LandmarkError(*head, point, parts[point], len(there), nme))
    return rows


def _student(values: Float64[np.ndarray, " N"], confidence: float) -> Estimate:
    mean = float(values.mean())
    if np.ptp(values) == 0 and len(values) > 1:
        return Estimate(mean, mean, mean)
    if len(values) == 1 or not np.isfinite(values).all():
        return Estimate(mean, np.nan, np.nan)
    interval = stats.ttest_1samp(values, 0.0).confidence_interval(confidence)
    return Estimate(mean, float(interval.low), float(interval.high))


def mean_face(results: FaceResults, markup: Markup) -> Float64[np.ndarray, "K 2"]:
    """The mean shape of the true points, without position, scale and roll; y points down.

    Generalised Procrustes analysis (Gower 1975, https://doi.org/10.1007/BF02291478) without
    mirroring: each face is moved, scaled and turned so that its annotated points lie as near as can
    be, in squares, to the mean, and the mean is taken anew. The eyes' centres are then 1 apart,
    level, with the origin between them, as in `Markup.mean_shape`. Where the markup names no eyes,
    or no face has them, the root-mean-square distance from the centre is 1 and the faces are
    upright on average.

    Returns:
        (K, 2), NaN for a landmark that no face has, and everywhere if no face has two.
    """
    points = results.true_points_photo.astype(np.float64)
    shapes = points[..., 0] + 1j * points[..., 1]
    there = ~np.isnan(shapes)
    shapes, there = shapes[there.sum(axis=1) > 1], there[there.sum(axis=1) > 1]
    if not len(shapes):
        return np.full((markup.count, 2), np.nan)
    # The start is upright as its photo is; the faces' mean roll is taken out below.
    mean = _centred(shapes[int(there.sum(axis=1).argmax())])
    turns = np.ones(len(shapes), dtype=complex)
    for _ in range(_ROUNDS):
        mean, turns = _aligned_mean(shapes, there, mean)
    mean = mean * np.exp(-1j * np.angle((turns / np.abs(turns)).sum()))
    mean = _levelled(mean, markup)
    return np.stack([mean.real, mean.imag], axis=-1)


def _centred(shape: np.ndarray) -> np.ndarray:
    shape = shape - np.nanmean(shape)
    centred: np.ndarray = shape / np.sqrt(np.nanmean(np.abs(shape) ** 2))
    return centred


def _aligned_mean(
    shapes: np.ndarray, there: np.ndarray, mean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The mean of the shapes, each laid onto ``mean`` by its least-squares similarity.

    Places are complex numbers, a similarity a factor and an offset: the factor turns and scales.
    """
    both = there & ~np.isnan(mean)
    count = np.maximum(both.sum(axis=1, keepdims=True), 1)
    own_centre = np.where(both, shapes, 0).sum(axis=1, keepdims=True) / count
    mean_centre = np.where(both, mean, 0).sum(axis=1, keepdims=True) / count
    own = np.where(both, shapes - own_centre, 0)
    wanted = np.where(both, mean - mean_centre, 0)
    square = (np.abs(own) ** 2).sum(axis=1, keepdims=True)
    factor = (own.conj() * wanted).sum(axis=1, keepdims=True) / np.where(square > 0, square, np.nan)
    laid = np.where(there, factor * (shapes - own_centre) + mean_centre, np.nan)
    usable = ~np.isnan(laid)
    total = np.where(usable, laid, 0).sum(axis=0)
    number = usable.sum(axis=0)
    found = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    turned = factor[:, 0]
    return _centred(found), np.where(np.isnan(turned) | (turned == 0), 1.0, turned)


def _levelled(mean: np.ndarray, markup: Markup) -> np.ndarray:
    if markup.eyes is None:
        return mean
    left, right = (mean[list(eye)].mean() for eye in markup.eyes)
    if np.isnan(left) or np.isnan(right) or left == right:
        return mean
    levelled: np.ndarray = (mean - (left + right) / 2) / (right - left)
    return levelled
