"""HRNet-W18, the backbone of most published landmark results."""

from pathlib import Path
from typing import final

from jaxtyping import Float
from torch import Tensor

from landmarks.backbones.base import Backbone, FeatureLevel
from landmarks.backbones.timm import TimmBackbone


@final
class HRNetW18(Backbone):
    """HRNet-W18 (Wang et al. 2020, https://arxiv.org/abs/1908.07919), levels 2 to 32, by timm.

    The levels are the stem's first convolution (64 channels) and the four branches of the last
    stage (18, 36, 72 and 144 channels), as landmark networks use them, without the blocks that
    widen them for classification.

    Args:
        pretrained: Whether to start from ImageNet weights, which timm downloads once.
        weights: A checkpoint file to start from instead; see `TimmBackbone`.

    Attributes:
        levels: Channels and stride of each level, finest first.

    Raises:
        RuntimeError: If the pretrained weights cannot be had.
        landmarks.errors.DataError: If the checkpoint file cannot be used.

    >>> [level.channels for level in HRNetW18().levels]
    [64, 18, 36, 72, 144]
    """

    def __init__(self, pretrained: bool = False, weights: Path | None = None) -> None:
        super().__init__()
        self.features = TimmBackbone(
            "hrnet_w18", pretrained, weights, options={"feature_location": ""}
        )

    @property
    def levels(self) -> tuple[FeatureLevel, ...]:
        """Channels and stride of each level, finest first."""
        return self.features.levels

    def forward(self, image: Float[Tensor, "B 3 H W"]) -> list[Tensor]:
        """One feature tensor (B, channels, ⌈H / stride⌉, ⌈W / stride⌉) for each of `levels`."""
        features: list[Tensor] = self.features(image)
        return features
