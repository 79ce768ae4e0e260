import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.codecs.peaks import highest_cells, windows
from landmarks.codecs.peaks.windows import middle_of, part_of

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def laid_out(maps, layout):
    """The same maps in another order in memory."""
    if layout == "part":
        wider = torch.full((*maps.shape[:2], maps.shape[2] + 1, maps.shape[3] + 3), 1e9)
        wider[:, :, 1:, 2:-1] = maps
        return wider[:, :, 1:, 2:-1]
    if layout == "transposed":
        return maps.mT.contiguous().mT
    return maps.contiguous(memory_format=FORMATS[layout])


LAYOUTS = [*FORMATS, "part", "transposed"]


@settings(deadline=None, max_examples=60)
@given(
    batch=st.integers(1, 3),
    channels=st.integers(1, 4),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    values=st.integers(1, 4),
    layout=st.sampled_from(LAYOUTS),
    seed=st.integers(0, 2**31),
)
def test_the_first_of_several_highest_cells_is_found(
    batch, channels, height, width, values, layout, seed
):
    """Few values, so that most maps have several highest cells."""
    rng = np.random.default_rng(seed)
    maps = rng.integers(-values, values, size=(batch, channels, height, width)).astype(np.float32)
    cells, highest = highest_cells(laid_out(torch.from_numpy(maps), layout))
    for face in range(batch):
        for point in range(channels):
            row, column = np.unravel_index(maps[face, point].argmax(), (height, width))
            assert cells[face, point].tolist() == [column, row]
            assert highest[face, point] == maps[face, point].max()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("radius", [0, 2, (1, 3)])
def test_windows_against_plain_loops(layout, radius):
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(2, 3, 5, 7)).astype(np.float32)
    cells = np.stack([rng.integers(0, 7, (2, 3)), rng.integers(0, 5, (2, 3))], axis=-1)
    down, across = (radius, radius) if isinstance(radius, int) else radius
    found = windows(laid_out(torch.from_numpy(maps), layout), torch.from_numpy(cells), radius)
    assert found.shape == (2, 3, 2 * down + 1, 2 * across + 1)
    for face in range(2):
        for point in range(3):
            for i in range(-down, down + 1):
                for j in range(-across, across + 1):
                    column, row = cells[face, point] + (j, i)
                    there = 0 <= row < 5 and 0 <= column < 7
                    expected = maps[face, point, row, column] if there else 0
                    assert found[face, point, down + i, across + j] == expected


@pytest.mark.parametrize("radius", [1, 3, 8])
def test_windows_at_the_ends_of_the_memory(radius):
    """The corners of the first and the last map, beyond which nothing may be read or missed."""
    size = 6
    maps = torch.randn(2, 2, size, size, generator=torch.Generator().manual_seed(0))
    wide = torch.nn.functional.pad(maps, [radius] * 4)
    for x in range(size):
        for y in (0, 1, size - 2, size - 1):
            found = windows(maps, torch.tensor([x, y]).expand(2, 2, 2), radius)
            expected = wide[..., y : y + 2 * radius + 1, x : x + 2 * radius + 1]
            torch.testing.assert_close(found, expected, atol=0, rtol=0)


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.tuples(*[st.integers(1, 3)] * 2, *[st.integers(1, 6)] * 2),
    radius=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    seed=st.integers(0, 99),
)
def test_windows_of_few_and_tiny_maps(sizes, radius, seed):
    batch, points, height, width = sizes
    generator = torch.Generator().manual_seed(seed)
    maps = torch.randn(sizes, generator=generator)
    x = torch.randint(width, (batch, points), generator=generator)
    y = torch.randint(height, (batch, points), generator=generator)
    found = windows(maps, torch.stack([x, y], dim=-1), radius)
    down, across = radius
    wide = torch.nn.functional.pad(maps, [across, across, down, down])
    for face in range(batch):
        for point in range(points):
            i, j = int(y[face, point]), int(x[face, point])
            expected = wide[face, point, i : i + 2 * down + 1, j : j + 2 * across + 1]
            torch.testing.assert_close(found[face, point], expected, atol=0, rtol=0)


def test_another_face_that_is_not_finite_is_not_seen():
    maps = torch.zeros(3, 1, 5, 5)
    maps[0], maps[2] = float("nan"), float("inf")
    for corner in ([0, 0], [4, 0], [0, 4], [4, 4]):
        found = windows(maps, torch.tensor([[corner]] * 3), radius=2)[1]
        torch.testing.assert_close(found, torch.zeros_like(found), atol=0, rtol=0)


@settings(deadline=None, max_examples=30)
@given(
    x=st.integers(-2, 2), y=st.integers(-2, 2), radius=st.integers(0, 2), seed=st.integers(0, 99)
)
def test_a_part_of_a_window_is_the_smaller_window(x, y, radius, seed):
    generator = torch.Generator().manual_seed(seed)
    maps = torch.randn(2, 3, 9, 8, generator=generator)
    cells = torch.randint(0, 8, (2, 3, 2), generator=generator)
    shift = torch.tensor([x, y]).expand(2, 3, 2)
    window = windows(maps, cells, radius=4)
    expected = windows(maps, cells + shift, radius)
    torch.testing.assert_close(part_of(window, shift, radius), expected, atol=0, rtol=0)
    middle = middle_of(window, radius)
    torch.testing.assert_close(middle, windows(maps, cells, radius), atol=0, rtol=0)
