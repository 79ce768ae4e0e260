"""Checks of the loss: what it counts, what it leaves out, and where it leads."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from landmarks.batch import Fields
from landmarks.conformance.base import (
    Check,
    NotApplicable,
    number,
    require_alike,
    require_finite,
    violated,
)
from landmarks.conformance.subject import NAN, UNREPEATED, Subject


def _missing_points(subject: Subject) -> str:
    points = subject.faces(4)
    points[0, 1 % subject.count] = NAN
    points[1, 2 % subject.count, 0] = NAN
    points[2] = NAN
    there = ~points.isnan().any(dim=-1)
    weight = there.float()
    targets = subject.encode(points)
    for name, target in targets.items():
        require_finite(target, f"target of missing points, field {name}")
    left_out = subject.channels_without(there)
    outputs = subject.noise(4)
    loss, gradients = _loss_and_gradients(subject, outputs, targets, weight)
    require_finite(loss, "the loss of a batch with missing points")
    # Neither what the target nor what the output shows of a missing point may count.
    whatever = _replaced(targets, left_out, 1e6)
    other_loss, other = _loss_and_gradients(subject, outputs, whatever, weight)
    _require_equal_loss(loss, other_loss, "the targets of missing points set to 1e6")
    elsewhere = torch.where(there[..., None], points, subject.faces(4, seed=5))
    if subject.repeats_targets:
        moved_loss, _ = _loss_and_gradients(subject, outputs, subject.encode(elsewhere), weight)
        _require_equal_loss(loss, moved_loss, "points of weight 0 encoded elsewhere")
    huge_loss, _ = _loss_and_gradients(subject, _replaced(outputs, left_out, 1e6), targets, weight)
    _require_equal_loss(loss, huge_loss, "the outputs of missing points set to 1e6")
    for found in (gradients, other):
        _require_no_gradient(found, left_out, "points of weight 0")
        for name, gradient in found.items():
            require_finite(gradient, f"gradient of field {name}")
            if (gradient[2] != 0).any():
                worst = float(gradient[2].abs().max())
                violated(f"a face without points, field {name}", number(worst), "a gradient of 0")
    _require_gradient_of_present(subject, gradients, there)
    return f"{int((~there).sum())} points missing: their gradient is exactly 0"


def _no_points(subject: Subject) -> str:
    points = torch.full((2, subject.count, 2), NAN, device=subject.device)
    weight = torch.zeros(2, subject.count, device=subject.device)
    for given, made in (("missing", points), ("of weight 0", subject.faces(2))):
        loss, gradients = _loss_and_gradients(
            subject, subject.noise(2), subject.encode(made), weight
        )
        if loss != 0:
            violated(f"the loss of points all {given}", number(float(loss)), 0)
        for name, gradient in gradients.items():
            if not (gradient == 0).all():
                worst = number(float(gradient.abs().nan_to_num(torch.inf).max()))
                violated(f"points all {given}, field {name}", worst, "a gradient of 0")
    return "loss and gradient are exactly 0"


def _mean_over_points(subject: Subject) -> str:
    faces = 2
    outputs, targets = subject.noise(faces), subject.encode(subject.faces(faces))
    alone = torch.zeros(faces, subject.count)
    with torch.no_grad():
        for face in range(faces):
            for point in range(subject.count):
                weight = torch.zeros(faces, subject.count, device=subject.device)
                weight[face, point] = 1
                alone[face, point] = subject.codec.loss(outputs, targets, weight)
        together = subject.codec.loss(outputs, targets, torch.ones_like(weight))
    if together.ndim:
        violated("the loss", f"a tensor of shape {tuple(together.shape)}", "a scalar")
    expected, found = float(alone.mean()), float(together)
    if not abs(found - expected) <= 1e-6 + 1e-5 * abs(expected):
        violated(
            "the loss of all points, and the mean of each point's own",
            number(found),
            number(expected),
            f"{number(found - expected)}",
        )
    return f"{number(found)}, as each of {alone.numel()} points by itself on average"


def _supervise(subject: Subject) -> str:
    if not subject.repeats_targets:
        raise NotApplicable(UNREPEATED)
    points = subject.faces(4)
    points[0, 1 % subject.count] = NAN
    points[2] = NAN
    points[3] += 2 * max(subject.size)
    weight = (~points.isnan().any(dim=-1)).float()
    weight[3, 0] = 0.0
    largest = 0.0
    for name, outputs in (
        ("noise", subject.noise(4)),
        ("almost the target", subject.learnt(points)),
        ("half precision", subject.noise(4, dtype=torch.bfloat16)),
    ):
        for given, chosen in (("", weight), (", all of weight 0", torch.zeros_like(weight))):
            expected, wanted = _loss_and_gradients(subject, outputs, subject.encode(points), chosen)
            leaves = _leaves(outputs)
            loss = subject.codec.supervise(leaves, points, chosen)
            found, gradients = loss.detach(), _gradients(loss, leaves)
            where = f"supervise of {name}{given}"
            difference = float((found - expected).abs())
            allowed = 1e-6 + 1e-4 * float(expected.abs())
            if not difference <= allowed:
                violated(
                    where,
                    number(float(found)),
                    f"{number(float(expected))}, the loss against encoded points",
                    f"{number(difference)}; allowed is {number(allowed)}",
                )
            scale = max(float(gradient.abs().max()) for gradient in wanted.values())
            step = 1e-2 if next(iter(outputs.values())).dtype == torch.bfloat16 else 1e-4
            require_alike(gradients, wanted, step * scale + 1e-12, f"gradient of {where}")
            largest = max(largest, difference)
    return f"loss and gradient of loss ∘ encode; the loss differs by {largest:.1g} at most"


def _least_at_the_truth(subject: Subject) -> str:
    points = subject.middle + subject.cell * (subject.interior_points(subject.count * 2) % 1 - 0.5)
    points = points.reshape(2, subject.count, 2).to(subject.device)
    targets = subject.encode(points)
    weight = torch.ones(2, subject.count, device=subject.device)
    losses = []
    away = (0, 2, 4)
    with torch.no_grad():
        for cells in away:
            moved = points + points.new_tensor([0.6, 0.8]) * cells * min(subject.cell, 8.0)
            losses.append(float(subject.codec.loss(subject.encode(moved), targets, weight)))
        noise = float(subject.codec.loss(subject.noise(2), targets, weight))
    described = ", ".join(
        f"{number(loss)} {c} cells off" for loss, c in zip(losses, away, strict=True)
    )
    if not (losses[0] < losses[1] and losses[0] < losses[2] and losses[0] < noise):
        violated(
            "outputs that show the truth, or points beside it",
            f"losses of {described}, {number(noise)} for noise",
            "the least loss at the truth",
        )
    return described


def _descent(subject: Subject) -> str:
    points = subject.interior_points(2 * subject.count, seed=7)
    points = points.reshape(2, subject.count, 2).to(subject.device)
    targets = subject.encode(points)
    weight = torch.ones(2, subject.count, device=subject.device)
    leaves = _leaves(subject.noise(2, scale=0.1))
    before = subject.codec.loss(leaves, targets, weight).detach()
    spans = [float((target.max() - target.min()).clamp(min=0.05)) for target in targets.values()]
    groups = [
        {"params": [leaf], "lr": 0.1 * span}
        for leaf, span in zip(leaves.values(), spans, strict=True)
    ]
    descent = torch.optim.Adam(groups, betas=(0.9, 0.99))
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(descent, _STEPS, eta_min=1e-4)
    for _ in range(_STEPS):
        loss = subject.codec.loss(leaves, targets, weight)
        for leaf, gradient in zip(leaves.values(), _gradients(loss, leaves).values(), strict=True):
            leaf.grad = gradient
        descent.step()
        fall.step()
    after = subject.codec.loss(leaves, targets, weight).detach()
    outputs = {name: leaf.detach() for name, leaf in leaves.items()}
    found = subject.decode_points(outputs)
    distance = torch.linalg.vector_norm(found - points, dim=-1)
    error = float(distance.median())
    allowed = subject.codec.stated_error.interior + min(subject.cell, 8.0)
    told = f"{_STEPS} steps from noise: loss {number(float(before))} to {number(float(after))}"
    if not (after < before and error <= allowed):
        violated(
            told,
            f"points {number(error)} px from the truth (median)",
            f"at most {number(allowed)} px",
            "what the loss teaches is not what decode reads",
        )
    return f"{told}, points to {number(error)} px (median)"


_STEPS = 100


def _flat_at_the_target(subject: Subject) -> str:
    targets = subject.encode(subject.faces(2))
    weight = torch.ones(2, subject.count, device=subject.device)
    loss, gradients = _loss_and_gradients(subject, targets, targets, weight)
    if abs(float(loss)) > 1e-6:
        raise NotApplicable(
            f"outputs equal to the target are not this loss's least: it is {number(float(loss))}"
        )
    _, elsewhere = _loss_and_gradients(subject, subject.noise(2), targets, weight)
    for name, gradient in gradients.items():
        worst = float(gradient.abs().max())
        if worst > 1e-4 * float(elsewhere[name].abs().max()):
            violated(f"outputs equal to the target, field {name}", number(worst), "a gradient of 0")
    return f"loss {number(float(loss))}, gradient 0"


def _gradient(subject: Subject) -> str:
    faces = 2
    points, weight = subject.faces(faces), torch.ones(faces, subject.count, device=subject.device)
    weight[0, 0], weight[1, 0] = 0.5, 2.0
    double = {name: field.double() for name, field in subject.encode(points).items()}
    outputs = subject.noise(faces, dtype=torch.float64)
    loss, gradients = _loss_and_gradients(subject, outputs, double, weight.double())
    exact = loss.dtype == torch.float64
    step, relative = (1e-6, 1e-5) if exact else (1e-2, 2e-2)
    worst = 0.0
    for name, direction in _directions(gradients):
        with torch.no_grad():
            ahead, behind = (
                subject.codec.loss(
                    {n: outputs[n] + sign * step * direction[n] for n in outputs},
                    double,
                    weight.double(),
                )
                for sign in (1, -1)
            )
        measured = float(ahead - behind) / (2 * step)
        claimed = sum(float((gradients[n].double() * direction[n]).sum()) for n in outputs)
        # Rounding of the two losses, whose difference is small.
        rounding = 4 * torch.finfo(loss.dtype).eps * abs(float(loss)) / step
        allowed = relative * abs(measured) + rounding + 1e-10
        if not abs(claimed - measured) <= allowed:
            violated(
                f"the derivative of the loss along {name}",
                number(claimed),
                f"{number(measured)} by finite differences",
                f"{number(abs(claimed - measured))}; allowed is {number(allowed)}",
            )
        if measured:
            worst = max(worst, abs(claimed / measured - 1))
    return f"off by {worst:.1g} of it at most, in {'float64' if exact else 'float32'}"


def _directions(gradients: Fields) -> list[tuple[str, Fields]]:
    """Directions to measure the loss along: random ones, and those it rises most along."""
    generator = torch.Generator().manual_seed(3)
    found = []
    for draw in range(4):
        direction = {
            name: torch.randn(gradient.shape, generator=generator, dtype=torch.float64).to(
                gradient.device
            )
            for name, gradient in gradients.items()
        }
        found.append((f"random direction {draw}", direction))
    for name, gradient in gradients.items():
        for place in gradient.abs().flatten().topk(min(3, gradient.numel())).indices.tolist():
            direction = {n: torch.zeros_like(g, dtype=torch.float64) for n, g in gradients.items()}
            direction[name].view(-1)[place] = 1
            found.append((f"{name}[{place}]", direction))
    return found


def _leaves(outputs: Fields) -> Fields:
    return {name: output.detach().clone().requires_grad_() for name, output in outputs.items()}


def _gradients(loss: Tensor, leaves: Fields) -> Fields:
    if not loss.requires_grad:
        return {name: torch.zeros_like(leaf) for name, leaf in leaves.items()}
    found = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    return {
        name: torch.zeros_like(leaf) if gradient is None else gradient
        for (name, leaf), gradient in zip(leaves.items(), found, strict=True)
    }


def _loss_and_gradients(
    subject: Subject, outputs: Fields, targets: Fields, weight: Float[Tensor, "B K"]
) -> tuple[Float[Tensor, ""], Fields]:
    leaves = _leaves(outputs)
    loss = subject.codec.loss(leaves, targets, weight)
    return loss.detach(), _gradients(loss, leaves)


def _replaced(fields: Fields, chosen: dict[str, Bool[Tensor, "B C"]], value: float) -> Fields:
    return {
        name: torch.where(chosen[name][..., None, None], value, field)
        for name, field in fields.items()
    }


def _require_equal_loss(loss: Tensor, other: Tensor, where: str) -> None:
    if loss != other:
        violated(
            where, f"a loss of {number(float(other))}", f"{number(float(loss))}, as without that"
        )


def _require_no_gradient(
    gradients: Fields, left_out: dict[str, Bool[Tensor, "B C"]], where: str
) -> None:
    for name, gradient in gradients.items():
        leaked = gradient[left_out[name]]
        if (leaked != 0).any():
            worst = number(float(leaked.abs().nan_to_num(torch.inf).max()))
            violated(f"{where}, field {name}", worst, "a gradient of exactly 0")


def _require_gradient_of_present(
    subject: Subject, gradients: Fields, there: Bool[Tensor, "B K"]
) -> None:
    learnt = torch.zeros_like(there)
    for name, gradient in gradients.items():
        channels = subject.channels_of_points[name].float()
        moved = (gradient != 0).flatten(2).any(dim=-1).float()
        learnt |= moved @ channels.T > 0
    if not learnt[there].all():
        face, point = (int(i) for i in (there & ~learnt).nonzero()[0])
        violated(f"face {face}, point {point}, of weight 1", "a gradient of 0", "one that teaches")


MISSING_POINTS = Check(
    "missing points",
    "A point of weight 0 changes neither the loss nor any gradient; those present are learnt.",
    _missing_points,
)
NO_POINTS = Check(
    "no points",
    "Where no point has weight, loss and gradient are 0.",
    _no_points,
)
MEAN_OVER_POINTS = Check(
    "mean over points",
    "The loss is a scalar, the mean over the points that count.",
    _mean_over_points,
)
SUPERVISE = Check(
    "supervise",
    "supervise gives the loss and the gradient of the loss against encoded points.",
    _supervise,
)
LEAST_AT_THE_TRUTH = Check(
    "least at truth",
    "The loss is smaller for outputs that show the truth than for points beside it, or noise.",
    _least_at_the_truth,
)
DESCENT = Check(
    "descent",
    "Outputs that follow the loss downhill from noise decode to the truth.",
    _descent,
)
FLAT_AT_THE_TARGET = Check(
    "flat at target",
    "Where outputs equal to the target cost nothing, the gradient is 0.",
    _flat_at_the_target,
)
GRADIENT = Check(
    "gradient",
    "The loss's gradient is that of finite differences.",
    _gradient,
)
