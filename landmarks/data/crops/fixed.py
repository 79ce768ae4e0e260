"""The same window of every photo."""

from typing import final

import numpy as np

from landmarks.batch import Record
from landmarks.data.crops.base import CropPolicy, Window, finite, positive


@final
class FixedWindow(CropPolicy):
    """The same window of every photo, for pictures that were cut round their faces already.

    FAN (Bulat and Tzimiropoulos 2017) crops the 450 × 450 px pictures of 300W-LP in this way:
    round (225, 275), 360 px high (``dataset-images.lua`` of
    https://github.com/1adrianb/face-alignment-training). Its transformation counts pixels from 1
    and rounds to whole ones; both together amount to less than a pixel.

    Args:
        x: Middle of the window from the left, in photo pixels.
        y: Middle of the window from the top, in photo pixels.
        side: Height of the window in photo pixels.
    """

    def __init__(self, x: float = 225.0, y: float = 275.0, side: float = 360.0) -> None:
        self.window = Window(finite("x", x), finite("y", y), positive("side", side))

    def __call__(self, record: Record, rng: np.random.Generator) -> Window:
        """The window; see `CropPolicy`. Nothing is drawn."""
        return self.window
