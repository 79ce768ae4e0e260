"""Every face exactly once: a file of predictions as arrays in the split's order."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from landmarks.errors import DataError
from landmarks.predictions.base import Faces, PredictedFace, PredictionFormat

_HEAD = 1 << 12


class ReadPredictions(NamedTuple):
    """What a file predicts of the faces of a split.

    Attributes:
        points_photo: (N, K, 2) photo pixels, 0-based, in the split's order; NaN for a face that is
            missing.
        covariances_photo: (N, K, 2, 2) square photo pixels, if the file holds any.
        missing: Number of faces that are missing.
        format: The format of the file.
        first_pixel: The number that the file gives to the first pixel.
    """

    points_photo: Float64[Tensor, "N K 2"]
    covariances_photo: Float64[Tensor, "N K 2 2"] | None
    missing: int
    format: PredictionFormat
    first_pixel: int


def read_predictions(
    file: Path,
    faces: Faces,
    formats: Sequence[PredictionFormat],
    first_pixel: int | None = None,
    missing_fails: bool = False,
) -> ReadPredictions:
    """Reads predictions of every face of a split.

    Args:
        file: The file.
        faces: The faces.
        formats: The formats that it may be of; the first that recognises it reads it.
        first_pixel: The number that the file gives to the first pixel, 0 or 1; what is usual for
            its format if None.
        missing_fails: Whether a face that the file lacks, or whose points are not finite, counts as
            a failure; otherwise it is an error.

    Raises:
        DataError: If the file cannot be understood, a face is missing, comes twice or is not one of
            the split's, or a point is not finite; the message names the place and the cure.
    """
    reader = _reader(file, formats)
    first = reader.first_pixel if first_pixel is None else first_pixel
    found: dict[int, PredictedFace] = {}
    for predicted in reader.read(file, faces):
        earlier = found.setdefault(predicted.face, predicted)
        if earlier is not predicted:
            raise DataError(
                f"{faces.name(predicted.face)} is predicted twice: by {_where(earlier)} and by "
                f"{_where(predicted)}; keep one of the two",
                file=file,
                line=predicted.line,
            )
        if not missing_fails and not np.isfinite(predicted.points).all():
            raise DataError(
                f"{faces.name(predicted.face)}: a predicted point is not finite ({predicted.entry})"
                "; predict it anew, or pass --missing_fails to count the face as a failure",
                file=file,
                line=predicted.line,
            )
    missing = [face for face in range(len(faces.records)) if face not in found]
    if missing and not missing_fails:
        raise DataError(
            f"{len(missing):,} of {len(faces.records):,} faces of {faces.title} have no "
            f"prediction, the first is {faces.name(missing[0])}; predict them too, choose the "
            "split that was predicted, or pass --missing_fails to count them as failures",
            file=file,
        )
    points = np.full((len(faces.records), faces.points, 2), np.nan)
    for face, predicted in found.items():
        points[face] = predicted.points - first
    return ReadPredictions(
        torch.from_numpy(points), _covariances(found, faces), len(missing), reader, first
    )


def _reader(file: Path, formats: Sequence[PredictionFormat]) -> PredictionFormat:
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise DataError(
            f"the predictions cannot be read ({error.strerror}); check the path", file=file
        ) from error
    for known in formats:
        if known.recognises(head):
            return known
    raise DataError(
        "the file begins like none of the formats that can be scored: "
        f"{'; '.join(known.description for known in formats)}; write it as one of these",
        file=file,
    )


def _where(predicted: PredictedFace) -> str:
    """The place of a face in its file.

    >>> _where(PredictedFace(0, np.zeros((1, 2)), None, 12, "annotation 3"))
    'annotation 3 on line 12'
    """
    return (
        predicted.entry if predicted.line is None else f"{predicted.entry} on line {predicted.line}"
    )


def _covariances(
    found: dict[int, PredictedFace], faces: Faces
) -> Float64[Tensor, "N K 2 2"] | None:
    """The covariances, if every face of the split has them."""
    claimed = [found[face].covariances for face in range(len(faces.records)) if face in found]
    there = [own for own in claimed if own is not None]
    if not there or len(there) < len(faces.records):
        return None
    return torch.from_numpy(np.stack(there))


__all__ = ["ReadPredictions", "read_predictions"]
