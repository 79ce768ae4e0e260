"""What a codec would have to decode: its own targets, or what is left of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from landmarks.analysis.corruption import (
    Corruption,
    Mixture,
    ShapeCorruption,
    ValueCorruption,
    disturbed,
    moved,
    redrawn,
)
from landmarks.batch import Fields
from landmarks.codecs.base import Codec
from landmarks.codecs.gaussian import GaussianHeatmap
from landmarks.codecs.udp import UDPHeatmap
from landmarks.geometry import Grid, Size

GAUSSIAN_MAPS = (GaussianHeatmap, UDPHeatmap)
"""The codecs whose one field is a Gaussian of height 1 a landmark, over a grid, of a spread."""


@dataclass(frozen=True)
class Condition:
    """Corruptions that are measured together, under a name and a level.

    Attributes:
        name: Of the corruption, and of what comes on top of it.
        level: Of the corruption; None for exact targets.
        corruptions: What is done to the points, the maps and the values.
    """

    name: str = "none"
    level: float | None = None
    corruptions: tuple[Corruption, ...] = ()

    def unfit(self, codec: Codec) -> str:
        """Why a codec cannot be measured so; empty if it can."""
        for corruption in self.corruptions:
            kind = type(corruption).__name__
            if isinstance(corruption, ShapeCorruption) and not isinstance(codec, GAUSSIAN_MAPS):
                return f"{kind} redraws maps of one Gaussian a landmark; the codec has others"
            if isinstance(corruption, ValueCorruption) and not _has_maps(codec):
                return f"{kind} is relative to the height of a map; the codec has none"
        return ""

    @property
    def _redraws(self) -> bool:
        return any(isinstance(each, ShapeCorruption) for each in self.corruptions)


EXACT = Condition()
"""Targets as they are encoded."""


class CorruptedFaces:
    """Some faces under one condition.

    What a face suffers depends on the seed, the face and the draw alone, and on the shape of the
    field: codecs with maps of one size get the same noise, and codecs with one grid and spread the
    same maps, which are drawn once.

    Args:
        points_crop: (B, K, 2) crop pixels; NaN for a missing point.
        keys: For each face the numbers that its draws come from.
        crop_size: Size of the crops.
        heatmap_size: Cells down the crop, by which levels in cells are measured.
        condition: What is done.
    """

    def __init__(
        self,
        points_crop: Float64[Tensor, "B K 2"],
        keys: list[tuple[int, ...]],
        crop_size: Size,
        heatmap_size: int,
        condition: Condition,
    ) -> None:
        self._keys = keys
        self._condition = condition
        grid = Grid.centred(crop_size, heatmap_size)
        cells = grid.to_cells(points_crop)
        parts = [
            moved(part, grid.size, condition.corruptions, self._rng(face, 0))
            for face, part in enumerate(torch.split(cells, 1))
        ]
        self.points_crop: Float64[Tensor, "B K 2"] = (
            points_crop if not condition.corruptions else grid.to_crop(torch.cat(parts))
        )
        self._maps: dict[Any, Fields] = {}

    def fields(self, codec: Codec) -> Fields:
        """What a network would have emitted for the codec.

        Raises:
            ValueError: If the condition does not suit the codec.
        """
        unfit = self._condition.unfit(codec)
        if unfit:
            raise ValueError(unfit)
        if not self._condition._redraws:
            return self._disturbed(codec.encode(self.points_crop.float()), codec)
        assert isinstance(codec, GAUSSIAN_MAPS)  # unfit otherwise
        key = codec.grid, codec.sigma
        if key not in self._maps:
            self._maps[key] = self._disturbed(self._redrawn(codec), codec)
        return self._maps[key]

    def _redrawn(self, codec: GaussianHeatmap | UDPHeatmap) -> Fields:
        cells = codec.grid.to_cells(self.points_crop)
        parts = []
        for face, part in enumerate(torch.split(cells, 1)):
            target = Mixture.target(part, codec.sigma)
            mixture = redrawn(target, self._condition.corruptions, self._rng(face, 1))
            parts.append(mixture.draw(codec.grid.size))
        return {"heatmap": torch.cat(parts)}

    def _disturbed(self, fields: Fields, codec: Codec) -> Fields:
        if not any(isinstance(each, ValueCorruption) for each in self._condition.corruptions):
            return fields
        rngs = [self._rng(face, 2) for face in range(len(self._keys))]
        result = {}
        for name, field in fields.items():
            if isinstance(codec, GAUSSIAN_MAPS):
                height = field.new_ones(len(field))
            else:
                values = field.flatten(1)
                height = values.amax(dim=1) - values.amin(dim=1)
            parts = [
                disturbed(field[face, None], height[face, None], self._condition.corruptions, rng)
                for face, rng in enumerate(rngs)
            ]
            result[name] = torch.cat(parts)
        return result

    def _rng(self, face: int, stage: int) -> np.random.Generator:
        return np.random.default_rng([*self._keys[face], stage])


def _has_maps(codec: Codec) -> bool:
    """Whether every field is a map: a place on it stands for a place in the crop."""
    return all(spec.height * spec.width > 1 for spec in codec.fields.values())
