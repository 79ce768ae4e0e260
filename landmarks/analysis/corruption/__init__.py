"""Corruptions of heatmaps, each of a stated level, drawn from a seed."""

from collections.abc import Callable, Mapping

from landmarks.analysis.corruption.base import (
    Corruption,
    Mixture,
    PointCorruption,
    ShapeCorruption,
    ValueCorruption,
    corrupted_maps,
    disturbed,
    moved,
    redrawn,
)
from landmarks.analysis.corruption.place import Border
from landmarks.analysis.corruption.shape import Elongation, Posterior, SecondMode, Width
from landmarks.analysis.corruption.value import BFloat16, CorrelatedNoise, Float16, WhiteNoise

CORRUPTIONS: Mapping[str, Callable[[float], Corruption]] = {
    "white_noise": WhiteNoise,
    "correlated_noise": CorrelatedNoise,
    "width": Width,
    "elongated": Elongation,
    "second_mode": SecondMode,
    "border": Border,
    "float16": Float16,
    "bfloat16": BFloat16,
    "posterior": Posterior,
}
"""What `landmarks oracle --corruption` knows, each built from its level."""

__all__ = [
    "CORRUPTIONS",
    "BFloat16",
    "Border",
    "CorrelatedNoise",
    "Corruption",
    "Elongation",
    "Float16",
    "Mixture",
    "PointCorruption",
    "Posterior",
    "SecondMode",
    "ShapeCorruption",
    "ValueCorruption",
    "WhiteNoise",
    "Width",
    "corrupted_maps",
    "disturbed",
    "moved",
    "redrawn",
]
