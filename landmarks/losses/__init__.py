"""Losses between an output map and a target map, one file a loss."""

from landmarks.losses.base import CellLoss, PointLoss, float32_at_least, mean_over_points
from landmarks.losses.mse import MSE
from landmarks.losses.soft_classification import SoftClassification

__all__ = [
    "MSE",
    "CellLoss",
    "PointLoss",
    "SoftClassification",
    "float32_at_least",
    "mean_over_points",
]
