"""Faces drawn with their points, the strange ones numbered."""

import math

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8

from landmarks.batch import Record
from landmarks.data.augmentation import Placement
from landmarks.data.crops import LandmarkBox
from landmarks.data.warp import crop_photo
from landmarks.data_check.finding import Shown
from landmarks.errors import DataError
from landmarks.geometry import Size, apply_affine, invert_affine

_SIZE = Size(320, 320)
_MARGIN = 1.4
_BITS = 4
# Blue, orange and white of Okabe and Ito: told apart by the colour-blind, and by shape too.
_POINT, _MARKED, _EXPECTED, _EDGE = (86, 180, 233), (255, 176, 0), (255, 255, 255), (20, 20, 20)


def tile(shown: Shown) -> UInt8[np.ndarray, "H W 3"] | None:
    """The face with its points; None where it cannot be read or has no place.

    Points are blue dots; marked ones orange, larger and numbered; a white cross, joined to the
    point by a line, is where a marked point was expected; the box is a thin line.
    """
    record = shown.record
    try:
        window = LandmarkBox(_MARGIN)(record, np.random.default_rng(0))
        photo_from_crop = Placement().photo_from_crop(window, _SIZE)
        picture = np.ascontiguousarray(crop_photo(record.photo.read(), photo_from_crop, _SIZE))
    except DataError:
        return None
    crop_from_photo = invert_affine(photo_from_crop)

    def placed(points: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, "N 2"]:
        moved: Float[np.ndarray, "N 2"] = apply_affine(
            crop_from_photo, torch.from_numpy(np.asarray(points, np.float64))
        ).numpy()
        return moved

    _draw_box(picture, record, placed)
    points = placed(record.points_photo)
    for k, point in enumerate(points):
        if k not in shown.marked and np.isfinite(point).all():
            _dot(picture, point, 2.4, _POINT)
    expected = None if shown.expected is None else placed(shown.expected)
    for k in shown.marked:
        if not np.isfinite(points[k]).all():
            continue
        if expected is not None and np.isfinite(expected[k]).all():
            start, end = _fixed(points[k]), _fixed(expected[k])
            cv2.line(picture, start, end, _EXPECTED, 1, cv2.LINE_AA, _BITS)
            cv2.drawMarker(picture, _whole(expected[k]), _EDGE, cv2.MARKER_CROSS, 11, 3)
            cv2.drawMarker(picture, _whole(expected[k]), _EXPECTED, cv2.MARKER_CROSS, 9, 1)
        _dot(picture, points[k], 4.0, _MARKED)
        _number(picture, points[k], str(k))
    return picture


def _draw_box(picture: UInt8[np.ndarray, "H W 3"], record: Record, placed: object) -> None:
    assert callable(placed)
    if record.box is None or not all(map(math.isfinite, record.box)):
        return
    box = record.box
    low, high = placed(np.array([[box.x0, box.y0], [box.x1, box.y1]]))
    cv2.rectangle(picture, _fixed(low), _fixed(high), _EXPECTED, 1, cv2.LINE_AA, _BITS)


def _dot(
    picture: UInt8[np.ndarray, "H W 3"],
    point: Float[np.ndarray, "2"],
    radius: float,
    colour: tuple[int, int, int],
) -> None:
    for size, fill in ((radius + 1.0, _EDGE), (radius, colour)):
        fixed = round(size * (1 << _BITS))
        cv2.circle(picture, _fixed(point), fixed, fill, cv2.FILLED, cv2.LINE_AA, _BITS)


def _number(picture: UInt8[np.ndarray, "H W 3"], point: Float[np.ndarray, "2"], text: str) -> None:
    x, y = _whole(point)
    place = (
        min(max(x + 6, 2), _SIZE.width - 10 * len(text)),
        min(max(y - 5, 12), _SIZE.height - 4),
    )
    for colour, width in ((_EDGE, 4), (_MARKED, 1)):
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, width, cv2.LINE_AA)


def _fixed(point: Float[np.ndarray, "2"]) -> tuple[int, int]:
    limit = 1 << 14
    x, y = np.clip(np.round(point * (1 << _BITS)), -limit, limit).astype(int).tolist()
    return x, y


def _whole(point: Float[np.ndarray, "2"]) -> tuple[int, int]:
    x, y = np.clip(np.round(point), -1000, 1000).astype(int).tolist()
    return x, y


__all__ = ["tile"]
