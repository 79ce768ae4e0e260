"""How a point is read off a map; one file a peak."""

from landmarks.codecs.peaks.argmax import Argmax
from landmarks.codecs.peaks.base import Peak, Peaks
from landmarks.codecs.peaks.bounds import float32_error, lost_to_a_neighbour, phases_within
from landmarks.codecs.peaks.dark import Dark
from landmarks.codecs.peaks.local_soft_argmax import LocalSoftArgmax
from landmarks.codecs.peaks.matched import MatchedFit
from landmarks.codecs.peaks.quarter_offset import QuarterOffset
from landmarks.codecs.peaks.spread import CELL_VARIANCE, peak_spread
from landmarks.codecs.peaks.udp_dark import UDPDark
from landmarks.codecs.peaks.windows import away_from_border, highest_cells, windows

__all__ = [
    "CELL_VARIANCE",
    "Argmax",
    "Dark",
    "LocalSoftArgmax",
    "MatchedFit",
    "Peak",
    "Peaks",
    "QuarterOffset",
    "UDPDark",
    "away_from_border",
    "float32_error",
    "highest_cells",
    "lost_to_a_neighbour",
    "peak_spread",
    "phases_within",
    "windows",
]
