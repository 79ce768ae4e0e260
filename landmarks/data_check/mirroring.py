"""Faces whose order of points is that of a mirrored face, and mirror pairs that are none."""

from collections.abc import Sequence
from typing import NamedTuple, final

import numpy as np
from jaxtyping import Complex, Float
from scipy.optimize import linear_sum_assignment

from landmarks.data_check.alignment import (
    align_robustly,
    as_complex,
    mean_shape,
    misfit,
)
from landmarks.data_check.base import Check
from landmarks.data_check.faces import Faces
from landmarks.data_check.finding import MIRROR_TABLE, MIRRORED, Finding, Shown
from landmarks.data_check.pictures import Signatures
from landmarks.markups import Markup

_RATIO = 1.5
"""The mirrored order must fit so many times better than the face's own."""

_PAIR_APART = 0.10
"""A point and its twin's mirror image are this far apart in a wrong pair, in units of the shape."""

_BETTER = 2.0
"""Another twin must fit so many times better."""

_FEWEST_FACES = 10
_FEWEST_A_POINT, _RARE = 5, 0.05
"""A point that fewer faces have, or a smaller share of them, has no place in the mean shape."""

_ONE_SIDED = 0.15
"""Mean shapes whose mirror image fits no better than this are of faces that look one way."""


class Pair(NamedTuple):
    """A point whose twin in the mirror table does not lie where its mirror image does.

    Attributes:
        point: The point.
        twin: Its twin in the table.
        better: The point that lies there.
        apart: Distance of the twin from the point's mirror image, in units of the shape.
        left: Distance of the better one.
    """

    point: int
    twin: int
    better: int
    apart: float
    left: float


@final
class Mirroring(Check):
    """Compares faces and the mean face with their mirror images.

    A face is aligned with the faces' own median shape twice, in its own order of points and in the
    mirrored one. If a picture was mirrored and its points' order was not, or the order and not the
    picture, the mirrored order fits far better. A picture that was mirrored while its points were
    left as they were shows in no point; look at the contact sheets.
    """

    def __call__(self, faces: Faces, signatures: Signatures) -> Sequence[Finding]:
        """The wrong pairs of the markup, then the faces in the wrong order."""
        markup = faces.facts.markup
        if len(faces.faces) < _FEWEST_FACES:
            return []
        shape = mean_shape(as_complex(faces.points_photo), markup.eye_corners)
        there = (~np.isnan(faces.points_photo).any(axis=2)).sum(axis=0)
        shape[there < max(_FEWEST_A_POINT, _RARE * len(faces.faces))] = np.nan
        if (~np.isnan(shape)).sum() < 3:
            return []
        findings = [_wrong_pair(pair, faces) for pair in wrong_pairs(shape, markup)]
        own, mirrored = fits(faces.points_photo, shape, markup)
        wrong = np.flatnonzero(own > _RATIO * np.maximum(mirrored, 1e-6))
        for place in wrong[np.argsort(-(own - mirrored)[wrong])].tolist():
            face = faces.faces[place]
            findings.append(
                Finding(
                    MIRRORED,
                    ", ".join(face.splits),
                    face.name,
                    face.file,
                    face.line,
                    f"misfit {own[place]:.3f} in its own order of points, "
                    f"{mirrored[place]:.3f} in the mirrored one",
                    "points in the order of the face as it is seen",
                    float(own[place] - mirrored[place]),
                    (Shown(face.record, face.name, _landmarks_to_number(markup)),),
                )
            )
        return findings


def fits(
    points_photo: Float[np.ndarray, "N K 2"], shape: Complex[np.ndarray, " K"], markup: Markup
) -> tuple[Float[np.ndarray, " N"], Float[np.ndarray, " N"]]:
    """Each face's misfit to a shape in its own order of points and in the mirrored one.

    NaN where fewer than five points, or none apart, are there both ways.
    """
    faces = as_complex(points_photo)
    known = ~np.isnan(shape)
    filled = np.where(known, shape, 0)
    both = known & known[list(markup.mirror)]
    faces = np.where(both, faces, np.nan)
    swapped = faces[:, list(markup.mirror)]
    # Both fits are of the same points, else the one with fewer would look better.
    there = ~np.isnan(faces) & ~np.isnan(swapped)
    few = there.sum(axis=1) < 5
    own, mirrored = (misfit(np.where(there, order, np.nan), filled) for order in (faces, swapped))
    return np.where(few, np.nan, own), np.where(few, np.nan, mirrored)


def wrong_pairs(shape: Complex[np.ndarray, " K"], markup: Markup) -> list[Pair]:
    """Pairs of a markup that its mean shape contradicts.

    The mirror image of the mean shape is brought over the mean shape, and every point is given the
    point that lies nearest to its mirror image, each once (least total distance). A pair is wrong
    if its twin lies far off and the other point far nearer.
    """
    mirror = np.array(markup.mirror)
    # A point whose twin no face has can be given to no one.
    known = np.flatnonzero(~np.isnan(shape) & ~np.isnan(shape[mirror]))
    here = shape[known]
    if len(here) < 3:
        return []
    mirrored = -here.conj()
    table = np.searchsorted(known, mirror[known])
    twins = table
    for _ in range(10):
        # Point i's mirror image is to lie on its twin.
        image = align_robustly(mirrored[None], here[twins]).apply(mirrored[None])[0]
        distance = np.abs(image[:, None] - here[None])
        new = linear_sum_assignment(np.minimum(distance, 0.5))[1]
        if (new == twins).all():
            break
        twins = new
    nearest = distance[np.arange(len(known)), twins]
    if float(np.median(nearest)) > _ONE_SIDED:
        return []
    wrong = []
    for i, point in enumerate(known.tolist()):
        apart, left = float(distance[i, table[i]]), float(nearest[i])
        if apart > _PAIR_APART and apart > _BETTER * left:
            wrong.append(Pair(point, markup.mirror[point], int(known[twins[i]]), apart, left))
    return sorted(wrong, key=lambda pair: -pair.apart)


def _wrong_pair(pair: Pair, faces: Faces) -> Finding:
    unit = "inter-ocular distances" if faces.facts.markup.eye_corners else "units"
    return Finding(
        MIRROR_TABLE,
        ", ".join(faces.counts),
        "",
        None,
        None,
        f"point {pair.point} mirrors {pair.twin}, which lies {pair.apart:.2f} {unit} from its "
        "mirror image",
        f"point {pair.better}, {pair.left:.2f} from it",
        pair.apart,
    )


def _landmarks_to_number(markup: Markup) -> tuple[int, ...]:
    """The points that show the order best: the eye corners, else the first pair."""
    if markup.eye_corners is not None:
        return markup.eye_corners
    return next(((k, twin) for k, twin in enumerate(markup.mirror) if twin != k), ())


__all__ = ["Mirroring", "Pair", "fits", "wrong_pairs"]
