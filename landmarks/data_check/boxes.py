"""Face boxes that are missing, inside out, or of another face."""

from collections.abc import Iterator, Sequence
from typing import final

import numpy as np

from landmarks.batch import Box
from landmarks.data_check.base import Check
from landmarks.data_check.faces import Face, Faces
from landmarks.data_check.finding import BAD_BOX, BOX_AWAY, NO_BOX, Finding, Shown
from landmarks.data_check.pictures import Signatures

_SLACK = 0.25
"""A box is widened by this share of its sides, each way, before points are counted in it."""

_INSIDE = 0.5
"""Share of the points that must lie in the widened box. Detectors' boxes do not hold them all."""


@final
class Boxes(Check):
    """Holds each face's box against its points."""

    def __call__(self, faces: Faces, signatures: Signatures) -> Sequence[Finding]:
        """At most one finding a face; none for a split that comes without boxes."""
        boxed = {split for face in faces.faces if face.record.box for split in face.splits}
        return [finding for face in faces.faces for finding in _findings(face, boxed)]


def _findings(face: Face, boxed: set[str]) -> Iterator[Finding]:
    split, box = ", ".join(face.splits), face.record.box
    if box is None:
        if boxed & set(face.splits):
            yield Finding(NO_BOX, split, face.name, face.file, face.line, "no box", "a box")
        return
    text = "x0 {:g}, y0 {:g}, x1 {:g}, y1 {:g}".format(*box)
    if not (box.x1 > box.x0 and box.y1 > box.y0):
        expected = "x0 < x1 and y0 < y1"
        yield Finding(BAD_BOX, split, face.name, face.file, face.line, text, expected)
        return
    points = face.record.points_photo
    points = points[~np.isnan(points).any(axis=1)]
    if not len(points):
        return
    wide = _widened(box)
    inside = (points >= (wide.x0, wide.y0)) & (points <= (wide.x1, wide.y1))
    share = float(inside.all(axis=1).mean())
    if share < _INSIDE:
        (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
        yield Finding(
            BOX_AWAY,
            split,
            face.name,
            face.file,
            face.line,
            f"{text}; {100 * share:.0f} % of the points in it",
            f"a box about the points' own: x0 {x0:g}, y0 {y0:g}, x1 {x1:g}, y1 {y1:g}",
            1 - share,
            (Shown(face.record, f"{face.name}: {100 * share:.0f} % of the points in its box"),),
        )


def _widened(box: Box) -> Box:
    across, down = _SLACK * (box.x1 - box.x0), _SLACK * (box.y1 - box.y0)
    return Box(box.x0 - across, box.y0 - down, box.x1 + across, box.y1 + down)


__all__ = ["Boxes"]
