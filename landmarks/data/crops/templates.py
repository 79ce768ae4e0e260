"""Where the five coarse points of an aligned face lie in its window."""

from abc import ABC, abstractmethod
from typing import final

import numpy as np
from jaxtyping import Float

from landmarks.data.crops.base import positive
from landmarks.errors import SettingsError
from landmarks.markups import Markup

STAR_POINTS: Float[np.ndarray, "5 2"] = (
    np.array([[196, 226], [316, 226], [256, 286], [220, 360.4], [292, 360.4]]) / 256 - 1
) / 2
"""The template of STAR, in sides of the window from its middle."""


class Template(ABC):
    """Five points that the coarse points of a face are moved onto."""

    @abstractmethod
    def points(self, markup: Markup) -> Float[np.ndarray, "5 2"]:
        """Left eye, right eye, nose tip, left and right corner of the mouth.

        Returns:
            In heights of the window, from its middle; x to the right, y down.

        Raises:
            SettingsError: If the markup lacks what the template needs.
        """


@final
class StarTemplate(Template):
    """The five points that STAR's code aligns faces to (Zhou et al. 2023).

    ``lib/dataset/alignmentDataset.py`` of https://github.com/ZhenglinZhou/STAR: (196, 226),
    (316, 226), (256, 286), (220, 360.4) and (292, 360.4) of a window of 512, enlarged by 1.25 about
    its middle where faces are aligned and not only cropped. They are taken as shares of the window,
    from edge to edge (that code is half a crop pixel off this). Afterwards it displaces by
    Gaussians of 0.05 sides, 18° and 10 % of the size, as Earp et al. (2021,
    https://arxiv.org/abs/2103.03059) rotate, displace and scale after alignment; their own template
    and magnitudes are not published.

    Args:
        scale: Enlarges the face about the middle of the window. With 1.25 the window is 3.4
            distances between the eyes high.

    >>> StarTemplate(scale=1.0).points(None).round(3)[:2].tolist()
    [[-0.117, -0.059], [0.117, -0.059]]
    """

    def __init__(self, scale: float = 1.25) -> None:
        self.scale = positive("scale", scale)

    def points(self, markup: Markup | None) -> Float[np.ndarray, "5 2"]:
        """The points, the same for every markup; see `Template`."""
        return self.scale * STAR_POINTS


@final
class MeanFaceTemplate(Template):
    """The five points of the markup's mean face, in a window as `LandmarkBox` puts round that face.

    This project's choice: an upright frontal face gets the same window from both, so that boxes and
    alignment can be compared at the same size of the face.

    Args:
        factor: Side of the window as a multiple of the longer side of the mean face's box.
    """

    def __init__(self, factor: float = 1.25) -> None:
        self.factor = positive("factor", factor)

    def points(self, markup: Markup) -> Float[np.ndarray, "5 2"]:
        """The points; see `Template`."""
        if markup.five_points is None:
            raise SettingsError(
                f"markup {markup.name} does not say which of its points are the eyes, the tip of "
                "the nose and the corners of the mouth; choose StarTemplate"
            )
        try:
            shape = markup.mean_shape
        except KeyError:
            raise SettingsError(
                f"no mean face of markup {markup.name} is known; choose StarTemplate"
            ) from None
        low, high = shape.min(axis=0), shape.max(axis=0)
        middle, side = (low + high) / 2, self.factor * (high - low).max()
        five = [shape[list(group)].mean(axis=0) for group in markup.five_points]
        points: Float[np.ndarray, "5 2"] = (np.array(five) - middle) / side
        return points
