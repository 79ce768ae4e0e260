"""Where the error of trained networks comes from: in situ, and not by the oracle alone."""

from landmarks.analysis.decomposition.crop_places import CropPlaces
from landmarks.analysis.decomposition.groups import group_errors
from landmarks.analysis.decomposition.half_resolution import predict_at_half_resolution
from landmarks.analysis.decomposition.mean_face import landmark_errors, mean_face
from landmarks.analysis.decomposition.resolution import simulated_points, trained_points
from landmarks.analysis.decomposition.rows import (
    UNTOLD,
    ErrorTerms,
    GroupError,
    LandmarkError,
    ResolutionPoint,
    Term,
)
from landmarks.analysis.decomposition.tables import (
    groups_table,
    landmarks_table,
    resolution_table,
    terms_table,
)
from landmarks.analysis.decomposition.terms import error_terms

__all__ = [
    "UNTOLD",
    "CropPlaces",
    "ErrorTerms",
    "GroupError",
    "LandmarkError",
    "ResolutionPoint",
    "Term",
    "error_terms",
    "group_errors",
    "groups_table",
    "landmark_errors",
    "landmarks_table",
    "mean_face",
    "predict_at_half_resolution",
    "resolution_table",
    "simulated_points",
    "terms_table",
    "trained_points",
]
