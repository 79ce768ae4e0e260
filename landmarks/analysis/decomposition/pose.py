"""A face's pose and size, as far as its true points tell them."""

import numpy as np
from jaxtyping import Float, Float64

from landmarks.markups import Markup


def eye_points(
    points: Float[np.ndarray, "N K 2"], markup: Markup
) -> tuple[Float64[np.ndarray, "N 2"], Float64[np.ndarray, "N 2"]] | None:
    """The ends of each face's eye line: left and right in the picture.

    The outer corners of the eyes; where the markup has none, the eyes' centres.

    Returns:
        (N, 2) each, NaN where a point is missing; None where the markup names no eyes.
    """
    eyes = markup.eyes
    if markup.eye_corners is not None:
        left, right = markup.eye_corners
        eyes = (left,), (right,)
    if eyes is None:
        return None
    ends = [points[:, list(eye)].astype(np.float64).mean(axis=1) for eye in eyes]
    return ends[0], ends[1]


def yaw_proxy(
    points: Float[np.ndarray, "N K 2"], markup: Markup
) -> Float64[np.ndarray, " N"] | None:
    r"""Where the tip of the nose lies along the eye line: a stand-in for the head's yaw.

    .. math:: 2\,\frac{(n - l) \cdot (r - l)}{\lVert r - l \rVert^2} - 1

    for the tip :math:`n` and the ends :math:`l, r` of `eye_points`: 0 where it lies half-way, as on
    a face seen from the front; 1 or -1 where it lies above or below an end; more on a profile. The
    sign is that of the picture's x: positive where the nose points to the right. It grows with
    the tangent of the yaw, by a factor that hangs on how far the person's nose stands out, and
    roll and scale do not change it. This project's choice; no angle is claimed.

    Returns:
        (N,), NaN where a point is missing or the eye line has no length; None where the markup
        names no eyes or no tip of the nose.

    >>> from landmarks.markups import MARKUP_68
    >>> face = np.zeros((1, 68, 2))
    >>> face[0, 36], face[0, 45], face[0, 30] = (0, 0), (40, 0), (30, 25)
    >>> yaw_proxy(face, MARKUP_68)
    array([0.5])
    """
    ends = eye_points(points, markup)
    if ends is None or markup.nose_tip is None:
        return None
    left, right = ends
    line = right - left
    nose = points[:, markup.nose_tip].astype(np.float64) - left
    length = (line**2).sum(axis=-1)
    along: Float64[np.ndarray, " N"] = (nose * line).sum(axis=-1) / np.where(
        length > 0, length, np.nan
    )
    return 2 * along - 1


def roll(points: Float[np.ndarray, "N K 2"], markup: Markup) -> Float64[np.ndarray, " N"] | None:
    """How far the eye line is turned from the horizontal, in degrees, clockwise on the screen.

    Returns:
        (N,) from -180 to 180, NaN where a point is missing or the line has no length; None where
        the markup names no eyes.

    >>> from landmarks.markups import MARKUP_68
    >>> face = np.zeros((1, 68, 2))
    >>> face[0, 45] = 10, 10
    >>> roll(face, MARKUP_68)
    array([45.])
    """
    ends = eye_points(points, markup)
    if ends is None:
        return None
    line = ends[1] - ends[0]
    angle = np.degrees(np.arctan2(line[:, 1], line[:, 0]))
    return np.where((line == 0).all(axis=-1), np.nan, angle)


def inter_ocular_distance(
    points: Float[np.ndarray, "N K 2"], markup: Markup
) -> Float64[np.ndarray, " N"] | None:
    """The length of the eye line in photo pixels.

    Returns:
        (N,), NaN where a point is missing; None where the markup names no eyes.
    """
    ends = eye_points(points, markup)
    if ends is None:
        return None
    distance: Float64[np.ndarray, " N"] = np.linalg.norm(ends[1] - ends[0], axis=-1)
    return distance
