"""What a reader must find in a tree that was written."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from landmarks.batch import Box
from landmarks.geometry import Size


class Face(NamedTuple):
    """A face as its reader must find it: pixels from 0, NaN where a point is missing.

    ``size`` is the picture's, checked where it is given.
    """

    points: np.ndarray
    box: Box | None = None
    occluded: np.ndarray | None = None
    subsets: frozenset[str] = frozenset()
    size: Size | None = None


Truth = Mapping[str, list[Face]]
"""The faces of each split that was written, in the order of the reader."""
