"""Windows that are turned and placed by five coarse points."""

import math
from typing import final

import numpy as np
from jaxtyping import Float

from landmarks.batch import Record
from landmarks.data.crops.base import Crop, CropPolicy, Window
from landmarks.data.crops.coarse_points import AnnotatedFivePoints, CoarsePoints, FindPoints
from landmarks.data.crops.similarity import fit_similarity
from landmarks.data.crops.templates import StarTemplate, Template
from landmarks.errors import DataError
from landmarks.markups import Markup


@final
class FivePointAlignment(Crop):
    """A window in which five coarse points lie as nearly as may be as in a template.

    Earp et al. (2021, https://arxiv.org/abs/2103.03059, abstract) place and align the face by five
    landmarks of a public face detector instead of its box, and rotate, displace and scale at random
    after that. Here a similarity takes the eye centres, the tip of the nose and the corners of the
    mouth to the template, with the least squared distance in the template
    (`landmarks.data.crops.similarity`); `landmarks.data.augmentation.Augmentation` then turns,
    displaces and scales the window in its own, turned axes. The template, the magnitudes and the
    detector of that paper are not known: those here are this project's choice.

    Args:
        points: Where the coarse points come from; the means of annotated ones if None.
        template: Where they lie in the window; STAR's if None.
        otherwise: The crop of faces of which fewer than two coarse points are known, such as those
            that a detector missed; such a face is an error if None.
    """

    def __init__(
        self,
        points: CoarsePoints | None = None,
        template: Template | None = None,
        otherwise: Crop | None = None,
    ) -> None:
        self.points = points or AnnotatedFivePoints()
        self.template = template or StarTemplate()
        self.otherwise = otherwise

    def for_markup(self, markup: Markup) -> CropPolicy:
        """The policy for faces of this markup; see `Crop`."""
        return _Alignment(
            self.points.for_markup(markup),
            self.template.points(markup),
            None if self.otherwise is None else self.otherwise.for_markup(markup),
        )


class _Alignment(CropPolicy):
    def __init__(
        self,
        find: FindPoints,
        template: Float[np.ndarray, "5 2"],
        otherwise: CropPolicy | None,
    ) -> None:
        self.find = find
        self.template = template
        self.otherwise = otherwise

    def __call__(self, record: Record, rng: np.random.Generator) -> Window:
        points = self.find(record, rng)
        known = int(np.isfinite(points).all(axis=1).sum())
        if known >= 2:
            return _window(points, self.template, record)
        if self.otherwise is not None:
            return self.otherwise(record, rng)
        raise DataError(
            f"{record.photo.name} is aligned by five coarse points, of which {known} are known; at "
            "least 2 are needed. Where a detector has missed the face, add it to the detector's "
            "file, or name a crop for such faces as 'otherwise' of FivePointAlignment"
        )


def _window(
    points: Float[np.ndarray, "5 2"], template: Float[np.ndarray, "5 2"], record: Record
) -> Window:
    try:
        (real, _, x), (imaginary, _, y) = fit_similarity(points, template).tolist()
    except ValueError as error:
        raise DataError(
            f"the coarse points of {record.photo.name} cannot be aligned: {error}; mend its "
            "annotation, or leave the face out"
        ) from error
    factor = complex(real, imaginary)
    if not abs(factor) > 0:
        raise DataError(
            f"the coarse points of {record.photo.name} have nothing of a face's shape, so that it "
            "cannot be aligned by them; mend them, or leave the face out"
        )
    # The template is centred on the window: its origin is the window's middle.
    middle = -complex(x, y) / factor
    return Window(middle.real, middle.imag, 1 / abs(factor), math.degrees(-_angle(factor)))


def _angle(value: complex) -> float:
    return math.atan2(value.imag, value.real)
