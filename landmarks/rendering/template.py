"""The curves of a mean 3-D face.

Units: the distance between the eye centres is 1; the origin lies midway between them, x points to
the right of the picture, y down and z to the camera. The curves follow the mean shapes of
``landmarks/mean_shapes.json``: outline and height where several markups agree, depth from the mean
3-D shape of the 68-point markup. Depths that it does not state (forehead, sides of the nose, pupil)
are this project's choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicSpline

Curve = Float[np.ndarray, "n 3"]

JAW_POINTS = 41
"""Vertices of the outline from the ear to the chin, on each side."""

_SKULL_POINTS = 31
_LID_POINTS = 21
_LIP_POINTS = 31
_BROW_POINTS = 17
_NOSE_POINTS = 33
_RING_POINTS = 24

_IRIS_RADIUS = 0.086

# From the top of the skull to the ear; the jaw goes on from there.
_SKULL = ((0.0, -1.34, -0.8), (-0.45, -1.26, -0.85), (-0.84, -1.0, -0.95), (-1.06, -0.6, -1.08),
          (-1.11, -0.28, -1.17))  # fmt: skip
_JAW = ((-1.099, 0.007, -1.187), (-1.078, 0.297, -1.163), (-1.039, 0.584, -1.144),
        (-0.988, 0.864, -1.095), (-0.89, 1.129, -0.966), (-0.722, 1.361, -0.728),
        (-0.509, 1.554, -0.432), (-0.272, 1.707, -0.158), (0.0, 1.748, -0.05))  # fmt: skip
# Depth of the face's front at the height of each of those points.
_FRONT = (-0.8, -0.45, -0.05, 0.14, 0.24, 0.27, 0.27, 0.28, 0.3, 0.28, 0.2, 0.13, 0.05, -0.05)

_UPPER_LID = ((-0.702, 0.006, -0.095), (-0.615, -0.056, 0.01), (-0.502, -0.083, 0.037),
              (-0.385, -0.054, 0.035), (-0.290, 0.026, -0.005))  # fmt: skip
_LOWER_LID = ((-0.702, 0.006, -0.095), (-0.615, 0.047, -0.02), (-0.508, 0.062, 0.02),
              (-0.39, 0.054, 0.032), (-0.290, 0.026, -0.005))  # fmt: skip
_PUPIL = (-0.499, -0.012, 0.03)
_UPPER_BROW = ((-0.893, -0.198, -0.198), (-0.77, -0.302, -0.01), (-0.57, -0.341, 0.13),
               (-0.385, -0.322, 0.21), (-0.225, -0.275, 0.25))  # fmt: skip
_LOWER_BROW = ((-0.893, -0.198, -0.198), (-0.735, -0.216, -0.01), (-0.56, -0.231, 0.12),
               (-0.4, -0.215, 0.19), (-0.24, -0.183, 0.24))  # fmt: skip
_RIDGE = ((0.0, -0.02, 0.283), (0.0, 0.18, 0.4), (0.0, 0.38, 0.53), (0.0, 0.572, 0.6),
          (0.0, 0.675, 0.48), (0.0, 0.735, 0.329))  # fmt: skip
_NOSE_SIDE = ((-0.14, 0.03, 0.12), (-0.165, 0.2, 0.17), (-0.213, 0.4, 0.19), (-0.263, 0.575, 0.16),
              (-0.24, 0.657, 0.2), (-0.18, 0.689, 0.25), (-0.1, 0.709, 0.3),
              (0.0, 0.735, 0.329))  # fmt: skip
_OUTER_UPPER_LIP = ((-0.425, 1.012, 0.025), (-0.277, 0.934, 0.221), (-0.108, 0.909, 0.326),
                    (0.0, 0.931, 0.336))  # fmt: skip
_OUTER_LOWER_LIP = ((-0.425, 1.012, 0.025), (-0.292, 1.152, 0.162), (-0.142, 1.231, 0.234),
                    (0.0, 1.249, 0.249))  # fmt: skip
_INNER_UPPER_LIP = ((-0.385, 1.013, 0.034), (-0.2, 0.991, 0.19), (-0.1, 0.999, 0.25),
                    (0.0, 1.008, 0.273))  # fmt: skip
_INNER_LOWER_LIP = ((-0.385, 1.013, 0.034), (-0.2, 1.079, 0.17), (-0.1, 1.1, 0.222),
                    (0.0, 1.108, 0.236))  # fmt: skip

_MIRRORED = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Template:
    """All curves of the mean face, end to end in one array.

    Attributes:
        vertices: (V, 3), in eye-centre distances.
        spans: Where each curve lies in ``vertices``. Curves of the left and the right side (in the
            picture) have the same number of vertices and run the same way: from the outer corner of
            an eye to the inner, from the top of the skull to the chin, down a nose. Lips run from
            left to right.
        mirror: (V,) the vertex that each one is the mirror image of.
    """

    vertices: Float[np.ndarray, "V 3"]
    spans: Mapping[str, slice]
    mirror: np.ndarray


def _spline(controls: tuple[tuple[float, ...], ...], count: int) -> Curve:
    points = np.array(controls)
    chords = np.linalg.norm(np.diff(points, axis=0), axis=1)
    lengths = np.concatenate([[0.0], np.cumsum(chords)])
    curve: Curve = CubicSpline(lengths, points)(np.linspace(0, lengths[-1], count))
    return curve


def _symmetric(left_half: tuple[tuple[float, ...], ...], count: int) -> Curve:
    """A curve over the middle, from its left half, whose last point lies on the middle."""
    right = tuple((-x, y, z) for x, y, z in reversed(left_half[:-1]))
    curve = _spline(left_half + right, count)
    averaged: Curve = (curve + curve[::-1] * _MIRRORED) / 2
    return averaged


def _outline() -> tuple[Curve, Curve]:
    """The left outline from the top of the skull to the chin, and the front at each height."""
    half = _SKULL + _JAW
    whole = half + tuple((-x, y, z) for x, y, z in reversed(half[1:-1])) + half[:1]
    index = np.arange(len(whole), dtype=np.float64)
    spline = CubicSpline(index, np.array(whole), bc_type="periodic")
    ear, chin = len(_SKULL), len(half) - 1
    at = np.concatenate(
        [np.linspace(0, ear, _SKULL_POINTS)[:-1], np.linspace(ear, chin, JAW_POINTS)]
    )
    outline = spline(at)
    outline[[0, -1], 0] = 0.0
    depth = CubicSpline(np.arange(len(_FRONT)), np.array(_FRONT))(at)
    front = np.stack([np.zeros_like(at), outline[:, 1], depth], axis=1)
    front[[0, -1]] = outline[[0, -1]]
    return outline, front


@cache
def template() -> Template:
    """The mean face.

    >>> face = template()
    >>> bool(np.allclose(face.vertices[face.mirror] * [-1, 1, 1], face.vertices))
    True
    """
    outline, front = _outline()
    angle = np.linspace(0, 2 * np.pi, _RING_POINTS, endpoint=False)
    ring = np.stack([-np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=1)
    left = {
        "outline": outline,
        "front": front,
        "upper_lid": _spline(_UPPER_LID, _LID_POINTS),
        "lower_lid": _spline(_LOWER_LID, _LID_POINTS),
        "iris": np.array(_PUPIL) + _IRIS_RADIUS * ring,
        "pupil": np.array([_PUPIL]),
        "upper_brow": _spline(_UPPER_BROW, _BROW_POINTS),
        "lower_brow": _spline(_LOWER_BROW, _BROW_POINTS),
        "nose_side": _spline(_NOSE_SIDE, _NOSE_POINTS),
    }
    left["middle_brow"] = (left["upper_brow"] + left["lower_brow"]) / 2
    # The crease above the eye: the lid, lifted most in the middle.
    lift = np.sin(np.linspace(0, np.pi, _LID_POINTS)) * 0.04 + 0.012
    left["crease"] = left["upper_lid"] - lift[:, None] * np.array([0.0, 1.0, 0.0])
    middle = {
        "ridge": _spline(_RIDGE, _NOSE_POINTS),
        "outer_upper_lip": _symmetric(_OUTER_UPPER_LIP, _LIP_POINTS),
        "outer_lower_lip": _symmetric(_OUTER_LOWER_LIP, _LIP_POINTS),
        "inner_upper_lip": _symmetric(_INNER_UPPER_LIP, _LIP_POINTS),
        "inner_lower_lip": _symmetric(_INNER_LOWER_LIP, _LIP_POINTS),
    }
    middle["mouth_middle"] = (middle["inner_upper_lip"] + middle["inner_lower_lip"]) / 2

    spans: dict[str, slice] = {}
    blocks: list[Curve] = []
    mirror: list[np.ndarray] = []
    start = 0
    for name, curve in left.items():
        count = len(curve)
        spans[f"left_{name}"] = slice(start, start + count)
        spans[f"right_{name}"] = slice(start + count, start + 2 * count)
        blocks += [curve, curve * _MIRRORED]
        mirror += [np.arange(start + count, start + 2 * count), np.arange(start, start + count)]
        start += 2 * count
    for name, curve in middle.items():
        count = len(curve)
        spans[name] = slice(start, start + count)
        blocks.append(curve)
        own = np.arange(start, start + count)
        mirror.append(own if name == "ridge" else own[::-1])
        start += count
    return Template(np.concatenate(blocks), spans, np.concatenate(mirror))
