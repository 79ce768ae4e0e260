"""Where a crop lies on the photo: named policies."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from landmarks.batch import Record
from landmarks.errors import DataError


class Window(NamedTuple):
    """A window of a photo, in photo pixels.

    Attributes:
        x: Middle, from the left.
        y: Middle, from the top.
        side: Height; its width follows from the crop's shape.
        rotation: Turn in degrees, clockwise as seen; 0 is upright.
    """

    x: float
    y: float
    side: float
    rotation: float = 0.0


class CropPolicy(ABC):
    """Says which window of the photo a face's crop shows before augmentation."""

    @abstractmethod
    def __call__(self, record: Record, rng: np.random.Generator) -> Window:
        """The window of one face.

        Args:
            record: The face.
            rng: What a policy with chance in it draws from: for training a new one for each face,
                view and epoch, for evaluation always the same for one face.

        Raises:
            landmarks.errors.DataError: If the record lacks what the policy needs.
        """


class LandmarkBox(CropPolicy):
    """A square round the tight box of the annotated landmarks.

    Published recipes use the true landmarks in this way (HRNet's 300W and WFLW lists, for example);
    a reader of results should know that no detector was involved.

    Args:
        factor: Side of the window as a multiple of the box's longer side.
    """

    def __init__(self, factor: float = 1.25) -> None:
        if not factor > 0:
            raise ValueError(f"crop factor {factor} must be larger than 0")
        self.factor = factor

    def __call__(self, record: Record, rng: np.random.Generator) -> Window:
        """The window of one face; see `CropPolicy`. Nothing is drawn."""
        points = record.points_photo[~np.isnan(record.points_photo).any(axis=1)]
        if len(points) < 2:
            raise DataError(
                f"{record.photo.name} has {len(points)} annotated points; a crop round the "
                "landmarks needs at least 2"
            )
        low, high = points.min(axis=0), points.max(axis=0)
        middle = (low + high) / 2
        side = self.factor * float((high - low).max())
        if not side > 0:
            raise DataError(f"all landmarks of {record.photo.name} coincide; the face has no size")
        return Window(float(middle[0]), float(middle[1]), side)
