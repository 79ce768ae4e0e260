"""What a spread over faces and seeds is made of."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Components(NamedTuple):
    """Variances of what faces, seeds and the two together contribute, in squares of the unit.

    Attributes:
        face: Of what a face contributes under every seed. With one seed, of all that differs
            between faces.
        seed: Of what a seed contributes on every face; None for one seed.
        rest: Of what a seed contributes on a single face; None for one seed.
    """

    face: float
    seed: float | None
    rest: float | None


def variance_components(values: Float[np.ndarray, "S N"]) -> Components:
    """Variance components of values crossed over seeds and faces.

    The estimators of the two-way analysis of variance with random effects and one value a cell,
    from its mean squares: face = (MS_face − MS_rest) / S, seed = (MS_seed − MS_rest) / N,
    rest = MS_rest (Searle, Casella and McCulloch, Variance Components, 1992, chapter 4). A negative
    estimate is reported as 0.

    Args:
        values: (S, N) one for each seed and face, all finite; at least two faces.

    >>> easy_and_hard, lucky_and_not = np.array([1.0, 3.0, 5.0]), np.array([[0.0], [1.0]])
    >>> variance_components(easy_and_hard + lucky_and_not)
    Components(face=4.0, seed=0.5, rest=0.0)
    """
    seeds, faces = values.shape
    by_face, by_seed = values.mean(axis=0), values.mean(axis=1, keepdims=True)
    if seeds == 1:
        return Components(float(by_face.var(ddof=1)), None, None)
    rest = values - by_face - by_seed + values.mean()
    of_rest = float((rest**2).sum()) / ((seeds - 1) * (faces - 1))
    of_faces, of_seeds = seeds * float(by_face.var(ddof=1)), faces * float(by_seed.var(ddof=1))
    return Components(
        face=max(0.0, of_faces - of_rest) / seeds,
        seed=max(0.0, of_seeds - of_rest) / faces,
        rest=of_rest,
    )
