"""A face's picture and the truth about it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from landmarks.geometry import Size
from landmarks.markups import Markup
from landmarks.rendering import subject
from landmarks.rendering.annotation import annotation
from landmarks.rendering.canvas import paint
from landmarks.rendering.effects import background, develop
from landmarks.rendering.parameters import FaceParameters, draw_parameters
from landmarks.rendering.projection import ProjectedFace, project_face

RENDERER_VERSION = 1
"""Grows with every change of what is drawn, so that cached pictures are drawn again."""


@dataclass(frozen=True, eq=False)
class SyntheticFace:
    """A drawn face.

    Attributes:
        image: (H, W, 3) RGB.
        face: Where its curves stand.
        yaw: In degrees, positive when the nose moves to the right of the picture.
    """

    image: UInt8[np.ndarray, "H W 3"]
    face: ProjectedFace
    yaw: float

    def points(self, markup: Markup) -> Float[np.ndarray, "K 2"]:
        """The true landmarks of a markup in photo pixels."""
        return self.face.points(annotation(markup.name))

    def self_occluded(self, markup: Markup) -> Bool[np.ndarray, " K"]:
        """Which landmarks the head itself hides."""
        return self.face.self_occluded(annotation(markup.name))

    def occluded(self, markup: Markup) -> Bool[np.ndarray, " K"]:
        """Which landmarks something else hides: an object, a hat, hair, dark glasses."""
        return np.zeros(markup.count, dtype=np.bool_)


def render(parameters: FaceParameters, size: int) -> SyntheticFace:
    """Draws a face."""
    shape = Size(size, size)
    face = project_face(parameters, shape)
    drawn = subject.Subject(
        parameters, face, shape, subject.skin_colours(parameters, face, shape),
        subject.light_direction(parameters),
    )  # fmt: skip
    picture = background(parameters.effects, shape)
    paints = [
        *subject.neck(drawn), *subject.ears(drawn), *subject.skin(drawn), *subject.brows(drawn),
        *subject.eyes(drawn), *subject.mouth(drawn), *subject.nose(drawn),
    ]  # fmt: skip
    paint(picture, paints)
    return SyntheticFace(
        develop(picture, parameters.lighting, parameters.effects), face, parameters.pose.yaw
    )


def render_face(seed: int, index: int, size: int) -> SyntheticFace:
    """Draws the face of a seed and an index."""
    return render(draw_parameters(seed, index), size)
