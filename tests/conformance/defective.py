"""Small codecs, each with one defect, and the sound codec that they are made from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from landmarks.batch import Fields
from landmarks.codecs.base import Codec, Decoded, StatedError
from landmarks.codecs.gaussian import ContinuousHeatmap
from landmarks.geometry import Grid, Size, flip_affine, is_mirrored, warp_maps
from landmarks.losses import mean_over_points
from landmarks.markups import Markup

POINTS = Markup("5", 5, (1, 0, 2, 4, 3))
SIZE = Size(48, 48)
CELLS = 24


class Sound(Codec):
    """A continuous heatmap under another name, whose parts a defect replaces one at a time."""

    decoding_arguments = frozenset()

    def __init__(self, part: "Parts | None" = None) -> None:
        super().__init__(POINTS, SIZE)
        self.part = part or Parts()
        self.part.construct(self)
        self.inner = ContinuousHeatmap(POINTS, SIZE, CELLS)

    @property
    def fields(self):
        return self.inner.fields

    @property
    def stated_error(self):
        return self.part.stated(self.inner.stated_error)

    def encode(self, points):
        return self.part.encode(self.inner, points)

    def loss(self, outputs, targets, weight):
        return self.part.loss(self.inner, outputs, targets, weight)

    def supervise(self, outputs, points, weight):
        return self.part.supervise(self, outputs, points, weight)

    def decode(self, outputs):
        return self.part.decode(self.inner, outputs)

    def warp(self, outputs, warped_from_crop):
        return self.part.warp(self.inner, outputs, warped_from_crop)


def _nothing(codec: Codec) -> None:
    pass


def _as_is(stated: StatedError) -> StatedError:
    return stated


def _encode(inner: Codec, points: Tensor) -> Fields:
    return inner.encode(points)


def _loss(inner: Codec, outputs: Fields, targets: Fields, weight: Tensor) -> Tensor:
    return inner.loss(outputs, targets, weight)


def _supervise(codec: Codec, outputs: Fields, points: Tensor, weight: Tensor) -> Tensor:
    return codec.loss(outputs, codec.encode(points), weight)


def _decode(inner: Codec, outputs: Fields) -> Decoded:
    return inner.decode(outputs)


def _warp(inner: Codec, outputs: Fields, affine: Tensor) -> Fields:
    return inner.warp(outputs, affine)


@dataclass(frozen=True)
class Parts:
    """What the sound codec is made of."""

    construct: Callable = _nothing
    stated: Callable = _as_is
    encode: Callable = _encode
    loss: Callable = _loss
    supervise: Callable = _supervise
    decode: Callable = _decode
    warp: Callable = _warp


@dataclass(frozen=True)
class Defect:
    """A defect, and the titles of the checks that must find it."""

    parts: Parts
    found_by: frozenset[str]

    def build(self) -> Sound:
        return Sound(self.parts)


def _changed(name: str, change: Callable[[Tensor], Tensor]) -> Callable[[Codec, Fields], Decoded]:
    """decode, with one part of what it makes changed."""

    def decode(inner: Codec, outputs: Fields) -> Decoded:
        decoded = inner.decode(outputs)
        return decoded._replace(**{name: change(getattr(decoded, name))})

    return decode


def _more(**errors: float) -> Callable[[StatedError], StatedError]:
    """Admits to a larger error."""
    return lambda stated: stated._replace(
        **{name: getattr(stated, name) + more for name, more in errors.items()}
    )


def _stride_only_flip(inner, outputs, affine):
    """Mirrors maps as if cell = pixel / stride, but for the mirror itself: off by a cell."""
    grid = Grid.stride_only(SIZE, CELLS)
    warped = warp_maps(outputs["heatmap"].float(), grid.cells_from_crop(affine.double()))
    exchanged = warped[:, POINTS.mirror_index]
    mirrored = is_mirrored(affine)[:, None, None, None]
    return {"heatmap": torch.where(mirrored, exchanged, inner.warp(outputs, affine)["heatmap"])}


def _no_exchange(inner, outputs, affine):
    warped = inner.warp(outputs, affine)["heatmap"]
    back = warped[:, POINTS.mirror_index]
    return {"heatmap": torch.where(is_mirrored(affine)[:, None, None, None], back, warped)}


def _detached_warp(inner, outputs, affine):
    return {name: field.detach() for name, field in inner.warp(outputs, affine).items()}


def _half_warp(inner, outputs, affine):
    dtype = outputs["heatmap"].dtype
    warped = inner.warp(outputs, affine)["heatmap"]
    return {"heatmap": warped.to(dtype).float()}


def _unturned_warp(inner, outputs, affine):
    """Leaves out the turn, but for the mirror."""
    flip = flip_affine(SIZE.width).expand(len(affine), 2, 3)
    moved = torch.eye(2, 3).expand(len(affine), 2, 3)
    return inner.warp(outputs, torch.where(is_mirrored(affine)[:, None, None], flip, moved))


def _warp_of_the_first(inner, outputs, affine):
    """Warps all faces of a batch as its first; alone each is right."""
    return inner.warp(outputs, affine[:1].expand(len(affine), 2, 3))


def _noisy_targets(inner, points):
    return {"heatmap": inner.encode(points)["heatmap"] + 1e-7 * torch.rand(1, device=points.device)}


def _nan_targets(inner, points):
    missing = points.isnan().any(dim=-1)[..., None, None]
    return {"heatmap": torch.where(missing, torch.nan, inner.encode(points)["heatmap"])}


def _double_targets(inner, points):
    return {"heatmap": inner.encode(points)["heatmap"].to(points.dtype)}


def _every_point_counts(inner, outputs, targets, weight):
    return inner.loss(outputs, targets, torch.where(weight.sum() > 0, 1.0, weight))


def _sum_over_points(inner, outputs, targets, weight):
    return inner.loss(outputs, targets, weight) * (weight != 0).sum()


def _upside_down(inner, outputs, targets, weight):
    return -inner.loss(outputs, targets, weight)


def _offset_loss(inner, outputs, targets, weight):
    """Teaches maps a cell to the right of what decode reads."""
    return inner.loss(outputs, {"heatmap": targets["heatmap"].roll(3, dims=-1)}, weight)


class _Halved(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value):
        return value.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient / 2


def _wrong_gradient(inner, outputs, targets, weight):
    return _Halved.apply(inner.loss(outputs, targets, weight))


def _costs_without_points(inner, outputs, targets, weight):
    return inner.loss(outputs, targets, weight) + (weight.sum() == 0).float()


def _leans(inner, outputs, targets, weight):
    """Costs nothing at the target, but pulls the outputs away from it."""
    pull = (outputs["heatmap"] - targets["heatmap"]).mean(dim=(-2, -1))
    return inner.loss(outputs, targets, weight) + 1e-2 * mean_over_points(pull, weight)


def _unequal_supervise(codec, outputs, points, weight):
    return 1.01 * codec.loss(outputs, codec.encode(points), weight)


def _detached_supervise(codec, outputs, points, weight):
    """The right value, but half the gradient."""
    return _Halved.apply(codec.loss(outputs, codec.encode(points), weight))


def _of_the_batch(inner, outputs):
    """Scales by what is highest in the batch."""
    decoded = inner.decode(outputs)
    return decoded._replace(confidence=decoded.confidence / (1 + decoded.confidence.amax()))


def _in_half(inner, outputs):
    """Decodes half precision in half precision."""
    maps = outputs["heatmap"]
    if maps.dtype == torch.float32:
        return inner.decode(outputs)
    decoded = inner.decode({"heatmap": maps})
    return decoded._replace(points=decoded.points.to(maps.dtype).float())


def _divided_by_the_maximum(inner, outputs):
    decoded = inner.decode(outputs)
    highest = outputs["heatmap"].float().amax(dim=(-2, -1))
    return decoded._replace(points=decoded.points * (highest / highest)[..., None])


def _reads_values(inner, outputs):
    """A branch on the data, which no export can follow."""
    decoded = inner.decode(outputs)
    if float(outputs["heatmap"].float().mean()) > 1e20:
        return decoded._replace(confidence=decoded.confidence * 0)
    return decoded


def _changes_outputs(inner, outputs):
    decoded = inner.decode(outputs)
    with torch.no_grad():
        outputs["heatmap"].clamp_(min=-2)
    return decoded


def _multiplied(inner, outputs):
    """By the unit matrix, which autocast does in half precision."""
    decoded = inner.decode(outputs)
    return decoded._replace(points=decoded.points @ torch.eye(2, device=decoded.points.device))


def _not_positive(covariance):
    return covariance * torch.tensor([[1.0, 0.0], [0.0, 0.0]], device=covariance.device)


def _skewed(covariance):
    corner = torch.tensor([[0.0, 1.0], [0.0, 0.0]], device=covariance.device)
    return covariance + 0.1 * covariance[..., :1, :1] * corner


def _learns(codec):
    codec.register_parameter("temperature", nn.Parameter(torch.ones(())))


def _persists(codec):
    codec.register_buffer("columns", torch.arange(4.0))


def _draws(codec):
    codec.seen = torch.rand(())


def _draws_numpy(codec):
    codec.seen = np.random.random()  # noqa: NPY002 (the defect)


def _shrunk(points):
    """A little too near the middle: no bias there."""
    middle = (SIZE.width - 1) / 2
    return middle + 0.998 * (points - middle)


def _found_by(*titles: str, **parts: Callable) -> Defect:
    return Defect(Parts(**parts), frozenset(titles))


DEFECTS = {
    "wrong_dtype": _found_by("fields", encode=_double_targets),
    "double_confidence": _found_by("decoded", decode=_changed("confidence", torch.Tensor.double)),
    "missing_is_nan": _found_by("any points", "missing points", "no points", encode=_nan_targets),
    "border_below_interior": _found_by(
        "stated error", "border", stated=lambda stated: stated._replace(border=0.0)
    ),
    "integer_output": _found_by(
        "round trip", "border", "affine", decode=_changed("points", torch.Tensor.round)
    ),
    "loose_bound": _found_by("tight bound", stated=_more(interior=5.0, border=5.0)),
    "half_pixel_bias": _found_by(
        "round trip",
        "border",
        "bias",
        "flip",
        "affine",
        decode=_changed("points", lambda points: points + 0.5),
    ),
    "half_pixel_bias_admitted": _found_by(
        "bias",
        "flip",
        decode=_changed("points", lambda points: points + 0.5),
        stated=_more(interior=0.72, border=0.72),
    ),
    "wrong_scale": _found_by(
        "bias", decode=_changed("points", _shrunk), stated=_more(interior=0.02, border=0.08)
    ),
    "border_understated": _found_by("border", stated=_more(border=-1.0)),
    "decodes_in_half": _found_by("float16", "bfloat16", decode=_in_half),
    "useless_in_half": _found_by("half is useful", stated=_more(float16=9.0, bfloat16=9.0)),
    "stride_only_flip": _found_by(
        "flip", "flipped targets", "affine", "covariance", warp=_stride_only_flip
    ),
    "no_exchange": _found_by("flip", "flipped targets", "affine", "covariance", warp=_no_exchange),
    "unturned_warp": _found_by("affine", warp=_unturned_warp),
    "warps_as_the_first": _found_by("affine", "warps by face", warp=_warp_of_the_first),
    "warps_in_half": _found_by("warp in float32", warp=_half_warp),
    "warp_without_gradient": _found_by("warp gradient", warp=_detached_warp),
    "nan_on_zeros": _found_by("any outputs", decode=_divided_by_the_maximum),
    "flat_covariance": _found_by("covariance", decode=_changed("covariance", _not_positive)),
    "skewed_covariance": _found_by("covariance", decode=_changed("covariance", _skewed)),
    "depends_on_the_batch": _found_by("batch of one", decode=_of_the_batch),
    "missing_points_count": _found_by("missing points", loss=_every_point_counts),
    "no_points_cost": _found_by("no points", loss=_costs_without_points),
    "sum_over_points": _found_by("mean over points", loss=_sum_over_points),
    "unequal_supervise": _found_by("supervise", supervise=_unequal_supervise),
    "half_the_gradient_of_supervise": _found_by("supervise", supervise=_detached_supervise),
    "upside_down_loss": _found_by("least at truth", "descent", loss=_upside_down),
    "loss_teaches_elsewhere": _found_by("least at truth", "descent", loss=_offset_loss),
    "leaning_loss": _found_by("flat at target", loss=_leans),
    "wrong_gradient": _found_by("gradient", loss=_wrong_gradient),
    "learns": _found_by("nothing learnt", construct=_learns),
    "persists": _found_by("nothing learnt", construct=_persists),
    "draws_when_built": _found_by("no random number", construct=_draws),
    "draws_numpys_random_number": _found_by("no random number", construct=_draws_numpy),
    "draws_when_encoding": _found_by("no random number", "same targets", encode=_noisy_targets),
    "changes_outputs": _found_by("determinism", decode=_changes_outputs),
    "obeys_autocast": _found_by("autocast", decode=_multiplied),
    "reads_values": _found_by("any device", decode=_reads_values),
}
"""By a name that says what is wrong; the exporting checks, which take long, are apart."""

NOT_EXPORTABLE = DEFECTS["reads_values"]
