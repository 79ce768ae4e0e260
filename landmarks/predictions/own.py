"""The points that this project's own test runs keep."""

from collections.abc import Iterator
from pathlib import Path
from typing import final

from landmarks.errors import DataError
from landmarks.points_file import read_points_file
from landmarks.predictions.base import Faces, PredictedFace, PredictionFormat


@final
class OwnPoints(PredictionFormat):
    """A ``points-<split>.npz`` that `landmarks.results.FaceResults.save` has written.

    Faces are told by their place in the split; the names of their pictures must agree. Covariances
    are kept.
    """

    @property
    def description(self) -> str:
        """Points of a test run."""
        return "points of a test run of this project"

    @property
    def first_pixel(self) -> int:
        """0."""
        return 0

    def recognises(self, head: bytes) -> bool:
        """Whether the file is a ZIP archive, as numpy writes it."""
        return head.startswith(b"PK\x03\x04")

    def read(self, file: Path, faces: Faces) -> Iterator[PredictedFace]:
        """Reads the faces in the order of the file.

        Raises:
            DataError: If the file is damaged, was made for another split, has another number of
                points, or names another picture for a face.
        """
        found = read_points_file(file)
        split = str(found["split"])
        if split != faces.split:
            raise DataError(
                f"holds the faces of {split!r}, not of {faces.split!r}; choose the split that was "
                "predicted by --split (held-out training faces, 'validation', cannot be scored)",
                file=file,
            )
        count = found["points_photo"].shape[1]
        if count != faces.points:
            raise DataError(
                f"holds faces of {count} points, {faces.title} has {faces.points}; choose the "
                "benchmark that was predicted",
                file=file,
            )
        covariances = found.get("covariances_photo")
        for row, (face, photo) in enumerate(zip(found["face"], found["photo"], strict=True)):
            place = int(face)
            if not 0 <= place < len(faces.records):
                raise DataError(
                    f"holds face {place + 1}, but {faces.title} has {len(faces.records):,} faces; "
                    "choose the benchmark and split that was predicted, or complete its files",
                    file=file,
                )
            name = faces.records[place].photo.name
            if str(photo) != name:
                raise DataError(
                    f"holds {str(photo)!r} as face {place + 1}, which is {name!r} in "
                    f"{faces.title}; choose the benchmark and split that was predicted, with the "
                    "same files as then",
                    file=file,
                )
            claimed = None if covariances is None else covariances[row]
            entry = f"face {place + 1}"
            yield PredictedFace(place, found["points_photo"][row], claimed, None, entry)


__all__ = ["OwnPoints"]
