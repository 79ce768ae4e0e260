"""Checks of encode and decode as each other's inverse, against the error that a codec states."""

import math
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.batch import Fields
from landmarks.conformance.base import (
    Check,
    NotApplicable,
    number,
    require_near,
    shown,
    violated,
)
from landmarks.conformance.subject import Subject

_BIAS = 1e-3
"""Largest mean signed error that counts as none, in crop pixels."""

_DRAWS = 16
"""How often each phase is encoded, next to itself, where targets are drawn at random."""


def _stated_error(subject: Subject) -> str:
    stated = subject.codec.stated_error
    for name, value in stated._asdict().items():
        if not (value >= 0 and math.isfinite(value)):
            violated(f"stated_error.{name}", value, "a finite number of at least 0")
    if stated.border < stated.interior:
        violated("stated_error.border", stated.border, f"at least interior, {stated.interior}")
    return ", ".join(f"{name} {number(value)}" for name, value in stated._asdict().items()) + " px"


def _round_trip(subject: Subject) -> str:
    bound = subject.codec.stated_error.interior
    points = torch.cat([*subject.phases(), subject.interior_points(500)])
    errors = require_near(
        points, subject.round_trip(points), points, bound, "the stated interior error"
    )
    return (
        f"mean {number(float(errors.mean()))} px, largest {number(float(errors.max()))} px over "
        f"{len(points):,} points; {number(bound)} px stated"
    )


def _tight_bound(subject: Subject) -> str:
    stated = subject.codec.stated_error.interior
    points = torch.cat(subject.phases())
    largest = float(_distance(subject.round_trip(points), points).max())
    least = 0.4 * stated - _BIAS
    if largest < least:
        violated(
            "the sub-pixel phases",
            f"errors of at most {number(largest)} px",
            f"one that comes near the stated {number(stated)} px",
            "a bound so wide would hide a defect; state a smaller interior error",
        )
    return f"largest {number(largest)} px of {number(stated)} px stated"


def _bias(subject: Subject) -> str:
    stated = subject.codec.stated_error.interior
    largest = 0.0
    for points in subject.phases():
        draws = _DRAWS if subject.scatters_targets else 1
        # A draw may depend on the point alone: it is moved by less than can matter.
        steps = 1e-4 * subject.cell * (torch.arange(draws) - (draws - 1) / 2)
        moved = [points + step for step in steps]
        errors = torch.stack([subject.round_trip(near) - near for near in moved]).double()
        bias = errors.mean(dim=(0, 1))
        # Nothing where the target is not drawn: its spread over the draws is zero.
        chance = errors.std(dim=0, correction=0).square().mean(dim=0) / max(1, draws - 1)
        allowed = _BIAS + 5 * (chance / len(points)).sqrt()
        _refuse_bias(bias, allowed, "the mean over all phases of a cell at the crop's middle")
        largest = max(largest, float(bias.abs().max()))
    points = subject.interior_points(3000, seed=1)
    errors = (subject.round_trip(points) - points).double()
    for axis, name in enumerate("xy"):
        if subject.interior[axis] < subject.cell:
            continue  # Less than a cell says nothing: its mean depends on where it lies.
        for side, half in (
            ("first", points[:, axis] < subject.middle[axis]),
            ("second", points[:, axis] >= subject.middle[axis]),
        ):
            # These points do not fill their cells evenly: the mean is known only so well.
            chance = errors[half].std(dim=0) / half.sum().sqrt()
            where = f"the mean over the {side} half of the crop along {name}"
            _refuse_bias(errors[half].mean(dim=0), _BIAS + 5 * chance, where)
    share = f", {100 * largest / stated:.2g} % of the stated error" if stated > 0 else ""
    return f"{number(largest)} px{share}"


def _refuse_bias(bias: Float[Tensor, " 2"], allowed: Float[Tensor, " 2"], where: str) -> None:
    if not bool((bias.abs() <= allowed).all()):
        violated(
            where,
            f"decoded {shown(bias)} px from the truth",
            "(0, 0) px",
            f"{number(float(bias.abs().max()))} px; allowed is {number(float(allowed.max()))} px",
        )


def _border(subject: Subject) -> str:
    bound = subject.codec.stated_error.border
    points = subject.border_points()
    errors = require_near(
        points, subject.round_trip(points), points, bound, "the stated border error"
    )
    return (
        f"mean {number(float(errors.mean()))} px, largest {number(float(errors.max()))} px over "
        f"{len(points):,} points; {number(bound)} px stated"
    )


def _half_precision(subject: Subject, half: torch.dtype) -> str:
    def rounded(outputs: Fields) -> Fields:
        return {name: output.to(half) for name, output in outputs.items()}

    stated = subject.codec.stated_error
    name = str(half).removeprefix("torch.")
    extra: float = getattr(stated, name)
    inside = torch.cat([*subject.phases(), subject.interior_points(200)])
    worst = 0.0
    for points, bound in ((inside, stated.interior), (subject.border_points(120), stated.border)):
        # An error beyond the stated one in float32 already is another check's to find.
        largest = float(_distance(subject.round_trip(points), points).max())
        bound = max(bound, largest)
        found = subject.round_trip(points, rounded)
        errors = require_near(
            points, found, points, bound + extra, f"the stated error with that of {name}"
        )
        worst = max(worst, float(errors.max()) - bound)
    # Outputs of half precision are decoded as the same numbers in float32.
    outputs = rounded(subject.learnt(subject.faces(4)))
    single = {field: output.float() for field, output in outputs.items()}
    points = subject.decode_points(single)
    require_near(
        points, subject.decode_points(outputs), points, 0, "what float32 may differ by", name
    )
    return f"{number(max(0.0, worst))} px beyond the stated error; {number(extra)} px stated"


def _worth_stating(subject: Subject) -> str:
    if not subject.cells:
        raise NotApplicable("no field has cells to compare with")
    stated = subject.codec.stated_error
    most = max(subject.cell / 4, stated.interior)
    for name in ("float16", "bfloat16"):
        value: float = getattr(stated, name)
        if value > most:
            violated(
                f"stated_error.{name}",
                f"{number(value)} px",
                f"at most {number(most)} px",
                "half precision may cost a quarter of a cell, or as much as the codec itself",
            )
    return f"float16 {number(stated.float16)} px, bfloat16 {number(stated.bfloat16)} px"


def _distance(found: Float[Tensor, "N 2"], expected: Float[Tensor, "N 2"]) -> Float[Tensor, " N"]:
    distance: Tensor = torch.linalg.vector_norm(found - expected, dim=-1)
    return distance


STATED_ERROR = Check(
    "stated error",
    "The stated errors are finite, and that on the border is at least that of the interior.",
    _stated_error,
)
ROUND_TRIP = Check(
    "round trip",
    "Over all sub-pixel phases, encode then decode is off by the stated interior error at most.",
    _round_trip,
)
TIGHT_BOUND = Check(
    "tight bound",
    "The stated interior error is nearly reached at some phase; a wide bound would hide defects.",
    _tight_bound,
)
BIAS = Check(
    "bias",
    "Over all sub-pixel phases, encode then decode moves points to no side on average.",
    _bias,
)
BORDER = Check(
    "border",
    "Up to the crop's outer edges and corners, the error is the stated border error at most.",
    _border,
)
FLOAT16 = Check(
    "float16",
    "Outputs rounded to float16 add the stated error at most, and are decoded in float32.",
    partial(_half_precision, half=torch.float16),
)
BFLOAT16 = Check(
    "bfloat16",
    "Outputs rounded to bfloat16 add the stated error at most, and are decoded in float32.",
    partial(_half_precision, half=torch.bfloat16),
)
HALF_PRECISION_IS_USEFUL = Check(
    "half is useful",
    "What half precision is stated to add is small: less than a quarter of a cell.",
    _worth_stating,
)
