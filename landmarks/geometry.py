"""Pixels, grids and affines: the only file that contains a half pixel.

The convention, everywhere in this project:

- A point is ``(x, y)`` in floating-point pixels; an integer is the *centre* of a pixel, so an
  image of width W covers ``[-0.5, W - 0.5]``.
- A size is ``(height, width)``.
- A mirrored picture has ``x -> W - 1 - x``.
- Resizing is area-true, what PyTorch calls ``align_corners=False``.

There are three spaces, named in every variable: ``points_photo`` (pixels of the photo as it lies on
the disk), ``points_crop`` (pixels of the network's input) and ``cells`` (cells of a heatmap). An
affine is a 2×3 matrix named by what it does: ``photo_from_crop`` takes crop points to photo points.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

FIRST_EDGE = -0.5
"""Where a picture or a map begins: the outer edge of pixel 0, whose centre is 0."""


class Size(NamedTuple):
    """Height and width in pixels or cells."""

    height: int
    width: int


@dataclass(frozen=True)
class Grid:
    """A lattice of heatmap cells laid over a crop: cell ``i`` lies at ``origin + stride * i``.

    A published pixel convention is a grid, never a code path. Use one of these constructors:

    - `centred` (the default everywhere): each cell is the mean of the crop pixels it covers.
    - `stride_only`: ``cell = pixel / stride``, what many projects do. A mirrored map then decodes
      ``stride - 1`` pixels off, which they patch by shifting the map.
    - `corners`: the first and last cells lie on the first and last pixels (UDP, Huang et al. 2020,
      https://arxiv.org/abs/1911.07524, section 3.2).
    - `split`: bins finer than the crop; as `centred`, it tiles the crop.
    - `within_cell`: bins that tile one cell.

    Attributes:
        height: Number of cells down.
        width: Number of cells across.
        stride: Crop pixels from one cell to the next.
        origin: Crop pixels from the centre of pixel 0 to the centre of cell 0.

    >>> grid = Grid.centred(Size(256, 256), 64)
    >>> grid.stride, grid.origin
    (4.0, 1.5)
    >>> grid.to_cells(torch.tensor([1.5, 5.5]))
    tensor([0., 1.])
    """

    height: int
    width: int
    stride: float
    origin: float

    @classmethod
    def centred(cls, crop_size: Size, height: int) -> "Grid":
        """The grid whose cells tile the crop.

        Args:
            crop_size: Size of the crop in pixels.
            height: Number of cells down; the width follows from the crop's shape.

        Raises:
            ValueError: If the grid is finer than the crop, or does not tile its width.
        """
        stride, width = _tiling(crop_size, height)
        return cls(height, width, stride, (stride - 1) / 2)

    @classmethod
    def stride_only(cls, crop_size: Size, height: int) -> "Grid":
        """The grid of ``cell = pixel / stride``; arguments and errors as for `centred`."""
        stride, width = _tiling(crop_size, height)
        return cls(height, width, stride, 0.0)

    @classmethod
    def corners(cls, crop_size: Size, height: int) -> "Grid":
        """The grid whose outer cells lie on the outer pixels; arguments and errors as `centred`."""
        _, width = _tiling(crop_size, height)
        if height < 2 or (crop_size.height - 1) * (width - 1) != (crop_size.width - 1) * (
            height - 1
        ):
            raise ValueError(
                f"a corner grid of {height} × {width} cells has unequal strides over a crop of "
                f"{crop_size.height} × {crop_size.width} px; use a square crop"
            )
        return cls(height, width, (crop_size.height - 1) / (height - 1), 0.0)

    @classmethod
    def within_cell(cls, bins: int) -> "Grid":
        """Bins that tile a single cell, counted from its centre: "pixels" here are cells.

        >>> Grid.within_cell(4).to_crop(torch.tensor([0.0, 3.0]))
        tensor([-0.3750,  0.3750])
        """
        return cls(bins, bins, 1 / bins, (1 / bins - 1) / 2)

    @classmethod
    def split(cls, crop_size: Size, factor: float) -> "Grid":
        """Bins that tile the crop, ``factor`` of them along a pixel: finer than the crop above 1.

        Args:
            crop_size: Size of the crop in pixels.
            factor: Number of bins along a pixel; it need not be whole, the number of bins must.

        Raises:
            ValueError: If the factor is not positive, or the bins do not tile the crop.

        >>> grid = Grid.split(Size(256, 256), 2)
        >>> grid.size, grid.to_crop(torch.tensor([0.0, 1.0, 2.0]))
        (Size(height=512, width=512), tensor([-0.2500,  0.2500,  0.7500]))
        """
        if not (factor > 0 and math.isfinite(factor)):
            raise ValueError(f"the splitting factor {factor} must be larger than 0")
        height, width = (round(length * factor) for length in crop_size)
        if min(height, width) < 1 or not all(
            math.isclose(length * factor, bins, abs_tol=1e-9)
            for length, bins in zip(crop_size, (height, width), strict=True)
        ):
            raise ValueError(
                f"a crop of {crop_size.height} × {crop_size.width} px split {factor:g} times makes "
                f"{crop_size.height * factor:g} × {crop_size.width * factor:g} bins; choose a "
                "factor that makes whole numbers"
            )
        return cls(height, width, 1 / factor, (1 / factor - 1) / 2)

    @property
    def size(self) -> Size:
        """Height and width in cells."""
        return Size(self.height, self.width)

    def to_cells(self, points_crop: Float[Tensor, "... 2"] | Tensor) -> Tensor:
        """Crop pixels to cells, of any shape."""
        return (points_crop - self.origin) / self.stride

    def to_crop(self, cells: Float[Tensor, "... 2"] | Tensor) -> Tensor:
        """Cells to crop pixels, of any shape."""
        return cells * self.stride + self.origin

    def cells_from_crop(
        self, affine_crop: Float[Tensor, "*batch 2 3"]
    ) -> Float[Tensor, "*batch 2 3"]:
        """The affine in cells that does to a map what ``affine_crop`` does to the crop, in pixels.

        >>> grid = Grid.centred(Size(8, 8), 2)
        >>> shift = torch.tensor([[1.0, 0.0, 4.0], [0.0, 1.0, 0.0]])
        >>> grid.cells_from_crop(shift)
        tensor([[1., 0., 1.],
                [0., 1., 0.]])
        """
        linear, offset = affine_crop[..., :2], affine_crop[..., 2]
        origin = offset.new_full((2,), self.origin)
        moved = (linear @ origin) + offset - origin
        return torch.cat([linear, (moved / self.stride)[..., None]], dim=-1)


def _tiling(crop_size: Size, height: int) -> tuple[float, int]:
    if height < 1 or height > crop_size.height:
        raise ValueError(
            f"a heatmap of {height} cells does not fit a crop of {crop_size.height} × "
            f"{crop_size.width} px; choose a heatmap size from 1 to {crop_size.height}"
        )
    stride = crop_size.height / height
    width = crop_size.width / stride
    if not math.isclose(width, round(width), abs_tol=1e-9):
        raise ValueError(
            f"{height} cells down a crop of {crop_size.height} × {crop_size.width} px make "
            f"{width:.3f} cells across; choose sizes with a whole number of both"
        )
    return stride, round(width)


def apply_affine(
    affine: Float[Tensor, "*batch 2 3"], points: Float[Tensor, "*batch K 2"]
) -> Float[Tensor, "*batch K 2"]:
    """Moves points: ``linear @ point + offset``; the name of ``affine`` tells from where to where.

    >>> apply_affine(torch.tensor([[2.0, 0.0, 1.0], [0.0, 2.0, 0.0]]), torch.tensor([[3.0, 4.0]]))
    tensor([[7., 8.]])
    """
    return points @ affine[..., :2].mT + affine[..., None, :, 2]


def apply_affine_to_covariance(
    affine: Float[Tensor, "*batch 2 3"], covariance: Float[Tensor, "*batch K 2 2"]
) -> Float[Tensor, "*batch K 2 2"]:
    """Covariances of moved points: ``linear @ covariance @ linear.T``, in square target pixels.

    >>> quarter_turn = torch.tensor([[0.0, -2.0, 5.0], [2.0, 0.0, 5.0]])
    >>> apply_affine_to_covariance(quarter_turn, torch.diag(torch.tensor([9.0, 1.0]))[None])
    tensor([[[ 4.,  0.],
             [ 0., 36.]]])
    """
    linear = affine[..., None, :, :2]
    return linear @ covariance @ linear.mT


def compose_affine(
    outer: Float[Tensor, "*batch 2 3"], inner: Float[Tensor, "*batch 2 3"]
) -> Float[Tensor, "*batch 2 3"]:
    """The affine that does ``inner`` first, then ``outer``: ``c_from_b ∘ b_from_a = c_from_a``."""
    linear = outer[..., :2] @ inner[..., :2]
    offset = outer[..., :2] @ inner[..., 2:] + outer[..., 2:]
    return torch.cat([linear, offset], dim=-1)


def invert_affine(affine: Float[Tensor, "*batch 2 3"]) -> Float[Tensor, "*batch 2 3"]:
    """The affine that undoes ``affine``.

    Raises:
        torch.linalg.LinAlgError: If the affine flattens the plane.

    >>> shift = torch.tensor([[2.0, 0.0, 6.0], [0.0, 2.0, 0.0]])
    >>> compose_affine(invert_affine(shift), shift)
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    linear = torch.linalg.inv(affine[..., :2])
    return torch.cat([linear, -linear @ affine[..., 2:]], dim=-1)


def is_mirrored(affine: Float[Tensor, "*batch 2 3"]) -> Bool[Tensor, "*batch"]:
    """Whether an affine turns a left side into a right side: its determinant is negative."""
    return torch.det(affine[..., :2]) < 0


def flip_affine(width: int, dtype: torch.dtype = torch.float32) -> Float[Tensor, "2 3"]:
    """The affine of a mirrored crop, ``x -> width - 1 - x``; it is its own inverse.

    >>> apply_affine(flip_affine(10), torch.tensor([[0.0, 5.0]]))
    tensor([[9., 5.]])
    """
    return torch.tensor([[-1.0, 0.0, width - 1.0], [0.0, 1.0, 0.0]], dtype=dtype)


def photo_from_crop_affine(
    centre: tuple[float, float],
    side: float,
    crop_size: Size,
    rotation: float = 0.0,
    mirrored: bool = False,
) -> Float[Tensor, "2 3"]:
    """The similarity that places a crop on a photo.

    The crop covers a window of the photo ``side`` pixels high round ``centre``; the window's middle
    is the crop's middle.

    Args:
        centre: Middle of the window, ``(x, y)`` in photo pixels.
        side: Height of the window in photo pixels.
        crop_size: Size of the crop in pixels.
        rotation: Turns the window by this many degrees, clockwise as seen on the screen; the face
            in the crop then turns the other way.
        mirrored: Whether the crop shows the window mirrored left to right.

    Returns:
        ``photo_from_crop``, in float64.

    Raises:
        ValueError: If the window has no area.

    >>> affine = photo_from_crop_affine((50.0, 50.0), 20.0, Size(10, 10))
    >>> apply_affine(affine, torch.tensor([[4.5, 4.5], [-0.5, -0.5]], dtype=torch.float64))
    tensor([[50., 50.],
            [40., 40.]], dtype=torch.float64)
    """
    if not (side > 0 and math.isfinite(side)):
        raise ValueError(f"the crop's window is {side} px high; it must be larger than 0")
    scale = side / crop_size.height
    cos = scale * math.cos(math.radians(rotation))
    sin = scale * math.sin(math.radians(rotation))
    linear = torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)
    if mirrored:
        linear = linear @ torch.diag(torch.tensor([-1.0, 1.0], dtype=torch.float64))
    middle = torch.tensor(
        [(crop_size.width - 1) / 2, (crop_size.height - 1) / 2], dtype=torch.float64
    )
    offset = torch.tensor(centre, dtype=torch.float64) - linear @ middle
    return torch.cat([linear, offset[:, None]], dim=1)


def shrink_affine(factor: int) -> Float[Tensor, "2 3"]:
    """``large_from_small`` of a picture shrunk by a whole factor, each pixel the mean of a block.

    >>> apply_affine(shrink_affine(2), torch.tensor([[0.0, 1.0]], dtype=torch.float64))
    tensor([[0.5000, 2.5000]], dtype=torch.float64)
    """
    offset = (factor - 1) / 2
    return torch.tensor([[factor, 0.0, offset], [0.0, factor, offset]], dtype=torch.float64)


def inside(points: Float[Tensor, "*batch 2"], size: Size) -> Bool[Tensor, "*batch"]:
    """Whether each point lies on the picture, the outer half pixels included; NaN does not."""
    limits = points.new_tensor([size.width - 0.5, size.height - 0.5])
    return ((points >= -0.5) & (points <= limits)).all(dim=-1)


def kept_inside(points: Float[Tensor, "*batch 2"], size: Size) -> Float[Tensor, "*batch 2"]:
    """Points moved to the picture's nearest edge where they lie beyond it.

    >>> kept_inside(torch.tensor([[-3.0, 1.0], [2.0, 9.0]]), Size(4, 4))
    tensor([[-0.5000,  1.0000],
            [ 2.0000,  3.5000]])
    """
    last = points.new_tensor([size.width + FIRST_EDGE, size.height + FIRST_EDGE])
    return points.clamp(min=torch.full_like(last, FIRST_EDGE), max=last)


def to_unit(points: Float[Tensor, "*batch 2"], size: Size) -> Float[Tensor, "*batch 2"]:
    """Pixels to a square from -1 to 1 between the outer edges of the picture's outer pixels.

    ``(2 x + 1) / W - 1``, the "normalised units" of DSNT (Nibali et al. 2018,
    https://arxiv.org/abs/1801.07372; its code, https://github.com/anibali/dsntnn).

    >>> to_unit(torch.tensor([[-0.5, 1.5], [9.5, 3.5]]), Size(4, 10))
    tensor([[-1.,  0.],
            [ 1.,  1.]])
    """
    return (2 * points + 1) / points.new_tensor([size.width, size.height]) - 1


def from_unit(points: Float[Tensor, "*batch 2"], size: Size) -> Float[Tensor, "*batch 2"]:
    """Pixels of places in a square from -1 to 1; undoes `to_unit`.

    >>> from_unit(torch.tensor([[-1.0, 0.0], [1.0, 1.0]]), Size(4, 10))
    tensor([[-0.5000,  1.5000],
            [ 9.5000,  3.5000]])
    """
    return ((points + 1) * points.new_tensor([size.width, size.height]) - 1) / 2


def outer_corners(size: Size) -> Float[Tensor, "4 2"]:
    """The outer corners of a picture's outer pixels, in float64."""
    left, top, right, bottom = FIRST_EDGE, FIRST_EDGE, size.width - 0.5, size.height - 0.5
    return torch.tensor(
        [[left, top], [right, top], [left, bottom], [right, bottom]], dtype=torch.float64
    )


def nearest_cells(cells: Float[Tensor, "B K 2"], size: Size) -> Float[Tensor, "B K 2"]:
    """The centre of the cell that each point lies in; NaN stays NaN.

    A point on the edge between two cells goes to the one nearer the map's middle. Always going the
    same way would move such points by half a cell on average, and differently in a mirrored crop.
    A point beyond the map gets the nearest cell on its border; such points carry no weight.
    """
    last = cells.new_tensor([size.width - 1, size.height - 1])
    return nearest_whole(cells, last / 2).clamp(min=torch.zeros_like(last), max=last)


def nearest_whole(
    values: Float[Tensor, "*batch 2"], middle: Float[Tensor, "*#batch 2"]
) -> Float[Tensor, "*batch 2"]:
    """Rounds; a half goes towards the middle.

    >>> nearest_whole(torch.tensor([[0.5, 2.5]]), torch.tensor([1.5, 1.5]))
    tensor([[1., 2.]])
    """
    return torch.where(values < middle, (values + 0.5).floor(), (values - 0.5).ceil())


def warp_maps(
    maps: Float[Tensor, "B C h w"], warped_from_maps: Float[Tensor, "B 2 3"]
) -> Float[Tensor, "B C h w"]:
    """Resamples maps bilinearly under an affine in cells; what comes from outside is zero.

    Differentiable in ``maps``. Up to a border of one cell, ``warp_maps`` by an affine moves a blob
    at ``p`` to ``apply_affine(warped_from_maps, p)``.

    >>> maps = torch.zeros(1, 1, 1, 4)
    >>> maps[..., 1] = 1
    >>> right = torch.tensor([[[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]])
    >>> warp_maps(maps, right)
    tensor([[[[0., 0., 1., 0.]]]])
    """
    batch, _, height, width = maps.shape
    maps_from_warped = invert_affine(warped_from_maps.double())
    ys, xs = torch.meshgrid(
        torch.arange(height, dtype=torch.float64, device=maps.device),
        torch.arange(width, dtype=torch.float64, device=maps.device),
        indexing="ij",
    )
    cells = torch.stack([xs, ys], dim=-1).reshape(1, -1, 2).expand(batch, -1, -1)
    sources = apply_affine(maps_from_warped, cells)
    # grid_sample measures from -1 to 1 between the outer edges of the outer cells.
    extent = sources.new_tensor([width, height])
    grid = ((2 * sources + 1) / extent - 1).reshape(batch, height, width, 2)
    return functional.grid_sample(
        maps, grid.to(maps.dtype), mode="bilinear", padding_mode="zeros", align_corners=False
    )
