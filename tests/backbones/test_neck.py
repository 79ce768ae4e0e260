import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.backbones.base import FeatureLevel
from landmarks.backbones.neck import Neck
from landmarks.backbones.upscale import Bilinear, Deconvolution

LEVELS = [FeatureLevel(3, 2), FeatureLevel(4, 4), FeatureLevel(5, 8), FeatureLevel(6, 32)]


def pyramid(height: int, width: int) -> list[torch.Tensor]:
    return [
        torch.randn(2, level.channels, -(-height // level.stride), -(-width // level.stride))
        for level in LEVELS
    ]


@settings(deadline=None, max_examples=15)
@given(
    height=st.integers(4, 20).map(lambda n: 8 * n),
    width=st.integers(4, 20).map(lambda n: 8 * n),
    stride=st.sampled_from([1, 2, 4, 8]),
)
def test_any_crop_ends_at_the_working_stride(height, width, stride):
    neck = Neck(LEVELS, stride, 8, Bilinear)
    merged = neck(pyramid(height, width))
    assert merged.shape == (2, 8, height // stride, width // stride)


@pytest.mark.parametrize("stride", [1, 2, 4, 8, 32])
def test_every_level_counts(stride):
    neck = Neck(LEVELS, stride, 8, Deconvolution)
    features = [feature.requires_grad_() for feature in pyramid(64, 64)]
    neck(features).square().sum().backward()
    assert all(feature.grad is not None and feature.grad.any() for feature in features)


def test_two_necks_share_the_levels_that_both_have():
    torch.manual_seed(0)
    coarse = Neck(LEVELS[1:], 4, 8, Bilinear).state_dict()
    torch.manual_seed(0)
    fine = Neck(LEVELS, 2, 8, Bilinear).state_dict()
    assert all(torch.equal(value, fine[name]) for name, value in coarse.items())
    assert len(fine) > len(coarse)


def test_strides_that_do_not_double_are_refused():
    with pytest.raises(ValueError, match=r"stride 4 is not reached from stride 12 by doubling"):
        Neck([FeatureLevel(3, 4), FeatureLevel(3, 12)], 4, 8, Bilinear)


def test_a_stride_coarser_than_every_level_is_refused():
    with pytest.raises(ValueError, match="no level has stride 64 or more"):
        Neck(LEVELS, 64, 8, Bilinear)
