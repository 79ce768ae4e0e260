"""Windows round the annotated landmarks."""

from typing import final

import numpy as np

from landmarks.batch import Record
from landmarks.data.crops.base import CropPolicy, Window, annotated_points, positive


@final
class LandmarkBox(CropPolicy):
    """A square round the tight box of the annotated landmarks.

    Published recipes use the true landmarks in this way: HRNet's lists for 300W and WFLW hold the
    middle and the longer side of that box, which its code enlarges by 1.25 (its authors on
    https://github.com/HRNet/HRNet-Facial-Landmark-Detection/issues/3). A reader of results should
    know that no detector was involved.

    Args:
        factor: Side of the window as a multiple of the box's longer side.

    >>> from landmarks.data.photo_file import PhotoFile
    >>> from pathlib import Path
    >>> face = Record(PhotoFile(Path("."), "a.jpg"), np.array([[10.0, 10.0], [30.0, 20.0]]))
    >>> LandmarkBox(1.25)(face, np.random.default_rng(0))
    Window(x=20.0, y=15.0, side=25.0, rotation=0.0)
    """

    def __init__(self, factor: float = 1.25) -> None:
        self.factor = positive("factor", factor)

    def __call__(self, record: Record, rng: np.random.Generator) -> Window:
        """The window of one face; see `CropPolicy`. Nothing is drawn."""
        points = annotated_points(record)
        low, high = points.min(axis=0), points.max(axis=0)
        middle = (low + high) / 2
        return Window(float(middle[0]), float(middle[1]), self.factor * float((high - low).max()))


@final
class PFLDSquare(CropPolicy):
    """A square of whole pixels round the landmarks, as PFLD's data preparation cuts it.

    ``data/SetPreparation.py`` of https://github.com/polarisZhao/PFLD-pytorch, whose practice HIH
    follows (its README): the lowest and highest coordinates lose their fractions, the box between
    them counts both end pixels, its middle loses its fraction, and the square is 1.2 times the
    longer side, its fraction lost too. What lies outside the photo is black, as everywhere here.

    That code writes a point as its distance from the square's first pixel, divided by the side:
    half a photo pixel less than its place in the resized picture. This is not repeated here.

    Args:
        factor: Side of the square as a multiple of the box's longer side.

    >>> from landmarks.data.photo_file import PhotoFile
    >>> from pathlib import Path
    >>> face = Record(PhotoFile(Path("."), "a.jpg"), np.array([[10.7, 10.0], [30.9, 20.2]]))
    >>> PFLDSquare()(face, np.random.default_rng(0))  # 21 pixels wide; the square has pixels 8 … 32
    Window(x=20.0, y=15.0, side=25.0, rotation=0.0)
    """

    def __init__(self, factor: float = 1.2) -> None:
        self.factor = positive("factor", factor)

    def __call__(self, record: Record, rng: np.random.Generator) -> Window:
        """The window of one face; see `CropPolicy`. Nothing is drawn."""
        points = annotated_points(record)
        low, high = np.trunc(points.min(axis=0)), np.trunc(points.max(axis=0))
        lengths = high - low + 1
        # A factor near 0 on a small face could leave no pixel.
        side = max(1, int(lengths.max() * self.factor))
        first = np.trunc(low + lengths / 2) - side // 2
        x, y = ((first + (first + side - 1)) / 2).tolist()
        return Window(x, y, float(side))
