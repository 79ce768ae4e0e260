import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.geometry import (
    Grid,
    Size,
    apply_affine,
    apply_affine_to_covariance,
    compose_affine,
    flip_affine,
    from_unit,
    inside,
    invert_affine,
    is_mirrored,
    photo_from_crop_affine,
    shrink_affine,
    to_unit,
    warp_maps,
)

CONSTRUCTORS = [Grid.centred, Grid.stride_only, Grid.corners]
quick = settings(deadline=None, max_examples=50)
places = st.floats(-500, 500)


def similarity(angle, scale, x, y, mirrored=False):
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]]) @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    return torch.tensor(np.column_stack([linear, [x, y]]))


similarities = st.builds(
    similarity,
    st.floats(-math.pi, math.pi),
    st.floats(0.2, 5),
    places,
    places,
    st.booleans(),
)
some_points = st.lists(st.tuples(places, places), min_size=1, max_size=5).map(
    lambda pairs: torch.tensor(pairs, dtype=torch.float64)
)


@quick
@given(
    constructor=st.sampled_from(CONSTRUCTORS),
    height=st.integers(2, 128),
    ratio=st.integers(1, 8),
    points=some_points,
)
def test_cells_and_pixels_undo_each_other(constructor, height, ratio, points):
    grid = constructor(Size(height * ratio, height * ratio), height)
    assert grid.size == Size(height, height)
    torch.testing.assert_close(grid.to_crop(grid.to_cells(points)), points)
    torch.testing.assert_close(grid.to_cells(grid.to_crop(points)), points)


@pytest.mark.parametrize(("crop", "cells"), [(256, 64), (128, 32), (96, 96), (256, 48)])
def test_a_centred_cell_is_the_mean_of_its_pixels(crop, cells):
    grid = Grid.centred(Size(crop, crop), cells)
    edges = np.arange(cells + 1) * crop / cells - 0.5
    centres = torch.tensor((edges[1:] + edges[:-1]) / 2)
    torch.testing.assert_close(grid.to_crop(torch.arange(cells, dtype=torch.float64)), centres)
    # The outer edges of the outer cells are those of the outer pixels.
    assert grid.to_crop(torch.tensor(-0.5)) == pytest.approx(-0.5)
    assert grid.to_crop(torch.tensor(cells - 0.5)) == pytest.approx(crop - 0.5, abs=1e-4)


def test_a_stride_only_grid_starts_on_the_first_pixel():
    grid = Grid.stride_only(Size(256, 256), 64)
    assert (grid.stride, grid.origin) == (4, 0)
    # What other projects patch by shifting the map: a mirrored map decodes stride - 1 pixels off.
    mirrored = grid.to_crop(63 - grid.to_cells(torch.tensor(100.0)))
    assert mirrored - (255 - 100) == -3


def test_a_corner_grid_spans_the_outer_pixels():
    grid = Grid.corners(Size(256, 256), 64)
    assert grid.to_crop(torch.tensor([0.0, 63.0])).tolist() == pytest.approx([0, 255])


@pytest.mark.parametrize("constructor", [Grid.centred, Grid.corners])
@pytest.mark.parametrize("cells", [2, 7, 64])
def test_a_mirrored_grid_is_the_grid_of_the_mirrored_crop(constructor, cells):
    grid = constructor(Size(cells * 4, cells * 4), cells)
    centres = grid.to_crop(torch.arange(cells, dtype=torch.float64))
    torch.testing.assert_close(cells * 4 - 1 - centres.flip(0), centres)


@pytest.mark.parametrize("factor", [1, 1.5, 2, 3, 0.25])
def test_split_pixels_tile_the_crop(factor):
    grid = Grid.split(Size(16, 8), factor)
    assert grid.size == Size(int(16 * factor), int(8 * factor))
    centres = grid.to_crop(torch.arange(grid.width, dtype=torch.float64))
    torch.testing.assert_close(centres[0] - grid.stride / 2, torch.tensor(-0.5).double())
    torch.testing.assert_close(centres[-1] + grid.stride / 2, torch.tensor(7.5).double())
    torch.testing.assert_close(8 - 1 - centres.flip(0), centres)
    assert Grid.split(Size(16, 8), 0.25) == Grid.centred(Size(16, 8), 4)


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (0, "larger than 0"),
        (-1.0, "larger than 0"),
        (math.nan, "larger"),
        (1.3, "10.4 × 10.4 bins"),
    ],
)
def test_a_split_without_whole_bins_is_refused(factor, words):
    with pytest.raises(ValueError, match=words):
        Grid.split(Size(8, 8), factor)


@quick
@given(height=st.integers(1, 500), width=st.integers(1, 500), points=some_points)
def test_unit_places_count_from_the_outer_edges(height, width, points):
    size = Size(height, width)
    places = to_unit(points, size)
    torch.testing.assert_close(from_unit(places, size), points, atol=1e-9, rtol=1e-9)
    assert torch.equal(inside(points, size), (places.abs() <= 1).all(dim=-1))
    mirrored = to_unit(apply_affine(flip_affine(width, torch.float64), points), size)
    torch.testing.assert_close(mirrored[..., 0], -places[..., 0], atol=1e-9, rtol=1e-9)


def test_grids_of_crops_that_are_not_square():
    assert Grid.centred(Size(128, 256), 32).size == Size(32, 64)
    assert Grid.centred(Size(256, 64), 64).size == Size(64, 16)


@pytest.mark.parametrize(
    ("constructor", "crop_size", "height", "words"),
    [
        (Grid.centred, Size(64, 64), 65, "65 cells does not fit a crop of 64 × 64"),
        (Grid.centred, Size(64, 64), 0, "choose a heatmap size from 1 to 64"),
        (Grid.stride_only, Size(64, 30), 16, "7.500 cells across"),
        (Grid.corners, Size(64, 128), 16, "use a square crop"),
        (Grid.corners, Size(64, 64), 1, "unequal strides"),
    ],
)
def test_a_grid_that_does_not_fit_is_refused(constructor, crop_size, height, words):
    with pytest.raises(ValueError, match=words):
        constructor(crop_size, height)


@quick
@given(constructor=st.sampled_from(CONSTRUCTORS), affine=similarities, points=some_points)
def test_an_affine_in_cells_does_what_it_does_in_pixels(constructor, affine, points):
    grid = constructor(Size(256, 256), 64)
    moved = grid.to_cells(apply_affine(affine, points))
    torch.testing.assert_close(
        apply_affine(grid.cells_from_crop(affine), grid.to_cells(points)), moved
    )


@quick
@given(first=similarities, second=similarities, third=similarities, points=some_points)
def test_affines_compose_and_invert(first, second, third, points):
    both = compose_affine(second, first)
    tolerance = {"rtol": 1e-9, "atol": 1e-6}
    torch.testing.assert_close(
        apply_affine(both, points), apply_affine(second, apply_affine(first, points)), **tolerance
    )
    torch.testing.assert_close(
        compose_affine(third, both),
        compose_affine(compose_affine(third, second), first),
        **tolerance,
    )
    torch.testing.assert_close(
        apply_affine(invert_affine(first), apply_affine(first, points)), points, **tolerance
    )
    torch.testing.assert_close(
        invert_affine(both),
        compose_affine(invert_affine(first), invert_affine(second)),
        **tolerance,
    )
    assert is_mirrored(both) == (is_mirrored(first) != is_mirrored(second))


def test_affines_work_by_the_batch():
    affines = torch.stack([similarity(0.1 * i, 1 + i, i, -i, i % 2 == 1) for i in range(4)])
    points = torch.arange(24, dtype=torch.float64).reshape(4, 3, 2)
    moved = apply_affine(affines, points)
    for i in range(4):
        for k in range(3):
            expected = affines[i, :, :2].numpy() @ points[i, k].numpy() + affines[i, :, 2].numpy()
            np.testing.assert_allclose(moved[i, k], expected)
    assert is_mirrored(affines).tolist() == [False, True, False, True]


def test_an_affine_that_flattens_cannot_be_undone():
    with pytest.raises(torch.linalg.LinAlgError):
        invert_affine(torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]]))


@pytest.mark.parametrize("width", [1, 2, 7, 256])
def test_a_flip_moves_points_as_it_moves_pixels(width):
    flip = flip_affine(width, torch.float64)
    columns = torch.arange(width, dtype=torch.float64)
    points = torch.stack([columns, torch.full_like(columns, 3)], dim=1)
    assert torch.equal(apply_affine(flip, points)[:, 0], columns.flip(0))
    assert torch.equal(apply_affine(flip, points)[:, 1], points[:, 1])
    assert torch.equal(compose_affine(flip, flip), torch.eye(2, 3, dtype=torch.float64))
    assert is_mirrored(flip)


@quick
@given(
    x=places,
    y=places,
    side=st.floats(1, 1000),
    height=st.integers(1, 300),
    width=st.integers(1, 300),
    rotation=st.floats(-180, 180),
    mirrored=st.booleans(),
)
def test_a_crop_lies_where_it_is_placed(x, y, side, height, width, rotation, mirrored):
    affine = photo_from_crop_affine((x, y), side, Size(height, width), rotation, mirrored)
    assert affine.dtype == torch.float64
    middle = torch.tensor([[(width - 1) / 2, (height - 1) / 2]], dtype=torch.float64)
    torch.testing.assert_close(
        apply_affine(affine, middle), torch.tensor([[x, y]], dtype=torch.float64), atol=1e-8, rtol=0
    )
    # The middles of the crop's upper and left edges, seen from the window's middle.
    top = torch.tensor([[(width - 1) / 2, -0.5]], dtype=torch.float64)
    left = torch.tensor([[-0.5, (height - 1) / 2]], dtype=torch.float64)
    angle = math.radians(rotation)
    upwards = np.array([math.sin(angle), -math.cos(angle)])
    leftwards = np.array([-math.cos(angle), -math.sin(angle)]) * (-1 if mirrored else 1)
    np.testing.assert_allclose(
        apply_affine(affine, top)[0].numpy() - (x, y), side / 2 * upwards, atol=1e-7
    )
    np.testing.assert_allclose(
        apply_affine(affine, left)[0].numpy() - (x, y),
        side / 2 * width / height * leftwards,
        atol=1e-7 * (1 + width / height),
    )
    assert is_mirrored(affine) == mirrored


def test_a_window_turned_clockwise_shows_its_corner_to_the_right():
    affine = photo_from_crop_affine((0.0, 0.0), 2.0, Size(2, 2), rotation=90.0)
    top_left = apply_affine(affine, torch.tensor([[-0.5, -0.5]], dtype=torch.float64))
    torch.testing.assert_close(top_left, torch.tensor([[1.0, -1.0]], dtype=torch.float64))


@pytest.mark.parametrize("side", [0.0, -3.0, math.inf, math.nan])
def test_a_window_without_area_is_refused(side):
    with pytest.raises(ValueError, match="must be larger than 0"):
        photo_from_crop_affine((0.0, 0.0), side, Size(8, 8))


@pytest.mark.parametrize("factor", [1, 2, 3, 8])
def test_a_shrunk_pixel_lies_in_the_middle_of_its_block(factor):
    small = torch.tensor([[0.0, 0.0], [2.0, 5.0]], dtype=torch.float64)
    large = apply_affine(shrink_affine(factor), small)
    for before, after in zip(small, large, strict=True):
        block = [np.arange(int(v) * factor, (int(v) + 1) * factor).mean() for v in before]
        assert after.tolist() == block


def test_inside_includes_the_outer_half_pixels():
    size = Size(4, 6)
    there = torch.tensor([[-0.5, -0.5], [5.5, 3.5], [2.0, 2.0]])
    beyond = torch.tensor([[-0.51, 0.0], [5.51, 0.0], [0.0, 3.51], [0.0, -0.51], [torch.nan, 1.0]])
    assert inside(there, size).all()
    assert not inside(beyond, size).any()
    assert not inside(torch.tensor([[1.0, torch.nan], [torch.inf, 1.0]]), size).any()


def bilinear(maps, warped_from_maps):
    """What `warp_maps` should be, by plain loops in float64."""
    batch, _, height, width = maps.shape
    warped = np.zeros(maps.shape)
    for b in range(batch):
        full = np.vstack([warped_from_maps[b], [0, 0, 1]])
        back = np.linalg.inv(full)
        for row in range(height):
            for column in range(width):
                x, y, _ = back @ (column, row, 1)
                left, top = math.floor(x), math.floor(y)
                for i in (left, left + 1):
                    for j in (top, top + 1):
                        if 0 <= i < width and 0 <= j < height:
                            share = (1 - abs(x - i)) * (1 - abs(y - j))
                            warped[b, :, row, column] += share * maps[b, :, j, i]
    return warped


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 2**31),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    angle=st.floats(-math.pi, math.pi),
    scale=st.floats(0.5, 2),
    x=st.floats(-5, 9),
    y=st.floats(-5, 9),
    mirrored=st.booleans(),
)
def test_maps_are_resampled_bilinearly(seed, height, width, angle, scale, x, y, mirrored):
    maps = np.random.default_rng(seed).normal(size=(2, 3, height, width))
    affines = torch.stack(
        [similarity(angle, scale, x, y, mirrored), similarity(-angle, 1 / scale, y, x)]
    )
    warped = warp_maps(torch.from_numpy(maps), affines)
    # Beside an outer cell the share falls to 0 continuously, so rounding cannot tell here either.
    np.testing.assert_allclose(warped, bilinear(maps, affines.numpy()), atol=1e-9)
    single = warp_maps(torch.from_numpy(maps).float(), affines.float())
    np.testing.assert_allclose(single, bilinear(maps, affines.float().double().numpy()), atol=1e-4)


def test_a_mirrored_map_is_the_map_reversed():
    maps = torch.rand(1, 2, 5, 8)
    warped = warp_maps(maps, flip_affine(8)[None])
    torch.testing.assert_close(warped, maps.flip(-1), atol=1e-5, rtol=0)
    still = warp_maps(maps, torch.eye(2, 3)[None])
    torch.testing.assert_close(still, maps, atol=1e-5, rtol=0)


def test_a_warp_is_differentiable_in_the_maps():
    maps = torch.rand(1, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    affine = similarity(0.4, 1.2, 0.3, -0.7)[None]
    assert torch.autograd.gradcheck(lambda maps: warp_maps(maps, affine), (maps,))


@quick
@given(affine=similarities, seed=st.integers(0, 1000))
def test_a_covariance_moves_as_the_spread_of_its_points_does(affine, seed):
    cloud = np.random.default_rng(seed).normal(size=(50, 2)) @ np.array([[3.0, 1.0], [0.0, 0.5]])
    moved = apply_affine(affine, torch.from_numpy(cloud))
    covariance = torch.from_numpy(np.cov(cloud.T))[None]
    torch.testing.assert_close(
        apply_affine_to_covariance(affine, covariance)[0], torch.from_numpy(np.cov(moved.numpy().T))
    )
    batch = affine.expand(3, 2, 3), covariance.expand(3, 4, 2, 2)
    assert apply_affine_to_covariance(*batch).shape == (3, 4, 2, 2)
