"""Points that lie where the other points of the face would not have them."""

from collections.abc import Sequence
from typing import final

import numpy as np
from jaxtyping import Float

from landmarks.data_check.alignment import as_complex, misfit
from landmarks.data_check.base import Check
from landmarks.data_check.faces import Faces
from landmarks.data_check.finding import GROSS, SUSPICIOUS, Finding, Kind, Shown
from landmarks.data_check.pictures import Signatures
from landmarks.data_check.shape_model import Judgement, ShapeModel

_SUSPICIOUS = 8.5
"""Robust standard deviations; one true face of 300W in a hundred has a point beyond."""

_GROSS = 25.0
"""Robust standard deviations; farther than any true point of 300W's."""

_GROSS_DISTANCE = 0.25
"""A gross error is also at least so many inter-ocular distances long."""

_FEWEST_FACES = 30
_MARKED = 6


@final
class Outliers(Check):
    """Judges every point by the face's other points, with `ShapeModel`, and ranks the faces.

    A face mirrored wrongly is told by `Mirroring` and left out here. A whole face that is shifted
    against its picture cannot be seen in its points: the contact sheets are for that.
    """

    def __call__(self, faces: Faces, signatures: Signatures) -> Sequence[Finding]:
        """One finding for each face with a strange point, the strangest first."""
        points, markup = faces.points_photo, faces.facts.markup
        if len(points) < _FEWEST_FACES:
            return []
        model = ShapeModel(points, markup.eye_corners)
        judgement = model.judge(points)
        in_order = ~_mirrored(points, model, markup.mirror)
        worst = np.nan_to_num(judgement.strangeness, nan=0.0).max(axis=1)
        places = np.flatnonzero((worst >= _SUSPICIOUS) & in_order)
        places = places[np.argsort(-worst[places], kind="stable")]
        return [_finding(faces, judgement, place) for place in places.tolist()]


def _mirrored(
    points_photo: Float[np.ndarray, "N K 2"], model: ShapeModel, mirror: tuple[int, ...]
) -> np.ndarray:
    shapes = as_complex(points_photo)
    shape = np.where(np.isnan(model.mean), 0, model.mean)
    with np.errstate(invalid="ignore"):
        return misfit(shapes, shape) > 1.5 * misfit(shapes[:, list(mirror)], shape)


def _finding(faces: Faces, judgement: Judgement, place: int) -> Finding:
    face = faces.faces[place]
    strangeness = np.nan_to_num(judgement.strangeness[place], nan=0.0)
    order = np.argsort(-strangeness, kind="stable")
    strange = [k for k in order.tolist() if strangeness[k] >= _SUSPICIOUS]
    first = strange[0]
    distance = float(judgement.distance[place, first])
    swap = _swapped(face.record.points_photo, judgement.expected[place], strange)
    if swap is None:
        value = f"point {first} lies {100 * distance:.0f} % of the inter-ocular distance"
        value += f" from where the others put it ({strangeness[first]:.0f} standard deviations)"
        if len(strange) > 1:
            rest = ", ".join(map(str, strange[1:_MARKED]))
            value += f"; also {rest}" + (", …" if len(strange) > _MARKED else "")
    else:
        value = (
            f"points {swap[0]} and {swap[1]} look swapped ({strangeness[first]:.0f} standard "
            "deviations)"
        )
    x, y = judgement.expected[place, first].tolist()
    marked = tuple(dict.fromkeys([*(swap or ()), *strange]))[:_MARKED]
    return Finding(
        _kind(float(strangeness[first]), distance),
        ", ".join(face.splits),
        face.name,
        face.file,
        face.line,
        value,
        f"point {first} near x {x:.1f}, y {y:.1f}",
        float(strangeness[first]),
        (Shown(face.record, f"{face.name}: {value}", marked, judgement.expected[place]),),
    )


def _kind(strangeness: float, distance: float) -> Kind:
    return GROSS if strangeness >= _GROSS and distance >= _GROSS_DISTANCE else SUSPICIOUS


def _swapped(
    points: Float[np.ndarray, "K 2"],
    expected: Float[np.ndarray, "K 2"],
    strange: Sequence[int],
) -> tuple[int, int] | None:
    """Two strange points of which each lies where the other is expected."""
    for i, one in enumerate(strange[:8]):
        for other in strange[i + 1 : 8]:
            own = _length(points[one] - expected[one]) + _length(points[other] - expected[other])
            crossed = _length(points[one] - expected[other]) + _length(
                points[other] - expected[one]
            )
            if crossed < own / 3:
                return min(one, other), max(one, other)
    return None


def _length(vector: Float[np.ndarray, "2"]) -> float:
    return float(np.linalg.norm(vector))


__all__ = ["Outliers"]
