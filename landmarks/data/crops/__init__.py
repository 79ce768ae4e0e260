"""Where a crop lies on the photo: named policies."""

from landmarks.data.crops.alignment import FivePointAlignment
from landmarks.data.crops.base import Crop, CropPolicy, Window
from landmarks.data.crops.box import AnnotatedBox, FANBox
from landmarks.data.crops.coarse_points import (
    AnnotatedFivePoints,
    CoarsePoints,
    DetectedFivePoints,
)
from landmarks.data.crops.displaced import Displaced
from landmarks.data.crops.fixed import FixedWindow
from landmarks.data.crops.landmark_box import LandmarkBox, PFLDSquare
from landmarks.data.crops.templates import MeanFaceTemplate, StarTemplate, Template

__all__ = [
    "AnnotatedBox",
    "AnnotatedFivePoints",
    "CoarsePoints",
    "Crop",
    "CropPolicy",
    "DetectedFivePoints",
    "Displaced",
    "FANBox",
    "FivePointAlignment",
    "FixedWindow",
    "LandmarkBox",
    "MeanFaceTemplate",
    "PFLDSquare",
    "StarTemplate",
    "Template",
    "Window",
]
