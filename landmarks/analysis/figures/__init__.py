"""The pictures of a comparison, one file a figure; a method looks the same in all of them."""

from landmarks.analysis.figures.calibration import calibration_figure
from landmarks.analysis.figures.ced import Panel, ced_figure, ced_steps
from landmarks.analysis.figures.interval import interval_figure
from landmarks.analysis.figures.style import (
    COLOURS,
    INK,
    STYLE,
    Look,
    Looks,
    method_looks,
    method_style,
)
from landmarks.analysis.figures.svg import inline_svg, save_svg

__all__ = [
    "COLOURS",
    "INK",
    "STYLE",
    "Look",
    "Looks",
    "Panel",
    "calibration_figure",
    "ced_figure",
    "ced_steps",
    "inline_svg",
    "interval_figure",
    "method_looks",
    "method_style",
    "save_svg",
]
