"""How a feature map is doubled on its way up."""

from abc import ABC, abstractmethod
from typing import final

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


class Upscale(nn.Module, ABC):
    """Doubles the height and width of a feature map; built as ``upscale(channels)``.

    The ways differ in cost and in what they can learn. Earp et al. 2021
    (https://arxiv.org/abs/2103.03059, abstract) report that a mix of deconvolutions and pixel
    shuffles cuts the cost without hurting; their layers and numbers could not be verified, so
    `Deconvolution` and `PixelShuffle` are options here and reproduce no published network.
    """

    @abstractmethod
    def forward(self, features: Float[Tensor, "B C h w"]) -> Float[Tensor, "B C h2 w2"]:
        """The same number of channels at twice the height and width."""


@final
class Bilinear(Upscale):
    """Area-true bilinear interpolation; learns nothing.

    Args:
        channels: Number of feature channels; any.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        del channels  # all ways are built alike

    def forward(self, features: Float[Tensor, "B C h w"]) -> Float[Tensor, "B C h2 w2"]:
        """The same number of channels at twice the height and width."""
        return functional.interpolate(
            features, scale_factor=2, mode="bilinear", align_corners=False
        )


@final
class Deconvolution(Upscale):
    """A 4×4 transposed convolution of stride 2, a filter for each channel, BN and ReLU.

    Args:
        channels: Number of feature channels.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(
                channels, channels, 4, stride=2, padding=1, groups=channels, bias=False
            ),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, features: Float[Tensor, "B C h w"]) -> Float[Tensor, "B C h2 w2"]:
        """The same number of channels at twice the height and width."""
        doubled: Tensor = self.layers(features)
        return doubled


@final
class PixelShuffle(Upscale):
    """A 1×1 convolution to four times the channels, laid out as 2×2 cells (Shi et al. 2016).

    https://arxiv.org/abs/1609.05158. BN and ReLU follow.

    Args:
        channels: Number of feature channels.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 4 * channels, 1, bias=False),
            nn.PixelShuffle(2),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, features: Float[Tensor, "B C h w"]) -> Float[Tensor, "B C h2 w2"]:
        """The same number of channels at twice the height and width."""
        doubled: Tensor = self.layers(features)
        return doubled
