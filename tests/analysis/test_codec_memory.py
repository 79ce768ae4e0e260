import sys

import pytest
import torch

from landmarks.analysis.codec_memory import loss_memory
from landmarks.analysis.codec_workload import Shape, Workload
from landmarks.codecs import ContinuousHeatmap
from landmarks.codecs.gaussian import GaussianHeatmap, draw_gaussians

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
CPU = torch.device("cpu")
# 64 MiB of maps, far above what a process varies by.
SHAPE = Shape(32, 32, 128, crop_size=128)


class Wasteful(GaussianHeatmap):
    """Keeps the target and two copies of the difference."""

    def __init__(self, markup, crop_size, heatmap_size):
        like = ContinuousHeatmap(markup, crop_size, heatmap_size)
        super().__init__(markup, crop_size, heatmap_size, 1.5, like.peak, like.point_loss)

    stated_error = ContinuousHeatmap.stated_error
    _lost_variance = 0.0

    def _centres(self, cells):
        return cells

    def supervise(self, outputs, points, weight):
        target = draw_gaussians(self.grid.to_cells(points), self.grid.size, self.sigma)
        difference = outputs["heatmap"] - target
        return (difference.clone() * difference.clone()).mean()


@pytest.mark.slow
def test_the_peak_is_that_of_loss_and_backward():
    lean, reason = loss_memory(Workload("lean", SHAPE, {"lean": ContinuousHeatmap}), CPU, 2**33)
    assert reason == ""
    # The maps and their gradient are 2.
    assert 1.9 < lean < 4
    wasteful, _ = loss_memory(Workload("wasteful", SHAPE, {"wasteful": Wasteful}), CPU, 2**33)
    assert wasteful > lean + 1


def test_a_step_that_is_too_large_is_stopped():
    shape = Shape(64, 32, 128, crop_size=128)
    ratio, reason = loss_memory(Workload("lean", shape, {"lean": ContinuousHeatmap}), CPU, 2**26)
    assert ratio is None
    assert "GiB" in reason
