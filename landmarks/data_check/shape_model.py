"""Where each point of a face should lie, judged by its other points."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Complex, Float
from scipy import stats

from landmarks.data_check.alignment import align_robustly, as_complex, as_points, mean_shape

_MODES = 40
"""Ways in which faces differ that the model knows, at most: pose, expression, build."""

_FACES_A_MODE = 5
"""Faces that it takes to learn one."""

_FACES_TO_LEARN_FROM = 4000
_CHUNK = 2000
_ROUNDS = 3
_REWEIGHTINGS = 3
_FREEDOM = 4.0
"""Degrees of freedom of the t-distribution that weighs points: a gross error pulls little."""

_FLOOR = 0.005
"""Spread that no point falls below, in units of the shape: the click of a careful annotator."""

_LEFT_OUT = 0.05
"""Share of the faces, the strangest, that the model is not learnt from."""

_NOT_LEARNT = 6.0
"""Points stranger than this are taken as missing when the model is learnt."""

_DRAWN_IN = 5.0
"""Points farther from the mean shape than so many times what is typical are first drawn in."""

_KEPT = 0.75
"""Share of the faces, the least strange at a point, that the point's spread is taken from."""

_MEDIAN = float(stats.chi2.ppf(0.5, df=2))


class Judgement(NamedTuple):
    """How strange each point is.

    Attributes:
        strangeness: (N, K) distance from the place expected, in the point's own robust standard
            deviations; NaN for a missing point.
        distance: (N, K) the same distance in units of the mean shape (inter-ocular distances).
        expected: (N, K, 2) the place expected from the face's other points, in photo pixels.
    """

    strangeness: Float[np.ndarray, "N K"]
    distance: Float[np.ndarray, "N K"]
    expected: Float[np.ndarray, "N K 2"]


class ShapeModel:
    """Faces as a mean shape, a few modes of variation and noise, learnt from the faces themselves.

    Probabilistic principal components (Tipping and Bishop 1999,
    https://doi.org/10.1111/1467-9868.00196) of shapes aligned by similarities. A large pose is a
    mode and no surprise, where a distance from the mean shape would flag all profiles. Each point
    is predicted from the face's other points: with ``A = Σ w_k W_kᵀ W_k / s_k² + Λ⁻¹`` the residual
    without point k is ``(I - w_k W_k A⁻¹ W_kᵀ / s_k²)⁻¹ r_k``, so that no face is fitted twice. The
    weights are those of a t-distribution, so that one point set wrongly is not blamed on its
    neighbours; each point's residuals are measured by their own robust 2×2 covariance (jaw points
    slide along the jaw).

    Args:
        points_photo: (N, K, 2) the faces to learn from, NaN where a point is missing.
        unit: Indices of the two points whose distance is the unit; see `mean_shape`.

    Attributes:
        mean: (K,) complex, the mean shape.
        modes: Number of modes.
    """

    def __init__(
        self, points_photo: Float[np.ndarray, "N K 2"], unit: tuple[int, int] | None
    ) -> None:
        step = max(1, -(-len(points_photo) // _FACES_TO_LEARN_FROM))
        faces = as_complex(points_photo[::step])
        self.mean = mean_shape(faces, unit)
        usable = ~np.isnan(self.mean)
        filled = np.where(usable, self.mean, 0)
        shapes = align_robustly(np.where(usable, faces, np.nan), filled).apply(faces)
        offsets = _flat(shapes - self.mean)
        offsets = offsets[(~np.isnan(offsets)).sum(axis=1) >= 4]
        self.modes = max(0, min(_MODES, len(offsets) // _FACES_A_MODE, offsets.shape[1] // 2))
        count = self.mean.size
        self._basis = np.zeros((count, 2, 0))
        self._prior = np.zeros(0)
        self._noise = np.full(count, 0.05**2)
        self._covariance = np.broadcast_to(0.05**2 * np.eye(2), (count, 2, 2))
        if len(offsets) < 2:
            return
        kept = np.ones(len(offsets), bool)
        completed = np.where(np.isnan(offsets), 0.0, _drawn_in(offsets))
        for _ in range(_ROUNDS):
            self._learn(completed[kept])
            residuals, fitted = self._residuals(offsets)
            strangeness = self._strangeness(residuals)
            # A gross error that were learnt from would be a mode of its own, and no surprise.
            strange = np.repeat(np.nan_to_num(strangeness, nan=np.inf) > _NOT_LEARNT, 2, axis=1)
            completed = np.where(strange, fitted, offsets)
            worst = np.nan_to_num(strangeness, nan=0.0).max(axis=1)
            kept = worst <= np.quantile(worst, 1 - _LEFT_OUT)

    def judge(self, points_photo: Float[np.ndarray, "N K 2"]) -> Judgement:
        """Predicts every point from the others."""
        parts = [
            self._judge(points_photo[start : start + _CHUNK])
            for start in range(0, max(len(points_photo), 1), _CHUNK)
        ]
        return Judgement(*(np.concatenate(values) for values in zip(*parts, strict=True)))

    def _judge(self, points_photo: Float[np.ndarray, "N K 2"]) -> Judgement:
        faces = as_complex(points_photo)
        usable = ~np.isnan(self.mean)
        filled = np.where(usable, self.mean, 0)
        similarity = align_robustly(np.where(usable, faces, np.nan), filled)
        shapes = similarity.apply(faces)
        residuals, _ = self._residuals(_flat(shapes - self.mean))
        with np.errstate(invalid="ignore", divide="ignore"):
            expected = similarity.undo(shapes - residuals.view(np.complex128)[..., 0])
        return Judgement(
            self._strangeness(residuals),
            np.linalg.norm(residuals, axis=-1),
            as_points(expected),
        )

    def _learn(self, offsets: Float[np.ndarray, "N C"]) -> None:
        covariance = offsets.T @ offsets / len(offsets)
        values, vectors = np.linalg.eigh(covariance)
        values, vectors = values[::-1], vectors[:, ::-1]
        rest = values[self.modes :].mean() if self.modes < len(values) else 0.0
        noise = max(float(rest), _FLOOR**2)
        self._prior = np.maximum(values[: self.modes] - noise, 1e-12)
        self._basis = vectors[:, : self.modes].reshape(self.mean.size, 2, self.modes)
        self._noise = np.full(len(self._basis), noise)
        residuals, _ = self._residuals(offsets)
        self._covariance = _robust_covariance(residuals)
        self._noise = np.maximum(np.trace(self._covariance, axis1=1, axis2=2) / 2, _FLOOR**2)
        residuals, _ = self._residuals(offsets)
        self._covariance = _robust_covariance(residuals)

    def _residuals(
        self, offsets: Float[np.ndarray, "N C"]
    ) -> tuple[Float[np.ndarray, "N K 2"], Float[np.ndarray, "N C"]]:
        """Each point's distance from where the others say, and the shape fitted to all."""
        parts = [
            self._residuals_of_some(offsets[start : start + _CHUNK])
            for start in range(0, max(len(offsets), 1), _CHUNK)
        ]
        residuals, fitted = zip(*parts, strict=True)
        return np.concatenate(residuals), np.concatenate(fitted)

    def _residuals_of_some(
        self, offsets: Float[np.ndarray, "N C"]
    ) -> tuple[Float[np.ndarray, "N K 2"], Float[np.ndarray, "N C"]]:
        count, points, modes = len(offsets), len(self._basis), self.modes
        data = offsets.reshape(count, points, 2)
        there = ~np.isnan(data).any(axis=2)
        values = np.where(there[..., None], data, 0.0)
        squares = np.einsum("kcr,kcs->krs", self._basis, self._basis).reshape(points, -1)
        basis = self._basis.reshape(2 * points, modes)
        flat = values.reshape(count, -1)
        weights = there.astype(np.float64)
        for _ in range(_REWEIGHTINGS):
            precision = weights / self._noise
            normal = (precision @ squares).reshape(count, modes, modes)
            inverse = np.linalg.inv(normal + np.diag(1 / self._prior))
            pull = (np.repeat(precision, 2, axis=1) * flat) @ basis
            fitted = (inverse @ pull[..., None])[..., 0] @ basis.T
            rest = (values - fitted.reshape(values.shape)) * there[..., None]
            distance = (rest**2).sum(axis=2) / self._noise
            weights = np.where(there, (_FREEDOM + 2) / (_FREEDOM + distance), 0.0)
        along = (basis @ inverse).reshape(count, points, 2, modes)
        pulled = np.einsum("nkcr,kdr->nkcd", along, self._basis)
        left = np.eye(2) - precision[..., None, None] * pulled
        residuals = _solve(left, rest)
        residuals = np.where(there[..., None], residuals, np.nan)
        return np.ascontiguousarray(residuals), fitted

    def _strangeness(self, residuals: Float[np.ndarray, "N K 2"]) -> Float[np.ndarray, "N K"]:
        strangeness: Float[np.ndarray, "N K"] = np.sqrt(
            _squared_distance(residuals, self._covariance)
        )
        return strangeness


def _flat(shapes: Complex[np.ndarray, "N K"]) -> Float[np.ndarray, "N C"]:
    return as_points(shapes).reshape(len(shapes), 2 * shapes.shape[1])


def _drawn_in(offsets: Float[np.ndarray, "N C"]) -> Float[np.ndarray, "N C"]:
    """The offsets, none of them longer than so many times what is typical of its point."""
    pairs = offsets.reshape(len(offsets), offsets.shape[1] // 2, 2)
    length = np.linalg.norm(pairs, axis=2)
    limit = _DRAWN_IN * np.nan_to_num(_quantile(length, 0.5), nan=0.0) + _FLOOR
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.where(length > limit, limit / length, 1.0)
    return (pairs * factor[..., None]).reshape(offsets.shape)


def _solve(
    matrices: Float[np.ndarray, "N K 2 2"], values: Float[np.ndarray, "N K 2"]
) -> Float[np.ndarray, "N K 2"]:
    """Two equations each, written out: a hundred times faster than a solver called for each."""
    (a, b), (c, d) = np.moveaxis(matrices, (2, 3), (0, 1))
    x, y = np.moveaxis(values, 2, 0)
    crossed = np.stack([d * x - b * y, a * y - c * x], axis=-1)
    solved: Float[np.ndarray, "N K 2"] = crossed / (a * d - b * c)[..., None]
    return solved


def _squared_distance(
    residuals: Float[np.ndarray, "N K 2"], covariance: Float[np.ndarray, "K 2 2"]
) -> Float[np.ndarray, "N K"]:
    inverse = np.linalg.inv(covariance)
    x, y = residuals[..., 0], residuals[..., 1]
    squares = inverse[:, 0, 0] * x**2 + 2 * inverse[:, 0, 1] * x * y + inverse[:, 1, 1] * y**2
    distance: Float[np.ndarray, "N K"] = np.maximum(squares, 0)
    return distance


def _robust_covariance(residuals: Float[np.ndarray, "N K 2"]) -> Float[np.ndarray, "K 2 2"]:
    """Each point's covariance of residuals, from the inner three quarters of the faces.

    Concentration steps of the minimum covariance determinant (Rousseeuw and van Driessen 1999,
    https://doi.org/10.1080/00401706.1999.10485670) about 0, scaled so that the median squared
    distance is that of a normal distribution.
    """
    there = ~np.isnan(residuals).any(axis=2)
    values = np.where(there[..., None], residuals, 0.0)
    floor = _FLOOR**2 * np.eye(2)
    covariance = np.broadcast_to(np.eye(2), (residuals.shape[1], 2, 2))
    for _ in range(5):
        distance = np.where(there, _squared_distance(values, covariance), np.nan)
        with np.errstate(invalid="ignore"):
            limit = _quantile(distance, _KEPT)
            inner = (distance <= limit).astype(np.float64)
        total = np.maximum(inner.sum(axis=0), 1)[:, None, None]
        columns = (inner[..., None] * values).transpose(1, 2, 0)
        covariance = columns @ values.transpose(1, 0, 2) / total
        covariance = covariance + floor
    distance = np.where(there, _squared_distance(values, covariance), np.nan)
    scale = _quantile(distance, 0.5) / _MEDIAN
    scaled = covariance * np.where(np.isnan(scale), 1.0, scale)[:, None, None]
    return scaled + floor


def _quantile(values: Float[np.ndarray, "N K"], share: float) -> Float[np.ndarray, " K"]:
    """The quantile of each column's numbers; NaN for a column without."""
    ordered = np.sort(values, axis=0)
    count = (~np.isnan(values)).sum(axis=0)
    place = np.ceil(share * count).astype(int) - 1
    chosen: Float[np.ndarray, " K"] = ordered[np.maximum(place, 0), np.arange(values.shape[1])]
    return chosen


__all__ = ["Judgement", "ShapeModel"]
