"""The head without its features: skin and its shading, hair, ears, neck, clothes."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from landmarks.geometry import Size
from landmarks.rendering.painter import Blob, Layer, Lit, blobs, hull, joined, ribbon, stroke
from landmarks.rendering.parameters import Colour, FaceParameters
from landmarks.rendering.projection import Camera, ProjectedFace
from landmarks.rendering.template import template

# Light and shade of the face's relief: place on the face, spread, amount.
_RELIEF = (
    ((0.27, -0.1, 0.1), 0.1, -0.2),
    ((0.5, -0.13, 0.1), 0.13, -0.1),
    ((0.72, -0.1, -0.1), 0.1, -0.06),
    ((0.5, 0.17, 0.1), 0.11, -0.06),
    ((0.62, 0.42, 0.1), 0.24, 0.08),
    ((0.36, 0.78, 0.2), 0.09, -0.05),
    ((0.46, 0.95, 0.1), 0.08, -0.06),
    ((0.3, 0.45, 0.2), 0.1, -0.07),
    ((0.95, 0.75, -0.8), 0.22, -0.06),
    ((0.35, -0.75, 0.2), 0.3, 0.05),
    ((0.8, 1.2, -0.6), 0.2, -0.05),
)
_MIDDLE_RELIEF = (
    ((0.0, -0.7, 0.25), 0.3, 0.06),
    ((0.0, -0.22, 0.25), 0.1, 0.03),
    ((0.0, 0.83, 0.3), 0.06, -0.08),
    ((0.0, 1.37, 0.2), 0.13, -0.12),
    ((0.0, 1.58, 0.1), 0.14, 0.09),
)

_STRANDS = 5
"""Strands of hair on each side of the middle one."""

_STRAND_POINTS = 9


@dataclass(frozen=True)
class Scene:
    """What every part of the drawing needs.

    Attributes:
        parameters: What is drawn.
        face: Its curves in the picture.
        size: Size of the picture.
        outline: The polygon of the face: its drawn outline, on which the jaw landmarks lie.
        shade: (H, W, 1) brightness of a lit surface.
        skin: (H, W, 3) the lit skin.
    """

    parameters: FaceParameters
    face: ProjectedFace
    size: Size
    outline: Float[np.ndarray, "n 2"]
    shade: Float[np.ndarray, "H W 1"]
    skin: Float[np.ndarray, "H W 3"]

    @property
    def unit(self) -> float:
        """Pixels of an eye-centre distance."""
        return self.face.camera.unit

    def lit(self, colour: Colour, factor: float = 1.0) -> Lit:
        """A colour under the scene's light."""
        return Lit(self.shade, np.array(colour) * np.array(self.parameters.lighting.tint) * factor)

    def lit_skin(self, factor: float = 1.0) -> Lit:
        """The skin, darker or brighter."""
        return Lit(self.skin, np.array([factor]))

    def flat(self, colour: Colour, factor: float = 1.0) -> np.ndarray:
        """A colour under the scene's mean light, (3,)."""
        light = self.parameters.lighting
        seen: np.ndarray = np.array(colour) * np.array(light.tint) * factor * light.exposure
        return seen


def scene(parameters: FaceParameters, face: ProjectedFace, size: Size) -> Scene:
    """Sets up the light."""
    outline = ribbon(face.curve("left_outline"), face.curve("right_outline"))
    shade = _shade(parameters, face, size)
    tint = np.array(parameters.appearance.skin) * np.array(parameters.lighting.tint)
    relief = []
    places = [(p, s, a) for p, s, a in _MIDDLE_RELIEF]
    for (x, y, z), spread, amount in _RELIEF:
        places += [((x, y, z), spread, amount), ((-x, y, z), spread, amount)]
    flat = face.camera.project(np.array([place for place, _, _ in places]))
    for (x, y), (_, spread, amount) in zip(flat, places, strict=True):
        relief.append(Blob(float(x), float(y), spread * face.camera.unit, amount))
    surface = shade * (1 + blobs(relief, size)).astype(np.float32)[..., None]
    skin = surface * tint.astype(np.float32)
    return Scene(parameters, face, size, outline, shade, skin)


def _shade(parameters: FaceParameters, face: ProjectedFace, size: Size) -> np.ndarray:
    """Lambert's law on an ellipsoid in the head's place, (H, W, 1)."""
    camera, light = face.camera, parameters.lighting
    middle = camera.project(np.array([0.0, 0.35, -0.3]))
    x = np.arange(size.width)[None, :] - middle[0]
    y = np.arange(size.height)[:, None] - middle[1]
    (to_u_x, to_v_x), (to_u_y, to_v_y) = camera.roll / camera.unit / np.array([1.35, 1.8])
    u = (x * to_u_x).astype(np.float32) + (y * to_u_y).astype(np.float32)
    v = (x * to_v_x).astype(np.float32) + (y * to_v_y).astype(np.float32)
    flat = u * u + v * v
    z = np.sqrt(np.maximum(1 - flat, np.float32(0.02)))
    lamp = np.array([light.x, light.y]) @ camera.roll  # in the frame of the rolled head
    to_x, to_y, to_z = (np.array([*lamp, 1.0]) / np.sqrt(lamp @ lamp + 1)).astype(np.float32)
    facing = np.clip(u * to_x + v * to_y + z * to_z, -0.4, 1)
    shade: np.ndarray = light.exposure * (1 + light.strength * (facing - 0.8))
    return shade[..., None]


def skull(scene: Scene, growth: float) -> Float[np.ndarray, "n 2"]:
    """The outline of the back of the head, grown by so many eye-centre distances."""
    return _ellipsoid(
        scene.face.camera, (0.0, -0.22, -0.95), (1.08 + growth, 1.12 + growth, 1.2 + growth)
    )


def _ellipsoid(
    camera: Camera, middle: tuple[float, float, float], radii: tuple[float, float, float]
) -> np.ndarray:
    spread = camera.rotation * np.array(radii)
    flat = (spread @ spread.T)[:2, :2]
    values, vectors = np.linalg.eigh(flat)
    factor = (vectors * np.sqrt(values)) @ vectors.T  # the symmetric root mirrors with the head
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) @ factor.T
    turned = camera.turned(np.array(middle))
    return camera.screen(np.concatenate([turned[:2] + ring, np.full((48, 1), turned[2])], axis=1))


def behind(scene: Scene) -> list[Layer]:
    """Clothes, neck, hair behind the head, back of the head, ears, and the face's skin."""
    parameters, appearance = scene.parameters, scene.parameters.appearance
    pose = parameters.pose
    body = Camera.of(replace(pose, yaw=0.5 * pose.yaw, pitch=0.3 * pose.pitch), scene.size)
    layers: list[Layer] = []
    if appearance.hair_length > -1:
        half = (appearance.hair_length + 1.3) / 2
        hanging = _ellipsoid(
            body, (0.0, appearance.hair_length - half, -1.35), (1.36, half + 0.25, 0.85)
        )
        layers.append(Layer(hanging, scene.lit(appearance.hair, 0.75)))
    neck = body.project(
        _both_sides(
            [
                (0.72, 0.7, -1.2),
                (0.68, 1.5, -1.05),
                (0.74, 2.1, -1.1),
                (1.1, 2.5, -1.1),
                (1.2, 4.5, -1.0),
            ]
        )
    )
    layers.append(Layer(neck, scene.flat(appearance.skin, 0.6)))
    cloth = body.project(
        np.array(
            [
                (x, 2.25 + 0.9 * np.cos(x) ** 2 * (abs(x) < 0.9), -0.9)
                for x in np.linspace(-0.9, 0.9, 25)
            ]
            + [
                (1.7, 2.5, -1.1),
                (2.4, 2.9, -1.2),
                (2.8, 4.0, -1.2),
                (2.9, 8.0, -1.2),
                (-2.9, 8.0, -1.2),
                (-2.8, 4.0, -1.2),
                (-2.4, 2.9, -1.2),
                (-1.7, 2.5, -1.1),
            ]
        )
    )
    layers.append(Layer(cloth, scene.lit(appearance.cloth, 0.9)))
    is_bald = appearance.hairline > 1
    back = scene.lit(appearance.skin, 0.85) if is_bald else scene.lit(appearance.hair, 0.85)
    layers.append(Layer(skull(scene, 0.0 if is_bald else 0.1), back))
    # In a turned head the side of the head and the jaw lie behind the outline of the face.
    for sign in (-1.0, 1.0):
        if scene.face.camera.rotation[2, 0] * sign > -0.12:
            layers += _ear(scene, sign)
    layers.append(Layer(scene.outline, scene.lit_skin()))
    return layers


def _both_sides(right: list[tuple[float, float, float]]) -> np.ndarray:
    """A closed outline from its right half, top to bottom."""
    return np.array([*right, *((-x, y, z) for x, y, z in reversed(right))])


def _ear(scene: Scene, sign: float) -> list[Layer]:
    angle = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    face = scene.face
    span = template().spans["right_outline" if sign > 0 else "left_outline"]
    ear = face.solid[span.stop - 41 + 5]
    rings = []
    for growth in (1.0, 0.6):
        y = ear[1] + 0.02 - 0.34 * growth * np.sin(angle) - 0.03 * growth * np.cos(angle)
        back = 0.22 * growth * (1 - np.cos(angle)) * (1 + 0.2 * np.sin(angle))
        x = ear[0] + sign * (0.02 + 0.42 * back)
        rings.append(face.camera.project(np.stack([x, y, ear[2] + 0.03 - back], axis=1)))
    return [
        Layer(rings[0], scene.lit(scene.parameters.appearance.skin, 0.88)),
        Layer(rings[1], scene.lit(scene.parameters.appearance.skin, 0.66), opacity=0.6),
    ]


def _across(scene: Scene, height: np.ndarray, angle: np.ndarray, growth: float) -> np.ndarray:
    """Points on the head's surface at these heights and angles from its middle, projected.

    What lies behind the drawn outline is drawn on it.
    """
    face, spans = scene.face, template().spans
    outline = face.solid[spans["right_outline"]]
    front = face.solid[spans["right_front"]]
    levels = outline[:, 1]
    half = np.interp(height, levels, outline[:, 0]) + growth
    deep = np.interp(height, levels, outline[:, 2])
    depth = np.interp(height, levels, front[:, 2]) - deep + growth
    yaw_x, yaw_z = face.camera.rotation[0, 0], face.camera.rotation[0, 2]
    # The side's outline: see `projection`.
    right = np.clip(np.arctan2(half * yaw_x, depth * yaw_z), 0, np.pi / 2)
    left = np.clip(np.arctan2(half * yaw_x, -depth * yaw_z), 0, np.pi / 2)
    angle = np.clip(angle, -left, right)
    return face.camera.project(
        np.stack([half * np.sin(angle), height, deep + depth * np.cos(angle)], axis=1)
    )


def hairline(scene: Scene) -> Float[np.ndarray, "n 2"] | None:
    """The polygon of the hair on the front of the head, or None."""
    appearance = scene.parameters.appearance
    if appearance.hairline > 1:
        return None
    angle = np.linspace(-np.pi / 2, np.pi / 2, 33)
    middle = -0.56 - 0.54 * appearance.hairline
    side = -0.16
    along = np.sin(angle)
    edge = middle + (side - middle) * np.abs(along) ** 8
    # A parting: the hairline is highest there.
    edge += 0.12 * (1 - np.exp(-(((along - 0.7 * appearance.parting) / 0.3) ** 2))) * np.cos(angle)
    lower = _across(scene, edge, angle, 0.0)
    heights = np.linspace(side, -1.33, 25)
    sides = [_across(scene, heights, np.full(25, turn), 0.07) for turn in (np.pi / 2, -np.pi / 2)]
    top = scene.face.camera.project(np.array([[0.0, -1.43, -0.8]]))
    return np.concatenate([lower, sides[0], top, sides[1][::-1]])


def hair(scene: Scene) -> list[Layer]:
    """Hair on the front of the head."""
    polygon = hairline(scene)
    if polygon is None:
        return []
    appearance = scene.parameters.appearance
    layers = [Layer(polygon, scene.lit(appearance.hair))]
    heights = np.linspace(-1.3, 0.0, _STRAND_POINTS)
    places = np.arange(-_STRANDS, _STRANDS + 1)
    angles = np.outer(places / (_STRANDS + 0.6), 0.6 + 0.4 * (heights + 1.3)) * np.pi / 2
    strands = _across(scene, np.tile(heights, len(places)), angles.reshape(-1), 0.04)
    centres = strands.reshape(len(places), _STRAND_POINTS, 2)
    lines = [stroke(centre, 0.04 * scene.unit) for centre in centres]
    layers.append(Layer(joined(lines[::2]), scene.lit(appearance.hair, 0.7), 0.5, polygon))
    layers.append(Layer(joined(lines[1::2]), scene.lit(appearance.hair, 1.25), 0.5, polygon))
    return layers


def curtains(scene: Scene) -> list[Float[np.ndarray, "n 2"]]:
    """Long hair that hangs over the sides of the face, as polygons."""
    appearance = scene.parameters.appearance
    if appearance.curtain <= 0 or appearance.hair_length < 0.3 or appearance.hairline > 1:
        return []
    down = np.linspace(-0.75, appearance.hair_length, 18)
    hanging = []
    for sign in (-1.0, 1.0):
        if scene.face.camera.rotation[2, 0] * sign < -0.5:
            continue
        inner = 1.1 - appearance.curtain * np.sin(np.pi * np.linspace(0.05, 0.8, 18))
        edge = np.stack([sign * inner, down, np.full(18, -0.75)], axis=1)
        fall = np.linspace(0, 1, 18)
        side = 1.12 + 0.3 * np.sin(np.minimum(3.4 * fall, np.pi / 2)) * (1 - 0.2 * fall**4)
        outer = np.stack([sign * side, down, np.full(18, -1.2)], axis=1)
        hanging.append(scene.face.camera.project(ribbon(edge, outer)))
    return hanging


def hat(scene: Scene) -> list[Float[np.ndarray, "n 2"]]:
    """The polygons of the hat: what is round the head, then its brim."""
    wearing = scene.parameters.hat
    if wearing is None:
        return []
    camera = scene.face.camera
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    # The rim's far half lies behind the head.
    around = np.stack([np.sin(angle), np.zeros(48), np.cos(angle)], axis=1)
    is_near = (around @ camera.rotation.T)[:, 2] > -0.05
    rings = []
    for height, width in ((0.0, 1.0), (-0.3, 1.02), (-0.6, 0.93), (-0.85, 0.72), (-1.0, 0.35)):
        x, z = 1.24 * width * np.sin(angle), -0.92 + 1.34 * width * np.cos(angle)
        ring = np.stack([x, np.full(48, wearing.level + height), z], axis=1)
        rings.append(ring[is_near] if height == 0 else ring)
    polygons = [hull(camera.project(np.concatenate(rings)))]
    if wearing.brim > 0:
        front = np.linspace(-np.pi / 2, np.pi / 2, 33)
        near = np.stack(
            [1.24 * np.sin(front), np.full(33, wearing.level), -0.92 + 1.34 * np.cos(front)], axis=1
        )
        out = near + wearing.brim * np.stack(
            [0.25 * np.sin(front), 0.25 * np.cos(front), 1.2 * np.cos(front)], axis=1
        )
        polygons.append(camera.project(ribbon(near, out)))
    return polygons
