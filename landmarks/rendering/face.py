"""A drawn face and what is known of it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, UInt8

from landmarks.batch import Box
from landmarks.geometry import Size
from landmarks.markups import Markup
from landmarks.rendering.accessories import dark_lenses, glasses, occluder, occluder_outline
from landmarks.rendering.annotation import annotation
from landmarks.rendering.coverage import contains
from landmarks.rendering.drawing import draw_parameters
from landmarks.rendering.features import features, nose_halves
from landmarks.rendering.head import Scene, behind, curtains, hair, hairline, hat, scene
from landmarks.rendering.painter import Layer, paint
from landmarks.rendering.parameters import FaceParameters
from landmarks.rendering.photo_effects import background, photograph
from landmarks.rendering.projection import project_face

RENDERER_VERSION = 5
"""Goes up with every change of what is drawn: it is part of the names of cached pictures."""


@dataclass(frozen=True, eq=False)
class SyntheticFace:
    """A face in a picture, with the truth about it.

    Attributes:
        image: (H, W, 3) the picture, RGB.
        truth: What was drawn, and where its landmarks are.
    """

    image: UInt8[np.ndarray, "H W 3"]
    truth: "Truth"

    @property
    def parameters(self) -> FaceParameters:
        """What was drawn."""
        return self.truth.parameters

    def points(self, markup: Markup) -> Float[np.ndarray, "K 2"]:
        """The landmarks of a markup, in photo pixels, hidden ones included."""
        return self.truth.points(markup)

    def self_occluded(self, markup: Markup) -> Bool[np.ndarray, " K"]:
        """Which landmarks the head itself hides; see `Truth.self_occluded`."""
        return self.truth.self_occluded(markup)

    def occluded(self, markup: Markup) -> Bool[np.ndarray, " K"]:
        """Which landmarks hair, a hat, dark lenses or something in front of the face hides."""
        return self.truth.occluded(markup)

    @property
    def yaw(self) -> float:
        """Degrees that the face looks to the right of the picture; negative to the left."""
        return self.parameters.pose.yaw

    @property
    def box(self) -> Box:
        """The box of the face; see `Truth.box`."""
        return self.truth.box


class Truth:
    """What is known of a face without painting it.

    Args:
        parameters: What is drawn.
        size: Size of the picture.
    """

    def __init__(self, parameters: FaceParameters, size: Size) -> None:
        self.parameters = parameters
        self.size = size
        self.face = project_face(parameters, size)

    def points(self, markup: Markup) -> Float[np.ndarray, "K 2"]:
        """The landmarks of a markup, in photo pixels, hidden ones included."""
        return self.face.points(annotation(markup.name))

    def self_occluded(self, markup: Markup) -> Bool[np.ndarray, " K"]:
        """Which landmarks the head itself hides.

        They lie where the surface turns away, or behind the nose. A jaw point counts as hidden when
        the outline that it is drawn on has left the jaw by more than 12°: the outline can be seen,
        the place on the jaw cannot.
        """
        annotated = annotation(markup.name)
        hidden = self.face.self_occluded(annotated).copy()
        points = self.face.points(annotated)
        halves = nose_halves(self.face)
        far = "right" if self.face.camera.rotation[0, 2] > 0 else "left"
        near = "left" if far == "right" else "right"
        is_far = np.array(
            [curve.startswith(far) and not curve.endswith("outline") for curve in annotated.curves]
        )
        if near in halves:
            hidden |= is_far & contains(halves[near], points)
        if far in halves:
            own = np.array([curve.endswith("nose_side") for curve in annotated.curves])
            hidden |= is_far & ~own & contains(halves[far], points)
        return hidden

    def occluded(self, markup: Markup) -> Bool[np.ndarray, " K"]:
        """Which landmarks hair, a hat, dark lenses or something in front of the face hides."""
        points = self.points(markup)
        hidden = np.zeros(markup.count, dtype=bool)
        for polygon in self._covers:
            hidden |= contains(polygon, points)
        return hidden

    @property
    def box(self) -> Box:
        """The tight box of the face as drawn: its outline from the hairline's top to the chin."""
        outline = np.concatenate(
            [self.face.curve("left_outline"), self.face.curve("right_outline")]
        )
        x0, y0 = outline.min(axis=0).tolist()
        x1, y1 = outline.max(axis=0).tolist()
        return Box(x0, y0, x1, y1)

    @cached_property
    def _covers(self) -> list[np.ndarray]:
        drawn = _unlit(self.parameters, self.size, self)
        front = [p for p in (hairline(drawn), occluder_outline(drawn)) if p is not None]
        return [*front, *curtains(drawn), *hat(drawn), *dark_lenses(drawn)]


def _unlit(parameters: FaceParameters, size: Size, truth: Truth) -> Scene:
    """A scene that knows where things are but not how bright they are."""
    nothing = np.zeros((0, 0, 3), dtype=np.float32)
    outline = np.zeros((0, 2))
    return Scene(parameters, truth.face, size, outline, nothing[..., :1], nothing)


def render(parameters: FaceParameters, size: Size) -> SyntheticFace:
    """Draws a face.

    Args:
        parameters: What to draw.
        size: Size of the picture.

    Raises:
        ValueError: If the picture has no pixels.

    >>> render(FaceParameters(), Size(48, 64)).image.shape
    (48, 64, 3)
    """
    if min(size) < 1:
        raise ValueError(
            f"a picture of {size.height} × {size.width} px cannot be drawn; both sides must be at "
            "least 1"
        )
    picture, layers = background(parameters.effects, size)
    truth = Truth(parameters, size)
    drawn = scene(parameters, truth.face, size)
    layers += [*behind(drawn), *features(drawn), *hair(drawn)]
    appearance = parameters.appearance
    layers += [Layer(polygon, drawn.lit(appearance.hair)) for polygon in curtains(drawn)]
    layers += glasses(drawn)
    if parameters.hat is not None:
        for polygon, factor in zip(hat(drawn), (1.0, 0.75), strict=False):
            layers.append(Layer(polygon, drawn.lit(parameters.hat.colour, factor)))
    layers += occluder(drawn)
    paint(picture, layers)
    return SyntheticFace(photograph(picture, parameters.effects), truth)


def render_face(seed: int, index: int, size: Size | int) -> SyntheticFace:
    """Draws one face of the endless sequence that belongs to a seed.

    Args:
        seed: Which sequence, 0 or more.
        index: Which face, 0 or more.
        size: Size of the picture; one number for a square.

    >>> from landmarks.markups import MARKUP_68
    >>> face = render_face(0, 3, 64)
    >>> face.image.shape, face.points(MARKUP_68).shape
    ((64, 64, 3), (68, 2))
    """
    whole = Size(size, size) if isinstance(size, int) else size
    return render(draw_parameters(seed, index), whole)
