import numpy as np
import pytest
import torch

from landmarks.analysis.corruption import Border
from landmarks.geometry import Size


@pytest.mark.parametrize("level", [-3.0, 0.0, 0.75])
def test_each_point_lies_so_far_beyond_one_edge(level):
    rng = np.random.default_rng(0)
    cells = torch.from_numpy(rng.uniform(10, 14, (3, 50, 2)))
    cells[1, 4] = torch.nan
    moved = Border(level).move(cells, Size(24, 32), rng)
    beyond = torch.stack(
        [-0.5 - moved[..., 0], moved[..., 0] - 31.5, -0.5 - moved[..., 1], moved[..., 1] - 23.5]
    )
    there = ~cells.isnan().any(dim=-1)
    at = (beyond - level).abs() < 1e-9
    assert (at.sum(dim=0)[there] == 1).all()
    assert at.flatten(1).any(dim=1).all()  # every edge has its share
    assert ((moved == cells).sum(dim=-1)[there] == 1).all()  # straight across
    assert moved[1, 4].isnan().all()
