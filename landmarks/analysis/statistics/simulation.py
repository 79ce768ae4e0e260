"""Errors with a known truth, to try statistics on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Simulated(NamedTuple):
    """Comparisons whose truth is known, errors in per cent.

    Attributes:
        errors: (C, M, S, N) of C comparisons of M methods under S seeds on N faces.
        truth: (M,) mean error of each method over all faces and seeds there could be.
        network_truth: (C, M, S) mean error of each training over all faces there could be.
    """

    errors: Float[np.ndarray, "C M S N"]
    truth: Float[np.ndarray, " M"]
    network_truth: Float[np.ndarray, "C M S"]


@dataclass(frozen=True)
class Population:
    """Faces, methods and trainings to draw comparisons from; this project's choice.

    A face is as hard as a log-normal number says, for all methods; each method finds it harder or
    easier by a share with long tails (Student's t with five degrees of freedom); each training adds
    its luck, normal on all faces, and Laplace noise on single faces that grows with how hard they
    are. The defaults resemble NMEs on 300W.

    Attributes:
        seed_sd: For each method, standard deviation of the trainings' means, in points of NME.
        rest_sd: Standard deviation of what a training adds on a single face.
        taste: Standard deviation of a method's own difficulty, as a share of the face's.
        worse: For each method, how much its mean lies above `mean`; zeros if left out.
        shared_seed_sd: Standard deviation of what a seed adds to all methods alike.
        mean: Mean error.
        face_sd: Standard deviation of the faces' difficulty.
    """

    seed_sd: Sequence[float]
    rest_sd: float = 0.6
    taste: float = 0.08
    worse: Sequence[float] = ()
    shared_seed_sd: float = 0.05
    mean: float = 4.0
    face_sd: float = 1.8

    def draw(self, rng: np.random.Generator, comparisons: int, seeds: int, faces: int) -> Simulated:
        """Draws comparisons.

        Args:
            rng: Where the numbers come from.
            comparisons: Number of comparisons, C.
            seeds: Number of seeds, S.
            faces: Number of faces, N.

        >>> drawn = Population(seed_sd=(0.0, 0.05)).draw(np.random.default_rng(0), 3, 2, 100)
        >>> drawn.errors.shape, drawn.truth
        ((3, 2, 2, 100), array([4., 4.]))
        """
        methods = len(self.seed_sd)
        variance = np.log1p((self.face_sd / self.mean) ** 2)
        hard = self.mean * rng.lognormal(
            -variance / 2, np.sqrt(variance), (comparisons, 1, 1, faces)
        )
        of_method = rng.standard_t(5, (comparisons, methods, 1, faces)) / np.sqrt(5 / 3)
        of_seed = self.shared_seed_sd * rng.standard_normal((comparisons, 1, seeds))
        luck = np.asarray(self.seed_sd)[:, None] * rng.standard_normal(
            (comparisons, methods, seeds)
        )
        rest = rng.laplace(0, np.sqrt(0.5), (comparisons, methods, seeds, faces))
        truth = self.mean + np.asarray(self.worse or np.zeros(methods))
        network_truth = truth[:, None] + of_seed + luck
        errors = (
            hard * (1 + self.taste * of_method)
            + (network_truth - self.mean)[..., None]
            + self.rest_sd * rest * hard / np.hypot(self.mean, self.face_sd)
        )
        return Simulated(errors, truth, network_truth)
