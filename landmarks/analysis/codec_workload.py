"""What codecs are timed on: maps as a network emits them, of a stated shape."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.batch import Fields
from landmarks.codecs.base import Codec
from landmarks.codecs.methods import METHODS, CodecOfSize
from landmarks.geometry import Size
from landmarks.markups import Markup

_NOISE = 0.02
"""Standard deviation of what is added to the targets: a map's background is not flat."""


class Shape(NamedTuple):
    """How much is encoded, scored and decoded at a time.

    Attributes:
        batch: Number of faces.
        points: Landmarks a face.
        heatmap_size: Cells down and across a map.
        crop_size: Height and width of the crop in pixels.
    """

    batch: int
    points: int
    heatmap_size: int
    crop_size: int = 256

    def __str__(self) -> str:
        return f"({self.batch}, {self.points}, {self.heatmap_size}×{self.heatmap_size})"


class Workload(NamedTuple):
    """A method and a shape, from which points and maps follow.

    Attributes:
        method: Name of the method.
        shape: How much of it.
        methods: Codecs by name.
    """

    method: str
    shape: Shape
    methods: Mapping[str, CodecOfSize] = METHODS

    def codec(self) -> Codec:
        """The codec.

        Raises:
            ValueError: If the maps do not fit the crop.
        """
        count, side = self.shape.points, self.shape.crop_size
        markup = Markup(str(count), count, tuple(range(count)))
        return self.methods[self.method](markup, Size(side, side), self.shape.heatmap_size)

    def reduced(self) -> "Workload":
        """The same method on two faces."""
        return self._replace(shape=self.shape._replace(batch=min(2, self.shape.batch)))

    def points(self, device: torch.device) -> Float[Tensor, "B K 2"]:
        """Random points all over the crop, crop pixels."""
        shape = self.shape
        generator = torch.Generator().manual_seed(0)
        points = torch.rand(shape.batch, shape.points, 2, generator=generator)
        return (points * (shape.crop_size - 1)).to(device)

    def outputs(self, codec: Codec, points: Float[Tensor, "B K 2"]) -> Fields:
        """What a network might emit: targets and a little noise, made face by face."""
        generator = torch.Generator(points.device).manual_seed(1)
        outputs = {
            name: torch.empty(len(points), *spec, device=points.device)
            for name, spec in codec.fields.items()
        }
        for face in range(len(points)):
            for name, field in codec.encode(points[face : face + 1]).items():
                outputs[name][face].normal_(0, _NOISE, generator=generator)
                outputs[name][face] += field[0]
        return outputs
