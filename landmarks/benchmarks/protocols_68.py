"""The protocols of faces with 68 points, which 300W and its relatives share."""

from landmarks.markups import MARKUP_68
from landmarks.metrics.normalisers import (
    InterOcular,
    InterPupil,
    LandmarkBoxDiagonal,
    LandmarkBoxSize,
)
from landmarks.metrics.protocol import Protocol


def inter_ocular(benchmark: str) -> Protocol:
    """Outer eye corners 36 and 45; FR and AUC at 10 %.

    >>> inter_ocular("300w").name
    '300w/inter_ocular'
    """
    corners = MARKUP_68.eye_corners
    assert corners is not None
    return Protocol(f"{benchmark}/inter_ocular", InterOcular(*corners))


def inter_pupil(benchmark: str) -> Protocol:
    """Means of 36–41 and 42–47; FR and AUC at 10 %."""
    eyes = MARKUP_68.eyes
    assert eyes is not None
    return Protocol(f"{benchmark}/inter_pupil", InterPupil(*eyes))


def box(benchmark: str) -> Protocol:
    """``sqrt(w * h)`` of the tight box of the true landmarks; FR and AUC at 7 %.

    The ``NME_box`` and ``AUC7`` of LUVLi (Kumar et al. 2020, https://arxiv.org/abs/2004.02980).
    """
    return Protocol(
        f"{benchmark}/box", LandmarkBoxSize(), failure_threshold=0.07, auc_threshold=0.07
    )


def diag(benchmark: str) -> Protocol:
    """The diagonal of the tight box of the true landmarks; FR and AUC at 10 %."""
    return Protocol(f"{benchmark}/diag", LandmarkBoxDiagonal())


__all__ = ["box", "diag", "inter_ocular", "inter_pupil"]
