"""Faces with 106 points: the pictures, and the text files of LaPa and JD-landmark."""

from pathlib import Path

import cv2
import numpy as np

from landmarks.geometry import Size
from landmarks.markups import MARKUP_106
from landmarks.rendering.face import SyntheticFace, render_face

SIZE = Size(80, 72)


def write_face(picture: Path, annotation: Path, seed: int, index: int, decimals: int) -> np.ndarray:
    """Draws a face and writes its picture and its points.

    Returns:
        The points, (106, 2), rounded as they stand in the file, which has six decimals always.
    """
    face = render_face(seed, index, SIZE)
    write_picture(picture, face)
    points = np.round(face.points(MARKUP_106), decimals)
    write_points(annotation, points)
    return points


def write_picture(picture: Path, face: SyntheticFace) -> None:
    """Writes the picture of a drawn face."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(picture), face.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])


def write_points(annotation: Path, points: np.ndarray) -> None:
    """Writes the count and the points, as in the genuine files."""
    annotation.parent.mkdir(parents=True, exist_ok=True)
    lines = [str(len(points)), *(f"{x:.6f} {y:.6f}" for x, y in points), ""]
    annotation.write_text("\n".join(lines))
