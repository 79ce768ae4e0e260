"""What bounds on a peak's error are made of."""

import numpy as np
import torch
from jaxtyping import Float


def lost_to_a_neighbour(sigma: float, phase: float) -> tuple[float, float]:
    """How far past the edge of its cell a point can lie until rounding no longer hides it.

    Values below 1 are rounded by a quarter of eps at most, so two cells can change places if their
    squared distances from the point differ by less than σ² eps; the point then lies σ² eps / 2
    beyond the edge. Doubled, for what the quadratic approximation leaves out; none where points lie
    on the centres of cells.
    """
    scale = sigma**2 if phase > 0 else 0.0
    return scale * torch.finfo(torch.float16).eps, scale * torch.finfo(torch.bfloat16).eps


def float32_error(sigma: float) -> float:
    """A bound on what computing in float32 adds, and phases between those that were tried."""
    return 1e-5 * (sigma**2 + 1)


def phases_within(largest: float) -> Float[np.ndarray, " P"]:
    """Places to try in a cell: evenly spaced, up to ``largest`` to either side of its centre."""
    return np.linspace(-largest, largest, 21 if largest > 0 else 1)
