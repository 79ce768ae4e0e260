"""SimCC: each coordinate is a class, one of the bins along an axis."""

import math
from abc import ABC, abstractmethod
from math import inf
from typing import ClassVar, NamedTuple, final

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from landmarks.batch import Fields, FieldSpec, FieldSpecs
from landmarks.codecs.base import Codec, Decoded, StatedError
from landmarks.codecs.covariance import CLAIMED, symmetric
from landmarks.codecs.density import from_highest, gaussian_log_line, log_density, softmax_of
from landmarks.codecs.gaussian import exchange_mirrored
from landmarks.geometry import FIRST_EDGE, Grid, Size, kept_inside
from landmarks.losses import KullbackLeibler, PointLoss, float32_at_least, mean_over_points
from landmarks.markups import Markup

_PIECE = 32
"""Bins of the pieces that a line is searched by, if so many tile it."""


class LineError(NamedTuple):
    """The largest error of reading a Gaussian off a line of bins, in bins.

    Attributes:
        interior: Where the Gaussian lies on the line whole.
        border: Anywhere on the line, to the outer edges of its outer bins.
        float16: What rounding to float16 may add.
        bfloat16: What rounding to bfloat16 may add.
    """

    interior: float
    border: float
    float16: float
    bfloat16: float


class LineReading(nn.Module, ABC):
    """Reads one coordinate off each line of bins."""

    @abstractmethod
    def forward(self, lines: Float[Tensor, "B K 1 n"]) -> Float[Tensor, "B K"]:
        """Places in bins, between 0 and n - 1, of float32 scores of any values."""

    @property
    @abstractmethod
    def lost_variance(self) -> float:
        """Variance of the error over all places within a bin, in square bins."""

    @abstractmethod
    def error(self, sigma: float, count: int) -> LineError:
        """The largest error on lines of ``count`` bins that show a Gaussian.

        Args:
            sigma: Spread of the Gaussian in bins.
            count: Number of bins.
        """


@final
class HighestBin(LineReading):
    """The bin of the highest score, SimCC's own reading.

    Where several bins share the highest score it is the middle between the first and the last of
    them (this project's choice): always taking the first would move points on the edge between two
    bins, as whole pixels are with two bins a pixel, by half a bin to one side.
    """

    def forward(self, lines: Float[Tensor, "B K 1 n"]) -> Float[Tensor, "B K"]:
        """The highest bin."""
        return _highest_bins(lines.squeeze(-2))

    @property
    def lost_variance(self) -> float:
        """That of places spread evenly over a bin."""
        return 1 / 12

    def error(self, sigma: float, count: int) -> LineError:
        """Half a bin; scores round the peak, which is at 0, keep their order in half precision."""
        return LineError(0.5, 0.5, 0.0, 0.0)


@final
class Expectation(LineReading):
    """The mean under the softmax of the scores, between bins where `HighestBin` is on one.

    This project's choice; the label's mean is not rounded, so that the reading has no error in the
    interior. Near the border the part of the label beyond it is missing, which draws the mean
    inwards by up to about 0.8 σ.
    """

    def forward(self, lines: Float[Tensor, "B K 1 n"]) -> Float[Tensor, "B K"]:
        """The mean bin."""
        share = lines.squeeze(-2).softmax(dim=-1)
        middle = (lines.shape[-1] - 1) / 2
        bins = torch.arange(lines.shape[-1], dtype=lines.dtype, device=lines.device)
        # From the middle, where float32 has the most digits.
        return (share * (bins - middle)).sum(dim=-1) + middle

    @property
    def lost_variance(self) -> float:
        """Nothing is rounded."""
        return 0.0

    def error(self, sigma: float, count: int) -> LineError:
        """The mean's bias from the definition, in float64, over many places along the line.

        A score is off by half a unit in its last place at most, which shifts the mean by less than
        the sum of these over the bins, each times its share and distance.
        """
        places = np.linspace(FIRST_EDGE, (count - 1) / 2, 8 * count + 1)
        bins = np.arange(count)
        scores = -((bins - places[:, None]) ** 2) / (2 * sigma**2)
        scores -= scores.max(axis=1, keepdims=True)
        share = np.exp(scores)
        share /= share.sum(axis=1, keepdims=True)
        biases = np.abs(share @ bins - places)
        moved = (share * np.abs(scores) * np.abs(bins - (share @ bins)[:, None])).sum(axis=1).max()
        slack = 1e-6 * count
        far = places >= min(9 * sigma, (count - 1) / 2)
        return LineError(
            interior=float(biases[far].max()) + slack,
            border=float(biases.max()) + slack,
            float16=1.1 * float(moved) * torch.finfo(torch.float16).eps / 2,
            bfloat16=1.1 * float(moved) * torch.finfo(torch.bfloat16).eps / 2,
        )


@final
class SimCC(Codec):
    """Simple coordinate classification: a line of bins for x and one for y, apart.

    Li et al. 2022, "SimCC: a Simple Coordinate Classification Perspective for Human Pose
    Estimation" (https://arxiv.org/abs/2107.03332). Verified in the public code
    (https://github.com/leeyegy/SimCC): the splitting factor 2; Gaussian labels whose mean is not
    rounded, over the whole line, with σ = 6 bins at 256 × 256 px (MPII; for COCO at 256 × 192 px
    it is 4); Kullback–Leibler divergence from the softmax of the scores, x and y added; the highest
    bin is read off. There a bin k stands for k / 2 px; here bins tile the crop, so that the code is
    free of bias and a mirrored crop has mirrored bins: this project's choice.

    The targets are what a perfect network would emit: the logarithm of the label, see
    `landmarks.codecs.density`. The loss compares the densities, each divided by its sum; the public
    code leaves undivided what the border cuts off, and divides the divergence by the number of
    bins.

    A point's confidence is the smaller of the two highest probabilities, as in mmpose. Its
    covariance has no correlation between the axes, which two lines cannot tell.

    Fields:
        x: (K, 1, W · splitting), scores of bins that tile the crop from left to right.
        y: (K, 1, H · splitting), from top to bottom.

    Args:
        markup: The point scheme; K is its number of points.
        crop_size: Size of the network's input in pixels.
        splitting: Number of bins along a pixel.
        sigma: Spread of the labels in bins.
        reading: How a coordinate is read off a line; `HighestBin` if none is given.
        loss: Compares scores with a density; `KullbackLeibler` if none is given.

    Raises:
        ValueError: If the bins do not tile the crop, or the spread is not positive.

    >>> from landmarks.markups import MARKUP_19
    >>> codec = SimCC(MARKUP_19, Size(128, 128))
    >>> codec.decode(codec.encode(torch.full((1, 19, 2), 40.3))).points[0, 0]
    tensor([40.2500, 40.2500])
    >>> codec = SimCC(MARKUP_19, Size(128, 128), reading=Expectation())
    >>> codec.decode(codec.encode(torch.full((1, 19, 2), 40.3))).points[0, 0]
    tensor([40.3000, 40.3000])
    """

    decoding_arguments: ClassVar[frozenset[str]] = frozenset({"reading"})

    def __init__(
        self,
        markup: Markup,
        crop_size: Size,
        splitting: float = 2.0,
        sigma: float = 6.0,
        reading: LineReading | None = None,
        loss: PointLoss | None = None,
    ) -> None:
        super().__init__(markup, crop_size)
        if not 0 < sigma < inf:
            raise ValueError(f"the labels' spread of {sigma} bins must be larger than 0")
        self.grid = Grid.split(crop_size, splitting)
        self.sigma = sigma
        self.reading = reading or HighestBin()
        self.line_loss = loss or KullbackLeibler()

    @property
    def fields(self) -> FieldSpecs:
        """One line along each axis a landmark."""
        return {
            "x": FieldSpec(self.markup.count, 1, self.grid.width),
            "y": FieldSpec(self.markup.count, 1, self.grid.height),
        }

    @property
    def stated_error(self) -> StatedError:
        """That of the reading along both axes."""
        across = self.reading.error(self.sigma, self.grid.width)
        down = self.reading.error(self.sigma, self.grid.height)
        parts = [self.grid.stride * math.hypot(a, b) for a, b in zip(across, down, strict=True)]
        slack = 1e-6 * max(self.crop_size)
        return StatedError(parts[0] + slack, parts[1] + slack, parts[2], parts[3])

    def encode(self, points: Float[Tensor, "B K 2"]) -> Fields:
        """The logarithm of each coordinate's label; a missing point's lines are zero."""
        # In float64: a float32 place of 500 bins has five digits behind the point.
        bins = self.grid.to_cells(kept_inside(points.double(), self.crop_size))
        missing = bins.isnan().any(dim=-1)[..., None, None]
        lines = {
            name: gaussian_log_line(bins[..., axis], spec.width, self.sigma)[..., None, :]
            for axis, (name, spec) in enumerate(self.fields.items())
        }
        return {name: torch.where(missing, 0, from_highest(line)) for name, line in lines.items()}

    def loss(self, outputs: Fields, targets: Fields, weight: Float[Tensor, "B K"]) -> Tensor:
        """The divergences along x and y, added."""
        along, down = (
            self.line_loss(outputs[name], softmax_of(float32_at_least(targets[name])))
            for name in ("x", "y")
        )
        return mean_over_points(along + down, weight)

    def decode(self, outputs: Fields) -> Decoded:
        """Reads a bin off each line.

        The variance along an axis is the softmax's mean square distance from the point, less the
        label's own variance, and what reading a whole bin loses.
        """
        places, variances, highest = [], [], []
        for name in ("x", "y"):
            lines = outputs[name].float()
            place = self.reading(lines)
            share = softmax_of(lines).squeeze(-2)
            bins = torch.arange(share.shape[-1], dtype=share.dtype, device=share.device)
            # In place: memory for more lines takes longer to get than to fill.
            square = (bins - place[..., None]).square_().mul_(share).sum(dim=-1)
            lost = self.reading.lost_variance + CLAIMED * self.sigma**2
            variances.append((square - self.sigma**2).clamp(min=0) + lost)
            places.append(place)
            highest.append(share.amax(dim=-1))
        none = torch.zeros_like(variances[0])
        return Decoded(
            points=self.grid.to_crop(torch.stack(places, dim=-1)),
            confidence=torch.minimum(*highest),
            covariance=self.grid.stride**2 * symmetric(variances[0], none, variances[1]),
        )

    def warp(self, outputs: Fields, warped_from_crop: Float[Tensor, "B 2 3"]) -> Fields:
        """Resamples each line round the place of its peak, which moves with the affine.

        Flips, shifts and scales treat the axes apart, and are exact up to the resampling. A turn
        mixes them: then the peak of both lines is moved as a point, and each line keeps its own
        shape, as the Gaussian labels do. Differentiable. The peak's place is the mean within 3 σ of
        the highest bin, whatever the reading, so that methods that differ in that share a training.
        """
        scores = {name: float32_at_least(outputs[name]) for name in ("x", "y")}
        # In float64, which autocast leaves alone, and which keeps a Gaussian's tail its own.
        density = {name: softmax_of(line).double() for name, line in scores.items()}
        affine = warped_from_crop.double()[:, None]
        peaks = [self.grid.to_crop(self._peak(density[name])) for name in ("x", "y")]
        warped = {}
        for axis, name in enumerate(("x", "y")):
            row = affine[:, :, axis]
            moved = row[..., 0] * peaks[0] + row[..., 1] * peaks[1] + row[..., 2]
            scale = torch.hypot(row[..., 0], row[..., 1])
            scale = torch.where(row[..., axis] < 0, -scale, scale)
            line = _resampled(
                density[name],
                self.grid.to_cells(peaks[axis]),
                self.grid.to_cells(moved),
                scale.expand_as(moved),
            )
            log = log_density(line).to(scores[name].dtype)
            warped[name] = exchange_mirrored(log, warped_from_crop, self.markup)
        return warped

    def _peak(self, density: Float[Tensor, "B K 1 n"]) -> Float[Tensor, "B K"]:
        """The mean bin within 3 σ of the highest one, in float64."""
        share = density.squeeze(-2)
        bins = torch.arange(share.shape[-1], dtype=share.dtype, device=share.device)
        highest = _highest_bins(share)[..., None]
        share = torch.where((bins - highest).abs() <= math.ceil(3 * self.sigma), share, 0)
        mean: Tensor = (share * bins).sum(dim=-1) / share.sum(dim=-1)
        return mean


def _highest_bins(lines: Float[Tensor, "B K n"]) -> Float[Tensor, "B K"]:
    """The highest bin of each line; between equal ones the middle of the first and the last."""
    # Pieces first, since the place of the highest of a long line takes long to find.
    size = math.gcd(lines.shape[-1], _PIECE)
    pieces = lines.reshape(*lines.shape[:-1], lines.shape[-1] // size, size)
    heights = pieces.amax(dim=-1)
    ends = []
    for piece in (heights.argmax(dim=-1), _last_argmax(heights)):
        chosen = piece[..., None, None].expand(*piece.shape, 1, size)
        ends.append((piece, pieces.gather(-2, chosen).squeeze(-2)))
    first = ends[0][0] * size + ends[0][1].argmax(dim=-1)
    last = ends[1][0] * size + _last_argmax(ends[1][1])
    return (first + last).float() / 2


def _last_argmax(lines: Float[Tensor, "B K n"]) -> Int64[Tensor, "B K"]:
    """The last of the highest places of each line."""
    last: Tensor = lines.shape[-1] - 1 - lines.flip(-1).argmax(dim=-1)
    return last


def _resampled(
    density: Float[Tensor, "B K 1 n"],
    centre: Float[Tensor, "B K"],
    moved: Float[Tensor, "B K"],
    scale: Float[Tensor, "B K"],
) -> Float[Tensor, "B K 1 n"]:
    """Lines stretched round a place that moves, in bins; zero beyond their ends."""
    line = density.squeeze(-2)
    count = line.shape[-1]
    bins = torch.arange(count, dtype=centre.dtype, device=centre.device)
    sources = centre[..., None] + (bins - moved[..., None]) / scale[..., None]
    low = sources.detach().floor()
    high_share = sources - low
    index = low.clamp(-1, count).long()
    found = [
        torch.where((i >= 0) & (i < count), line.gather(-1, i.clamp(0, count - 1)), 0)
        for i in (index, index + 1)
    ]
    return ((1 - high_share) * found[0] + high_share * found[1])[..., None, :]
