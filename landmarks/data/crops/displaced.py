"""Windows that miss their face by a given amount."""

from typing import final

import numpy as np

from landmarks.batch import Record
from landmarks.data.crops.base import Crop, CropPolicy, Window, finite, positive
from landmarks.markups import Markup


@final
class Displaced(Crop):
    """Another crop's windows, all of them moved, scaled and turned by the same amount.

    What a detector's errors do to a method can be seen with it; `landmarks data sensitivity` does.

    Args:
        crop: The crop.
        shift_x: Along the window's own horizontal, in sides of the window.
        shift_y: Along the window's own vertical, in sides of the window.
        scale: Factor on the window's side.
        rotation: A further turn in degrees, clockwise as seen.
    """

    def __init__(
        self,
        crop: Crop,
        shift_x: float = 0.0,
        shift_y: float = 0.0,
        scale: float = 1.0,
        rotation: float = 0.0,
    ) -> None:
        self.crop = crop
        self.shift_x = finite("shift_x", shift_x)
        self.shift_y = finite("shift_y", shift_y)
        self.scale = positive("scale", scale)
        self.rotation = finite("rotation", rotation)

    def for_markup(self, markup: Markup) -> CropPolicy:
        """The policy for faces of this markup; see `Crop`."""
        return _Displaced(self, self.crop.for_markup(markup))


class _Displaced(CropPolicy):
    def __init__(self, settings: Displaced, policy: CropPolicy) -> None:
        self.settings = settings
        self.policy = policy

    def __call__(self, record: Record, rng: np.random.Generator) -> Window:
        by = self.settings
        return self.policy(record, rng).displaced(by.shift_x, by.shift_y, by.scale, by.rotation)
