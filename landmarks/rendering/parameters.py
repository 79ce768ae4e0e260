"""What is drawn at random for one face."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from landmarks.geometry import Size
from landmarks.rendering.modes import identity_modes, mirrored_weights

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
        x: Where the head's middle stands, as a fraction of the picture's width.
        y: The same down the picture's height.
        unit: Eye-centre distance of the frontal face, as a fraction of the picture's shorter side.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    distance: float = 9.0
    x: float = 0.5
    y: float = 0.5
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
        """The same face turned in the picture's plane, clockwise, about its own middle.

        The lamp turns with it, so that the picture is the same but turned.
        """
        angle = np.radians(degrees)
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        light = self.lighting
        return replace(
            self,
            pose=replace(self.pose, roll=self.pose.roll + degrees),
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
            pose=replace(pose, yaw=-pose.yaw, roll=-pose.roll, x=1 - pose.x),
            appearance=replace(self.appearance, parting=-self.appearance.parting),
            lighting=replace(self.lighting, x=-self.lighting.x),
            occluder=occluder,
        )

    def without_effects(self) -> "FaceParameters":
        """The same face before a plain background, without blur, noise or compression."""
        return replace(self, effects=PhotoEffects())


_SKINS = ((0.96, 0.80, 0.70), (0.89, 0.69, 0.56), (0.78, 0.57, 0.42), (0.66, 0.46, 0.34),
          (0.52, 0.35, 0.26), (0.38, 0.26, 0.20))  # fmt: skip
_HAIRS = ((0.10, 0.08, 0.07), (0.22, 0.14, 0.09), (0.38, 0.24, 0.14), (0.62, 0.46, 0.26),
          (0.55, 0.27, 0.14), (0.62, 0.60, 0.58), (0.85, 0.83, 0.80))  # fmt: skip
_IRISES = ((0.30, 0.20, 0.12), (0.22, 0.15, 0.10), (0.35, 0.45, 0.55), (0.35, 0.42, 0.28))


def draw_parameters(seed: int, index: int) -> FaceParameters:
    """Draws one face of the endless sequence that belongs to a seed.

    Args:
        seed: Which sequence, 0 or more.
        index: Which face, 0 or more; no face depends on another.
    """
    rng = np.random.default_rng((seed, index))
    identity = {name: float(np.clip(rng.standard_normal(), -2.2, 2.2)) for name in identity_modes()}
    pose = _draw_pose(rng)
    return FaceParameters(
        identity=identity,
        expression=_draw_expression(rng),
        pose=pose,
        appearance=_draw_appearance(rng),
        lighting=_draw_lighting(rng),
        effects=_draw_effects(rng),
        glasses=_draw_glasses(rng),
        hat=_draw_hat(rng),
        occluder=_draw_occluder(rng),
    )


def _vary(rng: np.random.Generator, colour: Colour, spread: float) -> Colour:
    brightness = 1 + spread * rng.uniform(-1, 1)
    red, green, blue = (
        float(np.clip(c * brightness + spread * 0.4 * rng.uniform(-1, 1), 0.02, 1)) for c in colour
    )
    return red, green, blue


def _any_colour(rng: np.random.Generator) -> Colour:
    red, green, blue = rng.uniform(0.05, 0.95, 3).tolist()
    return red, green, blue


def _draw_pose(rng: np.random.Generator) -> Pose:
    turned = rng.random() < 0.45
    yaw = float(rng.uniform(-60, 60) if turned else np.clip(rng.normal(0, 14), -60, 60))
    unit = float(rng.uniform(0.17, 0.27))
    room = max(0.5 - 1.35 * unit, 0.02)
    return Pose(
        yaw=yaw,
        pitch=float(np.clip(rng.normal(0, 9), -25, 25)),
        roll=float(np.clip(rng.normal(0, 11), -30, 30)),
        distance=float(rng.uniform(7, 16)),
        x=0.5 + float(rng.uniform(-room, room)),
        y=0.5 + float(rng.uniform(-room, room)),
        unit=unit,
    )


def _draw_expression(rng: np.random.Generator) -> dict[str, float]:
    weights: dict[str, float] = {}
    # The mean face has its lips 0.1 apart; -0.3 closes them.
    weights["mouth_open"] = -0.27 if rng.random() < 0.5 else float(-0.27 + rng.exponential(0.42))
    weights["mouth_open"] = min(weights["mouth_open"], 1.0)
    weights["pucker"] = float(rng.uniform(0.2, 1)) if rng.random() < 0.08 else 0.0
    smile = float(np.clip(rng.normal(0.2, 0.55), -0.7, 1.2))
    brow = float(np.clip(rng.normal(0, 0.4), -0.6, 1.0))
    furrow = float(max(rng.normal(-0.2, 0.5), 0.0))
    closed = float(rng.uniform(0.5, 1)) if rng.random() < 0.08 else float(rng.uniform(-0.2, 0.35))
    wink = rng.random() < 0.03
    for side in ("left", "right"):
        weights[f"{side}_smile"] = smile + float(rng.normal(0, 0.08))
        weights[f"{side}_brow_raise"] = brow + float(rng.normal(0, 0.12))
        weights[f"{side}_brow_furrow"] = furrow
        own = 1.0 if wink and side == "left" else closed + float(rng.normal(0, 0.03))
        weights[f"{side}_eye_close"] = float(np.clip(own, -0.25, 1.0))
    weights["gaze_right"] = float(np.clip(rng.normal(0, 0.035), -0.08, 0.08))
    weights["gaze_down"] = float(np.clip(rng.normal(0, 0.01), -0.02, 0.02))
    return weights


def _draw_appearance(rng: np.random.Generator) -> Appearance:
    skin = _vary(rng, _SKINS[int(rng.integers(len(_SKINS)))], 0.08)
    hair = _vary(rng, _HAIRS[int(rng.integers(len(_HAIRS)))], 0.15)
    kind = rng.random()
    return Appearance(
        skin=skin,
        hair=hair,
        iris=_vary(rng, _IRISES[int(rng.integers(len(_IRISES)))], 0.2),
        lips=float(rng.uniform(0.1, 1.0)),
        cloth=_any_colour(rng),
        hairline=1.2 if kind < 0.1 else float(rng.uniform(0.18, 0.7)),
        parting=float(rng.uniform(-0.8, 0.8)),
        hair_length=float(rng.uniform(0.6, 2.6)) if kind > 0.55 else -2.0,
        curtain=float(rng.uniform(0, 0.35)) if kind > 0.75 else 0.0,
        beard=float(rng.uniform(0.25, 0.95)) if 0.1 < kind < 0.4 else 0.0,
        brow_strength=float(rng.uniform(0.45, 1.0)),
    )


def _draw_lighting(rng: np.random.Generator) -> Lighting:
    angle = rng.uniform(0, 2 * np.pi)
    slope = rng.uniform(0, 0.9)
    tint = 1 + rng.uniform(-0.12, 0.12, 3)
    return Lighting(
        x=float(slope * np.cos(angle)),
        y=float(slope * np.sin(angle) - 0.3),
        strength=float(rng.uniform(0.12, 0.55)),
        exposure=float(rng.uniform(0.75, 1.25)),
        tint=(float(tint[0]), float(tint[1]), float(tint[2])),
    )


def _draw_effects(rng: np.random.Generator) -> PhotoEffects:
    return PhotoEffects(
        clutter=int(rng.integers(4, 14)),
        blur=float(rng.uniform(0.002, 0.009)) if rng.random() < 0.35 else 0.0,
        noise=float(rng.uniform(1, 9)),
        jpeg_quality=int(rng.integers(35, 96)) if rng.random() < 0.7 else None,
        seed=int(rng.integers(2**31)),
    )


def _draw_glasses(rng: np.random.Generator) -> Glasses | None:
    if rng.random() > 0.22:
        return None
    dark = rng.random() < 0.25
    return Glasses(
        half_width=float(rng.uniform(0.3, 0.4)),
        half_height=float(rng.uniform(0.19, 0.33)),
        squareness=float(rng.uniform(2, 5)),
        thickness=float(rng.uniform(0.018, 0.055)),
        colour=_vary(rng, (0.15, 0.12, 0.12), 0.8) if rng.random() < 0.7 else _any_colour(rng),
        tint=float(rng.uniform(0.7, 0.95)) if dark else float(rng.uniform(0.0, 0.18)),
    )


def _draw_hat(rng: np.random.Generator) -> Hat | None:
    if rng.random() > 0.13:
        return None
    return Hat(
        level=float(rng.uniform(-0.75, -0.25)),
        brim=float(rng.uniform(0.2, 0.6)) if rng.random() < 0.5 else 0.0,
        colour=_any_colour(rng),
    )


def _draw_occluder(rng: np.random.Generator) -> Occluder | None:
    kind = rng.random()
    if kind > 0.2:
        return None
    if kind < 0.07:  # something with corners: a phone, a book
        half = rng.uniform(0.2, 0.8, 2)
        angle = rng.uniform(0, np.pi)
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        outline = corners @ turn.T
    elif kind < 0.14:  # something round with bumps: a fist, a ball, a microphone
        around = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        radius = rng.uniform(0.25, 0.6) * (
            1 + 0.15 * np.sin(around * int(rng.integers(2, 6)) + rng.uniform(0, 6))
        )
        outline = np.stack([radius * np.cos(around), radius * np.sin(around)], axis=1)
    else:  # something that covers the lower face: a scarf, a mask
        upper = np.linspace(-1.5, 1.5, 24)
        edge = -0.5 + 0.1 * np.cos(upper * rng.uniform(1, 3) + rng.uniform(0, 6))
        outline = np.concatenate(
            [np.stack([upper, edge], axis=1), np.array([[1.6, 1.6], [-1.6, 1.6]])]
        )
        return Occluder(
            tuple((float(x), float(y)) for x, y in outline),
            0.0, float(rng.uniform(1.1, 1.7)), _any_colour(rng), float(rng.uniform(0, 0.5)),
        )  # fmt: skip
    skin_like = rng.random() < 0.4
    return Occluder(
        tuple((float(x), float(y)) for x, y in outline),
        float(rng.uniform(-1.1, 1.1)),
        float(rng.uniform(-0.3, 1.7)),
        _vary(rng, _SKINS[int(rng.integers(len(_SKINS)))], 0.1) if skin_like else _any_colour(rng),
        float(rng.uniform(0, 0.6)),
    )
