"""What a codec's targets tell of a point, and what they cannot."""

import hashlib
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from landmarks.codecs.base import Codec
from landmarks.geometry import Grid, inside, nearest_cells

CELLS_AT_ONCE = 2**22
"""Values of fields encoded at a time: 16 MiB a tensor, whatever the heatmap's size."""

_PLACES_IN_A_PIXEL = 16
_PROBES = ((0.31, 0.43), (0.67, 0.59), (0.522, 0.287))
"""Places as shares of the crop, of no simple ratio to any grid, to see which channels are whose."""


@final
class TargetGroups:
    """Points that have the same target, and so cannot be told apart by any reader of it.

    The best that a reader can do in the mean of squares is the mean of the group: a target that is
    rounded to cells tells the cell, and its middle is the best guess; one that is drawn at the
    point itself tells the point. This project's choice:

    - Groups are found by encoding a fine lattice of places, 16 to a pixel, and comparing targets
      bit by bit, along each axis by itself while the other stands still: a target is taken to tell
      x apart from y, as that of every codec of this project does.
    - The points of a group are held to be equally likely.
    - A target that is rounded at random (`landmarks.codecs.RandomisedRounding`) has groups that
      overlap: each place is of the group that it was drawn into.

    Args:
        codec: Whose targets.

    >>> from landmarks.codecs import ContinuousHeatmap, IntegerHeatmap
    >>> from landmarks.geometry import Size
    >>> from landmarks.markups import MARKUP_19
    >>> point = torch.tensor([[40.3, 41.9]], dtype=torch.float64)
    >>> TargetGroups(IntegerHeatmap(MARKUP_19, Size(64, 64), 16)).means(point)
    tensor([[41.5000, 41.5000]], dtype=torch.float64)
    >>> TargetGroups(ContinuousHeatmap(MARKUP_19, Size(64, 64), 16)).means(point)
    tensor([[40.3000, 41.9000]], dtype=torch.float64)
    """

    def __init__(self, codec: Codec) -> None:
        self._crop_size = codec.crop_size
        self._lattice = Grid.split(codec.crop_size, _PLACES_IN_A_PIXEL)
        channels = _channels_of_points(codec)
        self._x = self._groups(codec, channels, axis=0)
        self._y = self._groups(codec, channels, axis=1)

    @property
    def exact(self) -> bool:
        """Whether the targets tell all places apart."""
        return bool(self._x.isnan().all() and self._y.isnan().all())

    def means(self, points: Float64[Tensor, "*batch 2"]) -> Float64[Tensor, "*batch 2"]:
        """The mean of each point's group, crop pixels; a point beyond the crop stays, as NaN does.

        Args:
            points: (..., 2) crop pixels.
        """
        there = inside(points, self._crop_size)
        flat = torch.where(there[..., None], points, 0.0).reshape(1, -1, 2)
        cells = nearest_cells(self._lattice.to_cells(flat), self._lattice.size).long()[0]
        found = torch.stack([self._x[cells[:, 0]], self._y[cells[:, 1]]], dim=-1)
        found = found.reshape(points.shape)
        return torch.where(there[..., None] & ~found.isnan(), found, points)

    def _groups(
        self, codec: Codec, channels: list[dict[str, Int64[Tensor, " c"]]] | None, axis: int
    ) -> Float64[Tensor, " L"]:
        """The group's mean for each place along an axis; NaN where the place is alone in it."""
        length = self._lattice.size[1 - axis]
        steps = torch.arange(length, dtype=torch.float64)
        places = self._lattice.to_crop(steps)
        numbers: dict[bytes, int] = {}
        group = np.array(
            [
                numbers.setdefault(target, len(numbers))
                for target in _targets(codec, channels, places, axis)
            ]
        )
        sizes = np.bincount(group)
        means = np.bincount(group, weights=places.numpy()) / sizes
        return torch.from_numpy(np.where(sizes > 1, means, np.nan)[group])


def field_values(codec: Codec) -> int:
    """Number of values that a network emits for a face."""
    return sum(spec.channels * spec.height * spec.width for spec in codec.fields.values())


def _channels_of_points(codec: Codec) -> list[dict[str, Int64[Tensor, " c"]]] | None:
    """The channels of each field that a point alone has a say in; None if some are shared.

    Each point is moved while the others stand still.
    """
    count = codec.markup.count
    size = torch.tensor([codec.crop_size.width, codec.crop_size.height])
    probes = torch.tensor(_PROBES) * size
    still = probes[0].expand(1, count, 2)
    base = codec.encode(still)
    owned: list[dict[str, list[Bool[Tensor, " C"]]]] = [
        {name: [] for name in base} for _ in range(count)
    ]
    at_once = max(1, CELLS_AT_ONCE // field_values(codec))
    for probe in probes[1:]:
        for points in torch.split(torch.arange(count), at_once):
            moved = still.repeat(len(points), 1, 1)
            moved[torch.arange(len(points)), points] = probe
            for name, field in codec.encode(moved).items():
                changed = (field != base[name]).flatten(2).any(dim=-1)
                for point, own in zip(points.tolist(), changed, strict=True):
                    owned[point][name].append(own)
    whose = {
        name: torch.stack([torch.stack(own[name]).any(dim=0) for own in owned]) for name in base
    }
    if any((claims.sum(dim=0) > 1).any() for claims in whose.values()):
        return None
    return [
        {name: claims[point].nonzero()[:, 0] for name, claims in whose.items()}
        for point in range(count)
    ]


def _targets(
    codec: Codec,
    channels: list[dict[str, Int64[Tensor, " c"]]] | None,
    places: Float64[Tensor, " L"],
    axis: int,
) -> list[bytes]:
    """A digest of the target at each place along an axis.

    Where each point has channels of its own, a face of K points shows K places at once.
    """
    count = codec.markup.count
    together = 1 if channels is None else count
    # Place after place down a column of faces, then on to the next point.
    faces = -(-len(places) // together)
    padded = places[torch.arange(faces * together).clamp(max=len(places) - 1)]
    along = padded.view(together, faces).mT.expand(faces, count)
    still = _PROBES[0][1 - axis] * codec.crop_size[axis]
    points = torch.full((faces, count, 2), still, dtype=torch.float64)
    points[..., axis] = along
    digests: list[list[bytes]] = [[] for _ in range(together)]
    for part in torch.split(points.float(), max(1, CELLS_AT_ONCE // field_values(codec))):
        fields = {name: field.numpy() for name, field in codec.encode(part).items()}
        for point in range(together):
            for face in range(len(part)):
                digests[point].append(
                    _digest(fields, face, None if channels is None else channels[point])
                )
    return [digest for own in digests for digest in own][: len(places)]


def _digest(
    fields: dict[str, np.ndarray], face: int, channels: dict[str, Int64[Tensor, " c"]] | None
) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for name, field in fields.items():
        own = field[face] if channels is None else field[face, channels[name].numpy()]
        digest.update(np.ascontiguousarray(own + 0.0).tobytes())
    return digest.digest()
