import pytest
import torch

from landmarks.backbones.upscale import Bilinear, Deconvolution, PixelShuffle


@pytest.mark.parametrize("upscale", [Bilinear, Deconvolution, PixelShuffle])
def test_height_and_width_are_doubled_and_channels_kept(upscale):
    features = torch.randn(2, 6, 3, 5, requires_grad=True)
    doubled = upscale(6)(features)
    assert doubled.shape == (2, 6, 6, 10)
    doubled.square().sum().backward()
    assert features.grad is not None
    assert features.grad.any()


def test_bilinear_is_area_true():
    """A ramp over the cells stays a ramp, at half the slope and a quarter of a cell off."""
    ramp = torch.arange(6.0).expand(1, 1, 6, 6)
    doubled = Bilinear(1)(ramp)[0, 0, 0]
    expected = (torch.arange(12.0) + 0.5) / 2 - 0.5
    torch.testing.assert_close(doubled[1:-1], expected[1:-1])


def test_pixel_shuffle_and_deconvolution_learn_and_bilinear_does_not():
    counts = [
        sum(p.numel() for p in way(8).parameters())
        for way in (Bilinear, Deconvolution, PixelShuffle)
    ]
    assert counts == [0, 8 * 16 + 16, 8 * 32 + 16]
