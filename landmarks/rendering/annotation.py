"""Where each markup's landmarks lie on the face's curves.

A landmark is a place on a curve that is drawn, so that all markups annotate the same picture. The
place is the one nearest to the landmark's mean position in ``landmarks/mean_shapes.json``; which
curve a landmark belongs to is stated here.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float, Int64

from landmarks.markups import MARKUPS, Markup
from landmarks.rendering.template import template

_EYE = ("upper_lid", "lower_lid")
_BROW = ("upper_brow", "lower_brow")


def _sided(*entries: tuple[tuple[int, ...], str]) -> dict[int, str]:
    return {point: curve for points, curve in entries for point in points}


def _run(first: int, last: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1))


# For the points on the left of the picture and in the middle; the rest mirror them.
_CURVES: dict[str, dict[int, str]] = {
    "68": _sided(
        (_run(0, 8), "outline"), (_run(17, 21), "upper_brow"), (_run(27, 30), "ridge"),
        (_run(31, 33), "nose_side"), (_run(36, 39), "upper_lid"), ((40, 41), "lower_lid"),
        (_run(48, 51), "outer_upper_lip"), ((57, 58, 59), "outer_lower_lip"),
        (_run(60, 62), "inner_upper_lip"), ((66, 67), "inner_lower_lip"),
    ),
    "98": _sided(
        (_run(0, 16), "outline"), (_run(33, 37), "upper_brow"), (_run(38, 41), "lower_brow"),
        (_run(51, 54), "ridge"), (_run(55, 57), "nose_side"), (_run(60, 64), "upper_lid"),
        (_run(65, 67), "lower_lid"), (_run(76, 79), "outer_upper_lip"),
        (_run(85, 87), "outer_lower_lip"), (_run(88, 90), "inner_upper_lip"),
        ((94, 95), "inner_lower_lip"), ((96,), "pupil"),
    ),
    "29": _sided(
        ((0, 4), "upper_brow"), ((2,), "middle_brow"), ((5,), "lower_brow"),
        ((8, 10, 12), "upper_lid"), ((13,), "lower_lid"), ((16,), "pupil"),
        ((18, 21), "nose_side"), ((20,), "ridge"), ((22, 24), "outer_upper_lip"),
        ((25,), "inner_upper_lip"), ((26,), "inner_lower_lip"), ((27,), "outer_lower_lip"),
        ((28,), "outline"),
    ),
    "19": _sided(
        ((0, 1, 2), "middle_brow"), ((6, 8), "upper_lid"), ((7,), "pupil"), ((12,), "nose_side"),
        ((13,), "ridge"), ((15,), "outer_upper_lip"), ((16,), "mouth_middle"), ((18,), "outline"),
    ),
    "106": _sided(
        (_run(0, 16), "outline"), (_run(33, 37), "upper_brow"), (_run(38, 41), "lower_brow"),
        (_run(51, 54), "ridge"), (_run(55, 60), "nose_side"), (_run(66, 70), "upper_lid"),
        (_run(71, 73), "lower_lid"), ((74, 104), "pupil"), (_run(84, 87), "outer_upper_lip"),
        (_run(93, 95), "outer_lower_lip"), (_run(96, 98), "inner_upper_lip"),
        ((102, 103), "inner_lower_lip"),
    ),
}  # fmt: skip

# Points at the very end of a curve, whatever lies nearest: the corners of eyes and mouth.
_ENDS = {
    "68": {36: 0, 39: 1, 48: 0, 60: 0, 17: 0, 21: 1},
    "98": {60: 0, 64: 1, 76: 0, 88: 0, 33: 0, 37: 1, 38: 1},
    "29": {8: 0, 10: 1, 22: 0, 0: 0, 2: 1},
    "19": {6: 0, 8: 1, 15: 0, 0: 0, 2: 1},
    "106": {66: 0, 70: 1, 84: 0, 96: 0, 33: 0, 37: 1, 38: 1},
}
_TWO_SIDED = frozenset(
    ("outline", "upper_brow", "lower_brow", "middle_brow", "upper_lid", "lower_lid", "pupil",
     "nose_side")
)  # fmt: skip


@dataclass(frozen=True)
class Annotation:
    """The places of a markup's landmarks: each between two neighbours on a drawn polyline.

    Attributes:
        markup: The point scheme.
        curves: (K,) the name of the curve that each landmark lies on.
        first: (K,) the template's vertex before the landmark.
        second: (K,) the vertex after it.
        share: (K,) how far it lies from the first to the second, from 0 to 1.
    """

    markup: Markup
    curves: tuple[str, ...]
    first: Int64[np.ndarray, " K"]
    second: Int64[np.ndarray, " K"]
    share: Float[np.ndarray, " K"]

    def points(self, vertices: Float[np.ndarray, "V D"]) -> Float[np.ndarray, "K D"]:
        """The landmarks among these vertices, of any number of coordinates."""
        share = self.share[:, None]
        points: Float[np.ndarray, "K D"] = (1 - share) * vertices[self.first] + share * vertices[
            self.second
        ]
        return points


@cache
def annotation(name: str) -> Annotation:
    """The annotation of the markup of this name.

    Raises:
        ValueError: If it is unknown where this markup's points lie on a face.

    >>> annotation("68").curves[8], annotation("29").curves[28]
    ('left_outline', 'left_outline')
    """
    if name not in _CURVES:
        raise ValueError(
            f"markup {name} cannot be drawn; the face can be annotated with "
            f"{', '.join(_CURVES)} points"
        )
    markup = MARKUPS[name]
    face = template()
    curves = [""] * markup.count
    first = np.zeros(markup.count, dtype=np.int64)
    second = np.zeros(markup.count, dtype=np.int64)
    share = np.zeros(markup.count)
    for point, curve in _CURVES[name].items():
        curves[point] = f"left_{curve}" if curve in _TWO_SIDED else curve
        span = face.spans[curves[point]]
        target = markup.mean_shape[point]
        place = _nearest(face.vertices[span, :2], target, point == markup.mirror[point])
        end = _ENDS[name].get(point)
        if end is not None:
            place = 0.0 if end == 0 else float(span.stop - span.start - 1)
        before = min(int(place), max(span.stop - span.start - 2, 0))
        first[point] = span.start + before
        second[point] = min(span.start + before + 1, span.stop - 1)
        share[point] = place - before
    for point, twin in enumerate(markup.mirror):
        if not curves[point]:
            curves[point] = curves[twin].replace("left_", "right_")
            first[point], second[point] = face.mirror[first[twin]], face.mirror[second[twin]]
            share[point] = share[twin]
            if second[point] < first[point]:  # a lip runs on from left to right
                first[point], second[point] = second[point], first[point]
                share[point] = 1 - share[point]
    return Annotation(markup, tuple(curves), first, second, share)


def _nearest(curve: np.ndarray, target: np.ndarray, in_middle: bool) -> float:
    """The place on a polyline, in vertices, that is nearest to a point."""
    if len(curve) == 1:
        return 0.0
    run = np.diff(curve, axis=0)
    along = ((target - curve[:-1]) * run).sum(axis=1) / (run**2).sum(axis=1)
    along = np.clip(along, 0.0, 1.0)
    distance = np.linalg.norm(curve[:-1] + along[:, None] * run - target, axis=1)
    distance_of_vertices = np.linalg.norm(curve - target, axis=1)
    if in_middle and np.ptp(curve[:, 0]) > 0:
        # Where the curve crosses or ends in the middle plane.
        return float((distance_of_vertices + 1e6 * (np.abs(curve[:, 0]) > 1e-9)).argmin())
    segment = int(distance.argmin())
    return segment + float(along[segment])
