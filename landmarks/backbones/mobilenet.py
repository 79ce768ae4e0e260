"""MobileNetV2, the small backbone of the demonstration and of phones."""

from pathlib import Path
from typing import final

from jaxtyping import Float
from torch import Tensor

from landmarks.backbones.base import Backbone, FeatureLevel
from landmarks.backbones.timm import TimmBackbone

_MODELS = {
    0.35: "mobilenetv2_035",
    0.5: "mobilenetv2_050",
    0.75: "mobilenetv2_075",
    1.0: "mobilenetv2_100",
    1.4: "mobilenetv2_140",
}


@final
class MobileNetV2(Backbone):
    """MobileNetV2 (Sandler et al. 2018, https://arxiv.org/abs/1801.04381), levels 2 to 32, by timm.

    Args:
        width: Multiplier of the channels: 0.35, 0.5, 0.75, 1.0 or 1.4, those that timm has.
        pretrained: Whether to start from ImageNet weights, which timm downloads once.
        weights: A checkpoint file to start from instead; see `TimmBackbone`.

    Attributes:
        levels: Channels and stride of each level, finest first.

    Raises:
        ValueError: If there is no such width.
        RuntimeError: If the pretrained weights cannot be had.
        landmarks.errors.DataError: If the checkpoint file cannot be used.

    >>> [level.channels for level in MobileNetV2().levels]
    [16, 24, 32, 96, 320]
    """

    def __init__(
        self, width: float = 1.0, pretrained: bool = False, weights: Path | None = None
    ) -> None:
        super().__init__()
        if width not in _MODELS:
            raise ValueError(
                f"there is no MobileNetV2 of width {width}; choose one of "
                f"{', '.join(map(str, _MODELS))}"
            )
        self.features = TimmBackbone(_MODELS[width], pretrained, weights)

    @property
    def levels(self) -> tuple[FeatureLevel, ...]:
        """Channels and stride of each level, finest first."""
        return self.features.levels

    def forward(self, image: Float[Tensor, "B 3 H W"]) -> list[Tensor]:
        """One feature tensor (B, channels, ⌈H / stride⌉, ⌈W / stride⌉) for each of `levels`."""
        features: list[Tensor] = self.features(image)
        return features
