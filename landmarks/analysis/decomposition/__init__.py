"""Where the error of trained networks comes from: in situ, and not by the oracle alone."""

from landmarks.analysis.decomposition.rows import (
    UNTOLD,
    ErrorTerms,
    GroupError,
    LandmarkError,
    ResolutionPoint,
    Term,
)

__all__ = ["UNTOLD", "ErrorTerms", "GroupError", "LandmarkError", "ResolutionPoint", "Term"]
