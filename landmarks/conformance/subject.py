"""A codec under test, and what it is tested with; only the contract of `Codec` is relied on."""

from collections.abc import Callable, Iterator
from functools import cached_property

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from landmarks.batch import Fields
from landmarks.codecs.base import Codec
from landmarks.geometry import Size, apply_affine, flip_affine, outer_corners

NAN = float("nan")

UNREPEATED = "encode does not repeat itself"
"""Why a check that encodes twice says nothing; another check names the defect."""

_POINTS_AT_ONCE = 320
"""Bounds the memory of a sweep; no result depends on it."""

Change = Callable[[Fields], Fields]
"""What may happen to outputs between encoding and decoding."""


class Subject:
    """A codec under test.

    All points are drawn on the CPU from fixed seeds, so that a check finds the same every time.

    Args:
        build: Builds the codec; called more than once.
        device: Where the codec and all that it is given lie.

    Attributes:
        codec: The codec.
        size: The crop's size.
        count: Number of points of a face.
    """

    def __init__(self, build: Callable[[], Codec], device: torch.device | str = "cpu") -> None:
        self.build = build
        self.device = torch.device(device)
        self.codec = build().to(self.device)
        self.size: Size = self.codec.crop_size
        self.count = self.codec.markup.count

    # What the fields tell of the codec's grid.

    @cached_property
    def cells(self) -> tuple[float, ...]:
        """Widths of the fields' cells in crop pixels, finest first; none where no field is a map.

        A field's cells are taken to tile the crop. Cells finer than a pixel count as a pixel.
        """
        height, width = self.size
        found = {
            max(1.0, length / cells)
            for spec in self.codec.fields.values()
            for length, cells in ((height, spec.height), (width, spec.width))
            if cells > 1
        }
        return tuple(sorted(found))

    @property
    def cell(self) -> float:
        """Width of the finest cell in crop pixels; an eighth of the crop where there is no map."""
        return min([*self.cells[:1], min(self.size) / 8])

    @property
    def has_maps(self) -> bool:
        """Whether a field has cells along both axes."""
        return any(spec.height > 1 and spec.width > 1 for spec in self.codec.fields.values())

    @cached_property
    def middle(self) -> Float[Tensor, " 2"]:
        """The middle of the crop."""
        return outer_corners(self.size).float().mean(dim=0)

    # Points.

    def phases(self, count: int = 16) -> list[Float[Tensor, "N 2"]]:
        """Sweeps of ``count`` × ``count`` sub-pixel phases, one for each width of cell.

        Each covers a cell and is symmetric round the crop's middle. So a codec that treats left and
        right alike has no mean error over it, even where its cells do not quite tile the crop, as
        those of a corner grid.
        """
        most = min(self.size) / 8
        widths = [width for width in self.cells if width <= most] or [self.cell]
        steps = (torch.arange(count) - (count - 1) / 2) / count
        return [
            product(self.middle[0] + width * steps, self.middle[1] + width * steps)
            for width in widths
        ]

    @cached_property
    def interior(self) -> Float[Tensor, " 2"]:
        """How far to either side of the middle windows of 9 cells lie on the map, in whole cells.

        Half a cell where that is not one cell.
        """
        half = torch.tensor([self.size.width, self.size.height]) / 2
        return (half / self.cell - 9).floor().clamp(min=0.5) * self.cell

    def interior_points(self, count: int, seed: int = 0) -> Float[Tensor, "N 2"]:
        """Random points whose decoding windows are likely to lie on the map whole."""
        return self.middle + (2 * _uniform(count, 2, seed=seed) - 1) * self.interior

    def border_points(self, count: int = 401) -> Float[Tensor, "N 2"]:
        """A dense sweep along the crop's edges and within its outer cells, corners included."""
        corners = outer_corners(self.size).float()
        left, top = corners[0]
        right, bottom = corners[-1]
        across = torch.linspace(float(left), float(right), count)
        down = torch.linspace(float(top), float(bottom), count)
        deep = 4 * self.cell * _uniform(count, seed=0)
        corner = 4 * self.cell * _uniform(count, 2, seed=1)
        return torch.cat(
            [
                torch.stack([across, top + deep], dim=1),
                torch.stack([across, bottom - deep], dim=1),
                torch.stack([left + deep, down], dim=1),
                torch.stack([right - deep, down], dim=1),
                corners[0] + corner,
                corners[3] - corner,
                corners,
            ]
        )

    def faces(self, count: int, seed: int = 0) -> Float[Tensor, "B K 2"]:
        """Faces of random points, anywhere on the crop."""
        corners = outer_corners(self.size).float()
        extent = corners[-1] - corners[0]
        drawn = _uniform(count, self.count, 2, seed=seed)
        return (corners[0] + drawn * extent).to(self.device)

    def faces_of(self, points: Float[Tensor, "N 2"]) -> Float[Tensor, "B K 2"]:
        """Any number of points as faces; the last face is filled with the first point."""
        missing = -len(points) % self.count
        filled = torch.cat([points, points[:1].expand(missing, 2)])
        return filled.reshape(-1, self.count, 2).to(self.device)

    def mirrored(self, points: Float[Tensor, "B K 2"]) -> Float[Tensor, "B K 2"]:
        """The points of the mirrored faces."""
        affine = flip_affine(self.size.width, points.dtype).to(points.device)
        moved = apply_affine(affine.expand(len(points), 2, 3), points)
        return moved[:, list(self.codec.markup.mirror)]

    # Fields.

    def encode(self, points: Float[Tensor, "B K 2"]) -> Fields:
        """Targets, as a dictionary of their own."""
        with torch.no_grad():
            return dict(self.codec.encode(points))

    def noise(
        self, faces: int, seed: int = 0, dtype: torch.dtype = torch.float32, scale: float = 1.0
    ) -> Fields:
        """What an untrained network might emit."""
        generator = torch.Generator().manual_seed(seed)
        return {
            name: (scale * torch.randn(faces, *spec, generator=generator, dtype=torch.float32)).to(
                self.device, dtype
            )
            for name, spec in self.codec.fields.items()
        }

    def learnt(self, points: Float[Tensor, "B K 2"], level: float = 0.01) -> Fields:
        """What a trained network might emit: targets and a little noise.

        The noise sees to it that no two cells are equal, and rounding cannot choose between them.
        """
        targets = self.encode(points)
        noise = self.noise(len(points))
        return {name: target + level * noise[name] for name, target in targets.items()}

    def odd_outputs(self) -> Iterator[tuple[str, Fields]]:
        """What a network may well emit, by name: flat, empty, tied, negative, huge."""
        base = self.noise(2)
        yield "zeros", {name: torch.zeros_like(field) for name, field in base.items()}
        yield "a constant of -3", {name: torch.full_like(f, -3.0) for name, f in base.items()}
        yield "a constant of 0.7", {name: torch.full_like(f, 0.7) for name, f in base.items()}
        yield "signs of noise", {name: field.sign() for name, field in base.items()}
        yield "negative noise", {name: -field.abs() for name, field in base.items()}
        yield "noise × 1e30", {name: field * 1e30 for name, field in base.items()}
        yield "noise × 1e-30", {name: field * 1e-30 for name, field in base.items()}
        for seed in range(4):
            yield f"noise of seed {seed}", self.noise(8, seed)

    @cached_property
    def repeats_targets(self) -> bool:
        """Whether encoding the same points twice gives the same targets."""
        points = self.faces(2)
        once, again = self.encode(points), self.encode(points)
        return all(torch.equal(once[name], again[name]) for name in once)

    @cached_property
    def scatters_targets(self) -> bool:
        """Whether targets look drawn at random, as those of randomised rounding do.

        Points that lie closer together than can matter are then decoded far apart, and not only
        the few that an edge between cells parts.
        """
        points = self.interior_points(200)
        near = points + 1e-3 * self.cell
        apart = torch.linalg.vector_norm(self.round_trip(near) - self.round_trip(points), dim=-1)
        return float((apart > self.cell / 4).float().mean()) > 0.1

    @cached_property
    def channels_of_points(self) -> dict[str, Bool[Tensor, "K C"]]:
        """Which channels of each field tell of which point.

        Found by encoding each point with all others missing: a channel tells of the points that
        change it.
        """
        faces = torch.full((self.count + 1, self.count, 2), NAN)
        for point in range(self.count):
            faces[point, point] = self.middle + self.cell * torch.tensor([0.3, 0.2])
        return {
            name: (target[:-1] != target[-1]).flatten(2).any(dim=-1)
            for name, target in self.encode(faces.to(self.device)).items()
        }

    def channels_without(self, there: Bool[Tensor, "B K"]) -> dict[str, Bool[Tensor, "B C"]]:
        """Each field's channels that tell of missing points only."""
        found = {}
        for name, channels in self.channels_of_points.items():
            missing = (~there).float() @ channels.float() > 0
            present = there.float() @ channels.float() > 0
            found[name] = missing & ~present
        return found

    def decode_points(self, outputs: Fields) -> Float[Tensor, "B K 2"]:
        """The points of outputs."""
        with torch.no_grad():
            points: Tensor = self.codec.decode(outputs).points
        return points

    def round_trip(
        self, points: Float[Tensor, "N 2"], change: Change | None = None
    ) -> Float[Tensor, "N 2"]:
        """Points encoded and decoded, in any number; ``change`` happens in between."""
        faces_at_once = max(1, _POINTS_AT_ONCE // self.count)
        parts = []
        for faces in torch.split(self.faces_of(points), faces_at_once):
            outputs = self.encode(faces)
            outputs = change(outputs) if change else outputs
            parts.append(self.decode_points(outputs).reshape(-1, 2).cpu())
        return torch.cat(parts)[: len(points)]


def product(columns: Float[Tensor, " W"], rows: Float[Tensor, " H"]) -> Float[Tensor, "N 2"]:
    """Every pair of a column and a row, as ``(x, y)``.

    >>> product(torch.tensor([0.0, 1.0]), torch.tensor([5.0]))
    tensor([[0., 5.],
            [1., 5.]])
    """
    ys, xs = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([xs, ys], dim=-1).reshape(-1, 2)


def _uniform(*shape: int, seed: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))
