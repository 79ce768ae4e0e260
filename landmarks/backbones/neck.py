"""From a backbone's pyramid of features to one map at the working resolution."""

from collections.abc import Callable, Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from landmarks.backbones.base import FeatureLevel
from landmarks.backbones.upscale import Upscale


def separable(channels: int, stride: int | tuple[int, int] = 1) -> nn.Sequential:
    """A 3×3 convolution for each channel, a 1×1 convolution across channels, BN and ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels, bias=False),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
    )


@final
class Neck(nn.Module):
    """Climbs from the coarsest level to the working stride and adds each level on the way.

    At each level: upscale, add the level's lateral 1×1 convolution, fuse by a depthwise-separable
    convolution. Levels finer than the working stride are averaged onto it and join its lateral, so
    that no part of a backbone is left without a gradient. Where the working stride is finer than
    the finest level, the climb goes on without laterals.

    The weights are drawn from the coarsest level up: two necks over one backbone share those of the
    levels that both have.

    Args:
        levels: Channels and stride of each level, finest first.
        stride: The working stride; one of the levels', or a finer one that is a power of two below.
        width: Number of channels.
        upscale: How a map is doubled.

    Raises:
        ValueError: If the strides are not reached by doubling.

    >>> from landmarks.backbones.upscale import Bilinear
    >>> neck = Neck([FeatureLevel(4, 8), FeatureLevel(6, 16)], 4, 5, Bilinear)
    >>> neck([torch.zeros(2, 4, 7, 6), torch.zeros(2, 6, 4, 3)]).shape
    torch.Size([2, 5, 14, 12])
    """

    def __init__(
        self,
        levels: Sequence[FeatureLevel],
        stride: int,
        width: int,
        upscale: Callable[[int], Upscale],
    ) -> None:
        super().__init__()
        # From here on coarsest first, the order of the climb.
        climb = [level for level in reversed(levels) if level.stride >= stride]
        finer = [level for level in levels if level.stride < stride]
        if not climb:
            raise ValueError(
                f"no level has stride {stride} or more; the levels have "
                f"{[level.stride for level in levels]}"
            )
        self._pooling = [stride // level.stride for level in finer]
        self.laterals = nn.ModuleList()
        self.upscales = nn.ModuleList()
        self.fusions = nn.ModuleList()
        at = climb[0].stride
        for level in climb:
            doublings = _doublings(at, level.stride)
            at = level.stride
            extra = sum(level.channels for level in finer) if level is climb[-1] else 0
            self.upscales.append(nn.Sequential(*(upscale(width) for _ in range(doublings))))
            self.laterals.append(nn.Conv2d(level.channels + extra, width, 1, bias=False))
            self.fusions.append(separable(width))
        self.rise = nn.Sequential()
        for _ in range(_doublings(at, stride)):
            self.rise.append(upscale(width))
            self.rise.append(separable(width))

    def forward(self, features: Sequence[Tensor]) -> Float[Tensor, "B width h w"]:
        """One map at the working stride; ``features`` finest first, as a backbone emits them."""
        finer = len(self._pooling)
        climb = list(reversed(features[finer:]))
        height, width = climb[-1].shape[-2:]
        pooled = [
            # ceil_mode: a last cell that lies half outside is the mean of what lies inside.
            functional.avg_pool2d(feature, factor, ceil_mode=True)[..., :height, :width]
            for feature, factor in zip(features[:finer], self._pooling, strict=True)
        ]
        climb[-1] = torch.cat([climb[-1], *pooled], dim=1)
        merged: Tensor | None = None
        for feature, lateral, upscale, fusion in zip(
            climb, self.laterals, self.upscales, self.fusions, strict=True
        ):
            side = lateral(feature)
            if merged is not None:
                # Exact doubling keeps the cells in place; what hangs over the crop is cut off.
                side = side + upscale(merged)[..., : side.shape[-2], : side.shape[-1]]
            merged = fusion(side)
        risen: Tensor = self.rise(merged)
        return risen


def _doublings(coarse: int, fine: int) -> int:
    ratio = coarse // fine
    if coarse % fine or ratio & (ratio - 1):
        raise ValueError(
            f"stride {fine} is not reached from stride {coarse} by doubling; choose a backbone "
            "whose strides are powers of two"
        )
    return ratio.bit_length() - 1
