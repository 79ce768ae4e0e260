"""Checks of decode by itself: any outputs, any batch, and what it claims of its own error."""

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.conformance.base import Check, number, require_finite, violated
from landmarks.conformance.subject import Subject


def _any_outputs(subject: Subject) -> str:
    tried = 0
    with torch.no_grad():
        for name, outputs in subject.odd_outputs():
            decoded = subject.codec.decode(outputs)
            require_finite(decoded.points, f"points of {name}")
            require_finite(decoded.confidence, f"confidence of {name}")
            tried += 1
    return f"points and confidence are finite for {tried} kinds of outputs"


def _covariance(subject: Subject) -> str:
    exact = subject.encode(subject.faces(8))
    learnt = subject.learnt(subject.faces(8))
    border = subject.encode(subject.faces_of(subject.border_points(20)))
    widest = narrowest = 0.0
    for name, outputs in [
        ("targets", exact),
        ("targets at the border", border),
        ("targets and noise", learnt),
        *subject.odd_outputs(),
    ]:
        covariance = _covariance_of(subject, outputs)
        where = f"covariance of {name}"
        require_finite(covariance, where)
        skew = (covariance[..., 0, 1] - covariance[..., 1, 0]).abs()
        size = covariance.diagonal(dim1=-2, dim2=-1).sum(dim=-1).abs()
        if (skew > 1e-5 * size).any():
            worst = int((skew - 1e-5 * size).argmax())
            violated(where, _matrix(covariance, worst), "a symmetric matrix")
        # By hand in float64, since the smallest eigenvalue may be tiny beside the largest.
        a, b, d = (covariance[..., i, j].double() for i, j in ((0, 0), (0, 1), (1, 1)))
        determinant = a * d - b * b
        good = (a > 0) & (d > 0) & (determinant > 0)
        if not good.all():
            worst = int((~good).flatten().nonzero()[0])
            violated(
                where,
                _matrix(covariance, worst),
                "a positive definite matrix",
                f"{int((~good).sum()):,} of {good.numel():,} points",
            )
        if name == "targets":
            narrowest = float((a + d).min().div(2).sqrt())
            widest = float((a + d).max().div(2).sqrt())
    _require_mirrored_covariance(subject)
    return (
        f"symmetric and positive definite; {number(narrowest)} to {number(widest)} px along an "
        "axis on targets"
    )


def _require_mirrored_covariance(subject: Subject) -> None:
    points = subject.faces(16)
    outputs = subject.learnt(points)
    with torch.no_grad():
        flipped = dict(subject.codec.flip(outputs))
        restored = subject.codec.flip(flipped)
        # A warp may decode, move and encode a map; what noise told of its spread is lost then.
        if any((restored[name] - outputs[name]).abs().max() > 1e-3 for name in outputs):
            outputs = subject.encode(points)
            flipped = dict(subject.codec.flip(outputs))
    sign = torch.tensor([-1.0, 1.0], device=subject.device)
    expected = _covariance_of(subject, outputs)[:, list(subject.codec.markup.mirror)]
    expected = expected * sign[:, None] * sign
    found = _covariance_of(subject, flipped)
    size = expected.diagonal(dim1=-2, dim2=-1).sum(dim=-1)
    difference = (found - expected).abs().amax(dim=(-2, -1))
    beyond = difference - (1e-3 * size + 1e-6)
    worst = int(beyond.argmax())
    if beyond.flatten()[worst] > 0:
        violated(
            "covariance of flipped outputs",
            _matrix(found, worst),
            f"{_matrix(expected, worst)}, that of the outputs mirrored",
            number(float(difference.flatten()[worst])),
        )


def _covariance_of(subject: Subject, outputs: dict[str, Tensor]) -> Float[Tensor, "B K 2 2"]:
    with torch.no_grad():
        covariance: Tensor = subject.codec.decode(outputs).covariance
    return covariance


def _matrix(covariance: Float[Tensor, "*points 2 2"], place: int) -> str:
    (a, b), (c, d) = covariance.reshape(-1, 2, 2)[place].tolist()
    return f"[[{number(a)}, {number(b)}], [{number(c)}, {number(d)}]] px²"


def _batch_of_one(subject: Subject) -> str:
    faces = 7
    for name, outputs, peaked in (
        ("targets", subject.encode(subject.faces(faces)), True),
        ("targets and noise", subject.learnt(subject.faces(faces, seed=1)), True),
        ("noise", subject.noise(faces), False),
    ):
        with torch.no_grad():
            together = subject.codec.decode(outputs)
            for face in range(faces):
                chosen = {field: output[face : face + 1] for field, output in outputs.items()}
                alone = subject.codec.decode(chosen)
                for part in ("points", "confidence"):
                    one, whole = getattr(alone, part)[0], getattr(together, part)[face]
                    if not torch.equal(one, whole):
                        violated(
                            f"{part} of {name}, face {face} by itself",
                            f"another value than in a batch of {faces}",
                            "the same to the last bit",
                            number(float((one - whole).abs().max())),
                        )
                # Sums may round otherwise in another batch; a fit to pure noise magnifies that.
                if not peaked:
                    continue
                size = together.covariance[face].diagonal(dim1=-2, dim2=-1).sum(dim=-1)
                apart = (alone.covariance[0] - together.covariance[face]).abs().amax(dim=(-2, -1))
                worst = int((apart / size).argmax())
                if not apart[worst] <= 1e-3 * size[worst]:
                    violated(
                        f"covariance of {name}, face {face} by itself, point {worst}",
                        _matrix(alone.covariance, worst),
                        f"{_matrix(together.covariance[face], worst)}, as in a batch of {faces}",
                        number(float(apart[worst])),
                    )
    return f"points and confidence are the same to the last bit as in a batch of {faces}"


ANY_OUTPUTS = Check(
    "any outputs",
    "Points and confidence are finite for flat, tied, negative, tiny and huge outputs.",
    _any_outputs,
)
COVARIANCE = Check(
    "covariance",
    "The covariance is finite, symmetric, positive definite, and mirrored with the outputs.",
    _covariance,
)
BATCH_OF_ONE = Check(
    "batch of one",
    "A face decodes alone as in a batch, points and confidence to the last bit.",
    _batch_of_one,
)
