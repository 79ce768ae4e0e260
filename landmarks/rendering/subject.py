"""Paints of the head itself: neck, ears, skin, brows, eyes, nose and mouth."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from landmarks.geometry import Size
from landmarks.rendering.canvas import Paint, Polygon, stroke, taper
from landmarks.rendering.parameters import Colour, FaceParameters
from landmarks.rendering.projection import ProjectedFace

FACE = "face"
"""Name of the paint inside which the features of the face show."""

_WHITE = np.array([0.93, 0.92, 0.90])
_DARK = np.array([0.10, 0.07, 0.06])


@dataclass(frozen=True, eq=False)
class Subject:
    """A face in a picture of one size, and the light on it.

    Attributes:
        parameters: What the face is.
        face: Where its curves stand.
        size: Size of the picture.
        skin: (H, W, 3) the colour that skin has at each pixel, from 0 to 1.
        light: (3,) direction to the lamp: right, down, towards the camera; of length 1.
    """

    parameters: FaceParameters
    face: ProjectedFace
    size: Size
    skin: Float32[np.ndarray, "H W 3"]
    light: Float[np.ndarray, "3"]

    @property
    def unit(self) -> float:
        """Pixels in one eye-centre distance."""
        return self.face.camera.unit

    @property
    def down(self) -> Float[np.ndarray, "2"]:
        """The direction down the face in the picture, foreshortened."""
        camera = self.face.camera
        down: Float[np.ndarray, 2] = camera.roll @ camera.rotation[:2, 1]
        return down

    def lit(self, colour: Colour | np.ndarray) -> np.ndarray:
        """A colour of something in the face, as bright as the skin around it."""
        return np.asarray(colour, dtype=np.float64) * (1 - 0.5 * self.parameters.lighting.strength)

    def tinted(self, colour: tuple[float, float, float]) -> np.ndarray:
        """Skin, darkened or reddened."""
        return self.skin * np.array(colour, dtype=np.float32)

    def ellipsoid(
        self, centre: tuple[float, float, float], radii: tuple[float, float, float],
        corners: int = 40,
    ) -> Polygon:  # fmt: skip
        """The outline of an ellipsoid whose axes are the head's."""
        camera = self.face.camera
        axes = camera.roll @ camera.rotation[:2] * np.array(radii)
        root = np.linalg.cholesky(axes @ axes.T)
        return camera.project(np.array(centre)) + _circle(corners) @ root.T * self.unit

    def disc(self, ring: Polygon, share: float) -> Polygon:
        """A ring shrunk towards its middle."""
        middle = ring.mean(axis=0)
        return middle + (ring - middle) * share


def _circle(corners: int) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def light_direction(parameters: FaceParameters) -> Float[np.ndarray, "3"]:
    """The direction to the lamp, of length 1."""
    lamp = np.array([parameters.lighting.x, parameters.lighting.y, 0.9])
    direction: Float[np.ndarray, 3] = lamp / np.linalg.norm(lamp)
    return direction


def skin_colours(
    parameters: FaceParameters, face: ProjectedFace, size: Size
) -> Float32[np.ndarray, "H W 3"]:
    """The colour that skin has at each pixel: the head shaded as an ellipsoid."""
    camera = face.camera
    middle = camera.project(np.array([0.0, 0.35, -0.3]))
    unit = np.float32(camera.unit)
    x = (np.arange(size.width, dtype=np.float32) - np.float32(middle[0])) / unit
    y = (np.arange(size.height, dtype=np.float32) - np.float32(middle[1]))[:, None] / unit
    (c, _), (s, _) = camera.roll.astype(np.float32)
    across, along = (c * x + s * y) / np.float32(1.3), (c * y - s * x) / np.float32(1.9)
    depth = np.sqrt(np.maximum(1 - across * across - along * along, np.float32(0.0)))
    light = light_direction(parameters).astype(np.float32)
    to_right, to_bottom = c * light[0] + s * light[1], c * light[1] - s * light[0]
    facing = to_right * across + to_bottom * along + light[2] * depth
    strength = np.float32(parameters.lighting.strength)
    shade = 1 - strength * np.float32(1.35) * (1 - np.maximum(facing, np.float32(-0.2)))
    skin = np.array(parameters.appearance.skin, dtype=np.float32)
    colours: Float32[np.ndarray, "H W 3"] = np.maximum(shade, 0.12)[..., None] * skin
    return colours


def neck(subject: Subject) -> list[Paint]:
    """Shoulders and neck, which follow the head's roll in part."""
    look = subject.parameters.appearance
    camera, unit = subject.face.camera, subject.unit
    skin = np.array(look.skin) * (0.72 - 0.35 * subject.parameters.lighting.strength)
    chin = camera.project(np.array([0.0, 1.0, -0.95]))
    lean = np.radians(subject.parameters.pose.roll * 0.6)
    down = np.array([-np.sin(lean), np.cos(lean)])
    right = np.array([np.cos(lean), np.sin(lean)])
    base = chin + down * 1.5 * unit
    column = np.array([
        chin - (0.70 * right + 0.4 * down) * unit, base - (0.66 * right + 0.2 * down) * unit,
        base - (1.1 * right - 0.5 * down) * unit, base + (1.1 * right + 0.5 * down) * unit,
        base + (0.66 * right - 0.2 * down) * unit, chin + (0.70 * right - 0.4 * down) * unit,
    ])  # fmt: skip
    t = np.linspace(-1, 1, 25)
    across = 2.6 * unit * np.sign(t) * np.abs(t) ** 0.8
    collar = np.exp(-(((np.abs(t) - 0.22) / 0.12) ** 2))
    drop = unit * (0.25 + 0.5 * np.abs(t) ** 1.6 - 0.32 * collar)
    top = base + np.stack([across, drop], axis=1)
    bottom = max(float(subject.size.height), float(top[:, 1].max())) + unit
    shoulders = np.concatenate([top, [[top[-1, 0], bottom], [top[0, 0], bottom]]])
    cloth = np.array(look.cloth)
    return [
        Paint(column, skin),
        Paint(shoulders, cloth * 0.9),
        Paint(stroke(top[4:-4], 0.07 * unit), cloth * 0.65),
    ]


def ears(subject: Subject) -> list[Paint]:
    """Both ears, behind the face's outline; the farther one is mostly hidden by it."""
    paints = []
    for side in (-1, 1):
        outer = subject.ellipsoid((side * 1.13, 0.16, -1.24), (0.14, 0.34, 0.22), 24)
        inner = subject.ellipsoid((side * 1.17, 0.15, -1.20), (0.10, 0.22, 0.12), 20)
        paints += [
            Paint(outer, subject.tinted((0.90, 0.78, 0.76))),
            Paint(inner, subject.tinted((0.70, 0.56, 0.54))),
        ]
    return paints


def outline(face: ProjectedFace) -> Polygon:
    """The closed outline of the face, from the top of the skull round by the left."""
    return np.concatenate([face.curve("left_outline"), face.curve("right_outline")[-2:0:-1]])


def skin(subject: Subject) -> list[Paint]:
    """The skin inside the visible outline."""
    return [Paint(outline(subject.face), subject.skin, name=FACE)]


def brows(subject: Subject) -> list[Paint]:
    """Both brows."""
    look = subject.parameters.appearance
    colour = subject.lit(look.hair) * 0.9
    paints = []
    for side in ("left", "right"):
        upper, lower = (subject.face.curve(f"{side}_{half}_brow") for half in ("upper", "lower"))
        polygon = np.concatenate([upper, lower[:0:-1]])
        paints.append(Paint(polygon, colour, 0.35 + 0.6 * look.brow_strength, within=FACE))
    return paints


def eyes(subject: Subject) -> list[Paint]:
    """Both eyes: white, iris, pupil, glint, the lashes and the edge of the lower lid.

    The lashes lie outside the upper lid's curve and the pink edge outside the lower one's, so that
    the curves are edges in the picture.
    """
    look, unit = subject.parameters.appearance, subject.unit
    iris = np.array(look.iris)
    lamp = subject.light[:2] * 0.05 * unit
    paints = []
    for side, outwards in (("left", -1.0), ("right", 1.0)):
        upper, lower = (subject.face.curve(f"{side}_{half}_lid") for half in ("upper", "lower"))
        crease = subject.face.curve(f"{side}_crease")
        ring = subject.face.curve(f"{side}_iris")
        ball = f"{side}_eye"
        shadow = upper + subject.down * 0.035 * unit * taper(len(upper), 0.1)[:, None]
        paints += [
            Paint(np.concatenate([crease, lower[::-1] + subject.down * 0.05 * unit]),
                  subject.tinted((0.92, 0.86, 0.85)), 0.6, within=FACE),
            Paint(stroke(crease[2:-1], 0.028 * unit * taper(len(crease) - 3)),
                  subject.tinted((0.55, 0.46, 0.44)), 0.75, within=FACE),
            Paint(np.concatenate([upper, lower[-2:0:-1]]), subject.lit(_WHITE), name=ball,
                  within=FACE),
            Paint(subject.disc(ring, 1.12), subject.lit(iris) * 0.45, within=ball),
            Paint(subject.disc(ring, 0.95), subject.lit(iris), within=ball),
            Paint(subject.disc(ring, 0.45), subject.lit(_DARK) * 0.5, within=ball),
            Paint(np.concatenate([upper, shadow[::-1]]), subject.lit(_DARK), 0.45, within=ball),
            Paint(subject.disc(ring, 0.22) + lamp, subject.lit(_WHITE) * 1.05, 0.9, within=ball),
            Paint(stroke(upper, 0.042 * unit * taper(len(upper), 0.35), outwards),
                  subject.lit(_DARK), 0.45 + 0.4 * look.brow_strength, within=FACE),
            Paint(stroke(lower, 0.026 * unit * taper(len(lower), 0.4), -outwards),
                  subject.tinted((0.60, 0.44, 0.42)), 0.85, within=FACE),
        ]  # fmt: skip
    return paints


def nose(subject: Subject) -> list[Paint]:
    """The nose: the half that turns away, the half in view, the underside with the nostrils."""
    camera, unit = subject.face.camera, subject.unit
    ridge = subject.face.curve("ridge")
    tip_at, wing_at = len(ridge) * 3 // 5, len(ridge) // 2
    tip = ridge[tip_at]
    strength = subject.parameters.lighting.strength
    turn = np.eye(3)
    turn[:2, :2] = camera.roll
    turn = turn @ camera.rotation
    sides = [("right", 1.0), ("left", -1.0)]
    if camera.rotation[0, 2] < 0:
        sides.reverse()  # the half in view is painted last
    paints = []
    for side, sign in sides:
        edge = subject.face.curve(f"{side}_nose_side")
        tilted = float((turn @ [sign * 0.75, 0.0, 0.66] - turn[:, 2]) @ subject.light)
        factor = float(np.clip(0.99 + 1.1 * strength * tilted, 0.72, 1.10))
        polygon = np.concatenate([ridge, edge[-2::-1]])
        paints.append(Paint(polygon, subject.tinted((factor, factor, factor))))
    wings = {side: subject.face.curve(f"{side}_nose_side")[wing_at:] for side, _ in sides}
    under = np.concatenate([wings["left"], wings["right"][-2::-1], tip[None]])
    paints.append(Paint(under, subject.tinted((0.86, 0.80, 0.78)), 0.75))
    for side, sign in sides:
        wing = wings[side]
        low = wing[len(wing) * 5 // 9]
        hole = low * 0.72 + tip * 0.22 + ridge[-1] * 0.06
        hole = hole + subject.down * 0.02 * unit
        shape = subject.ellipsoid((0.0, 0.0, 0.0), (0.060, 0.027, 0.05), 14)
        paints += [
            Paint(stroke(wing, 0.030 * unit * taper(len(wing), 0.3), sign),
                  subject.tinted((0.58, 0.45, 0.42)), 0.8),
            Paint(shape - shape.mean(axis=0) + hole, subject.tinted((0.28, 0.18, 0.16)), 0.85),
        ]  # fmt: skip
    return paints


def mouth(subject: Subject) -> list[Paint]:
    """Lips, and between them the mouth's inside with teeth and tongue."""
    look, unit, face = subject.parameters.appearance, subject.unit, subject.face
    red = np.array([1.0 - 0.10 * look.lips, 0.72 - 0.38 * look.lips, 0.72 - 0.34 * look.lips])
    lip = subject.skin * red.astype(np.float32)
    upper, lower = face.curve("outer_upper_lip"), face.curve("outer_lower_lip")
    top, bottom = face.curve("inner_upper_lip"), face.curve("inner_lower_lip")
    middle = len(top) // 2
    gap = float(np.linalg.norm(bottom[middle] - top[middle])) / unit
    band = subject.down * unit * min(0.11, 0.7 * gap) * taper(len(top), 0.5)[:, None]
    tongue = subject.ellipsoid((0.0, 0.0, 0.0), (0.2, 0.1, 0.1), 20)
    tongue = tongue - tongue.mean(axis=0) + bottom[middle] + subject.down * 0.03 * unit
    return [
        Paint(np.concatenate([upper, top[::-1]]), lip * np.float32(0.84), within=FACE),
        Paint(np.concatenate([lower, bottom[::-1]]), lip, within=FACE),
        Paint(stroke(lower, 0.05 * unit * taper(len(lower), 0.0), 1.0),
              subject.tinted((0.80, 0.72, 0.70)), 0.6, within=FACE),
        Paint(np.concatenate([top, bottom[-2:0:-1]]), subject.lit(np.array([0.20, 0.07, 0.07])),
              name="mouth", within=FACE),
        Paint(tongue, subject.lit(np.array([0.66, 0.30, 0.30])), 0.8, within="mouth"),
        Paint(np.concatenate([top, (top + band)[::-1]]), subject.lit(_WHITE), 0.95, within="mouth"),
        Paint(stroke(top, 0.022 * unit * taper(len(top), 0.4), 1.0),
              subject.lit(np.array([0.22, 0.09, 0.09])), 0.7, within=FACE),
    ]  # fmt: skip
