"""Windows round the box that comes with an annotation."""

from typing import final

import numpy as np

from landmarks.batch import Box, Record
from landmarks.data.crops.base import CropPolicy, Window, finite, positive
from landmarks.errors import DataError


@final
class AnnotatedBox(CropPolicy):
    """A square round the box that comes with the annotation: a detector's, or an annotator's.

    Which of the two it is, and what it encloses, differs between benchmarks: WFLW's is a detector's
    and most faces stick out of it; AFLW's is square.

    The organisers of the 106-point challenge (JD-landmark) enlarged the detector's box outward by
    1/8. Read as 1/8 of its width and height on every side, that is ``AnnotatedBox(1.25)`` on the
    detector's box itself; whether the boxes they distribute are enlarged already is not known.

    Args:
        factor: Side of the window as a multiple of the box's longer side.
    """

    def __init__(self, factor: float = 1.25) -> None:
        self.factor = positive("factor", factor)

    def __call__(self, record: Record, rng: np.random.Generator) -> Window:
        """The window of one face; see `CropPolicy`. Nothing is drawn."""
        x0, y0, x1, y1 = _box(record)
        return Window((x0 + x1) / 2, (y0 + y1) / 2, self.factor * max(x1 - x0, y1 - y0))


@final
class FANBox(CropPolicy):
    """The crop that FAN (Bulat and Tzimiropoulos 2017) cuts round a detector's box.

    ``face_alignment/api.py`` of https://github.com/1adrianb/face-alignment: the middle of the box
    moves up by 0.12 of its height, and the side is 200 px · (width + height) / 195. The numbers
    suit the boxes of the detectors that come with it (S³FD). That code rounds the corners of its
    crop to whole pixels, which is not repeated here.

    Args:
        offset: How far the middle moves up, in heights of the box.
        divisor: What the sum of width and height is divided by; 200 px times it is the side.
    """

    def __init__(self, offset: float = 0.12, divisor: float = 195.0) -> None:
        self.offset = finite("offset", offset)
        self.divisor = positive("divisor", divisor)

    def __call__(self, record: Record, rng: np.random.Generator) -> Window:
        """The window of one face; see `CropPolicy`. Nothing is drawn."""
        x0, y0, x1, y1 = _box(record)
        width, height = x1 - x0, y1 - y0
        return Window(
            (x0 + x1) / 2,
            (y0 + y1) / 2 - self.offset * height,
            200 * (width + height) / self.divisor,
        )


def _box(record: Record) -> Box:
    if record.box is None:
        raise DataError(
            f"{record.photo.name} comes without a face box, which this crop needs; choose a crop "
            "that does not, such as LandmarkBox"
        )
    x0, y0, x1, y1 = record.box
    if not (np.isfinite(record.box).all() and x1 > x0 and y1 > y0):
        raise DataError(
            f"the face box of {record.photo.name} reaches from ({x0:g}, {y0:g}) to ({x1:g}, "
            f"{y1:g}); expected a left and upper corner, then a right and lower one"
        )
    return record.box
