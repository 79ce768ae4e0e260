"""Losses between an output map and a target map, one number a point."""

from landmarks.losses.adaptive_wing import AdaptiveWing
from landmarks.losses.base import CellLoss, PointLoss, float32_at_least, mean_over_points
from landmarks.losses.divergence import JensenShannon, KullbackLeibler
from landmarks.losses.matched_distance import MatchedDistance
from landmarks.losses.mse import MSE
from landmarks.losses.soft_classification import SoftClassification
from landmarks.losses.weighted import Weighted
from landmarks.losses.wing import Wing

__all__ = [
    "MSE",
    "AdaptiveWing",
    "CellLoss",
    "JensenShannon",
    "KullbackLeibler",
    "MatchedDistance",
    "PointLoss",
    "SoftClassification",
    "Weighted",
    "Wing",
    "float32_at_least",
    "mean_over_points",
]
