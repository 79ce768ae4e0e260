"""The codecs that every codec test runs over."""

from collections.abc import Mapping
from functools import partial

from landmarks.codecs import (
    HIH,
    Argmax,
    ContinuousHeatmap,
    Dark,
    ExpectedRounding,
    IntegerHeatmap,
    LocalSoftArgmax,
    QuarterOffset,
    RandomisedRounding,
    UDPDark,
    UDPHeatmap,
    UDPOffset,
    VotedOffset,
)
from landmarks.codecs.methods import METHODS
from landmarks.geometry import Size
from landmarks.losses import SoftClassification
from landmarks.markups import MARKUP_19, Markup

POINTS = Markup("5", 5, (1, 0, 2, 4, 3))
"""Few points, so that exhaustive tests stay quick."""

NAMED = {name: partial(build, POINTS, Size(256, 256), 64) for name, build in METHODS.items()}

_SETTINGS = {
    "argmax_of_continuous": (ContinuousHeatmap, {"sigma": 1.5, "peak": Argmax()}),
    "quarter_offset_of_integer": (IntegerHeatmap, {"sigma": 1.0, "peak": QuarterOffset()}),
    "dark_7": (ContinuousHeatmap, {"sigma": 1.5, "peak": Dark(7)}),
    "dark_of_integer": (IntegerHeatmap, {"sigma": 2.0, "peak": Dark(11)}),
    "soft_argmax_3": (ContinuousHeatmap, {"sigma": 1.0, "peak": LocalSoftArgmax(3, 5.0)}),
    "soft_argmax_7": (ContinuousHeatmap, {"sigma": 2.0, "peak": LocalSoftArgmax(7, 10.0)}),
    "soft_argmax_of_integer": (IntegerHeatmap, {"sigma": 1.75, "peak": LocalSoftArgmax()}),
    "classified_cells": (ContinuousHeatmap, {"loss": SoftClassification()}),
    "hih_5_bins": (HIH, {"bins": 5, "sigma": 1.0, "decimal_sigma": 0.7}),
    "hih_1_bin": (HIH, {"bins": 1}),
    "h3r_5": (RandomisedRounding, {"k": 5}),
    "h3r_expected": (ExpectedRounding, {}),
}
_SQUARE = {
    "udp_7": (UDPHeatmap, {"sigma": 1.5, "peak": UDPDark(7)}),
    "udp_published": (UDPHeatmap, {"peak": UDPDark(both_diagonals=False)}),
    "udp_soft_argmax": (UDPHeatmap, {"sigma": 1.75, "peak": LocalSoftArgmax()}),
    "udp_votes": (UDPOffset, {"radius": 3.5 / 32, "offset": VotedOffset()}),
}
"""On a corner grid, whose strides are equal only over a square crop."""
OTHERS = (
    {
        name: partial(kind, POINTS, Size(128, 96), 32, **settings)
        for name, (kind, settings) in _SETTINGS.items()
    }
    | {
        name: partial(kind, POINTS, Size(128, 128), 32, **settings)
        for name, (kind, settings) in _SQUARE.items()
    }
    | {
        "fine": partial(ContinuousHeatmap, POINTS, Size(64, 64), 64),
        "broken_stride": partial(ContinuousHeatmap, MARKUP_19, Size(96, 96), 64),
        "hih_broken_stride": partial(HIH, MARKUP_19, Size(96, 96), 64),
    }
)

ALL = NAMED | OTHERS
"""Builds each codec by a name: the named methods, and others of other settings and shapes."""

DEVIATIONS: Mapping[str, frozenset[str]] = {
    # The published mixed derivative sees two of the four diagonals: the others in a mirrored map.
    "udp_published": frozenset({"flip"}),
    # Logarithms of shares near 0 magnify how float32 rounds a mirrored coordinate.
    "h3r_expected": frozenset({"flipped targets"}),
}
"""Codecs that break a promise knowingly, as a published method may, and by the titles of which
checks; they must go on breaking it."""
