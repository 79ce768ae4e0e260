"""Heatmap regression by randomised rounding (H3R): a cell drawn about the point is the class."""

import math
from abc import abstractmethod
from typing import ClassVar, final

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from landmarks.batch import Fields, FieldSpec, FieldSpecs
from landmarks.codecs.base import Codec, Decoded, StatedError
from landmarks.codecs.covariance import clamp_eigenvalues, isotropic, symmetric
from landmarks.codecs.gaussian import exchange_mirrored
from landmarks.codecs.peaks import windows
from landmarks.geometry import Grid, Size, warp_maps
from landmarks.losses import mean_over_points
from landmarks.markups import Markup

_LEAST = -30.0
"""The logarithm that stands for a probability of 0: e^-30 in each of 65,536 cells is no mass."""

_RADIUS = 7
"""Cells to either side of the highest in which the spread is measured."""

_SURE = 0.02
"""Cells of standard deviation that remain at the best: no point is claimed to be exact."""


class RoundedHeatmap(Codec):
    """A map a landmark, whose softmax is the probability of each cell.

    Yu and Tao 2021, "Heatmap Regression via Randomized Rounding"
    (https://arxiv.org/abs/2009.00225): the quantisation "1) encodes the fractional part of
    numerical coordinates into the ground truth heatmap using a probabilistic approach during
    training; and 2) decodes the predicted numerical coordinates from a set of activation points
    during testing" (abstract).

    Verified in the public code (https://github.com/baoshengyu/H3R, of which only inference is
    public): 64 × 64 cells over 256 px; decoding takes the k = 9 largest values of a map, their
    softmax, and the mean of their cells under it; ``pixel = 4 · cell``; and the head emits two
    maps a point, of which the decoder reads the second, which speaks for a binary
    classification of each cell.

    This project's choices: the cells of a centred grid, so that a mirrored crop is read without
    bias; one map a point, whose cells are the classes of a single softmax, since that is what the
    decoder takes the values for: the least expected cross-entropy then lies where the softmax is
    the probability of each cell, and its mean is the point; a point beyond the centres of the
    outer cells is moved to them.

    Targets are what a perfect network emits, logarithms of probabilities, with -30 for the
    impossible.

    Fields:
        heatmap: (K, heatmap_size, heatmap_size · W / H), cells of a centred grid.

    Args:
        markup: The point scheme; K is its number of points.
        crop_size: Size of the network's input in pixels.
        heatmap_size: Number of cells down the map.
        k: Number of cells that a point is read from.

    Raises:
        ValueError: If the map does not fit the crop, or holds fewer than k cells.
    """

    decoding_arguments: ClassVar[frozenset[str]] = frozenset({"k"})

    def __init__(self, markup: Markup, crop_size: Size, heatmap_size: int, k: int) -> None:
        super().__init__(markup, crop_size)
        self.grid = Grid.centred(crop_size, heatmap_size)
        if not 1 <= k <= self.grid.height * self.grid.width:
            raise ValueError(
                f"a point cannot be read from the {k} highest of {self.grid.height} × "
                f"{self.grid.width} cells; choose k from 1 to their number"
            )
        self.k = k

    @property
    def fields(self) -> FieldSpecs:
        """One map a landmark."""
        return {"heatmap": FieldSpec(self.markup.count, *self.grid.size)}

    def encode(self, points: Float[Tensor, "B K 2"]) -> Fields:
        """Logarithms of each cell's share in the point; a missing point's map is zero."""
        centres = self._centres(points)
        along = _hat(centres[..., 0], self.grid.width)
        down = _hat(centres[..., 1], self.grid.height)
        shares = down[..., :, None] * along[..., None, :]
        logarithms = shares.clamp(min=math.exp(_LEAST)).log()
        missing = centres.isnan().any(dim=-1)[..., None, None]
        return {"heatmap": torch.where(missing, 0, logarithms).float()}

    def loss(self, outputs: Fields, targets: Fields, weight: Float[Tensor, "B K"]) -> Tensor:
        """The mean over points of the cross-entropy, less the target's own entropy.

        That is the cross-entropy itself where a single cell has the whole share.
        """
        predicted = _log_probabilities(outputs["heatmap"]).flatten(2)
        wanted = _log_probabilities(targets["heatmap"]).flatten(2)
        return mean_over_points((wanted.exp() * (wanted - predicted)).sum(dim=-1), weight)

    def decode(self, outputs: Fields) -> Decoded:
        """The mean of the k highest cells under their softmax; the confidence is the highest value.

        The covariance is that of the softmax over the 15 × 15 cells round the highest, about the
        point, less what rounding to whole cells puts into it: f (1 - f) along an axis for a
        fraction f.
        """
        # One copy at most, where the rows do not lie side by side.
        maps = outputs["heatmap"].float().contiguous()
        values, places = _highest(maps, self.k)
        nearest = places[..., 0, :]
        # Steps from the highest cell are small, so that float32 rounds them little.
        share = values.softmax(dim=-1)[..., None]
        step = ((places - nearest[..., None, :]) * share).sum(dim=-2)
        fraction = step - step.floor()
        rounding = torch.diag_embed(fraction * (1 - fraction))
        excess = clamp_eigenvalues(_second_moments(maps, nearest, step) - rounding, 0.0)
        return Decoded(
            points=self.grid.to_crop(nearest + step),
            confidence=values[..., 0],
            covariance=self.grid.stride**2 * (excess + isotropic(_SURE**2, excess)),
        )

    def warp(self, outputs: Fields, warped_from_crop: Float[Tensor, "B 2 3"]) -> Fields:
        """Resamples the probabilities; left and right change places where the affine mirrors.

        Beyond the border lies no probability. The result is normalised: its softmax sums to 1
        without the softmax.
        """
        maps = _log_probabilities(outputs["heatmap"]).exp()
        warped = warp_maps(maps, self.grid.cells_from_crop(warped_from_crop.double()))
        kept = warped.clamp(min=math.exp(_LEAST)).log()
        return {"heatmap": exchange_mirrored(kept, warped_from_crop, self.markup)}

    @abstractmethod
    def _centres(self, points: Float[Tensor, "B K 2"]) -> Float[Tensor, "B K 2"]:
        """Where the unit of probability is placed, in cells; shared out among its neighbours."""

    def _cells(self, points: Float[Tensor, "B K 2"]) -> Float64[Tensor, "B K 2"]:
        """Points in cells, moved to the outer cells' centres where they lie beyond them."""
        cells = self.grid.to_cells(points.double())
        last = cells.new_tensor([self.grid.width - 1, self.grid.height - 1])
        return cells.clamp(min=torch.zeros_like(last), max=last)


@final
class RandomisedRounding(RoundedHeatmap):
    """The target is one cell, drawn from the four about the point.

    Each coordinate is rounded up with the probability of its fraction, and down otherwise, x and y
    independently: "we randomly assign the ground truth activation point to one of the alternative
    activation points around the ground truth activation point, and the activation probability is
    determined by the fractional part" (B. Yu, https://github.com/baoshengyu/H3R/issues/2). The mean
    of the draws is the point, so a network that has learnt the probabilities has no bias; a
    single target is off by up to a cell along each axis, and so is its round trip.

    This project's choice: the draw is a hash of the bits of the point's own coordinates. No random
    stream is touched, so methods under one seed see identical crops, whatever the number of
    workers and devices; and augmentation moves a point in every epoch, which makes the draw a new
    one. Points that are not augmented keep their draw.

    See `RoundedHeatmap` for the fields and the decoder.

    >>> from landmarks.markups import MARKUP_19
    >>> codec = RandomisedRounding(MARKUP_19, Size(128, 128), heatmap_size=32)
    >>> codec.decode(codec.encode(torch.full((1, 19, 2), 40.5))).points[0, 0]
    tensor([37.5000, 41.5000])
    """

    def __init__(self, markup: Markup, crop_size: Size, heatmap_size: int = 64, k: int = 9) -> None:
        super().__init__(markup, crop_size, heatmap_size, k)

    @property
    def stated_error(self) -> StatedError:
        """A cell's diagonal: any of the four cells may be drawn."""
        diagonal = math.sqrt(2) * self.grid.stride + 1e-4
        return StatedError(diagonal, diagonal, 0.0, 0.0)

    def _centres(self, points: Float[Tensor, "B K 2"]) -> Float64[Tensor, "B K 2"]:
        cells = self._cells(points)
        below = cells.floor()
        return torch.where(cells - below > hashed(points), below + 1, below)


@final
class ExpectedRounding(RoundedHeatmap):
    """What the draws of `RandomisedRounding` come to on average: the bilinear shares of four cells.

    The cross-entropy against a draw has on average the gradient of that against the shares, so this
    is the same method without the noise of the draws. This project's choice, not in the paper.

    See `RoundedHeatmap` for the fields and the decoder.

    >>> from landmarks.markups import MARKUP_19
    >>> codec = ExpectedRounding(MARKUP_19, Size(128, 128), heatmap_size=32)
    >>> codec.decode(codec.encode(torch.full((1, 19, 2), 40.5))).points[0, 0]
    tensor([40.5000, 40.5000])
    """

    def __init__(self, markup: Markup, crop_size: Size, heatmap_size: int = 64, k: int = 9) -> None:
        super().__init__(markup, crop_size, heatmap_size, k)

    @property
    def stated_error(self) -> StatedError:
        """That of float32 alone; beyond the outer cells' centres up to half a cell along each axis.

        Rounding to half precision moves a logarithm l by |l| eps / 2 at most, and so the mean by
        Σ p |l| eps / 2 along each axis; the entropy of four cells is at most log 4.
        """
        stride = self.grid.stride
        moved = math.sqrt(2) * stride * math.log(4) / 2
        return StatedError(
            interior=1e-4 * stride,
            border=stride * (math.sqrt(0.5) + 1e-4),
            float16=moved * torch.finfo(torch.float16).eps,
            bfloat16=moved * torch.finfo(torch.bfloat16).eps,
        )

    def _centres(self, points: Float[Tensor, "B K 2"]) -> Float64[Tensor, "B K 2"]:
        return self._cells(points)


def _second_moments(
    maps: Float[Tensor, "B K h w"],
    nearest: Int64[Tensor, "B K 2"],
    step: Float[Tensor, "B K 2"],
) -> Float[Tensor, "B K 2 2"]:
    """The second moments of a window's softmax round a place a step from a cell; square cells.

    The window lies round that cell, moved inward where it would leave the map.
    """
    reach_y, reach_x = (min(_RADIUS, (count - 1) // 2) for count in maps.shape[-2:])
    reach = nearest.new_tensor([reach_x, reach_y])
    last = nearest.new_tensor([maps.shape[-1] - 1, maps.shape[-2] - 1])
    centres = torch.minimum(torch.maximum(nearest, reach), last - reach)
    window = windows(maps, centres, (reach_y, reach_x))
    share = (window - window.amax(dim=(-2, -1), keepdim=True)).exp_()
    down, along = share.sum(dim=-1), share.sum(dim=-2)
    offsets = (centres - nearest) - step
    columns = offsets[..., 0, None] + torch.arange(-reach_x, reach_x + 1, device=maps.device)
    rows = offsets[..., 1, None] + torch.arange(-reach_y, reach_y + 1, device=maps.device)
    # Sums of products, not matrix products, which autocast would round to half precision.
    mixed = ((share * columns[..., None, :]).sum(dim=-1) * rows).sum(dim=-1)
    total = down.sum(dim=-1)
    return symmetric(
        (along * columns.square()).sum(dim=-1) / total,
        mixed / total,
        (down * rows.square()).sum(dim=-1) / total,
    )


def _highest(
    maps: Float[Tensor, "B K h w"], k: int
) -> tuple[Float[Tensor, "B K k"], Int64[Tensor, "B K k 2"]]:
    """The k highest values of each map in falling order, and their cells ``(x, y)``.

    They lie in the k rows whose highest values are highest, so that no more is searched.
    """
    batch, count, height, width = maps.shape
    rows = maps.amax(dim=-1).topk(min(k, height), dim=-1, sorted=False).indices
    first = torch.arange(batch * count, device=maps.device).view(batch, count, 1) * height
    lines = maps.reshape(-1, width).index_select(0, (first + rows).flatten())
    values, found = lines.view(batch, count, -1).topk(k, dim=-1)
    places = torch.stack([found % width, rows.gather(-1, found // width)], dim=-1)
    return values, places


def hashed(points: Float[Tensor, "B K 2"]) -> Float64[Tensor, "B K 2"]:
    """Two numbers from 0 to 1 for each point: a hash of the bits of its float32 coordinates.

    Whole-number arithmetic, so every device and every batch finds the same.
    """
    # 0.0 and -0.0 are one place.
    bits = (points.float() + 0.0).contiguous().view(torch.int32).long() & _32_BITS
    x, y = bits.unbind(dim=-1)
    both = _mixed(x ^ _mixed((y + 0x9E3779B9) & _32_BITS))
    each = torch.stack([both, (both + 0x9E3779B9) & _32_BITS], dim=-1)
    return (_mixed(each ^ 0x5BD1E995).double() + 0.5) / 2**32


_32_BITS = 0xFFFFFFFF


def _mixed(bits: Int64[Tensor, "*any"]) -> Int64[Tensor, "*any"]:
    """A bijection of 32-bit numbers, each bit of which depends on all bits of the argument.

    The multipliers are "lowbias32" of C. Wellons' hash-prospector (public domain,
    https://github.com/skeeto/hash-prospector); products wrap round, and the low bits stay right.
    """
    bits = ((bits ^ (bits >> 16)) * 0x7FEB352D) & _32_BITS
    bits = ((bits ^ (bits >> 15)) * 0x846CA68B) & _32_BITS
    return bits ^ (bits >> 16)


def _hat(centres: Float[Tensor, "B K"], count: int) -> Float[Tensor, "B K count"]:
    """Shares of the two whole places about each centre, linear in the distance."""
    places = torch.arange(count, dtype=centres.dtype, device=centres.device)
    return (1 - (places - centres[..., None]).abs()).clamp(min=0)


def _log_probabilities(maps: Float[Tensor, "B K h w"]) -> Float[Tensor, "B K h w"]:
    """The logarithm of the softmax over a map's cells, in float32 at least."""
    maps = maps.to(torch.promote_types(maps.dtype, torch.float32))
    return maps.flatten(2).log_softmax(dim=-1).view(maps.shape)
