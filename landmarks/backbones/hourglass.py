"""The stacked hourglass of FAN: repeated descents and climbs, each supervised."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from landmarks.backbones.base import Network
from landmarks.backbones.heads import Heads, check_crop, is_map, linear_map_head, working_size
from landmarks.batch import Fields, FieldSpecs
from landmarks.geometry import Size


@final
class StackedHourglass(Network):
    """The Face Alignment Network (Bulat and Tzimiropoulos 2017), one to four hourglasses in a row.

    https://arxiv.org/abs/1703.07332; the layers are those of
    https://github.com/1adrianb/face-alignment (``models/fan.py``): a stem of a 7×7 convolution of
    stride 2 and three blocks with one average pooling, then in each stack an hourglass (average
    pooling down, nearest neighbour up), a block and a 1×1 convolution, from which a 1×1 convolution
    reads off the maps; features and maps are each brought back by a 1×1 convolution and added to
    the stack's input before the next one.

    This project's choices: the stem stops at stride 2 for maps finer than a quarter of the crop and
    goes on to stride 8 for maps coarser than an eighth; a map that neither fits is read off resized
    features; a crop of any even size works, an odd map being halved to the next larger size; a
    field smaller than the map (HIH's decimal maps, coordinates) has the head of
    `landmarks.backbones.heads` and is emitted by every stack, whereas HIH's published network emits
    it after the last stack alone; the last layers start near zero.

    The weights of stem and stacks are drawn before those that depend on the fields.

    Args:
        fields: What the codec asks for: ``codec.fields``.
        crop_size: Size of the network's input in pixels.
        stacks: Number of hourglasses, 1 to 4.
        depth: Number of halvings in an hourglass.
        width: Number of channels; a multiple of 4.

    Raises:
        ValueError: If ``stacks`` is not 1 to 4, ``width`` is no multiple of 4, the map is too small
            for ``depth``, a map is larger than the crop, or the stem's stride does not divide the
            crop.

    >>> from landmarks.batch import FieldSpec
    >>> fields = {"heatmap": FieldSpec(68, 16, 16)}
    >>> network = StackedHourglass(fields, Size(64, 64), stacks=2, depth=2, width=16)
    >>> [stage["heatmap"].shape for stage in network(torch.zeros(2, 3, 64, 64))]
    [torch.Size([2, 68, 16, 16]), torch.Size([2, 68, 16, 16])]
    """

    def __init__(
        self,
        fields: FieldSpecs,
        crop_size: Size,
        stacks: int = 2,
        depth: int = 4,
        width: int = 256,
    ) -> None:
        super().__init__()
        if not 1 <= stacks <= 4:
            raise ValueError(f"stacks is {stacks}; choose 1 to 4")
        if depth < 1:
            raise ValueError(f"depth is {depth}; choose at least 1")
        if width < 4 or width % 4:
            raise ValueError(f"width is {width}; choose a multiple of 4")
        self._crop_size = crop_size
        self._size = working_size(fields, crop_size)
        stride = _stem_stride(self._size, crop_size)
        smallest = min(crop_size) // stride
        if smallest < 2**depth:
            raise ValueError(
                f"features of {crop_size.height // stride} × {crop_size.width // stride} cells "
                f"cannot be halved {depth} times; choose depth={smallest.bit_length() - 1} or "
                "less, or a larger crop"
            )
        self.stem = _stem(width, stride)
        self.stacks = nn.ModuleList(_Stack(width, depth) for _ in range(stacks))
        self.features_back = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in range(stacks - 1))
        self.heads = nn.ModuleList(
            Heads(fields, self._size, width, linear_map_head) for _ in range(stacks)
        )
        self._maps = [
            name
            for name, spec in fields.items()
            if is_map(spec) and (spec.height, spec.width) == self._size
        ]
        maps = sum(fields[name].channels for name in self._maps)
        self.maps_back = nn.ModuleList(
            nn.Conv2d(maps, width, 1) for _ in range(stacks - 1 if maps else 0)
        )

    def forward(self, image: Float[Tensor, "B 3 H W"]) -> list[Fields]:
        """Emits the fields once per stack, the answer last; see `Network.forward`."""
        check_crop(image, self._crop_size)
        features = self.stem(image)
        stages: list[Fields] = []
        for index, (stack, heads) in enumerate(zip(self.stacks, self.heads, strict=True)):
            seen = stack(features)
            stages.append(heads(_resized(seen, self._size)))
            if index < len(self.features_back):
                features = features + self.features_back[index](seen)
                if self._maps:
                    maps = torch.cat([stages[-1][name] for name in self._maps], dim=1)
                    size = Size(*features.shape[-2:])
                    features = features + _resized(self.maps_back[index](maps), size)
        return stages


def _stem_stride(size: Size, crop_size: Size) -> int:
    wanted = min(crop_size.height / size.height, crop_size.width / size.width)
    stride = 8 if wanted >= 8 else 4 if wanted >= 4 else 2
    if crop_size.height % stride or crop_size.width % stride:
        raise ValueError(
            f"a map of {size.height} × {size.width} cells needs features of stride {stride}, which "
            f"does not divide the crop of {crop_size.height} × {crop_size.width} px; choose a crop "
            f"that is a multiple of {stride}"
        )
    return stride


def _stem(width: int, stride: int) -> nn.Sequential:
    quarter, half = width // 4, width // 2
    return nn.Sequential(
        nn.Conv2d(3, quarter, 7, stride=2, padding=3),
        nn.BatchNorm2d(quarter),
        nn.ReLU(inplace=True),
        _Block(quarter, half),
        nn.AvgPool2d(2) if stride >= 4 else nn.Identity(),
        _Block(half, half),
        nn.AvgPool2d(2) if stride >= 8 else nn.Identity(),
        _Block(half, width),
    )


def _resized(features: Tensor, size: Size) -> Tensor:
    if tuple(features.shape[-2:]) == tuple(size):
        return features
    return functional.interpolate(features, size, mode="bilinear", align_corners=False)


class _Block(nn.Module):
    """FAN's block: three pre-activated 3×3 convolutions whose outputs are concatenated."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        half, quarter = width // 2, width // 4
        self.first = _activated(inputs, half, 3)
        self.second = _activated(half, quarter, 3)
        self.third = _activated(quarter, quarter, 3)
        self.shortcut = nn.Identity() if inputs == width else _activated(inputs, width, 1)

    def forward(self, features: Tensor) -> Tensor:
        first = self.first(features)
        second = self.second(first)
        third = self.third(second)
        merged: Tensor = torch.cat([first, second, third], dim=1) + self.shortcut(features)
        return merged


def _activated(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.BatchNorm2d(inputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False),
    )


class _Hourglass(nn.Module):
    """Halves, goes deeper or turns round, doubles, and adds what it kept at this resolution."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.kept = _Block(width, width)
        self.down = _Block(width, width)
        self.inner = _Hourglass(width, depth - 1) if depth > 1 else _Block(width, width)
        self.up = _Block(width, width)

    def forward(self, features: Tensor) -> Tensor:
        kept: Tensor = self.kept(features)
        # An odd size is halved to the next larger one, and the doubled map cut: the cells stay put.
        small = functional.avg_pool2d(features, 2, ceil_mode=True)
        small = self.up(self.inner(self.down(small)))
        doubled = functional.interpolate(small, scale_factor=2, mode="nearest")
        return kept + doubled[..., : kept.shape[-2], : kept.shape[-1]]


class _Stack(nn.Module):
    """An hourglass, a block, a 1×1 convolution with BN and ReLU."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _Hourglass(width, depth),
            _Block(width, width),
            nn.Conv2d(width, width, 1),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )

    def forward(self, features: Tensor) -> Tensor:
        answer: Tensor = self.layers(features)
        return answer
