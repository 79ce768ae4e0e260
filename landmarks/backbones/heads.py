"""A head for each field: from the features to exactly the channels, height and width asked for."""

from collections.abc import Callable
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from landmarks.backbones.neck import separable
from landmarks.batch import Fields, FieldSpec, FieldSpecs
from landmarks.geometry import Size

# Where no field is a map, features are read at the stride of the usual heatmap, a quarter of the
# crop, so that such a codec differs from a heatmap codec in its heads alone.
_STRIDE_WITHOUT_MAPS = 4


def is_map(spec: FieldSpec) -> bool:
    """Whether a field lies over the crop as a picture does: it has rows and columns."""
    return spec.height > 1 and spec.width > 1


def working_size(fields: FieldSpecs, crop_size: Size) -> Size:
    """The resolution that the heads start from: that of the largest map.

    Where no field is a map (coordinates, or a row of bins for an axis), it is a quarter of the
    crop.

    Args:
        fields: What the codec asks for.
        crop_size: Size of the network's input in pixels.

    Raises:
        ValueError: If there is no field, a field is empty, or a map is larger than the crop.

    >>> fields = {"integer": FieldSpec(68, 64, 64), "decimal": FieldSpec(68, 8, 8)}
    >>> working_size(fields, Size(256, 256))
    Size(height=64, width=64)
    """
    if not fields:
        raise ValueError("the codec asks for no field; a network needs at least one")
    for name, spec in fields.items():
        if min(spec) < 1:
            raise ValueError(f"field {name!r} is empty: {spec}; every number must be at least 1")
        if is_map(spec) and (spec.height > crop_size.height or spec.width > crop_size.width):
            raise ValueError(
                f"field {name!r} has {spec.height} × {spec.width} cells, more than the crop of "
                f"{crop_size.height} × {crop_size.width} px; choose a smaller heatmap or a larger "
                "crop"
            )
    maps = [spec for spec in fields.values() if is_map(spec)]
    if not maps:
        return Size(
            -(-crop_size.height // _STRIDE_WITHOUT_MAPS),
            -(-crop_size.width // _STRIDE_WITHOUT_MAPS),
        )
    return Size(max(spec.height for spec in maps), max(spec.width for spec in maps))


def check_crop(image: Float[Tensor, "B 3 H W"], crop_size: Size) -> None:
    """Refuses crops of another size than the network was built for.

    Raises:
        ValueError: If the sizes differ: the fields would silently have another stride.
    """
    if tuple(image.shape[-2:]) != tuple(crop_size):
        height, width = image.shape[-2:]
        raise ValueError(
            f"the network was built for crops of {crop_size.height} × {crop_size.width} px and got "
            f"{height} × {width} px; build it for the crop size of the data"
        )


def start_near_zero(layer: nn.Conv2d | nn.Linear) -> None:
    """Draws the weights of a last layer so small that the first outputs are nearly zero.

    N(0, 0.001), as HIH's code does (https://github.com/starhiking/HeatmapInHeatmap): most of a
    heatmap's target is zero.
    """
    nn.init.normal_(layer.weight, std=0.001)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def separable_map_head(width: int, channels: int) -> nn.Sequential:
    """A depthwise-separable 3×3 convolution, then a 1×1 convolution to the field's channels."""
    last = nn.Conv2d(width, channels, 1)
    start_near_zero(last)
    return nn.Sequential(separable(width), last)


def linear_map_head(width: int, channels: int) -> nn.Conv2d:
    """A 1×1 convolution to the field's channels and no more."""
    last = nn.Conv2d(width, channels, 1)
    start_near_zero(last)
    return last


@final
class DescendingHead(nn.Module):
    """Halves the features by strided convolutions down to a field smaller than they are.

    What is left between the last halving and the field's size is averaged. For coordinates, a field
    of one cell, and for small maps that no larger map of the same points goes with.

    Args:
        width: Number of feature channels.
        spec: The field's shape.
        size: Height and width of the features.
    """

    def __init__(self, width: int, spec: FieldSpec, size: Size) -> None:
        super().__init__()
        self.layers = nn.Sequential()
        self._size = (spec.height, spec.width)
        height, width_left = size
        while True:
            # The last halving of a field of one cell is an average: BN needs more than one cell.
            down = height >= 2 * spec.height and height > 2
            across = width_left >= 2 * spec.width and width_left > 2
            if not down and not across:
                break
            stride = (2 if down else 1, 2 if across else 1)
            self.layers.append(separable(width, stride))
            height, width_left = -(-height // stride[0]), -(-width_left // stride[1])
        self.layers.append(separable(width))
        self.last = nn.Conv2d(width, spec.channels, 1)
        start_near_zero(self.last)

    def forward(self, features: Float[Tensor, "B C h w"]) -> Float[Tensor, "B K height width"]:
        """The field."""
        field: Tensor = self.last(_averaged(self.layers(features), self._size))
        return field


def _averaged(features: Tensor, size: tuple[int, int]) -> Tensor:
    height, width = features.shape[-2:]
    if (height, width) == size:
        return features
    if height % size[0] == 0 and width % size[1] == 0:
        # Equal to the adaptive pooling, whose gradient has no deterministic form on a GPU.
        return functional.avg_pool2d(features, (height // size[0], width // size[1]))
    return functional.adaptive_avg_pool2d(features, size)


@final
class NestedHead(nn.Module):
    """Reads a small map off the features at the cell that a larger map of the same point shows.

    For HIH's decimal maps: where within a cell a point lies is seen in that cell. A point's hidden
    units, which are its own, see the features of the larger map's highest cell and the larger map's
    3×3 window round it; a layer that all points share turns them into the small map. No gradient
    flows into the larger map, so that it is trained as it would be alone.

    HIH's published network has strided convolutions over all features in this place; they must
    carry a place from anywhere in the crop to every bin, which short trainings do not learn. This
    head is this project's choice.

    Args:
        width: Number of feature channels.
        spec: The field's shape.
        hidden: Number of hidden units of a point.
    """

    def __init__(self, width: int, spec: FieldSpec, hidden: int = 64) -> None:
        super().__init__()
        self._shape = tuple(spec)
        self.layers = separable(width)
        seen = width + 9
        self.weight = nn.Parameter(torch.randn(spec.channels, seen, hidden) * (2 / seen) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(spec.channels, hidden))
        self.last = nn.Linear(hidden, spec.height * spec.width)
        start_near_zero(self.last)

    def forward(
        self, features: Float[Tensor, "B C h w"], larger: Float[Tensor, "B K h w"]
    ) -> Float[Tensor, "B K height width"]:
        """The field."""
        larger = larger.detach()
        cells = larger.flatten(2).argmax(dim=-1)
        points = self.layers(features).flatten(2).mT
        at_cells = points.gather(1, cells[..., None].expand(-1, -1, points.shape[-1]))
        windows = functional.unfold(larger.flatten(0, 1)[:, None], 3, padding=1)
        windows = windows.gather(2, cells.flatten()[:, None, None].expand(-1, 9, 1))
        seen = torch.cat([at_cells, windows.view(*cells.shape, 9)], dim=-1)
        hidden = torch.einsum("bks,ksh->bkh", seen, self.weight) + self.bias
        bins: Tensor = self.last(hidden.relu())
        return bins.reshape(-1, *self._shape)


@final
class LineHead(nn.Module):
    """Turns each channel's map into one line of bins by a linear layer that the channels share.

    For fields with one row (or one column) such as SimCC's (Li et al. 2022,
    https://arxiv.org/abs/2107.03332), whose bins are an axis of the crop and may be finer than it.

    Args:
        width: Number of feature channels.
        spec: The field's shape.
        size: Height and width of the features.
    """

    def __init__(self, width: int, spec: FieldSpec, size: Size) -> None:
        super().__init__()
        self._size = (spec.height, spec.width)
        self.maps = nn.Sequential(separable(width), nn.Conv2d(width, spec.channels, 1))
        self.last = nn.Linear(size.height * size.width, spec.height * spec.width)
        start_near_zero(self.last)

    def forward(self, features: Float[Tensor, "B C h w"]) -> Float[Tensor, "B K height width"]:
        """The field."""
        bins: Tensor = self.last(self.maps(features).flatten(2))
        return bins.reshape(*bins.shape[:2], *self._size)


@final
class Heads(nn.Module):
    """One head for each field.

    A map of the features' size is read off by the ``map_head``. Every other field sees the features
    and the maps already emitted, as the decimal head of HIH does (Lan et al. 2021,
    https://github.com/starhiking/HeatmapInHeatmap): a 1×1 convolution brings the maps to the
    features' width, and both are added. A smaller map with as many channels as one of those is read
    off by a `NestedHead`, a line of bins by a `LineHead`, the rest by a `DescendingHead`.

    The weights are drawn in the order of ``fields``.

    Args:
        fields: What the codec asks for.
        size: Height and width of the features, see `working_size`.
        width: Number of feature channels.
        map_head: Builds the head of a map of the features' size from (width, channels).
    """

    def __init__(
        self,
        fields: FieldSpecs,
        size: Size,
        width: int,
        map_head: Callable[[int, int], nn.Module] = separable_map_head,
    ) -> None:
        super().__init__()
        self._names = list(fields)
        self._maps = [name for name, spec in fields.items() if (spec.height, spec.width) == size]
        map_channels = sum(fields[name].channels for name in self._maps)
        self.heads = nn.ModuleDict()
        self.views = nn.ModuleDict()
        self._larger: dict[str, str] = {}
        for name, spec in fields.items():
            if name in self._maps:
                self.heads[name] = map_head(width, spec.channels)
                continue
            if map_channels:
                self.views[name] = nn.Conv2d(map_channels, width, 1)
            larger = [m for m in self._maps if fields[m].channels == spec.channels]
            if is_map(spec) and larger:
                self._larger[name] = larger[0]
                self.heads[name] = NestedHead(width, spec)
            elif max(spec.height, spec.width) > min(spec.height, spec.width) == 1:
                self.heads[name] = LineHead(width, spec, size)
            else:
                self.heads[name] = DescendingHead(width, spec, size)

    def forward(self, features: Float[Tensor, "B C h w"]) -> Fields:
        """The fields in their order."""
        fields = {name: self.heads[name](features) for name in self._maps}
        maps = torch.cat(list(fields.values()), dim=1) if fields else None
        for name in self._names:
            if name not in fields:
                seen = features if maps is None else features + self.views[name](maps)
                others = [fields[self._larger[name]]] if name in self._larger else []
                fields[name] = self.heads[name](seen, *others)
        return {name: fields[name] for name in self._names}
