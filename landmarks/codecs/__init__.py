"""One file a family of codecs."""

from landmarks.codecs.base import Codec, Decoded, StatedError
from landmarks.codecs.gaussian import ContinuousHeatmap, IntegerHeatmap
from landmarks.codecs.hih import HIH
from landmarks.codecs.peaks import Argmax, Dark, LocalSoftArgmax, Peak, QuarterOffset

__all__ = [
    "HIH",
    "Argmax",
    "Codec",
    "ContinuousHeatmap",
    "Dark",
    "Decoded",
    "IntegerHeatmap",
    "LocalSoftArgmax",
    "Peak",
    "QuarterOffset",
    "StatedError",
]
