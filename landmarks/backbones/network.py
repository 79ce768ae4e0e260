"""A backbone, a neck and a head for each field."""

from collections.abc import Callable
from copy import deepcopy
from typing import final

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from landmarks.backbones.base import Backbone, Network
from landmarks.backbones.heads import Heads, check_crop, working_size
from landmarks.backbones.neck import Neck
from landmarks.backbones.upscale import Bilinear, Upscale
from landmarks.batch import Fields, FieldSpecs
from landmarks.geometry import Size


@final
class PyramidNetwork(Network):
    """Any backbone, a top-down neck to the resolution of the largest map, a head for each field.

    The neck's working stride is the coarsest of the backbone's strides that is at least as fine as
    the largest map; a backbone that has none so fine is upscaled further. Only a map that no stride
    fits (48 cells over 256 px) is then reached by resizing the features to it. How a smaller field,
    a row of bins or plain coordinates are read off is told in `landmarks.backbones.heads`.

    The weights are drawn in the order backbone, neck (coarsest level first), heads (in the order of
    the fields): two networks under one seed share all weights that both have.

    The design is this project's choice: a feature pyramid (Lin et al. 2017,
    https://arxiv.org/abs/1612.03144) with depthwise-separable convolutions.

    Args:
        fields: What the codec asks for: ``codec.fields``.
        crop_size: Size of the network's input in pixels.
        backbone: The backbone; the network trains a copy of it, so that a factory that is called
            twice does not make two networks that share weights.
        width: Number of channels of neck and heads.
        upscale: How the neck doubles a map: `Bilinear`, `Deconvolution` or `PixelShuffle`.

    Raises:
        ValueError: If a map is larger than the crop, or the crop is not a multiple of the working
            stride.

    >>> import torch
    >>> from landmarks.backbones.mobilenet import MobileNetV2
    >>> from landmarks.batch import FieldSpec
    >>> fields = {"heatmap": FieldSpec(68, 32, 32)}
    >>> network = PyramidNetwork(fields, Size(128, 128), MobileNetV2(0.35), width=32)
    >>> [stage["heatmap"].shape for stage in network(torch.zeros(2, 3, 128, 128))]
    [torch.Size([2, 68, 32, 32])]
    """

    def __init__(
        self,
        fields: FieldSpecs,
        crop_size: Size,
        backbone: Backbone,
        width: int = 128,
        upscale: Callable[[int], Upscale] = Bilinear,
    ) -> None:
        super().__init__()
        size = working_size(fields, crop_size)
        stride = _working_stride([level.stride for level in backbone.levels], size, crop_size)
        self._crop_size = crop_size
        self._size = size
        self.backbone = deepcopy(backbone)
        self.neck = Neck(backbone.levels, stride, width, upscale)
        self.heads = Heads(fields, size, width)

    def forward(self, image: Float[Tensor, "B 3 H W"]) -> list[Fields]:
        """Emits the fields, once: ``[fields]``; see `Network.forward`."""
        check_crop(image, self._crop_size)
        features = self.neck(self.backbone(image))
        if tuple(features.shape[-2:]) != tuple(self._size):
            features = functional.interpolate(
                features, self._size, mode="bilinear", align_corners=False
            )
        return [self.heads(features)]


def _working_stride(strides: list[int], size: Size, crop_size: Size) -> int:
    """The coarsest stride that is at least as fine as the map, doubling beyond the finest level.

    Raises:
        ValueError: If it does not divide the crop: cells would then hang over its edge, and
            resizing would shift the map against the crop.
    """
    wanted = min(crop_size.height / size.height, crop_size.width / size.width)
    fitting = [stride for stride in strides if stride <= wanted]
    stride = max(fitting) if fitting else min(strides)
    while stride > wanted:
        stride //= 2
    if crop_size.height % stride or crop_size.width % stride:
        raise ValueError(
            f"a map of {size.height} × {size.width} cells needs features of stride {stride}, which "
            f"does not divide the crop of {crop_size.height} × {crop_size.width} px; choose a crop "
            f"that is a multiple of {stride}"
        )
    return stride
