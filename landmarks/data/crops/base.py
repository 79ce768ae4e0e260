"""Where a crop lies on the photo: the contract of all policies."""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple, final

import numpy as np
from jaxtyping import Float

from landmarks.batch import Record
from landmarks.errors import DataError, SettingsError
from landmarks.markups import Markup


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

    def displaced(
        self,
        shift_x: float = 0.0,
        shift_y: float = 0.0,
        scale: float = 1.0,
        rotation: float = 0.0,
    ) -> "Window":
        """The window moved along its own axes, then scaled and turned about its new middle.

        Args:
            shift_x: Along the window's own horizontal, in sides of this window.
            shift_y: Along the window's own vertical, in sides of this window.
            scale: Factor on the side.
            rotation: A further turn in degrees, clockwise as seen.

        >>> Window(50, 40, 20).displaced(shift_x=0.5, scale=2)
        Window(x=60.0, y=40.0, side=40, rotation=0.0)
        >>> x, y, *_ = Window(50, 40, 20, rotation=90).displaced(shift_x=0.5)
        >>> round(x), round(y)
        (50, 50)
        """
        turn = math.radians(self.rotation)
        cos, sin = self.side * math.cos(turn), self.side * math.sin(turn)
        return Window(
            self.x + cos * shift_x - sin * shift_y,
            self.y + sin * shift_x + cos * shift_y,
            self.side * scale,
            self.rotation + rotation,
        )


class Crop(ABC):
    """Where crops lie, as it is said in settings: before the point scheme is known.

    Most are a `CropPolicy` at once; a policy that needs to know which points are the eyes, such as
    `FivePointAlignment`, becomes one for a markup.
    """

    @abstractmethod
    def for_markup(self, markup: Markup) -> "CropPolicy":
        """The policy for faces of this markup.

        Raises:
            SettingsError: If the markup lacks what the policy needs.
            landmarks.errors.DataError: If a file that the policy needs cannot be used.
        """


class CropPolicy(Crop):
    """Says which window of the photo a face's crop shows before augmentation.

    Similar photos have similar windows: whoever moves, turns or scales all that a record says of a
    face moves, turns or scales its window likewise. Policies whose source aligns windows with the
    photo's axes or its pixels keep this for what their source allows, and say so.

    A policy of one's own has ``__call__`` alone.
    """

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

    @final
    def for_markup(self, markup: Markup) -> "CropPolicy":
        """The policy itself, which asks nothing of the markup."""
        return self


def annotated_points(record: Record) -> Float[np.ndarray, "N 2"]:
    """The points of a face that are annotated, for a box round them.

    Raises:
        DataError: If there are fewer than 2, or all of them coincide.
    """
    known = ~np.isnan(record.points_photo).any(axis=1)
    points: Float[np.ndarray, "N 2"] = record.points_photo[known]
    if len(points) < 2:
        raise DataError(
            f"{record.photo.name} has {len(points)} annotated points; a crop round the landmarks "
            "needs at least 2: leave the face out, or choose a crop that does not need them"
        )
    if not np.ptp(points, axis=0).any():
        raise DataError(
            f"all landmarks of {record.photo.name} coincide, so that the face has no size; mend "
            "its annotation, or leave the face out"
        )
    return points


def positive(name: str, value: float) -> float:
    """A policy's argument that must be a number above 0.

    Raises:
        ValueError: If it is not.
    """
    if not (value > 0 and math.isfinite(value)):
        raise SettingsError(f"crop {name} {value} must be larger than 0")
    return value


def finite(name: str, value: float) -> float:
    """A policy's argument that must be a finite number.

    Raises:
        ValueError: If it is not.
    """
    if not math.isfinite(value):
        raise SettingsError(f"crop {name} is {value}; expected a finite number")
    return value
