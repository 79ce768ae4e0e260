"""Direct regression: the network emits coordinates, and no map."""

from math import inf
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.batch import Fields, FieldSpec, FieldSpecs
from landmarks.codecs.base import Codec, Decoded, StatedError
from landmarks.codecs.gaussian import exchange_mirrored
from landmarks.geometry import Size, apply_affine, from_unit, kept_inside, to_unit
from landmarks.losses import PointLoss, Wing, float32_at_least, mean_over_points
from landmarks.markups import Markup


@final
class Coordinates(Codec):
    """The coordinates themselves: the baseline without maps.

    Trained by the Wing loss unless told (Feng et al. 2018, https://arxiv.org/abs/1711.06753), on
    errors in crop pixels, x and y averaged. That paper's networks regress likewise, from a crop of
    64 px; the loss's two numbers are in pixels, so that larger crops see it further out on its
    straight part (this project's choice; ``Wing(width, epsilon)`` scales it).

    The network emits places from -1 to 1 between the outer edges of the crop, of order one, so that
    a head that starts near zero starts in the middle of the crop. A place may lie beyond the crop;
    a point beyond it is encoded on its nearest edge, and carries no weight.

    There is no map to read a covariance off, so the claim is one number for every point: the same
    along both axes, a share of the crop's height, which a temperature fitted on held-out faces can
    make right on average but not by point. The confidence is 1 for every point likewise.

    Fields:
        coordinates: (2 K, 1, 1), x and y of the first point, then of the next.

    Args:
        markup: The point scheme; K is its number of points.
        crop_size: Size of the network's input in pixels.
        loss: Compares coordinates in crop pixels, given as maps of one row, x and y;
            `Wing` if none is given.
        claimed_error: Standard deviation that is claimed along an axis, as a share of the crop's
            height.

    Raises:
        ValueError: If the claimed error is not positive.

    >>> from landmarks.markups import MARKUP_19
    >>> codec = Coordinates(MARKUP_19, Size(128, 128))
    >>> targets = codec.encode(torch.full((1, 19, 2), 95.5))
    >>> targets["coordinates"][0, :2, 0, 0]
    tensor([0.5000, 0.5000])
    >>> codec.decode(targets).points[0, 0]
    tensor([95.5000, 95.5000])
    """

    decoding_arguments: ClassVar[frozenset[str]] = frozenset({"claimed_error"})

    def __init__(
        self,
        markup: Markup,
        crop_size: Size,
        loss: PointLoss | None = None,
        claimed_error: float = 0.01,
    ) -> None:
        super().__init__(markup, crop_size)
        if not 0 < claimed_error < inf:
            raise ValueError(
                f"the claimed error of {claimed_error} of the crop's height must be larger than 0"
            )
        self.point_loss = loss or Wing()
        self.claimed_error = claimed_error

    @property
    def fields(self) -> FieldSpecs:
        """Two numbers a landmark."""
        return {"coordinates": FieldSpec(2 * self.markup.count, 1, 1)}

    @property
    def stated_error(self) -> StatedError:
        """That of rounding numbers between -1 and 1, which lie on half the crop."""
        half = (self.crop_size.width**2 + self.crop_size.height**2) ** 0.5 / 2
        exact = 4 * half * torch.finfo(torch.float32).eps
        # Half a unit in the last place of a number below 1.
        float16, bfloat16 = (
            half * torch.finfo(dtype).eps / 4 * 1.01 for dtype in (torch.float16, torch.bfloat16)
        )
        return StatedError(exact, exact, float16, bfloat16)

    def encode(self, points: Float[Tensor, "B K 2"]) -> Fields:
        """Places from -1 to 1; a missing point's are zero."""
        places = to_unit(kept_inside(points.double(), self.crop_size), self.crop_size)
        missing = points.isnan().any(dim=-1, keepdim=True)
        return {"coordinates": _as_field(torch.where(missing, 0, places).float())}

    def loss(self, outputs: Fields, targets: Fields, weight: Float[Tensor, "B K"]) -> Tensor:
        """The mean of the points' losses, in crop pixels."""
        found, wanted = (
            from_unit(_as_points(float32_at_least(fields["coordinates"])), self.crop_size)
            for fields in (outputs, targets)
        )
        loss = self.point_loss(found[..., None, :], wanted[..., None, :])
        return mean_over_points(loss, weight)

    def decode(self, outputs: Fields) -> Decoded:
        """The places in crop pixels, wherever they lie; a constant confidence and covariance."""
        points = from_unit(_as_points(outputs["coordinates"].float()), self.crop_size)
        confidence = torch.ones_like(points[..., 0])
        variance = (self.claimed_error * self.crop_size.height) ** 2
        claimed = variance * torch.eye(2, dtype=points.dtype, device=points.device)
        return Decoded(points, confidence, claimed.repeat(*confidence.shape, 1, 1))

    def warp(self, outputs: Fields, warped_from_crop: Float[Tensor, "B 2 3"]) -> Fields:
        """Moves the points, differentiably."""
        places = _as_points(outputs["coordinates"])
        # In float64, which autocast leaves alone.
        points = from_unit(places.double(), self.crop_size)
        moved = to_unit(apply_affine(warped_from_crop.double(), points), self.crop_size)
        moved = moved.to(torch.promote_types(places.dtype, torch.float32))
        moved = exchange_mirrored(moved[..., None, :], warped_from_crop, self.markup)
        return {"coordinates": _as_field(moved[..., 0, :])}


def _as_points(field: Float[Tensor, "B C 1 1"]) -> Float[Tensor, "B K 2"]:
    return field.reshape(field.shape[0], field.shape[1] // 2, 2)


def _as_field(points: Float[Tensor, "B K 2"]) -> Float[Tensor, "B C 1 1"]:
    return points.flatten(1)[..., None, None]
