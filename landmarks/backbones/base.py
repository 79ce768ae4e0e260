"""What a network promises: it emits the codec's fields, whatever they are."""

from abc import ABC, abstractmethod
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn

from landmarks.batch import Fields


class Network(nn.Module, ABC):
    """Turns crops into fields; built as ``network(codec.fields, crop_size)``.

    A network draws its initial weights in a fixed order: the parts that do not depend on the fields
    first. Two networks built under one seed then share those weights, whatever the codec.
    """

    @abstractmethod
    def forward(self, image: Float[Tensor, "B 3 H W"]) -> list[Fields]:
        """Emits the fields once per supervised stage; the last entry is the answer.

        Args:
            image: (B, 3, H, W) float, normalised RGB, of the crop size.

        Returns:
            For each stage, a tensor (B, channels, height, width) for each field asked for. Values
            are unbounded: a codec that wants probabilities applies its own softmax.
        """


class FeatureLevel(NamedTuple):
    """One level of a backbone's feature pyramid.

    Attributes:
        channels: Number of feature channels.
        stride: Input pixels per feature cell.
    """

    channels: int
    stride: int


class Backbone(nn.Module, ABC):
    """Turns crops into a pyramid of features, finest level first."""

    @property
    @abstractmethod
    def levels(self) -> tuple[FeatureLevel, ...]:
        """Channels and stride of each level, finest first."""

    @abstractmethod
    def forward(self, image: Float[Tensor, "B 3 H W"]) -> list[Tensor]:
        """One feature tensor (B, channels, ⌈H / stride⌉, ⌈W / stride⌉) for each of `levels`."""
