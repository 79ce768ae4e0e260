"""The codecs' own error: true points are encoded and decoded, with no network between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars
import torch
from jaxtyping import Float64
from matplotlib.figure import Figure
from torch import Tensor
from tqdm import tqdm

from landmarks.analysis.plots import COLOURS
from landmarks.benchmarks.base import Benchmark
from landmarks.codecs.base import Codec
from landmarks.codecs.methods import METHODS, CodecOfSize
from landmarks.data.augmentation import Placement
from landmarks.data.crop import CropPolicy
from landmarks.errors import DataError
from landmarks.files import complete_file
from landmarks.geometry import Size, apply_affine, inside, invert_affine
from landmarks.markups import Markup
from landmarks.metrics.functional import mean_error, normalised_mean_error

_CELLS_AT_ONCE = 2**22
"""Heatmap cells encoded at a time: 16 MiB a tensor, whatever the heatmap's size."""


@dataclass(frozen=True)
class PlacedFaces:
    """True points in the crops that a network would see.

    Attributes:
        points_crop: (N, K, 2) crop pixels; NaN where a point is missing or outside the crop.
        photo_from_crop: (N, 2, 3) takes crop points to photo points.
        normaliser: (N,) photo pixels, under the benchmark's first protocol.
        crop_size: Size of the crops.
        missing: Number of points that are not annotated.
        outside: Number of annotated points outside their crop.
    """

    points_crop: Float64[Tensor, "N K 2"]
    photo_from_crop: Float64[Tensor, "N 2 3"]
    normaliser: Float64[Tensor, " N"]
    crop_size: Size
    missing: int
    outside: int


class CodecError(NamedTuple):
    """What a codec loses on a set of faces.

    Attributes:
        error_px: Mean Euclidean error of a point, crop pixels.
        bias_x: Mean of decoded minus true x, crop pixels.
        bias_y: Mean of decoded minus true y, crop pixels.
        nme: Mean over faces, a fraction, under the benchmark's first protocol.
    """

    error_px: float
    bias_x: float
    bias_y: float
    nme: float


class OracleRow(NamedTuple):
    """A method's own error at one heatmap size.

    Attributes:
        method: Its name.
        heatmap_size: Cells down the heatmap.
        error: What the codec loses.
    """

    method: str
    heatmap_size: int
    error: CodecError


def place_faces(benchmark: Benchmark, split: str, crop_size: Size, crop: CropPolicy) -> PlacedFaces:
    """Reads the true points of a split and moves them into their crops, without augmentation.

    A face of which no point lies in its crop is left out.

    Raises:
        landmarks.errors.DataError: If a file is missing or damaged, or no face is left.
        ValueError: If there is no such split.
    """
    records = benchmark.records(split)
    points_photo = torch.from_numpy(
        np.stack([record.points_photo for record in records]).astype(np.float64)
        if len(records)
        else np.zeros((0, benchmark.facts.markup.count, 2))
    )
    photo_from_crop = torch.stack(
        [Placement().photo_from_crop(crop(record), crop_size) for record in records]
        or [torch.zeros(2, 3, dtype=torch.float64)]
    )[: len(records)]
    points = apply_affine(invert_affine(photo_from_crop), points_photo)
    there = inside(points, crop_size)
    missing = points.isnan().any(dim=-1)
    points = torch.where(there[..., None], points, torch.nan)
    kept = there.any(dim=-1)
    if not kept.any():
        raise DataError(
            f"split {split!r} of {benchmark.facts.title} has no face with a point in its crop, so "
            "there is nothing to measure; choose another split"
        )
    normaliser = torch.from_numpy(benchmark.normalisers(records)[:, 0])
    return PlacedFaces(
        points[kept],
        photo_from_crop[kept],
        normaliser[kept],
        crop_size,
        missing=int(missing.sum()),
        outside=int((~there & ~missing).sum()),
    )


def measure(codec: Codec, faces: PlacedFaces, faces_at_once: int = 32) -> CodecError:
    """Encodes and decodes the faces' points, and compares.

    Args:
        codec: Built for the faces' markup and crop size.
        faces: The true points.
        faces_at_once: Bounds the memory; the result does not depend on it.
    """
    parts = [
        codec.decode(codec.encode(part.float())).points.double()
        for part in torch.split(faces.points_crop, faces_at_once)
    ]
    decoded = torch.cat(parts)
    there = ~faces.points_crop.isnan().any(dim=-1)
    difference = (decoded - faces.points_crop)[there]
    nme = normalised_mean_error(
        apply_affine(faces.photo_from_crop, decoded),
        apply_affine(faces.photo_from_crop, faces.points_crop),
        faces.normaliser,
    )
    bias = difference.mean(dim=0)
    return CodecError(
        error_px=float(torch.linalg.vector_norm(difference, dim=-1).mean()),
        bias_x=float(bias[0]),
        bias_y=float(bias[1]),
        nme=float(mean_error(nme)),
    )


def oracle(
    faces: PlacedFaces,
    markup: Markup,
    heatmap_sizes: Sequence[int],
    methods: Mapping[str, CodecOfSize] = METHODS,
) -> list[OracleRow]:
    """Measures every method at every heatmap size; shows a progress bar.

    Args:
        faces: The true points.
        markup: Their point scheme.
        heatmap_sizes: Cells down the heatmaps.
        methods: Codecs by name.

    Raises:
        ValueError: If a heatmap does not fit the crop.
    """
    rows = []
    pairs = [(name, size) for name in methods for size in heatmap_sizes]
    with tqdm(pairs, desc="encode, decode", unit="codec") as progress:
        for name, size in progress:
            progress.set_postfix_str(f"{name} {size}")
            codec = methods[name](markup, faces.crop_size, size)
            cells = sum(spec.channels * spec.height * spec.width for spec in codec.fields.values())
            error = measure(codec, faces, max(1, _CELLS_AT_ONCE // cells))
            rows.append(OracleRow(name, size, error))
    return rows


def oracle_frame(rows: Sequence[OracleRow]) -> polars.DataFrame:
    """The rows as ``oracle.csv`` shows them: crop pixels, and NME in per cent.

    >>> oracle_frame([OracleRow("hih", 64, CodecError(0.19, 0.0, 0.0, 0.0015))]).columns
    ['method', 'heatmap_size', 'error_px', 'bias_x', 'bias_y', 'nme']
    """
    return polars.DataFrame(
        [(row.method, row.heatmap_size, *row.error[:3], 100 * row.error.nme) for row in rows],
        schema={
            "method": polars.String,
            "heatmap_size": polars.Int64,
            "error_px": polars.Float64,
            "bias_x": polars.Float64,
            "bias_y": polars.Float64,
            "nme": polars.Float64,
        },
        orient="row",
    )


def write_csv(rows: Sequence[OracleRow], path: Path) -> None:
    """Writes ``oracle.csv``; it appears when it is complete."""
    with complete_file(path) as unfinished:
        oracle_frame(rows).write_csv(unfinished)


_MARKERS = "osD^vPX*"


def oracle_figure(rows: Sequence[OracleRow], title: str) -> Figure:
    """Each method's mean error against the heatmap's size; both axes are logarithmic."""
    figure = Figure(figsize=(7.4, 4.4), layout="constrained")
    axes = figure.add_subplot()
    for place, method in enumerate(dict.fromkeys(row.method for row in rows)):
        own = sorted(row[1:] for row in rows if row.method == method)
        axes.plot(
            [size for size, _ in own],
            [error.error_px for _, error in own],
            label=method,
            color=COLOURS[place % len(COLOURS)],
            marker=_MARKERS[place % len(_MARKERS)],
            # Methods with equal errors (the two HIH) lie on each other: every other one is hollow.
            markerfacecolor="none" if place % 2 else COLOURS[place % len(COLOURS)],
            markersize=5 + place % 2 * 3,
            linestyle="--" if place % 2 else "-",
        )
    sizes = sorted({row.heatmap_size for row in rows})
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set(title=title, xlabel="heatmap size (cells)", ylabel="mean error (crop pixels)")
    axes.grid(visible=True, linewidth=0.6, alpha=0.5)
    figure.legend(title="method", loc="outside right center", frameon=False)
    return figure
