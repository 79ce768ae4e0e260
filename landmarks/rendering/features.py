"""Eyes, brows, nose, mouth, beard: every landmark lies on an edge drawn here."""

import numpy as np
from jaxtyping import Float

from landmarks.rendering.head import Scene
from landmarks.rendering.painter import Layer, along, ribbon, stroke
from landmarks.rendering.projection import ProjectedFace
from landmarks.rendering.template import template

_CREASE = ((11, 18, 22, 27, 32), (0.006, 0.035, 0.03, 0.026, 0.034))
"""Thickness of the crease round the nose, by vertex, in eye-centre distances."""


def features(scene: Scene) -> list[Layer]:
    """All features, the far side's first."""
    sides = ["left", "right"]
    if scene.face.camera.rotation[0, 2] > 0:  # the nose points to the right: the right is far
        sides.reverse()
    layers = beard(scene)
    for side in sides:
        layers += eye(scene, side) + brow(scene, side)
    return layers + mouth(scene) + nose(scene)


def beard(scene: Scene) -> list[Layer]:
    """A beard: a soft tint of the lower face."""
    strength = scene.parameters.appearance.beard
    if strength <= 0:
        return []
    face = scene.face
    left, right = face.curve("left_outline")[-30:], face.curve("right_outline")[-30:]
    cheeks = np.array([(1.05, 0.45, -1.0), (0.85, 0.85, -0.35), (0.6, 0.95, 0.0), (0.4, 0.85, 0.2),
                       (0.0, 0.8, 0.3)])  # fmt: skip
    mirrored = (cheeks * np.array([-1, 1, 1]))[:-1][::-1]
    across = face.camera.project(np.concatenate([cheeks, mirrored]))
    polygon = np.concatenate([left, right[::-1], across])
    colour = scene.lit(scene.parameters.appearance.hair, 0.9)
    soft = 0.07 * scene.unit
    return [Layer(polygon, colour, opacity=strength * 0.8, clip=scene.outline, softness=soft)]


def eye(scene: Scene, side: str) -> list[Layer]:
    """The eye between its lids; both lids' edges are drawn."""
    face, appearance = scene.face, scene.parameters.appearance
    upper, lower = face.curve(f"{side}_upper_lid"), face.curve(f"{side}_lower_lid")
    crease, iris = face.curve(f"{side}_crease"), face.curve(f"{side}_iris")
    pupil = face.curve(f"{side}_pupil")
    opening = ribbon(upper, lower)
    bright = scene.flat((0.93, 0.91, 0.9))
    towards_lamp = np.array([scene.parameters.lighting.x, scene.parameters.lighting.y])
    glint = pupil + 0.3 * (iris - pupil) + 0.03 * scene.unit * towards_lamp
    lash = upper + 0.5 * (crease - upper)
    return [
        Layer(ribbon(upper, crease), scene.lit_skin(0.86), opacity=0.8, clip=scene.outline),
        Layer(opening, bright),
        Layer(iris, scene.flat(appearance.iris), clip=opening),
        Layer(pupil + 0.42 * (iris - pupil), np.array([0.03, 0.03, 0.03]), clip=opening),
        Layer(glint, np.array([1.0, 1.0, 1.0]), opacity=0.7, clip=opening),
        Layer(ribbon(upper, lash), scene.flat((0.12, 0.08, 0.07)), opacity=0.85),
        Layer(
            ribbon(lower, lower + 0.25 * (upper - crease)),
            scene.flat(appearance.skin, 0.45),
            opacity=0.6,
        ),
        Layer(
            stroke(crease, 0.012 * scene.unit),
            scene.flat(appearance.skin, 0.5),
            opacity=0.5,
            clip=scene.outline,
        ),
    ]


def brow(scene: Scene, side: str) -> list[Layer]:
    """A brow between its upper and lower edge."""
    appearance = scene.parameters.appearance
    red, green, blue = appearance.hair
    skin = appearance.skin
    polygon = ribbon(scene.face.curve(f"{side}_upper_brow"), scene.face.curve(f"{side}_lower_brow"))
    dark = (min(red, skin[0] * 0.6), min(green, skin[1] * 0.6), min(blue, skin[2] * 0.6))
    return [
        Layer(polygon, scene.flat(dark, 0.9), opacity=appearance.brow_strength, clip=scene.outline)
    ]


def nose_halves(face: ProjectedFace) -> dict[str, Float[np.ndarray, "n 2"]]:
    """The halves of the nose that face the camera, the farther first."""
    ridge = face.curve("ridge")
    halves = {}
    for side, sign in (("left", -1.0), ("right", 1.0)):
        polygon = ribbon(ridge, face.curve(f"{side}_nose_side"))
        x, y = polygon.T
        area = float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2
        if sign * area < 0:
            halves[side] = polygon
    order = sorted(halves, key=lambda side: float(np.ptp(halves[side], axis=0)[0]))
    return {side: halves[side] for side in order}


def nose(scene: Scene) -> list[Layer]:
    """The nose: two sides that meet in the ridge, wings, nostrils."""
    face, light = scene.face, scene.parameters.lighting
    ridge = face.curve("ridge")
    lamp = np.array([light.x, light.y]) @ face.camera.roll
    layers = []
    skin = scene.parameters.appearance.skin
    for side, polygon in nose_halves(face).items():
        sign = -1.0 if side == "left" else 1.0
        normal = face.camera.rotation @ np.array([0.7 * sign, 0.0, 0.7])
        facing = float(normal[0] * lamp[0] + normal[1] * lamp[1])
        # Even in soft light one side of a nose is darker than the other.
        factor = 1 + 0.3 * light.strength * facing + 0.06 * sign * float(np.tanh(4 * lamp[0]))
        wing = face.curve(f"{side}_nose_side")
        layers.append(Layer(polygon, scene.lit_skin(factor)))
        run = along(wing)
        outward = np.stack([run[:, 1], -run[:, 0]], axis=1) * sign
        outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
        # The crease round the wing and the shadow below the nose: one edge is the curve itself.
        thick = np.interp(np.arange(len(wing)), _CREASE[0], _CREASE[1])[:, None] * scene.unit
        layers.append(
            Layer(
                ribbon(wing[11:], (wing + outward * thick)[11:]), scene.lit_skin(0.6), opacity=0.8
            )
        )
        angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        solid_tip = face.solid[_span("ridge")][-1]
        solid_wing = face.solid[_span(f"{side}_nose_side")][-10]
        middle = 0.45 * solid_tip + 0.55 * solid_wing + np.array([0.0, -0.03, 0.06])
        across = 0.32 * (solid_tip - solid_wing)
        ring = (
            middle
            + np.cos(angle)[:, None] * across
            + np.sin(angle)[:, None] * np.array([0.0, 0.022, 0.03])
        )
        layers.append(Layer(face.camera.project(ring), scene.flat(skin, 0.22), 0.85, clip=polygon))
    lit_side = np.array([float(np.tanh(4 * lamp[0])), 0.0]) @ face.camera.roll.T
    bridge = ridge[2:23]
    layers.append(
        Layer(ribbon(bridge, bridge + 0.07 * scene.unit * lit_side), scene.lit_skin(1.15), 0.6)
    )
    return layers


def mouth(scene: Scene) -> list[Layer]:
    """Lips between their outer and inner edges, and what is seen between them."""
    face, appearance = scene.face, scene.parameters.appearance
    outer_upper, outer_lower = face.curve("outer_upper_lip"), face.curve("outer_lower_lip")
    inner_upper, inner_lower = face.curve("inner_upper_lip"), face.curve("inner_lower_lip")
    red = np.array([0.72, 0.30, 0.30]) * (0.35 + 0.65 * np.array(appearance.skin))
    mix = 0.35 + 0.6 * appearance.lips
    lip = tuple((1 - mix) * np.array(appearance.skin) * 0.85 + mix * red)
    opening = ribbon(inner_upper, inner_lower)
    down = 0.1 * scene.unit * np.array([0.0, 1.0]) @ face.camera.roll.T
    between = ribbon(inner_upper, inner_upper + down)
    whole = ribbon(outer_upper, outer_lower)
    return [
        Layer(whole, scene.lit((lip[0], lip[1], lip[2]))),
        Layer(
            ribbon(outer_upper, 0.5 * (inner_upper + inner_lower)),
            scene.lit((lip[0], lip[1], lip[2]), 0.8),
            clip=whole,
        ),
        Layer(opening, scene.flat((0.2, 0.06, 0.06))),
        Layer(between, scene.flat((0.9, 0.87, 0.82)), opacity=0.9, clip=opening),
        Layer(
            stroke(0.5 * (inner_upper + inner_lower), 0.014 * scene.unit),
            scene.flat((0.2, 0.06, 0.06)),
            opacity=0.55 if _gap(inner_upper, inner_lower) < 0.04 * scene.unit else 0.0,
        ),
    ]


def _gap(upper: np.ndarray, lower: np.ndarray) -> float:
    return float(np.linalg.norm(upper[len(upper) // 2] - lower[len(lower) // 2]))


def _span(name: str) -> slice:
    return template().spans[name]
