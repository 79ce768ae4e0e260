"""Checks of flips and warps: what a network sees moved, a codec decodes moved."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from landmarks.batch import Fields
from landmarks.conformance.base import (
    Check,
    NotApplicable,
    number,
    require_alike,
    require_near,
    violated,
)
from landmarks.conformance.subject import Subject
from landmarks.geometry import Size, apply_affine, flip_affine


def _flip(subject: Subject) -> str:
    # With noise: no two cells are equal, so that rounding cannot choose between them.
    points = _inside_and_near_the_border(subject)
    outputs = subject.learnt(points)
    with torch.no_grad():
        flipped = subject.codec.flip(outputs)
    decoded = subject.decode_points(outputs)
    # A logarithm, as of DARK, magnifies float32's rounding.
    bound = 7e-4 * min(subject.cell, 8.0)
    steady = _steady(subject, outputs, bound / 8)[:, list(subject.codec.markup.mirror)]
    shares = float(steady.float().mean())
    if shares < _STEADY:
        violated(
            "outputs of a little noise, changed by as much as rounding may",
            f"{100 * shares:.0f} % of the points decode where they did",
            f"at least {100 * _STEADY:.0f} % to {number(bound)} px",
        )
    errors = require_near(
        subject.mirrored(points)[steady],
        subject.decode_points(flipped)[steady],
        subject.mirrored(decoded)[steady],
        bound,
        "what rounding may cost",
        "mirrored",
    )
    return f"{number_of(errors)} px over {errors.numel():,} points"


_STEADY = 0.95
"""Share of points that must not hang on the last digits of the outputs."""


def _steady(subject: Subject, outputs: Fields, allowed: float) -> Bool[Tensor, "B K"]:
    """Which points decode where they do though the outputs change by as much as rounding may.

    On noise at the border a Newton step may be that ill-conditioned; resampling rounds, too.
    """
    changed = {
        name: field + 2e-7 * field.abs().amax() * change.clamp(-2, 2)
        for (name, field), change in zip(
            outputs.items(),
            subject.noise(len(next(iter(outputs.values()))), seed=9).values(),
            strict=True,
        )
    }
    apart = subject.decode_points(changed) - subject.decode_points(outputs)
    steady: Tensor = torch.linalg.vector_norm(apart, dim=-1) <= allowed
    return steady


def _flipped_targets(subject: Subject) -> str:
    if subject.scatters_targets or not subject.repeats_targets:
        raise NotApplicable("the targets are drawn at random")
    points = _inside_and_near_the_border(subject)
    outputs = subject.encode(points)
    with torch.no_grad():
        flipped = dict(subject.codec.flip(outputs))
        again = dict(subject.codec.flip(flipped))
    largest = require_alike(
        flipped,
        subject.encode(subject.mirrored(points)),
        1e-4,
        "targets flipped, and targets of the mirrored points",
    )
    require_alike(again, outputs, 1e-4, "targets flipped twice")
    edges = subject.faces_of(_cell_edges(subject))
    with torch.no_grad():
        flipped = dict(subject.codec.flip(subject.encode(edges)))
    require_alike(
        flipped,
        subject.encode(subject.mirrored(edges)),
        2e-4,
        "targets of points on the edges between cells, flipped",
    )
    return f"values differ by {largest:.1g} at most"


def _affine(subject: Subject) -> str:
    interior = subject.codec.stated_error.interior
    # Both readings cost the codec's error, the first of them magnified, and resampling between
    # cells some: a bilinear mean of a Gaussian is no Gaussian.
    resampling = 0.2 * subject.cell if subject.cells else 1e-3
    affines = random_affines(subject.size, 48).to(subject.device)
    reach = min(4 * subject.cell, min(subject.size) / 8)
    generator = torch.Generator().manual_seed(2)
    drawn = 2 * torch.rand(len(affines), subject.count, 2, generator=generator) - 1
    points = (subject.middle + reach * drawn).to(subject.device)
    outputs = subject.encode(points)
    expected = apply_affine(affines, subject.decode_points(outputs))
    left_is_right = (torch.det(affines[:, :, :2]) < 0)[:, None, None]
    expected = torch.where(left_is_right, expected[:, list(subject.codec.markup.mirror)], expected)
    with torch.no_grad():
        warped = subject.codec.warp(outputs, affines)
    errors = require_near(
        expected,
        subject.decode_points(warped),
        expected,
        (1 + _LARGEST_SCALE) * interior + resampling,
        "twice the stated error and that of resampling",
        "warped",
    )
    return f"mean {float(errors.mean()):.4f} px, {number_of(errors)} px over {len(affines)} warps"


def _warps_by_face(subject: Subject) -> str:
    outputs = subject.learnt(subject.faces(4))
    affines = random_affines(subject.size, 4, seed=1).to(subject.device)
    affines[0] = flip_affine(subject.size.width).to(subject.device)
    with torch.no_grad():
        together = subject.codec.warp(outputs, affines)
        for face in range(len(affines)):
            chosen = slice(face, face + 1)
            alone = subject.codec.warp(
                {name: output[chosen] for name, output in outputs.items()}, affines[chosen]
            )
            require_alike(
                {name: warped[chosen] for name, warped in together.items()},
                dict(alone),
                1e-5,
                f"face {face} of a batch with a warp for each face, and warped alone",
                relative=1e-5,
            )
    return f"{len(affines)} warps at once, each as by itself"


def _warp_precision(subject: Subject) -> str:
    affine = random_affines(subject.size, 2, seed=3).to(subject.device)
    for half in (torch.float16, torch.bfloat16):
        outputs = subject.noise(2, dtype=half)
        with torch.no_grad():
            single = subject.codec.warp(
                {n: output.float() for n, output in outputs.items()}, affine
            )
            found = subject.codec.warp(outputs, affine)
        require_alike(dict(found), dict(single), 0, f"warp of {half} outputs and of float32")
    return "as in float32"


def _warp_gradient(subject: Subject) -> str:
    if not subject.has_maps:
        raise NotApplicable("no field is a map that could be resampled")
    outputs = {name: output.requires_grad_() for name, output in subject.noise(2).items()}
    affine = random_affines(subject.size, 2, seed=4).to(subject.device)
    warped = subject.codec.warp(outputs, affine)
    total = torch.stack([field.float().square().sum() for field in warped.values()]).sum()
    if not total.requires_grad:
        violated("warp of noise", "no gradient", "one with respect to the outputs")
    gradients = torch.autograd.grad(total, list(outputs.values()), allow_unused=True)
    found = [gradient for gradient in gradients if gradient is not None]
    if not all(bool(gradient.isfinite().all()) for gradient in found):
        violated("warp of noise", "a gradient that is not finite", "a finite gradient")
    if not any(bool((gradient != 0).any()) for gradient in found):
        violated("warp of noise", "a gradient of zero", "one that is not zero")
    return "finite, and not zero"


_LARGEST_SCALE = 1.1


def random_affines(size: Size, count: int, seed: int = 0) -> Float[Tensor, "N 2 3"]:
    """Similarities about a crop's middle: turned, scaled and shifted; half of them mirrored."""
    generator = torch.Generator().manual_seed(seed)
    drawn = 2 * torch.rand(4, count, generator=generator) - 1
    angle = math.radians(30) * drawn[0]
    scale = 1 + (_LARGEST_SCALE - 1) * drawn[1]
    cos, sin = scale * angle.cos(), scale * angle.sin()
    linear = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], dim=-2)
    linear[1::2, :, 0] *= -1
    middle = torch.tensor([(size.width - 1) / 2, (size.height - 1) / 2])
    offset = middle - linear @ middle + min(6.0, min(size) / 20) * drawn[2:].T
    return torch.cat([linear, offset[..., None]], dim=-1)


def number_of(errors: Float[Tensor, "*N"]) -> str:
    """The largest error, as text."""
    return f"largest {float(errors.max()):.2g}"


def _inside_and_near_the_border(subject: Subject) -> Float[Tensor, "B K 2"]:
    near = subject.faces_of(subject.border_points(40))
    return torch.cat([subject.faces(30), near])


def _cell_edges(subject: Subject) -> Float[Tensor, "N 2"]:
    """Points on the edges of cells, and an eighth of a cell beside their centres, along both axes.

    The middle of the crop is its own mirror image; there is no other side to go to.
    """
    width, cell = subject.size.width, subject.cell
    count = max(2, int(min(subject.size) / cell)) - 1
    start = float(subject.middle[0]) - width / 2
    edges = start + cell * (torch.arange(count) + 1)
    places = torch.cat([edges, edges - cell / 2, edges + cell / 8])
    places = places[(places - subject.middle[0]).abs() > 1e-3]
    return torch.stack([places, places.clamp(max=subject.size.height - 1)], dim=1)


FLIP = Check(
    "flip",
    "Outputs that are flipped decode to the mirrored points, left and right exchanged.",
    _flip,
)
FLIPPED_TARGETS = Check(
    "flipped targets",
    "Flipped targets are the targets of the mirrored points, also between cells.",
    _flipped_targets,
)
AFFINE = Check(
    "affine",
    "Outputs that are warped decode to the warped points: turned, scaled, shifted, mirrored.",
    _affine,
)
WARPS_BY_FACE = Check(
    "warps by face",
    "Each face of a batch is warped as by itself.",
    _warps_by_face,
)
WARP_PRECISION = Check(
    "warp in float32",
    "Half-precision outputs are warped in float32.",
    _warp_precision,
)
WARP_GRADIENT = Check(
    "warp gradient",
    "Maps are warped differentiably.",
    _warp_gradient,
)
