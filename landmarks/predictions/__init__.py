"""Predictions that were made elsewhere: files of other methods, one file a format."""

from landmarks.predictions.base import Faces, PredictedFace, PredictionFormat
from landmarks.predictions.coco import CocoPredictions
from landmarks.predictions.cofw68_text import Cofw68Text
from landmarks.predictions.own import OwnPoints
from landmarks.predictions.reading import ReadPredictions, read_predictions

__all__ = [
    "CocoPredictions",
    "Cofw68Text",
    "Faces",
    "OwnPoints",
    "PredictedFace",
    "PredictionFormat",
    "ReadPredictions",
    "read_predictions",
]
