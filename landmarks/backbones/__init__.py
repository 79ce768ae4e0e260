"""Networks: backbones, the neck that upscales, a head for each field."""

from landmarks.backbones.base import Backbone, FeatureLevel, Network
from landmarks.backbones.hourglass import StackedHourglass
from landmarks.backbones.hrnet import HRNetW18
from landmarks.backbones.mobilenet import MobileNetV2
from landmarks.backbones.network import PyramidNetwork
from landmarks.backbones.timm import TimmBackbone
from landmarks.backbones.upscale import Bilinear, Deconvolution, PixelShuffle, Upscale

__all__ = [
    "Backbone",
    "Bilinear",
    "Deconvolution",
    "FeatureLevel",
    "HRNetW18",
    "MobileNetV2",
    "Network",
    "PixelShuffle",
    "PyramidNetwork",
    "StackedHourglass",
    "TimmBackbone",
    "Upscale",
]
