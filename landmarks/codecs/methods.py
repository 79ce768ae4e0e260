"""The methods by name, each as its authors pair target, loss and decoder where that is known."""

from collections.abc import Callable, Mapping

from landmarks.codecs.base import Codec
from landmarks.codecs.coordinates import Coordinates
from landmarks.codecs.dsnt import DSNT
from landmarks.codecs.gaussian import ContinuousHeatmap, IntegerHeatmap
from landmarks.codecs.hih import HIH
from landmarks.codecs.peaks import Dark, MatchedFit, QuarterOffset
from landmarks.codecs.randomised_rounding import RandomisedRounding
from landmarks.codecs.simcc import SimCC
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


def _simcc(markup: Markup, crop_size: Size, heatmap_size: int) -> Codec:
    # Its bins follow the crop, two a pixel: it is compared as published at any heatmap size.
    del heatmap_size
    return SimCC(markup, crop_size)


def _coordinates(markup: Markup, crop_size: Size, heatmap_size: int) -> Codec:
    del heatmap_size  # there is no map
    return Coordinates(markup, crop_size)


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
    "simcc": _simcc,
    "dsnt": DSNT,
    "coordinates": _coordinates,
}
"""What `landmarks oracle`, `bench` and the contract tests run over."""
