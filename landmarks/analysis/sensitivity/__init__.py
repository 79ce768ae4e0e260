"""How the error of a checkpoint depends on shift, scale and rotation of the crop."""

from landmarks.analysis.sensitivity.conditions import (
    KINDS,
    SCALING,
    SHIFT,
    TURN,
    Condition,
    all_conditions,
)
from landmarks.analysis.sensitivity.figure import save_figure, sensitivity_figure
from landmarks.analysis.sensitivity.measure import measure_faces
from landmarks.analysis.sensitivity.rise import Curve, Rise, Verdict, judge
from landmarks.analysis.sensitivity.table import curve_of, sensitivity_table, sensitivity_text
from landmarks.analysis.sensitivity.words import verdict_text

__all__ = [
    "KINDS",
    "SCALING",
    "SHIFT",
    "TURN",
    "Condition",
    "Curve",
    "Rise",
    "Verdict",
    "all_conditions",
    "curve_of",
    "judge",
    "measure_faces",
    "save_figure",
    "sensitivity_figure",
    "sensitivity_table",
    "sensitivity_text",
    "verdict_text",
]
