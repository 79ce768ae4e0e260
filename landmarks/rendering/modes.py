"""The ways in which faces differ: a linear model over the template's vertices.

Every mode is a displacement of all vertices. Identity modes are in units of their standard
deviation over people; expression modes go from 0 (rest) to 1 (full), and those of one side have a
twin on the other. Their sizes are chosen so that the spread of the drawn landmarks resembles the
spread that ``landmarks/mean_shapes.json`` gives for photographed faces.
"""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from jaxtyping import Float

from landmarks.rendering.template import template

Displacement = Float[np.ndarray, "V 3"]

_LOWER_LIP = ("outer_lower_lip", "inner_lower_lip")
_UPPER_LIP = ("outer_upper_lip", "inner_upper_lip")
_LIPS = (*_UPPER_LIP, *_LOWER_LIP, "mouth_middle")
_NOSE = ("ridge", "left_nose_side", "right_nose_side")
_SIDES = ("left", "right")


class _Mode:
    """A displacement, put together curve by curve."""

    def __init__(self) -> None:
        self.face = template()
        self.displacement = np.zeros_like(self.face.vertices)

    def add(
        self,
        curves: tuple[str, ...],
        axis: int,
        amount: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
    ) -> None:
        """Adds ``amount(x, y, along)``, ``along`` going from 0 to 1, along one axis."""
        for name in curves:
            span = self.face.spans[name]
            x, y, _ = self.face.vertices[span].T
            self.displacement[span, axis] += amount(x, y, np.linspace(0, 1, len(x)))


def _both(*curves: str) -> tuple[str, ...]:
    return tuple(f"{side}_{curve}" for side in _SIDES for curve in curves)


def _ramp(values: np.ndarray, low: float, high: float) -> np.ndarray:
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    ramp: np.ndarray = share * share * (3 - 2 * share)
    return ramp


_HEAD = _both("outline", "front")
_EYES = _both("upper_lid", "lower_lid", "iris", "pupil", "crease")
_BROWS = _both("upper_brow", "lower_brow", "middle_brow")


def _identity() -> dict[str, Displacement]:
    modes: dict[str, _Mode] = {}

    def mode(name: str) -> _Mode:
        return modes.setdefault(name, _Mode())

    def centre(x: np.ndarray) -> np.ndarray:
        middle: np.ndarray = np.sign(x) * 0.5
        return middle

    mode("face_width").add(_both("outline"), 0, lambda x, y, t: 0.07 * x)
    mode("jaw_width").add(_both("outline"), 0, lambda x, y, t: 0.09 * x * _ramp(y, 0.4, 1.4))
    mode("chin_length").add(_HEAD, 1, lambda x, y, t: 0.12 * _ramp(y, 0.7, 1.8))
    mode("chin_width").add(
        _both("outline"), 0, lambda x, y, t: 0.06 * np.sign(x) * np.sin(np.pi * _ramp(y, 1.2, 1.75))
    )
    mode("forehead").add(_HEAD, 1, lambda x, y, t: -0.09 * _ramp(-y, 0.0, 1.2))
    mode("face_length").add((*_HEAD, *_LIPS, *_NOSE), 1, lambda x, y, t: 0.05 * np.maximum(y, 0))
    mode("profile").add(_both("front"), 2, lambda x, y, t: 0.03 * np.sqrt(np.sin(np.pi * t)))
    mode("nose_length").add(_NOSE, 1, lambda x, y, t: 0.05 * _ramp(y, 0.0, 0.7))
    mode("nose_length").add(_LIPS, 1, lambda x, y, t: 0.03 + 0 * y)
    mode("nose_width").add(_both("nose_side"), 0, lambda x, y, t: 0.14 * x)
    mode("nose_depth").add(("ridge",), 2, lambda x, y, t: 0.06 * np.sin(np.pi * t**0.8))
    mode("nose_tip").add(("ridge",), 1, lambda x, y, t: 0.03 * np.sin(np.pi * t) ** 2)
    mode("mouth_width").add(_LIPS, 0, lambda x, y, t: 0.13 * x)
    mode("mouth_height").add(_LIPS, 1, lambda x, y, t: 0.04 + 0 * y)
    mode("upper_lip").add(("outer_upper_lip",), 1, lambda x, y, t: -0.018 * np.sin(np.pi * t))
    mode("lower_lip").add(("outer_lower_lip",), 1, lambda x, y, t: 0.022 * np.sin(np.pi * t))
    mode("cupids_bow").add(
        ("outer_upper_lip",), 1, lambda x, y, t: 0.012 * np.exp(-((x / 0.06) ** 2))
    )
    mode("eye_opening").add(_both("upper_lid"), 1, lambda x, y, t: -0.014 * np.sin(np.pi * t))
    mode("eye_opening").add(_both("crease"), 1, lambda x, y, t: -0.014 * np.sin(np.pi * t))
    mode("eye_opening").add(_both("lower_lid"), 1, lambda x, y, t: 0.008 * np.sin(np.pi * t))
    mode("eye_width").add(_EYES, 0, lambda x, y, t: 0.06 * (x - centre(x)))
    mode("eye_spacing").add(_EYES, 0, lambda x, y, t: 0.015 * np.sign(x))
    mode("eye_tilt").add(_EYES, 1, lambda x, y, t: -0.05 * (np.abs(x) - 0.5))
    mode("brow_height").add(_BROWS, 1, lambda x, y, t: 0.04 + 0 * y)
    mode("brow_thickness").add(_both("upper_brow"), 1, lambda x, y, t: -0.012 * np.sqrt(t))
    mode("brow_thickness").add(_both("lower_brow"), 1, lambda x, y, t: 0.012 * np.sqrt(t))
    mode("brow_tilt").add(_BROWS, 1, lambda x, y, t: -0.09 * (np.abs(x) - 0.55))
    mode("brow_arch").add(_BROWS, 1, lambda x, y, t: -0.02 * np.sin(np.pi * t))
    mode("brow_spacing").add(_BROWS, 0, lambda x, y, t: 0.025 * np.sign(x))
    return {name: mode.displacement for name, mode in modes.items()}


def _one_sided(mode: Callable[[str], _Mode], side: str, sign: float) -> None:
    """Adds the expressions of one side of the face; ``sign`` is that of its x."""
    face = template()

    def near(x: np.ndarray) -> np.ndarray:
        return _ramp(sign * x, 0.0, 0.4)

    smile = mode(f"{side}_smile")
    smile.add(_LIPS[:4], 0, lambda x, y, t: 0.11 * sign * near(x))
    smile.add(_LIPS[:4], 1, lambda x, y, t: -0.09 * near(x))
    smile.add(_LIPS[:4], 2, lambda x, y, t: -0.05 * near(x))
    smile.add((f"{side}_lower_lid",), 1, lambda x, y, t: -0.018 * np.sin(np.pi * t))
    smile.add((f"{side}_nose_side",), 0, lambda x, y, t: 0.02 * sign * np.sin(np.pi * t))
    brow = tuple(f"{side}_{name}" for name in ("upper_brow", "lower_brow", "middle_brow"))
    mode(f"{side}_brow_raise").add(brow, 1, lambda x, y, t: -0.12 - 0.03 * np.sin(np.pi * t))
    mode(f"{side}_brow_furrow").add(brow, 0, lambda x, y, t: -0.04 * sign * t)
    mode(f"{side}_brow_furrow").add(brow, 1, lambda x, y, t: 0.02 + 0.05 * t**2)
    closed = mode(f"{side}_eye_close")
    upper, lower = face.spans[f"{side}_upper_lid"], face.spans[f"{side}_lower_lid"]
    gap = face.vertices[lower] - face.vertices[upper]
    closed.displacement[upper] += 0.93 * gap
    closed.displacement[face.spans[f"{side}_crease"]] += 0.75 * gap


def _expression() -> dict[str, Displacement]:
    face = template()
    modes: dict[str, _Mode] = {}

    def mode(name: str) -> _Mode:
        return modes.setdefault(name, _Mode())

    opens = mode("mouth_open")
    opens.add(_LOWER_LIP, 1, lambda x, y, t: 0.34 * np.sin(np.pi * t) ** 0.8 + 0.03)
    opens.add(_UPPER_LIP, 1, lambda x, y, t: -0.02 * np.sin(np.pi * t) ** 0.8 + 0.03)
    opens.add(_LOWER_LIP, 2, lambda x, y, t: -0.08 * np.sin(np.pi * t))
    opens.add(_LIPS[:4], 0, lambda x, y, t: -0.06 * x)
    opens.add(_HEAD, 1, lambda x, y, t: 0.26 * _ramp(y, 0.5, 1.75))
    opens.add(_both("outline"), 0, lambda x, y, t: -0.03 * x * _ramp(y, 0.3, 1.3))
    pucker = mode("pucker")
    pucker.add(_LIPS[:4], 0, lambda x, y, t: -0.28 * x)
    pucker.add(_LIPS[:4], 2, lambda x, y, t: 0.08 * np.sin(np.pi * t))
    pucker.add(("outer_upper_lip",), 1, lambda x, y, t: -0.015 * np.sin(np.pi * t))
    pucker.add(("outer_lower_lip",), 1, lambda x, y, t: 0.02 * np.sin(np.pi * t))

    for side, sign in (("left", -1.0), ("right", 1.0)):
        _one_sided(mode, side, sign)
    for name, axis in (("gaze_right", 0), ("gaze_down", 1)):
        mode(name).add(_both("iris", "pupil"), axis, lambda x, y, t: 1.0 + 0 * x)

    displacements = {name: mode.displacement for name, mode in modes.items()}
    middle = face.spans["mouth_middle"]
    for displacement in displacements.values():
        inner = [face.spans[f"inner_{half}_lip"] for half in ("upper", "lower")]
        displacement[middle] = (displacement[inner[0]] + displacement[inner[1]]) / 2
    return displacements


@cache
def identity_modes() -> Mapping[str, Displacement]:
    """Displacements per standard deviation of each identity mode."""
    return _identity()


@cache
def expression_modes() -> Mapping[str, Displacement]:
    """Displacements of each expression at full strength; gaze is in eye-centre distances."""
    return _expression()


def mirrored_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """The weights of the mirrored face: left and right change places.

    >>> mirrored_weights({"left_smile": 1.0, "gaze_right": 0.1, "mouth_open": 0.5})
    {'right_smile': 1.0, 'gaze_right': -0.1, 'mouth_open': 0.5}
    """
    twins = {"left": "right", "right": "left"}
    mirrored = {}
    for name, weight in weights.items():
        side, _, rest = name.partition("_")
        if side in twins:
            mirrored[f"{twins[side]}_{rest}"] = weight
        else:
            mirrored[name] = -weight if name == "gaze_right" else weight
    return mirrored


@cache
def _stack() -> tuple[tuple[str, ...], Float[np.ndarray, "M V3"]]:
    modes = {**identity_modes(), **expression_modes()}
    return tuple(modes), np.stack([d.reshape(-1) for d in modes.values()])


def shape(weights: Mapping[str, float]) -> Float[np.ndarray, "V 3"]:
    """The vertices of a face with these identity and expression weights; the rest are 0."""
    names, stack = _stack()
    values = np.array([weights.get(name, 0.0) for name in names])
    vertices = template().vertices
    # einsum, not a BLAS product: the same bits on any number of threads.
    moved = np.einsum("m,mv->v", values, stack).reshape(vertices.shape)
    shaped: Float[np.ndarray, "V 3"] = vertices + moved
    return shaped
