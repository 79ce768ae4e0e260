"""What is drawn at random for one face."""

from dataclasses import replace

import numpy as np

from landmarks.geometry import Size
from landmarks.rendering.annotation import annotation
from landmarks.rendering.modes import identity_modes
from landmarks.rendering.parameters import (
    Appearance,
    Colour,
    FaceParameters,
    Glasses,
    Hat,
    Lighting,
    Occluder,
    PhotoEffects,
    Pose,
)
from landmarks.rendering.projection import project_face

_WINDOW = 1.22
"""A window that so many times exceeds the landmarks' box lies wholly in a square picture."""

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
    expression = _draw_expression(rng)
    return FaceParameters(
        identity=identity,
        expression=expression,
        pose=_draw_pose(rng, {**identity, **expression}),
        appearance=_draw_appearance(rng),
        lighting=_draw_lighting(rng),
        effects=_draw_effects(rng),
        glasses=_draw_glasses(rng),
        hat=_draw_hat(rng),
        occluder=_draw_occluder(rng),
    )


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _vary(rng: np.random.Generator, colour: Colour, spread: float) -> Colour:
    brightness = 1 + spread * rng.uniform(-1, 1)
    red, green, blue = (
        float(_clip(c * brightness + spread * 0.4 * rng.uniform(-1, 1), 0.02, 1)) for c in colour
    )
    return red, green, blue


def _any_colour(rng: np.random.Generator) -> Colour:
    red, green, blue = rng.uniform(0.05, 0.95, 3).tolist()
    return red, green, blue


def _draw_pose(rng: np.random.Generator, weights: dict[str, float]) -> Pose:
    turned = rng.random() < 0.45
    yaw = float(rng.uniform(-60, 60) if turned else _clip(rng.normal(0, 14), -60, 60))
    pose = Pose(
        yaw=yaw,
        pitch=_clip(rng.normal(0, 9), -25, 25),
        roll=_clip(rng.normal(0, 11), -30, 30),
        distance=rng.uniform(7, 16),
    )
    side = rng.uniform(0.42, 0.66)
    room = 0.5 - _WINDOW * side / 2
    return replace(
        _placed(pose, weights, side),
        x=0.5 + rng.uniform(-room, room),
        y=0.5 + rng.uniform(-room, room),
    )


def _placed(pose: Pose, weights: dict[str, float], side: float) -> Pose:
    """The pose with the middle of the landmarks' box at (x, y) and its longer side as given."""
    shape_only = FaceParameters(identity=weights, pose=replace(pose, x=0.5, y=0.5, unit=1.0))
    points = project_face(shape_only, Size(1, 1)).points(annotation("68"))
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    return replace(
        pose,
        unit=side / float((high - low).max()),
        offset_x=-float(middle[0]),
        offset_y=-float(middle[1]),
    )


def _draw_expression(rng: np.random.Generator) -> dict[str, float]:
    weights: dict[str, float] = {}
    # The mean face has its lips 0.1 apart; -0.3 closes them.
    weights["mouth_open"] = -0.27 if rng.random() < 0.5 else float(-0.27 + rng.exponential(0.42))
    weights["mouth_open"] = min(weights["mouth_open"], 1.0)
    weights["pucker"] = float(rng.uniform(0.2, 1)) if rng.random() < 0.08 else 0.0
    smile = float(_clip(rng.normal(0.2, 0.55), -0.7, 1.2))
    brow = float(_clip(rng.normal(0, 0.4), -0.6, 1.0))
    furrow = float(max(rng.normal(-0.2, 0.5), 0.0))
    closed = float(rng.uniform(0.5, 1)) if rng.random() < 0.08 else float(rng.uniform(-0.2, 0.35))
    wink = rng.random() < 0.03
    for side in ("left", "right"):
        weights[f"{side}_smile"] = smile + float(rng.normal(0, 0.08))
        weights[f"{side}_brow_raise"] = brow + float(rng.normal(0, 0.12))
        weights[f"{side}_brow_furrow"] = furrow
        own = 1.0 if wink and side == "left" else closed + float(rng.normal(0, 0.03))
        weights[f"{side}_eye_close"] = float(_clip(own, -0.25, 1.0))
    weights["gaze_right"] = float(_clip(rng.normal(0, 0.035), -0.08, 0.08))
    weights["gaze_down"] = float(_clip(rng.normal(0, 0.01), -0.02, 0.02))
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
        hairline=1.2 if kind < 0.1 else float(rng.uniform(0.25, 0.8)),
        parting=float(rng.uniform(-0.8, 0.8)),
        hair_length=float(rng.uniform(0.6, 2.6)) if kind > 0.55 else -2.0,
        curtain=float(rng.uniform(0, 0.35)) if kind > 0.75 else 0.0,
        beard=float(rng.uniform(0.25, 0.95)) if 0.1 < kind < 0.4 else 0.0,
        brow_strength=float(rng.uniform(0.45, 1.0)),
    )


def _draw_lighting(rng: np.random.Generator) -> Lighting:
    angle = rng.uniform(0, 2 * np.pi)
    slope = rng.uniform(0, 0.9)
    tint = 1 + rng.uniform(-0.07, 0.07, 3)
    return Lighting(
        x=float(slope * np.cos(angle)),
        y=float(slope * np.sin(angle) - 0.3),
        strength=float(rng.uniform(0.12, 0.55)),
        exposure=float(rng.uniform(0.75, 1.15)),
        tint=(float(tint[0]), float(tint[1]), float(tint[2])),
    )


def _draw_effects(rng: np.random.Generator) -> PhotoEffects:
    return PhotoEffects(
        clutter=int(rng.integers(3, 11)),
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
