"""Pictures of predicted faces: the truth, the prediction, and how far they lie apart."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from matplotlib import rc_context
from matplotlib.figure import Figure

from landmarks.batch import Record
from landmarks.data.augmentation import Placement
from landmarks.data.crops import LandmarkBox
from landmarks.data.warp import crop_photo
from landmarks.files import complete_file
from landmarks.geometry import Size, apply_affine, invert_affine

TRUE_COLOUR = (255, 255, 255)
PREDICTED_COLOUR = (255, 96, 32)
_SIZE = Size(288, 288)
_MARGIN = 1.35
_FRACTION_BITS = 4


class ShownFace(NamedTuple):
    """A face as several methods see it.

    Attributes:
        title: Why it is shown, and which it is.
        tiles: A picture for each method.
        errors: Each method's NME on it, in per cent.
    """

    title: str
    tiles: Mapping[str, UInt8[np.ndarray, "H W 3"]]
    errors: Mapping[str, float]


def chosen_faces(errors: Sequence[Float[np.ndarray, " N"]]) -> dict[str, int]:
    """The places of the best, the median and the worst face by the error averaged over methods.

    >>> chosen_faces([np.array([3.0, 1.0, 2.0]), np.array([5.0, 1.0, 9.0])])
    {'best': 1, 'median': 0, 'worst': 2}
    """
    order = np.argsort(np.mean(errors, axis=0), kind="stable")
    return {
        "best": int(order[0]),
        "median": int(order[(len(order) - 1) // 2]),
        "worst": int(order[-1]),
    }


def face_tile(record: Record, predicted: Float[np.ndarray, "K 2"]) -> UInt8[np.ndarray, "H W 3"]:
    """The face with its true points (white), the predicted ones (orange), and lines between them.

    Args:
        record: The face and the truth about it.
        predicted: (K, 2) photo pixels.
    """
    import torch

    window = LandmarkBox(_MARGIN)(record, np.random.default_rng(0))
    photo_from_crop = Placement().photo_from_crop(window, _SIZE)
    crop_from_photo = invert_affine(photo_from_crop)
    tile = np.ascontiguousarray(crop_photo(record.photo.read(), photo_from_crop, _SIZE))
    truth, guess = (
        apply_affine(crop_from_photo, torch.from_numpy(np.asarray(points, np.float64))).numpy()
        for points in (record.points_photo, predicted)
    )
    for true, found in zip(truth, guess, strict=True):
        if np.isfinite(true).all() and np.isfinite(found).all():
            cv2.line(
                tile, _fixed(true), _fixed(found), (255, 220, 80), 1, cv2.LINE_AA, _FRACTION_BITS
            )
    for points, colour, radius in ((truth, TRUE_COLOUR, 2.0), (guess, PREDICTED_COLOUR, 1.6)):
        for point in points[np.isfinite(points).all(axis=1)]:
            _dot(tile, point, radius + 0.9, (20, 20, 20))
            _dot(tile, point, radius, colour)
    return tile


def faces_figure(faces: Sequence[ShownFace]) -> Figure:
    """The faces below each other, the methods side by side."""
    methods = list(faces[0].tiles)
    with rc_context({"font.size": 9, "figure.facecolor": "white"}):
        figure = Figure(
            figsize=(1.9 * len(methods), 2.25 * len(faces)), dpi=144, layout="constrained"
        )
        grid = figure.subplots(len(faces), len(methods), squeeze=False)
        for axes_row, face in zip(grid, faces, strict=True):
            for axes, method in zip(axes_row, methods, strict=True):
                axes.imshow(face.tiles[method])
                axes.set(xticks=[], yticks=[], title=f"{method}\n{face.errors[method]:.2f} %")
                for spine in axes.spines.values():
                    spine.set_visible(False)
            axes_row[0].set_ylabel(face.title)
    return figure


def save_jpeg(figure: Figure, path: Path) -> None:
    """Writes a figure as JPEG; it appears when it is complete."""
    with complete_file(path) as unfinished:
        figure.savefig(unfinished, pil_kwargs={"quality": 90})


def jpeg(tile: UInt8[np.ndarray, "H W 3"]) -> bytes:
    """The picture as a JPEG file."""
    done, data = cv2.imencode(".jpg", tile[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    assert done
    return data.tobytes()


def _fixed(point: Float[np.ndarray, "2"]) -> tuple[int, int]:
    limit = 1 << 14
    x, y = np.clip(np.round(point * (1 << _FRACTION_BITS)), -limit, limit).astype(int).tolist()
    return x, y


def _dot(
    tile: UInt8[np.ndarray, "H W 3"],
    point: Float[np.ndarray, "2"],
    radius: float,
    colour: tuple[int, int, int],
) -> None:
    size = round(radius * (1 << _FRACTION_BITS))
    cv2.circle(tile, _fixed(point), size, colour, cv2.FILLED, cv2.LINE_AA, _FRACTION_BITS)
