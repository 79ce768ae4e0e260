import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.codecs.peaks import highest_cells, windows

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
