"""Checks of what a codec asks of a network, and of what it makes of any points."""

import torch

from landmarks.batch import FieldSpec
from landmarks.conformance.base import Check, require_finite, violated
from landmarks.conformance.subject import NAN, Subject

_FAR = (-1e6, -300.0, -0.6, 0.1, 1e6, 1e30, float("inf"), -float("inf"))
"""Coordinates of points that no crop shows, or hardly."""


def _declared(subject: Subject) -> str:
    fields = subject.codec.fields
    if not fields:
        violated("fields", "none", "at least one")
    for name, spec in fields.items():
        if not (isinstance(spec, FieldSpec) and all(isinstance(n, int) and n > 0 for n in spec)):
            violated(f"fields[{name!r}]", spec, "a FieldSpec of three positive whole numbers")
    faces = subject.faces(3)
    for points in (faces, faces.double(), faces[:1], faces[:0]):
        targets = subject.encode(points)
        given = f"encode of {len(points)} faces in {_word(points.dtype)}"
        if set(targets) != set(fields):
            violated(given, f"fields {', '.join(targets)}", f"fields {', '.join(fields)}")
        for name, spec in fields.items():
            target, wanted = targets[name], (len(points), *spec)
            if target.shape != wanted:
                violated(f"{given}, field {name}", tuple(target.shape), wanted)
            if target.dtype != torch.float32:
                violated(f"{given}, field {name}", _word(target.dtype), "float32")
            if target.device != points.device:
                violated(f"{given}, field {name}", f"on {target.device}", f"on {points.device}")
    return ", ".join(f"{name} {tuple(spec)}" for name, spec in fields.items())


def _decoded(subject: Subject) -> str:
    count = subject.count
    for faces in (3, 1):
        decoded = subject.codec.decode(subject.noise(faces))
        shapes = {
            "points": (faces, count, 2),
            "confidence": (faces, count),
            "covariance": (faces, count, 2, 2),
        }
        for name, wanted in shapes.items():
            value = getattr(decoded, name)
            where = f"decode of {faces} faces, {name}"
            if value is None:
                violated(where, None, f"a tensor of shape {wanted}")
            if value.shape != wanted:
                violated(where, tuple(value.shape), wanted)
            if value.dtype != torch.float32:
                violated(where, _word(value.dtype), "float32")
    return f"points, confidence and covariance of {count} points, float32"


def _any_points(subject: Subject) -> str:
    tried = 0
    for far in (NAN, *_FAR):
        points = subject.faces(4)
        points[0, :, 0] = far
        points[1, 1 % subject.count] = far
        points[2] = far
        points[3, 0, 1] = far
        for name, target in subject.encode(points).items():
            require_finite(target, f"encode of points at {far}, field {name}")
        tried += 1
    return f"finite for missing points and {tried - 1} coordinates off the crop"


def _word(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


FIELDS = Check(
    "fields",
    "encode makes every declared field, in the declared shape, float32, on the points' device.",
    _declared,
)
DECODED = Check(
    "decoded",
    "decode makes points, confidence and covariance of the contract's shapes, float32.",
    _decoded,
)
ANY_POINTS = Check(
    "any points",
    "Targets are finite whatever the points: missing, far outside the crop, infinite.",
    _any_points,
)
