"""Pictures of predicted faces: the truth, the prediction, how far they lie apart, and the maps."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from matplotlib import colormaps, rc_context
from matplotlib.figure import Figure
from torch import Tensor

from landmarks.batch import Record
from landmarks.data.augmentation import Placement
from landmarks.data.crops import LandmarkBox
from landmarks.data.warp import crop_photo
from landmarks.files import complete_file
from landmarks.geometry import Grid, Size, apply_affine, compose_affine, inside, invert_affine

TRUE_COLOUR = (255, 255, 255)
PREDICTED_COLOUR = (255, 96, 32)
_SIZE = Size(288, 288)
_MARGIN = 1.35
_FRACTION_BITS = 4
_SOLID, _SOLID_FROM = 0.9, 4.0
"""How far a map covers the face, and from which part of its highest value on: one in so many."""
_FACE, _UNSEEN = 0.75, 0.3
"""Brightness of the grey face within the crop, and beyond it."""
_WIDEST = 8
"""More than so many tiles stand below each other rather than side by side."""


class ShownFace(NamedTuple):
    """A face as several methods see it, or a face of each method's own.

    Attributes:
        title: Why it is shown, and which it is.
        tiles: A picture for each method.
        errors: Each method's NME on it, in per cent.
        photos: The picture that each method's face is of, where they are not of one face.
    """

    title: str
    tiles: Mapping[str, UInt8[np.ndarray, "H W 3"]]
    errors: Mapping[str, float]
    photos: Mapping[str, str] = MappingProxyType({})


class SeenMap(NamedTuple):
    """What a network emitted for a face, as one map.

    Attributes:
        values: (h, w) the points' maps, summed or the largest of them cell by cell. Negative and
            undefined values count as nothing.
        grid: Where the cells lie on the crop.
        crop_size: Size of the crop.
        photo_from_crop: Takes crop points to photo points.
    """

    values: Float[np.ndarray, "h w"]
    grid: Grid
    crop_size: Size
    photo_from_crop: Float[Tensor, "2 3"]


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


def own_faces(errors: Mapping[str, Float[np.ndarray, " N"]]) -> dict[str, dict[str, int]]:
    """The places of each method's own best, median and worst face, by its own errors.

    >>> own_faces({"a": np.array([3.0, 1.0, 2.0]), "b": np.array([5.0, 6.0, 9.0])})["worst"]
    {'a': 0, 'b': 2}
    """
    chosen = {method: chosen_faces([own]) for method, own in errors.items()}
    return {
        why: {method: places[why] for method, places in chosen.items()}
        for why in ("best", "median", "worst")
    }


def face_tile(record: Record, predicted: Float[np.ndarray, "K 2"]) -> UInt8[np.ndarray, "H W 3"]:
    """The face with its true points (white), the predicted ones (orange), and lines between them.

    Args:
        record: The face and the truth about it.
        predicted: (K, 2) photo pixels.
    """
    tile, photo_from_tile = _cut_out(record)
    tile_from_photo = invert_affine(photo_from_tile)
    truth, guess = (
        apply_affine(tile_from_photo, torch.from_numpy(np.asarray(points, np.float64))).numpy()
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


def heatmap_tile(record: Record, seen: SeenMap) -> UInt8[np.ndarray, "H W 3"]:
    """The face in grey, as `face_tile` shows it, and a map over it in colours.

    The colours are perceptually uniform (Matplotlib's ``inferno``, https://bids.github.io/colormap)
    and run from nothing to the map's own highest value, so that maps of any scale can be shown;
    they let the face shine through where the map is low. What the network did not see is dark.
    """
    tile, photo_from_tile = _cut_out(record)
    crop_from_tile = compose_affine(invert_affine(seen.photo_from_crop.double()), photo_from_tile)
    height, width = tile.shape[:2]
    ys, xs = torch.meshgrid(*map(torch.arange, (height, width)), indexing="ij")
    pixels = torch.stack([xs, ys], dim=-1).reshape(-1, 2).double()
    points_crop = apply_affine(crop_from_tile, pixels)
    visible = inside(points_crop, seen.crop_size).reshape(height, width, 1).numpy()
    places = seen.grid.to_cells(points_crop).reshape(height, width, 2).float().numpy()
    values = np.nan_to_num(seen.values.astype(np.float32), posinf=0.0, neginf=0.0).clip(0)
    share = values / max(float(values.max()), np.finfo(np.float32).tiny)
    shown = cv2.remap(
        share, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )[..., None]
    colours = 255 * colormaps["inferno"](shown[..., 0])[..., :3]
    grey = cv2.cvtColor(tile, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float64)
    cover = _SOLID * np.minimum(1.0, _SOLID_FROM * shown) * visible
    faded = np.where(visible, _FACE, _UNSEEN) * grey
    shown_tile: UInt8[np.ndarray, "H W 3"] = np.round(faded * (1 - cover) + colours * cover).astype(
        np.uint8
    )
    return shown_tile


def beside(
    left: UInt8[np.ndarray, "H W1 3"], right: UInt8[np.ndarray, "H W2 3"]
) -> UInt8[np.ndarray, "H W3 3"]:
    """Two pictures of one height as one."""
    return np.hstack([left, right])


def faces_figure(faces: Sequence[ShownFace]) -> Figure:
    """The faces below each other, the methods side by side; turned round for many methods."""
    methods = list(faces[0].tiles)
    height, width = max((tile.shape[:2] for tile in faces[0].tiles.values()), key=lambda s: s[1])
    turned = len(methods) * width > _WIDEST * height
    down, across = (len(methods), len(faces)) if turned else (len(faces), len(methods))
    with rc_context({"font.size": 9, "figure.facecolor": "white"}):
        figure = Figure(
            figsize=(1.9 * width / height * across, 2.25 * down), dpi=144, layout="constrained"
        )
        grid = figure.subplots(down, across, squeeze=False)
        for face, own in zip(faces, grid.T if turned else grid, strict=True):
            for axes, method in zip(own, methods, strict=True):
                axes.imshow(face.tiles[method])
                axes.set(xticks=[], yticks=[], title=f"{method}\n{face.errors[method]:.2f} %")
                for spine in axes.spines.values():
                    spine.set_visible(False)
            if turned:
                own[-1].set_xlabel(face.title)
            else:
                own[0].set_ylabel(face.title)
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


def _cut_out(record: Record) -> tuple[UInt8[np.ndarray, "H W 3"], Float[Tensor, "2 3"]]:
    """The face, and ``photo_from_tile``."""
    window = LandmarkBox(_MARGIN)(record, np.random.default_rng(0))
    photo_from_tile = Placement().photo_from_crop(window, _SIZE)
    photo = record.photo.read()
    return np.ascontiguousarray(crop_photo(photo, photo_from_tile, _SIZE)), photo_from_tile


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
