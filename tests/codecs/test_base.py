import inspect

import pytest
import torch

from landmarks.codecs import (
    HIH,
    Argmax,
    Codec,
    ContinuousHeatmap,
    Dark,
    IntegerHeatmap,
    LocalSoftArgmax,
    QuarterOffset,
)
from landmarks.geometry import Size, flip_affine
from tests.codecs.methods import ALL, POINTS

KINDS = [ContinuousHeatmap, IntegerHeatmap, HIH]
PEAKS = [Argmax(), QuarterOffset(), Dark(7), LocalSoftArgmax(3, 5.0)]


@pytest.mark.parametrize("kind", KINDS)
def test_decoding_arguments_are_arguments(kind):
    assert kind.decoding_arguments <= set(inspect.signature(kind).parameters)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.decoding_arguments])
def test_decoding_arguments_change_nothing_that_is_trained(kind):
    assert kind.decoding_arguments == {"peak"}
    points = torch.rand(2, 5, 2, generator=torch.Generator().manual_seed(0)) * 63
    plain, *others = [kind(POINTS, Size(64, 64), 16, peak=peak) for peak in PEAKS]
    targets = plain.encode(points)
    outputs = {name: torch.randn_like(target) for name, target in targets.items()}
    weight = torch.ones(2, 5)
    for other in others:
        assert other.fields == plain.fields
        assert all(torch.equal(other.encode(points)[name], targets[name]) for name in targets)
        assert other.loss(outputs, targets, weight) == plain.loss(outputs, targets, weight)
        assert not torch.equal(other.decode(outputs).points, plain.decode(outputs).points)


@pytest.mark.parametrize("name", ALL)
def test_a_flip_is_a_warp(name):
    codec = ALL[name]()
    generator = torch.Generator().manual_seed(0)
    outputs = {
        name: torch.randn(3, *spec, generator=generator) for name, spec in codec.fields.items()
    }
    flipped = codec.flip(outputs)
    warped = codec.warp(outputs, flip_affine(codec.crop_size.width).expand(3, 2, 3))
    assert all(torch.equal(flipped[name], warped[name]) for name in codec.fields)


@pytest.mark.parametrize("name", ALL)
def test_a_codec_says_what_it_is_for(name):
    codec = ALL[name]()
    # One channel a point, or one for each of its coordinates.
    assert {spec.channels / codec.markup.count for spec in codec.fields.values()} <= {1, 2}
    stated = codec.stated_error
    assert 0 < stated.interior <= stated.border
    assert 0 <= stated.float16 <= stated.bfloat16


def test_an_unfinished_codec_cannot_be_built():
    class Unfinished(Codec):
        def encode(self, points):
            return {}

    with pytest.raises(TypeError, match="abstract"):
        Unfinished(POINTS, Size(64, 64))
