"""Glasses, and things in front of the face."""

import numpy as np
from jaxtyping import Float

from landmarks.rendering.head import Scene
from landmarks.rendering.painter import Layer, ribbon, stroke

_LENS_POINTS = 44
_OPAQUE = 0.6
"""Lenses darker than this hide what is behind them."""


def lenses(scene: Scene, growth: float = 0.0) -> list[Float[np.ndarray, "n 2"]]:
    """The outlines of both lenses in the picture, grown by so many eye-centre distances."""
    worn = scene.parameters.glasses
    if worn is None:
        return []
    angle = np.linspace(0, 2 * np.pi, _LENS_POINTS, endpoint=False)
    power = 2 / worn.squareness
    x = (worn.half_width + growth) * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    y = (worn.half_height + growth) * np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    outlines = []
    for sign in (-1.0, 1.0):
        across = sign * 0.51 + sign * x
        depth = 0.24 - 0.35 * np.maximum(np.abs(across) - 0.5, 0)
        outlines.append(scene.face.camera.project(np.stack([across, y + 0.04, depth], axis=1)))
    return outlines


def glasses(scene: Scene) -> list[Layer]:
    """Lenses, frame, bridge and the temple on the near side."""
    worn = scene.parameters.glasses
    if worn is None:
        return []
    camera, unit = scene.face.camera, scene.unit
    frame = scene.flat(worn.colour)
    layers = []
    for inner, outer in zip(lenses(scene), lenses(scene, worn.thickness), strict=True):
        if worn.tint > 0:
            layers.append(Layer(inner, scene.flat((0.08, 0.08, 0.1)), opacity=worn.tint))
        around = np.concatenate([outer, outer[:1], inner[:1], inner[:0:-1], inner[:1], outer[:1]])
        layers.append(Layer(around, frame))
        gleam = inner.mean(axis=0) + 0.5 * (inner[24:31] - inner.mean(axis=0))
        layers.append(Layer(stroke(gleam, 0.04 * unit), np.ones(3), 0.25 * (worn.tint > 0)))
    gap = 0.51 - worn.half_width
    bridge = np.linspace(-gap, gap, 9)
    arch = -0.05 * np.cos(bridge / gap * np.pi / 2)
    line = camera.project(np.stack([bridge, 0.0 + arch, np.full(9, 0.3)], axis=1))
    layers.append(Layer(stroke(line, worn.thickness * 1.2 * unit), frame))
    for sign in (-1.0, 1.0):
        if camera.rotation[2, 0] * sign > 0.03:
            hinge = (sign * (0.51 + worn.half_width), 0.0, 0.1)
            temple = camera.project(np.linspace(hinge, (sign * 1.13, 0.06, -1.2), 9))
            layers.append(Layer(stroke(temple, worn.thickness * 1.2 * unit), frame))
    return layers


def dark_lenses(scene: Scene) -> list[Float[np.ndarray, "n 2"]]:
    """The lenses that hide what is behind them."""
    worn = scene.parameters.glasses
    return [] if worn is None or worn.tint < _OPAQUE else lenses(scene)


def occluder_outline(scene: Scene) -> Float[np.ndarray, "n 2"] | None:
    """What is in front of the face, in the picture, or None."""
    thing = scene.parameters.occluder
    if thing is None:
        return None
    camera = scene.face.camera
    middle = camera.project(np.array([thing.x, thing.y, 0.35]))
    outline: Float[np.ndarray, "n 2"] = (
        middle + camera.unit * np.array(thing.outline) @ camera.roll.T
    )
    return outline


def occluder(scene: Scene) -> list[Layer]:
    """What is in front of the face, with its stripes."""
    thing, outline = scene.parameters.occluder, occluder_outline(scene)
    if thing is None or outline is None:
        return []
    layers = [Layer(outline, scene.flat(thing.colour))]
    if thing.stripes > 0:
        low, high = outline.min(axis=0), outline.max(axis=0)
        middle, reach = (low + high) / 2, float(np.linalg.norm(high - low)) / 2
        along = outline[1] - outline[0]
        along = along / np.linalg.norm(along)
        aside = np.array([-along[1], along[0]])
        for share in (-0.6, -0.2, 0.2, 0.6):
            start = middle + share * reach * aside
            ends = np.stack([start - reach * along, start + reach * along])
            thick = 0.08 * reach * aside
            layers.append(
                Layer(
                    ribbon(ends + thick, ends - thick),
                    scene.flat(thing.colour, 0.5),
                    opacity=thing.stripes,
                    clip=outline,
                )
            )
    return layers
