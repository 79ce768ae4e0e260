"""All that is needed to draw a face."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from landmarks.geometry import Size
from landmarks.rendering.modes import mirrored_weights

Colour = tuple[float, float, float]
"""Red, green and blue, from 0 to 1."""


@dataclass(frozen=True)
class Pose:
    """Where a face looks and how the camera sees it.

    Attributes:
        yaw: Degrees; positive when the nose moves to the right of the picture.
        pitch: Degrees; positive when the nose moves down.
        roll: Degrees; positive when the head turns clockwise on the screen.
        distance: From the head's middle to the camera, in eye-centre distances.
        x: Where the face stands, as a fraction of the picture's width.
        y: The same down the picture's height.
        offset_x: From there to the right to the head's middle, round which it turns, in eye-centre
            distances.
        offset_y: The same downwards.
        unit: Eye-centre distance of the frontal face, as a fraction of the picture's shorter side.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    distance: float = 9.0
    x: float = 0.5
    y: float = 0.5
    offset_x: float = 0.0
    offset_y: float = 0.0
    unit: float = 0.22


@dataclass(frozen=True)
class Appearance:
    """Colours and hair.

    Attributes:
        skin: Colour of the lit skin.
        hair: Colour of hair, and of brows.
        iris: Colour of the iris.
        lips: How red the lips are, from 0 to 1.
        cloth: Colour of the clothes.
        hairline: Height of the hairline, 0 at the brows and 1 at the top of the skull; above 1 the
            head is bald.
        parting: Where the fringe parts, from -1 (left) to 1 (right).
        hair_length: Height that long hair hangs down to, in eye-centre distances below the eyes;
            below -1 the hair is short.
        curtain: How far long hair hangs over the sides of the face, in eye-centre distances.
        beard: Strength of the beard, from 0 to 1.
        brow_strength: How dark the brows are, from 0 to 1.
    """

    skin: Colour = (0.86, 0.66, 0.55)
    hair: Colour = (0.2, 0.13, 0.08)
    iris: Colour = (0.3, 0.22, 0.15)
    lips: float = 0.5
    cloth: Colour = (0.3, 0.35, 0.5)
    hairline: float = 0.5
    parting: float = 0.2
    hair_length: float = -2.0
    curtain: float = 0.0
    beard: float = 0.0
    brow_strength: float = 0.8


@dataclass(frozen=True)
class Glasses:
    """A pair of glasses; lengths in eye-centre distances.

    Attributes:
        half_width: Half the width of one lens.
        half_height: Half its height.
        squareness: Exponent of its outline, 2 for an ellipse.
        thickness: Of the frame.
        colour: Of the frame.
        tint: Opacity of the lenses, from 0 to 1.
    """

    half_width: float = 0.37
    half_height: float = 0.27
    squareness: float = 3.0
    thickness: float = 0.03
    colour: Colour = (0.1, 0.1, 0.1)
    tint: float = 0.08


@dataclass(frozen=True)
class Hat:
    """A hat: a band round the head at a height, and what is above it.

    Attributes:
        level: Height of its rim, in eye-centre distances below the eyes (negative: above).
        brim: How far a brim stands out in front; 0 for a cap without.
        colour: Its colour.
    """

    level: float = -0.5
    brim: float = 0.3
    colour: Colour = (0.6, 0.2, 0.2)


@dataclass(frozen=True)
class Occluder:
    """Something in front of the face.

    Attributes:
        outline: Corners of a polygon, in eye-centre distances round its middle.
        x: Where its middle stands on the unturned face.
        y: The same downwards.
        colour: Its colour.
        stripes: Strength of its stripes, from 0 to 1.
    """

    outline: tuple[tuple[float, float], ...]
    x: float
    y: float
    colour: Colour
    stripes: float = 0.0


@dataclass(frozen=True)
class Lighting:
    """One lamp and the light from everywhere.

    Attributes:
        x: Direction to the lamp: to the right of the picture.
        y: Direction to the lamp: down.
        strength: Difference between lit and unlit skin, from 0 to 1.
        exposure: Factor of all brightness.
        tint: Colour of the light.
    """

    x: float = -0.4
    y: float = -0.5
    strength: float = 0.3
    exposure: float = 1.0
    tint: Colour = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class PhotoEffects:
    """What the camera does to the picture; the defaults do nothing.

    Attributes:
        clutter: Number of things in the background.
        blur: Spread of the blur, as a fraction of the picture's shorter side.
        noise: Spread of the noise, in grey levels.
        jpeg_quality: Quality of the JPEG compression, or None for none.
        seed: Of the background and the noise.
    """

    clutter: int = 0
    blur: float = 0.0
    noise: float = 0.0
    jpeg_quality: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class FaceParameters:
    """All that is needed to draw a face.

    Attributes:
        identity: Weights of the identity modes, in standard deviations.
        expression: Weights of the expression modes.
        pose: Where the face looks.
        appearance: Colours and hair.
        lighting: The light.
        effects: Background, blur, noise, compression.
        glasses: A pair of glasses, or None.
        hat: A hat, or None.
        occluder: Something in front of the face, or None.

    >>> FaceParameters().moved(2.0, 0.0, Size(100, 100)).pose.x
    0.52
    """

    identity: Mapping[str, float] = field(default_factory=dict)
    expression: Mapping[str, float] = field(default_factory=dict)
    pose: Pose = Pose()
    appearance: Appearance = Appearance()
    lighting: Lighting = Lighting()
    effects: PhotoEffects = PhotoEffects()
    glasses: Glasses | None = None
    hat: Hat | None = None
    occluder: Occluder | None = None

    def moved(self, right: float, down: float, size: Size) -> "FaceParameters":
        """The same face, so many pixels further right and down in a picture of this size."""
        pose = replace(
            self.pose, x=self.pose.x + right / size.width, y=self.pose.y + down / size.height
        )
        return replace(self, pose=pose)

    def turned(self, degrees: float) -> "FaceParameters":
        """The same face turned in the picture's plane, clockwise, about the place where it stands.

        The lamp turns with it, so that the picture is the same but turned.
        """
        angle = np.radians(degrees)
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        light, pose = self.lighting, self.pose
        return replace(
            self,
            pose=replace(
                pose,
                roll=pose.roll + degrees,
                offset_x=cos * pose.offset_x - sin * pose.offset_y,
                offset_y=sin * pose.offset_x + cos * pose.offset_y,
            ),
            lighting=replace(
                light, x=cos * light.x - sin * light.y, y=sin * light.x + cos * light.y
            ),
        )

    def mirrored(self) -> "FaceParameters":
        """The face, its light and what hides it as a mirror shows them; without a background."""
        occluder = self.occluder
        if occluder is not None:
            outline = tuple((-x, y) for x, y in occluder.outline)
            occluder = replace(occluder, outline=outline, x=-occluder.x)
        pose = self.pose
        return replace(
            self,
            expression=mirrored_weights(self.expression),
            pose=replace(
                pose, yaw=-pose.yaw, roll=-pose.roll, x=1 - pose.x, offset_x=-pose.offset_x
            ),
            appearance=replace(self.appearance, parting=-self.appearance.parting),
            lighting=replace(self.lighting, x=-self.lighting.x),
            occluder=occluder,
        )

    def without_effects(self) -> "FaceParameters":
        """The same face before a plain background, without blur, noise or compression."""
        return replace(self, effects=PhotoEffects())
