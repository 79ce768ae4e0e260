"""The methods by name, each as its authors pair target, loss and decoder where that is known."""

from collections.abc import Callable, Mapping

from landmarks.codecs.base import Codec
from landmarks.codecs.gaussian import ContinuousHeatmap, IntegerHeatmap
from landmarks.codecs.hih import HIH
from landmarks.codecs.peaks import Dark, MatchedFit, QuarterOffset
from landmarks.codecs.randomised_rounding import ExpectedRounding, RandomisedRounding
from landmarks.codecs.udp import UDPHeatmap, UDPOffset
from landmarks.geometry import Size
from landmarks.losses import MatchedDistance, SoftClassification
from landmarks.markups import Markup

CodecOfSize = Callable[[Markup, Size, int], Codec]
"""Builds a codec, as ``build(markup, crop_size, heatmap_size)``."""


def _quarter_offset(markup: Markup, crop_size: Size, heatmap_size: int) -> Codec:
    return ContinuousHeatmap(markup, crop_size, heatmap_size, sigma=1.5, peak=QuarterOffset())


def _dark(markup: Markup, crop_size: Size, heatmap_size: int) -> Codec:
    return ContinuousHeatmap(markup, crop_size, heatmap_size, sigma=2.0, peak=Dark(11))


def _matched(markup: Markup, crop_size: Size, heatmap_size: int) -> Codec:
    return ContinuousHeatmap(
        markup, crop_size, heatmap_size, sigma=1.5, peak=MatchedFit(1.5), loss=MatchedDistance()
    )


def _hih_csc(markup: Markup, crop_size: Size, heatmap_size: int) -> Codec:
    return HIH(markup, crop_size, heatmap_size, decimal_loss=SoftClassification())


METHODS: Mapping[str, CodecOfSize] = {
    "argmax": IntegerHeatmap,
    "quarter_offset": _quarter_offset,
    "dark": _dark,
    "continuous_subpixel": ContinuousHeatmap,
    "matched": _matched,
    "hih": HIH,
    "hih_csc": _hih_csc,
    "udp": UDPHeatmap,
    "udp_offset": UDPOffset,
    "h3r": RandomisedRounding,
    "h3r_expected": ExpectedRounding,
}
"""What `landmarks oracle`, `bench` and the contract tests run over."""
