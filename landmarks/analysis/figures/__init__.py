"""The pictures of a comparison, one file a figure; a method looks the same in all of them.

Each figure is made from plain rows and returned as a Matplotlib figure one narrow column wide, for
`save_svg`; its ``…_alt`` tells it in a sentence. `method_looks` gives each method its look, once
for all figures.
"""

from landmarks.analysis.figures.calibration import calibration_alt, calibration_figure
from landmarks.analysis.figures.ced import Panel, ced_alt, ced_band, ced_figure, ced_steps
from landmarks.analysis.figures.forest import forest_alt, forest_figure, pairs_against
from landmarks.analysis.figures.groups import groups_alt, groups_figure
from landmarks.analysis.figures.interval import interval_alt, interval_figure
from landmarks.analysis.figures.latency import (
    LatencyPoint,
    latency_alt,
    latency_figure,
    latency_points,
    pareto_front,
)
from landmarks.analysis.figures.mean_face import (
    mean_face_alt,
    mean_face_difference_figure,
    mean_face_figure,
)
from landmarks.analysis.figures.resolution import resolution_alt, resolution_figure
from landmarks.analysis.figures.selection import selection_alt, selection_figure
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
from landmarks.analysis.figures.terms import terms_alt, terms_figure
from landmarks.analysis.figures.training import (
    TrainingCurves,
    training_alt,
    training_curves,
    training_figure,
)

__all__ = [
    "COLOURS",
    "INK",
    "STYLE",
    "LatencyPoint",
    "Look",
    "Looks",
    "Panel",
    "TrainingCurves",
    "calibration_alt",
    "calibration_figure",
    "ced_alt",
    "ced_band",
    "ced_figure",
    "ced_steps",
    "forest_alt",
    "forest_figure",
    "groups_alt",
    "groups_figure",
    "inline_svg",
    "interval_alt",
    "interval_figure",
    "latency_alt",
    "latency_figure",
    "latency_points",
    "mean_face_alt",
    "mean_face_difference_figure",
    "mean_face_figure",
    "method_looks",
    "method_style",
    "pairs_against",
    "pareto_front",
    "resolution_alt",
    "resolution_figure",
    "save_svg",
    "selection_alt",
    "selection_figure",
    "terms_alt",
    "terms_figure",
    "training_alt",
    "training_curves",
    "training_figure",
]
