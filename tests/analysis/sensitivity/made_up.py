"""Curves whose crossings are known."""

import numpy as np

from landmarks.analysis.sensitivity.conditions import SCALING, SHIFT, TURN
from landmarks.analysis.sensitivity.rise import Curve

FACES = 200


def curve(kind, sizes, rise, movement, noise=0.0, seed=0):
    """NME 4 · (1 + rise · distance from neutral); landmarks move by movement · distance."""
    sizes = np.array(sizes, dtype=float)
    distance = sizes - sizes[0]
    rng = np.random.default_rng(seed)
    hard = rng.uniform(0.5, 1.5, (FACES, 1)) / 1.0
    hard *= FACES / hard.sum()
    nme = 4 * hard * (1 + rise * distance) + noise * rng.normal(size=(FACES, len(sizes)))
    return Curve(kind, sizes, nme, np.tile(movement * distance, (FACES, 1)))


def curves(shift=5.0, scale=1.0, turn=0.02, turn_movement=0.005, noise=0.0):
    """The rises of the three kinds for a shift of 1, a factor of 1 more and a degree."""
    return [
        curve(SHIFT, [0, 0.05, 0.1, 0.2], shift, 1.0, noise, seed=1),
        curve(SCALING, [1, 1.25, 1.5, 2], scale, 0.25, noise, seed=2),
        curve(TURN, [0, 10, 20, 40], turn, turn_movement, noise, seed=3),
    ]
