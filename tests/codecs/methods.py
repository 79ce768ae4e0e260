"""The codecs that every codec test runs over."""

from functools import partial

from landmarks.codecs import (
    HIH,
    Argmax,
    ContinuousHeatmap,
    Dark,
    IntegerHeatmap,
    LocalSoftArgmax,
    QuarterOffset,
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
}
OTHERS = {
    name: partial(kind, POINTS, Size(128, 96), 32, **settings)
    for name, (kind, settings) in _SETTINGS.items()
} | {
    "fine": partial(ContinuousHeatmap, POINTS, Size(64, 64), 64),
    "broken_stride": partial(ContinuousHeatmap, MARKUP_19, Size(96, 96), 64),
    "hih_broken_stride": partial(HIH, MARKUP_19, Size(96, 96), 64),
}

ALL = NAMED | OTHERS
"""Builds each codec by a name: the six named methods, and others of other settings and shapes."""
