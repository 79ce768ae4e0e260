"""Points in MATLAB files beside their pictures: those of 300W-LP and AFLW2000-3D."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from landmarks.benchmarks.files.text import HORIZON
from landmarks.benchmarks.mat.shapes import fail
from landmarks.geometry import Size


def from_1(
    file: Path, variable: str, points_from_1: Float[np.ndarray, "K 2"], picture: Size
) -> Float[np.ndarray, "K 2"]:
    """Points that count pixels from 1, as MATLAB does, counted from 0.

    Args:
        file: The file, for the message.
        variable: The variable that they come from, for the message.
        points_from_1: As they stand in the file.
        picture: Size of the picture; points may lie outside it, but not far away.

    Raises:
        DataError: If one lies more than ten times the picture's longer side from its corner.
    """
    longer = max(picture)
    far = np.argwhere(np.abs(points_from_1) > HORIZON * longer)
    if len(far):
        point, axis = far[0].tolist()
        fail(
            file,
            variable,
            f"{'xy'[axis]} of point {point + 1} is {points_from_1[point, axis]:g}, which lies more "
            f"than {HORIZON} times the picture's longer side ({longer:g} px) away",
        )
    return points_from_1 - 1


__all__ = ["from_1"]
