"""One file a family of codecs."""

from landmarks.codecs.base import Codec, Decoded, StatedError
from landmarks.codecs.cells import CellConvention, CentredCells, PublishedCells
from landmarks.codecs.coordinates import Coordinates
from landmarks.codecs.dsnt import DSNT
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
from landmarks.codecs.simcc import Expectation, HighestBin, LineReading, SimCC
from landmarks.codecs.udp import UDPHeatmap, UDPOffset

__all__ = [
    "DSNT",
    "HIH",
    "Argmax",
    "BlurredOffset",
    "CellConvention",
    "CentredCells",
    "Codec",
    "ContinuousHeatmap",
    "Coordinates",
    "Dark",
    "Decoded",
    "Expectation",
    "ExpectedRounding",
    "HighestBin",
    "IntegerHeatmap",
    "LineReading",
    "LocalSoftArgmax",
    "MatchedFit",
    "Peak",
    "PublishedCells",
    "QuarterOffset",
    "RandomisedRounding",
    "SimCC",
    "StatedError",
    "UDPDark",
    "UDPHeatmap",
    "UDPOffset",
    "VotedOffset",
]
