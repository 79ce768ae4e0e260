"""What several tests of networks ask for: sets of fields, and a check of any network."""

from collections.abc import Callable

import pytest
import torch

from landmarks.backbones.base import Network
from landmarks.batch import FieldSpec, FieldSpecs
from landmarks.geometry import Size

K = 5

FIELD_SETS: dict[str, tuple[Size, FieldSpecs]] = {
    "quarter": (Size(64, 64), {"heatmap": FieldSpec(K, 16, 16)}),
    "half": (Size(64, 64), {"heatmap": FieldSpec(K, 32, 32)}),
    "eighth": (Size(64, 64), {"heatmap": FieldSpec(K, 8, 8)}),
    "whole": (Size(64, 64), {"heatmap": FieldSpec(K, 64, 64)}),
    "odd stride": (Size(64, 64), {"heatmap": FieldSpec(K, 12, 12)}),
    "hih": (
        Size(64, 64),
        {"integer": FieldSpec(K, 16, 16), "decimal": FieldSpec(K, 8, 8)},
    ),
    "hih, small first": (
        Size(64, 64),
        {"decimal": FieldSpec(K, 3, 3), "integer": FieldSpec(K, 16, 16)},
    ),
    "two maps": (Size(64, 64), {"a": FieldSpec(K, 16, 16), "b": FieldSpec(2, 16, 16)}),
    "coordinates": (Size(64, 64), {"coordinates": FieldSpec(2 * K, 1, 1)}),
    "map and coordinates": (
        Size(64, 64),
        {"heatmap": FieldSpec(K, 16, 16), "coordinates": FieldSpec(2 * K, 1, 1)},
    ),
    "simcc": (Size(64, 64), {"x": FieldSpec(K, 1, 128), "y": FieldSpec(K, 1, 128)}),
    "column": (Size(64, 64), {"y": FieldSpec(K, 128, 1)}),
    "crop of 112": (Size(112, 112), {"heatmap": FieldSpec(K, 28, 28)}),
    "oblong": (Size(96, 128), {"heatmap": FieldSpec(K, 24, 32)}),
    "oblong, 100": (
        Size(100, 72),
        {"integer": FieldSpec(K, 25, 18), "decimal": FieldSpec(K, 8, 8)},
    ),
}


@pytest.fixture(params=FIELD_SETS, ids=str)
def field_set(request: pytest.FixtureRequest) -> tuple[Size, FieldSpecs]:
    """A crop size and what a codec asks for at it."""
    return FIELD_SETS[request.param]


@pytest.fixture
def check_network() -> Callable[[Network, Size, FieldSpecs, int], None]:
    """A check that a network keeps the promises of `Network`."""
    return _check_network


def _check_network(network: Network, crop_size: Size, fields: FieldSpecs, stages: int) -> None:
    torch.manual_seed(1)
    image = torch.randn(2, 3, *crop_size)
    with torch.no_grad():
        # timm starts some residual branches at weight zero; their layers wake up after a step.
        for name, weight in network.named_parameters():
            if name.endswith(".weight") and not weight.any():
                weight.fill_(0.1)
    outputs = network.train()(image)
    assert len(outputs) == stages
    for stage in outputs:
        assert list(stage) == list(fields)
        for name, spec in fields.items():
            assert tuple(stage[name].shape) == (2, *spec)
            assert torch.isfinite(stage[name]).all()
            # The last layers start near zero, and not at it.
            assert 0 < stage[name].abs().max() < 0.1

    loss = torch.stack(
        [(field - 1).square().mean() for stage in outputs for field in stage.values()]
    )
    loss.sum().backward()
    dead = [
        name
        for name, weight in network.named_parameters()
        if weight.grad is None or not weight.grad.any() or not weight.grad.isfinite().all()
    ]
    assert not dead

    network.eval()
    with torch.no_grad():
        both = network(image)
        alone = network(image[1:])
        last = network(image.contiguous(memory_format=torch.channels_last))
    for stage, stage_alone, stage_last in zip(both, alone, last, strict=True):
        for name in fields:
            torch.testing.assert_close(stage[name][1:], stage_alone[name], rtol=1e-3, atol=1e-5)
            torch.testing.assert_close(stage[name], stage_last[name], rtol=1e-3, atol=1e-5)
