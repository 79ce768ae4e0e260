"""Five coarse points of a face, from which it is aligned: eyes, nose tip, mouth corners."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float

from landmarks.batch import Record
from landmarks.data.crops.base import finite
from landmarks.data.crops.similarity import fit_similarity
from landmarks.data.crops.templates import STAR_POINTS
from landmarks.errors import SettingsError
from landmarks.markups import Markup

FindPoints = Callable[[Record, np.random.Generator], Float[np.ndarray, "5 2"]]
"""The coarse points of one face, photo pixels: left eye, right eye (left and right in an upright
picture), nose tip, left and right corner of the mouth; NaN where a point is not known."""


class CoarsePoints(ABC):
    """Where the five coarse points of a face come from."""

    @abstractmethod
    def for_markup(self, markup: Markup) -> FindPoints:
        """What finds them for faces of this markup.

        Raises:
            SettingsError: If the markup does not say which points they are, and that is needed.
            landmarks.errors.DataError: If a file cannot be used.
        """


@final
class AnnotatedFivePoints(CoarsePoints):
    """Means of annotated points (`landmarks.markups.Markup.five_points`), and noise upon them.

    The noise stands in for a detector's error. It is drawn anew for each view in training; each
    evaluated face keeps its own, the same in every run.

    The mean is over the points that are annotated, so that the centre of an eye of which only a
    part is annotated lies off.

    Args:
        noise: Standard deviation of the Gaussian noise along x and along y, as a share of the
            distance between the centres of the eyes. How large the detector's errors were in any
            paper is not known; measure your detector's on the training faces.
    """

    def __init__(self, noise: float = 0.0) -> None:
        if not 0 <= noise < float("inf"):
            raise SettingsError(f"noise {finite('noise', noise)} must be at least 0")
        self.noise = noise

    def for_markup(self, markup: Markup) -> FindPoints:
        """See `CoarsePoints`."""
        if markup.five_points is None:
            raise SettingsError(
                f"markup {markup.name} does not say which of its points are the eyes, the tip of "
                "the nose and the corners of the mouth; choose DetectedFivePoints, or a crop that "
                "does not need them"
            )
        return partial(_annotated, markup.five_points, self.noise)


def _annotated(
    groups: Sequence[Sequence[int]], noise: float, record: Record, rng: np.random.Generator
) -> Float[np.ndarray, "5 2"]:
    points = np.full((5, 2), np.nan)
    for place, group in enumerate(groups):
        annotated = record.points_photo[list(group)]
        annotated = annotated[~np.isnan(annotated).any(axis=1)]
        if len(annotated):
            points[place] = annotated.mean(axis=0)
    drawn = rng.normal(size=(5, 2))  # as many whatever is missing, so that draws do not shift
    if not noise:
        return points
    return points + noise * _eye_distance(points) * drawn


def _eye_distance(points: Float[np.ndarray, "5 2"]) -> float:
    """Between the centres of the eyes; where one is missing, that of a fitted template."""
    distance = float(np.hypot(*(points[1] - points[0])))
    if np.isfinite(distance):
        return distance
    if np.isfinite(points).all(axis=1).sum() < 2:
        return 0.0  # too few points to align by, which the alignment reports
    photo_from_template = fit_similarity(STAR_POINTS, points)
    scale = float(np.hypot(*photo_from_template[:, 0]))
    return scale * float(np.hypot(*(STAR_POINTS[1] - STAR_POINTS[0])))


@final
class DetectedFivePoints(CoarsePoints):
    """A detector's points, from a file.

    A ``.csv`` file has a row for each detected face, below a header::

        photo,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,\
left_mouth_x,left_mouth_y,right_mouth_x,right_mouth_y

    ``photo`` is the name of the picture as ``faces.parquet`` of a test run shows it, a path below
    the benchmark's root. A ``.json`` file is ``{"photo": [[[x, y], … five points], … faces]}``.
    Left is left in an upright picture; photo pixels, 0 at the centre of the first pixel. A point
    that was not found is empty in CSV, null in JSON.

    Where several faces were detected in a picture, a record takes the one whose mean point is
    nearest to the middle of its annotated box (of its landmarks' box, if it has none). A detection
    farther from there than half the box's longer side is of another face.

    A face that was not detected has no points: `FivePointAlignment` raises a DataError that names
    it, or crops it as its ``otherwise`` says.

    Args:
        file: The file.
    """

    def __init__(self, file: Path) -> None:
        self.file = Path(file)

    def for_markup(self, markup: Markup) -> FindPoints:
        """Reads the file; see `CoarsePoints`."""
        from landmarks.data.crops.detections import read_detections

        return partial(_detected, read_detections(self.file))


def _detected(
    detections: dict[str, Float[np.ndarray, "F 5 2"]], record: Record, rng: np.random.Generator
) -> Float[np.ndarray, "5 2"]:
    nothing = np.full((5, 2), np.nan)
    faces = detections.get(record.photo.name)
    place = _middle_and_length(record)
    if faces is None or place is None:
        return nothing
    middle, length = place
    distances = np.hypot(*(np.nanmean(faces, axis=1) - middle).T)
    nearest = int(np.argmin(distances))
    return faces[nearest] if distances[nearest] <= length / 2 else nothing


def _middle_and_length(record: Record) -> tuple[Float[np.ndarray, "2"], float] | None:
    if record.box is not None:
        low, high = np.array(record.box[:2]), np.array(record.box[2:])
    else:
        points = record.points_photo[~np.isnan(record.points_photo).any(axis=1)]
        if not len(points):
            return None
        low, high = points.min(axis=0), points.max(axis=0)
    return (low + high) / 2, float((high - low).max())
