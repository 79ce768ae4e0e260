"""COCO keypoints: one JSON file for all faces of a split."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from landmarks.benchmarks.formats.base import FaceFormat, FaceToWrite, ReadFaces, check_face
from landmarks.benchmarks.formats.coco_parts import CocoParts
from landmarks.benchmarks.formats.coco_text import annotation_entry, image_entry, json_line
from landmarks.benchmarks.formats.json_elements import json_elements
from landmarks.files import complete_file


@final
@dataclass(frozen=True)
class Coco(FaceFormat):
    """COCO keypoints as the tools of the field write them (https://cocodataset.org/#format-data).

    A face is an entry of ``annotations``: ``keypoints`` as a flat list ``x, y, v, …``, as a list of
    ``[x, y, v]``, or without ``v``; ``image_id``, which names an entry of ``images`` with its
    ``file_name``; ``bbox`` as ``x, y, width, height``, if there is a face box. Several faces may
    share an image. ``categories`` may be missing; where one names its keypoints, their number is
    checked. An annotation without a single annotated point is no face and is left out.

    The flag ``v`` is 0 for a missing point, 1 for one that is hidden, 2 for a visible one. Many
    files use 1, or 2, for every point that is there and say nothing of occlusion: unless told, the
    reader takes flags for occlusion only if a file has both (this project's choice).

    What COCO has no place for stands in members of this project's own, which other readers
    overlook: ``subsets`` (a list of names), ``occluded`` (a list of 0 and 1, or null where
    occlusion is not annotated; it overrides the flags), ``box`` (``x0, y0, x1, y1``, where
    ``x + width`` rounds to another number than ``x1``), and ``name`` of an image.

    Attributes:
        category: Name of the category to read where a file holds other things beside faces; all
            annotations if None.
        occlusion: Whether the flags tell hidden points from visible ones; found out if None.
    """

    category: str | None = None
    occlusion: bool | None = None

    @property
    def first_pixel(self) -> int:
        """0, as in mmpose."""
        return 0

    @property
    def pictures_lie_beside(self) -> bool:
        """False, since one file names pictures wherever they lie."""
        return False

    def read(self, source: Path, pictures: Path, count: int) -> ReadFaces:
        """Reads the faces in the order of ``annotations``; see `FaceFormat.read`.

        Raises:
            DataError: If the file is no JSON, or has no ``images`` or ``annotations``; the message
                names the line. An annotation is named by its id and its place.
        """
        parts = CocoParts(source, count)
        for element in json_elements(source):
            parts.take(element)
        return parts.faces(self.category, self.occlusion)

    def write(self, target: Path, faces: Sequence[FaceToWrite]) -> None:
        """Writes one annotation a line, numbers in full; pixels are counted from 0.

        Raises:
            DataError: If a face has no point, an infinite one, or a box without area.
        """
        for face in faces:
            check_face(face)
        images: dict[tuple[str, str], int] = {}
        for face in faces:
            images.setdefault((face.picture, face.record.photo.name), len(images) + 1)
        sizes = {(face.picture, face.record.photo.name): face.size for face in faces}
        count = len(faces[0].record.points_photo) if faces else 0
        names = [str(point) for point in range(count)]
        category = {"id": 1, "name": self.category or "face", "supercategory": "person"}
        category |= {"keypoints": names, "skeleton": []}
        with (
            complete_file(target) as unfinished,
            unfinished.open("w", encoding="ascii", newline="\n") as file,
        ):
            file.write('{"info": {"description": "written by landmarks data convert, pixels ')
            file.write(f'counted from 0"}},\n"categories": [{json_line(category)}],\n"images": [\n')
            file.write(
                ",\n".join(json_line(image_entry(key, images[key], sizes[key])) for key in images)
            )
            file.write('\n],\n"annotations": [\n')
            for number, face in enumerate(faces, start=1):
                image = images[face.picture, face.record.photo.name]
                annotation = {"id": number, "image_id": image, "category_id": 1}
                annotation |= annotation_entry(face.record, bool(self.occlusion))
                file.write(json_line(annotation) + (",\n" if number < len(faces) else "\n"))
            file.write("]}\n")

    def losses(self, faces: Sequence[FaceToWrite]) -> list[str]:
        """Nothing is lost."""
        return []


__all__ = ["Coco"]
