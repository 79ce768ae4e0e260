"""Scores maps against targets that are drawn when they are needed, and never kept."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from landmarks.losses import PointLoss, mean_over_points

Draw = Callable[[Float[Tensor, "b k 2"], torch.memory_format], Float[Tensor, "b k h w"]]
"""Draws the targets of some centres, laid out in memory as asked."""

_CELLS_AT_ONCE = 2**20
"""Cells whose targets exist at a time: 4 MiB a tensor, whatever the size of maps and batch."""


def supervise_drawn(
    output: Float[Tensor, "B K h w"],
    centres: Float[Tensor, "B K 2"],
    weight: Float[Tensor, "B K"],
    draw: Draw,
    point_loss: PointLoss,
) -> Float[Tensor, ""]:
    """``mean_over_points(point_loss(output, draw(centres)), weight)``, a few points at a time.

    Targets are drawn, compared and dropped; the backward pass draws them again and writes each
    point's gradient where it belongs. Beyond the maps and their gradient a few MiB are needed. The
    gradient is computed in float32 at least, with autocast off, and rounded once, at the scale at
    which it is asked for; of a point of weight zero it is exactly zero.

    Where a gradient is asked for anything but ``output``, all is computed at once.

    Args:
        output: (B, K, h, w) of any memory format.
        centres: (B, K, 2) what ``draw`` draws, such as cells; NaN for a missing point.
        weight: (B, K).
        draw: Draws the targets of some of the centres.
        point_loss: Compares maps; each point's loss must depend on its own map only.
    """
    others = [centres, weight, *point_loss.parameters()]
    if torch.is_grad_enabled() and any(other.requires_grad for other in others):
        target = draw(centres, torch.contiguous_format)
        return mean_over_points(point_loss(output, target), weight)
    loss: Tensor = _Drawn.apply(output, centres, weight, draw, point_loss)  # type: ignore[no-untyped-call]
    return loss


class _Drawn(torch.autograd.Function):
    """The loss, whose gradient is computed when it is asked for."""

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        output: Float[Tensor, "B K h w"],
        centres: Float[Tensor, "B K 2"],
        weight: Float[Tensor, "B K"],
        draw: Draw,
        point_loss: PointLoss,
    ) -> Float[Tensor, ""]:
        ctx.save_for_backward(output, centres, weight)
        ctx.draw, ctx.point_loss = draw, point_loss  # type: ignore[attr-defined]
        layout = _layout(output)
        with _no_autocast(output):
            sums = [
                _weighted_sum(point_loss(output[part], draw(centres[part], layout)), weight[part])
                for part in _parts(output)
            ]
        return torch.stack(sums).sum() / _count(weight)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: FunctionCtx, asked: Float[Tensor, ""]
    ) -> tuple[Float[Tensor, "B K h w"], None, None, None, None]:
        output, centres, weight = ctx.saved_tensors  # type: ignore[attr-defined]
        draw, point_loss = ctx.draw, ctx.point_loss  # type: ignore[attr-defined]
        layout = _layout(output)
        scale = asked / _count(weight)
        gradient = torch.empty_like(output)
        with torch.enable_grad(), _no_autocast(output):
            for part in _parts(output):
                maps = output[part].detach().requires_grad_()
                losses = point_loss(maps, draw(centres[part], layout))
                (found,) = torch.autograd.grad(_weighted_sum(losses, weight[part]), maps, scale)
                counted = (weight[part] != 0)[..., None, None]
                gradient[part] = torch.where(counted, found, 0)
        return gradient, None, None, None, None


def _parts(output: Float[Tensor, "B K h w"]) -> Iterator[tuple[slice, slice]]:
    """Whole faces where several fit, else some points of one."""
    batch, count, height, width = output.shape
    points = max(1, _CELLS_AT_ONCE // (height * width))
    faces = max(1, points // count)
    for face in range(0, batch, faces):
        for point in range(0, count, points):
            yield slice(face, face + faces), slice(point, point + points)


def _layout(output: Float[Tensor, "B K h w"]) -> torch.memory_format:
    """How targets should lie in memory: maps of two layouts take longer to compare."""
    if output.is_contiguous():
        return torch.contiguous_format
    last = output.is_contiguous(memory_format=torch.channels_last)
    return torch.channels_last if last else torch.contiguous_format


def _no_autocast(output: Tensor) -> AbstractContextManager[object]:
    device = output.device.type
    if torch.amp.is_autocast_available(device):
        return torch.autocast(device, enabled=False)
    return nullcontext()


def _weighted_sum(losses: Float[Tensor, "b k"], weight: Float[Tensor, "b k"]) -> Float[Tensor, ""]:
    return torch.where(weight != 0, losses * weight, 0).sum()


def _count(weight: Float[Tensor, "B K"]) -> Int64[Tensor, ""]:
    return (weight != 0).sum().clamp(min=1)
