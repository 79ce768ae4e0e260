"""A codec is one statistical decision: what a network emits, and how that becomes points."""

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from landmarks.batch import Fields, FieldSpecs
from landmarks.geometry import Size, flip_affine
from landmarks.markups import Markup


class Decoded(NamedTuple):
    """What a codec reads off a network's output.

    Attributes:
        points: (B, K, 2) float32, crop pixels.
        confidence: (B, K) float32, larger is surer; its scale is the codec's own.
        covariance: (B, K, 2, 2) float32 in square crop pixels: the codec's own claim of the
            covariance of a point's error, which a temperature fitted later may scale. Symmetric,
            positive definite, finite wherever the outputs are.
    """

    points: Float[Tensor, "B K 2"]
    confidence: Float[Tensor, "B K"]
    covariance: Float[Tensor, "B K 2 2"]


class StatedError(NamedTuple):
    """The largest error of encode → decode that a codec admits to, in crop pixels, Euclidean.

    Attributes:
        interior: For a point whose whole decoding window lies on the map.
        border: For any point of the crop, up to the outer edge of its outer pixels.
        float16: What rounding the outputs to float16 may add.
        bfloat16: What rounding the outputs to bfloat16 may add.
    """

    interior: float
    border: float
    float16: float
    bfloat16: float


class Codec(nn.Module, ABC):
    """Encodes points as target fields, decodes output fields as points, and scores the outputs.

    A codec holds no learnt parameter and no persistent buffer, so that one training can be decoded
    by many codecs. It draws no random number when it is built.

    Args:
        markup: The point scheme; K is its number of points.
        crop_size: Size of the network's input in pixels.

    Attributes:
        fields: What a network must emit, by name, without the batch.
        stated_error: The error of a round trip that the codec admits to.
        decoding_arguments: Names of the constructor's arguments that touch decoding alone. Methods
            that differ in these only share a training.
    """

    decoding_arguments: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, markup: Markup, crop_size: Size) -> None:
        super().__init__()
        self.markup = markup
        self.crop_size = crop_size

    @property
    @abstractmethod
    def fields(self) -> FieldSpecs:
        """What a network must emit, by name, without the batch."""

    @property
    @abstractmethod
    def stated_error(self) -> StatedError:
        """The error of a round trip that the codec admits to."""

    @abstractmethod
    def encode(self, points: Float[Tensor, "B K 2"]) -> Fields:
        """Turns points into target fields.

        Args:
            points: (B, K, 2) crop pixels; NaN for a missing point.

        Returns:
            A target for each entry of `fields`, float32 on the points' device; finite everywhere,
            whatever the points.
        """

    @abstractmethod
    def loss(self, outputs: Fields, targets: Fields, weight: Float[Tensor, "B K"]) -> Tensor:
        """Scores outputs against targets.

        Args:
            outputs: What the network emitted, as `fields` asks.
            targets: What `encode` or `warp` returned.
            weight: (B, K); 0 takes a point out altogether: its gradient is exactly zero.

        Returns:
            A scalar, the mean over the points of non-zero weight; 0 if there are none.
        """

    def supervise(
        self, outputs: Fields, points: Float[Tensor, "B K 2"], weight: Float[Tensor, "B K"]
    ) -> Tensor:
        """Scores outputs against the truth: ``loss(outputs, encode(points), weight)``.

        The one method with a body that a codec may override, for the sake of memory: targets can
        take as much as the outputs, and where each is drawn from two numbers it need not be kept. A
        contract test holds every codec to the same value and the same gradient.

        Args:
            outputs: What the network emitted, as `fields` asks.
            points: (B, K, 2) crop pixels; NaN for a missing point.
            weight: (B, K); 0 takes a point out altogether: its gradient is exactly zero.

        Returns:
            A scalar, the mean over the points of non-zero weight; 0 if there are none.
        """
        return self.loss(outputs, self.encode(points), weight)

    @abstractmethod
    def decode(self, outputs: Fields) -> Decoded:
        """Reads points off outputs, each face by itself.

        Half-precision outputs are decoded in float32.
        """

    @abstractmethod
    def warp(self, outputs: Fields, warped_from_crop: Float[Tensor, "B 2 3"]) -> Fields:
        """What the network would have emitted had it seen the crop warped.

        Maps are resampled, differentiably; where a map cannot be, its points are decoded, moved and
        encoded. Where the affine mirrors (its determinant is negative), left and right points
        change places.

        Args:
            outputs: What the network emitted for the crop.
            warped_from_crop: Takes crop pixels to pixels of the warped crop.
        """

    def flip(self, outputs: Fields) -> Fields:
        """`warp` for the mirrored crop, ``x -> W - 1 - x``."""
        first = next(iter(outputs.values()))
        affine = flip_affine(self.crop_size.width, torch.float32).to(first.device)
        return self.warp(outputs, affine.expand(len(first), 2, 3))
