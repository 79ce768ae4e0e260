"""Codecs work where the maps are: what a CPU computes, a GPU computes too."""

import pytest
import torch

from landmarks.codecs.methods import METHODS
from landmarks.geometry import Size
from landmarks.markups import MARKUP_68

SIZE = Size(128, 128)


@pytest.mark.gpu
@pytest.mark.parametrize("method", METHODS)
def test_a_gpu_agrees_with_the_cpu(method):
    codec = METHODS[method](MARKUP_68, SIZE, 32)
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(4, 68, 2, generator=generator) * 127
    points[0, :3] = torch.nan
    weight = points.isnan().any(dim=-1).logical_not().float()
    targets = codec.encode(points)
    outputs = {
        name: target + 0.05 * torch.randn(target.shape, generator=generator)
        for name, target in targets.items()
    }
    on_cpu = codec.decode(outputs), codec.loss(outputs, targets, weight)
    codec = codec.cuda()
    there = {name: output.cuda() for name, output in outputs.items()}
    encoded = codec.encode(points.cuda())
    decoded, loss = codec.decode(there), codec.loss(there, encoded, weight.cuda())
    for name, target in targets.items():
        assert encoded[name].is_cuda
        torch.testing.assert_close(encoded[name].cpu(), target, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(decoded.points.cpu(), on_cpu[0].points, atol=1e-2, rtol=0)
    torch.testing.assert_close(decoded.confidence.cpu(), on_cpu[0].confidence)
    torch.testing.assert_close(loss.cpu(), on_cpu[1], rtol=1e-4, atol=1e-6)
