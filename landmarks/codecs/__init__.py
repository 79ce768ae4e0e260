"""One file a family of codecs."""

from landmarks.codecs.base import Codec, Decoded, StatedError
from landmarks.codecs.gaussian import ContinuousHeatmap, IntegerHeatmap
from landmarks.codecs.hih import HIH
from landmarks.codecs.offsets import BlurredOffset, VotedOffset
from landmarks.codecs.peaks import (
    Argmax,
    Dark,
    LocalSoftArgmax,
    MatchedFit,
    Peak,
    QuarterOffset,
    UDPDark,
)
from landmarks.codecs.randomised_rounding import ExpectedRounding, RandomisedRounding
from landmarks.codecs.udp import UDPHeatmap, UDPOffset

__all__ = [
    "HIH",
    "Argmax",
    "BlurredOffset",
    "Codec",
    "ContinuousHeatmap",
    "Dark",
    "Decoded",
    "ExpectedRounding",
    "IntegerHeatmap",
    "LocalSoftArgmax",
    "MatchedFit",
    "Peak",
    "QuarterOffset",
    "RandomisedRounding",
    "StatedError",
    "UDPDark",
    "UDPHeatmap",
    "UDPOffset",
    "VotedOffset",
]
