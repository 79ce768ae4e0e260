"""Error against the heatmap's resolution, and against the crop's."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from landmarks.analysis.decomposition.crop_places import CropPlaces
from landmarks.analysis.decomposition.groups import by_method
from landmarks.analysis.decomposition.rows import ResolutionPoint
from landmarks.analysis.decomposition.simulation import Placed, limited_rise, phases, round_trip
from landmarks.analysis.decomposition.targets import TargetGroups, field_values
from landmarks.analysis.measured import MeasuredRun
from landmarks.analysis.statistics import Estimate, error_estimate, mean_estimate
from landmarks.codecs.base import Codec

HEATMAP_SIZES = (16, 24, 32, 48, 64, 96, 128, 192, 256)
"""Cells down the map, for a simulated curve."""

HEATMAP_AXIS = "heatmap_size"
CROP_AXIS = "crop_size"

_CELLS = 3 * 2**26
"""Values of fields that a curve encodes and decodes at most: faces are sampled to keep to it."""

_FEWEST_FACES = 8

_DIGITS = 11
"""Of changes in per cent: what differs in float64's last digits alone does not differ."""

_NOTHING = 1e-3
"""Share of the error below which it is not asked what has become of a loss."""


def trained_points(
    runs: Sequence[MeasuredRun], protocol: str, axes: Sequence[str] = (HEATMAP_AXIS, CROP_AXIS)
) -> list[ResolutionPoint]:
    """The error of networks trained at several resolutions, by method.

    Args:
        runs: Tested runs of all conditions. Those that lack an axis, or whose level is no whole
            number, are left out of its curve.
        protocol: Name of the protocol; the benchmark's first.
        axes: The axes of the matrix that are resolutions.

    Returns:
        Rows by axis, method and condition, split and size.
    """
    rows = []
    for axis in axes:
        for own in by_method(runs):
            level = own[0].levels.get(axis, "")
            if not level.isdecimal():
                continue
            others = {name: each for name, each in own[0].levels.items() if name != axis}
            for split in own[0].splits:
                errors = np.stack([run.splits[split].nme[protocol] for run in own])
                rows.append(
                    ResolutionPoint(
                        method=own[0].method,
                        levels=others,
                        split=split,
                        axis=axis,
                        size=int(level),
                        nme=error_estimate(100 * errors),
                        trained=True,
                        faces=errors.shape[1],
                        seeds=len(errors),
                    )
                )
    return rows


def simulated_points(
    runs: Sequence[MeasuredRun],
    codec: Codec,
    codec_of_size: Callable[[int], Codec],
    crops: CropPlaces,
    protocol: str,
    sizes: Sequence[int] = HEATMAP_SIZES,
    seed: int = 0,
) -> list[ResolutionPoint]:
    r"""What a method's error would be if its networks, as good as they are, met other heatmaps.

    .. math:: E(p, t) + c_s - c_0, \qquad
        c_s = E(D_s(q), t_q) - E(G_s(q), t_q) + \kappa\,\big[E(G_s(q), t_q) - E(q, t_q)\big]

    in the terms of `error_terms`, with :math:`c_s` the cost of the codec at size s, :math:`c_0` of
    that tested. Predictions and truth are moved together by random parts of the coarsest cell; all
    sizes see the same points. The second part is what targets cannot tell; :math:`\kappa` is the
    share of it that stayed in the tested networks' predictions, from 0 to 1: 1 where they are as
    coarse as the targets, as those of argmax, and little where a reader has found the place
    within a cell in outputs that are blends of many targets. It is taken to be the same at all
    sizes. A spread in cells stays as many cells: it is wider in pixels on a coarser map. At the
    tested size the curve passes through the trained NME. All this is this project's choice.

    It tells what encoding and decoding do at the networks' own errors. Whether a network learns a
    finer or a coarser map as well it does not tell: trained points do.

    Faces are sampled evenly, the same for every method, so that all sizes together take no more
    than about 200 million values of fields, and at least 8 faces; each is seen with one of the
    trainings, in turn. The interval is over these faces, of the change from the tested size.

    Args:
        runs: The tested runs of one method under one condition.
        codec: As it was tested.
        codec_of_size: The codec with another number of cells down the map, all else alike; one that
            has no map returns the same for every size. Sizes that it refuses by a ValueError, and
            those beyond the crop's, are left out.
        crops: Where the crops of the test faces lay.
        protocol: Name of the protocol; the benchmark's first.
        sizes: Cells down the map.
        seed: Of the simulation's draws.

    Returns:
        Rows by split and size.
    """
    codecs: dict[int, Codec] = {}
    for size in sizes:
        if size > crops.crop_size.height:
            continue
        try:
            codecs[size] = codec_of_size(size)
        except ValueError:
            continue
    if not codecs:
        return []
    values = field_values(codec) + sum(map(field_values, codecs.values()))
    others = {name: level for name, level in runs[0].levels.items() if name != HEATMAP_AXIS}
    rows = []
    for split in runs[0].splits:
        results = [run.splits[split] for run in runs]
        errors = np.stack([own.nme[protocol] for own in results]).astype(np.float64)
        count = errors.shape[1]
        used = min(count, max(_FEWEST_FACES, _CELLS // values))
        faces = torch.linspace(0, count - 1, used).round().long()
        placed = Placed.of_results(results, crops, protocol).chosen(faces)
        turn = torch.arange(used)
        points = placed.points[turn % len(results), turn]
        moved = phases(placed, crops.crop_size.height / min(codecs), 0, seed)

        kept = _kept(TargetGroups(codec), placed, points, moved)
        tested = _cost(codec, placed, points, moved, kept)
        for size, of_size in codecs.items():
            cost = _cost(of_size, placed, points, moved, kept)
            change = mean_estimate(np.round(100 * (cost - tested).numpy(), _DIGITS))
            base = 100 * float(errors.mean())
            rows.append(
                ResolutionPoint(
                    method=runs[0].method,
                    levels=others,
                    split=split,
                    axis=HEATMAP_AXIS,
                    size=size,
                    nme=Estimate(*(base + part for part in change)),
                    trained=False,
                    faces=used,
                    seeds=len(results),
                )
            )
    return rows


def _kept(
    groups: TargetGroups,
    faces: Placed,
    points: Float64[Tensor, "N K 2"],
    moved: Float64[Tensor, "N K 2"],
) -> float:
    """The share of what the targets cannot tell that stayed in the predictions."""
    if groups.exact:
        return 1.0  # of nothing
    lost = float(limited_rise(groups, faces, points, moved).mean())
    found = float(limited_rise(groups, faces, points, torch.zeros_like(points)).mean())
    if lost <= _NOTHING * float(faces.nme(points, faces.truth).mean()):
        return 1.0
    return min(1.0, max(0.0, 1 - found / lost))


def _cost(
    codec: Codec,
    faces: Placed,
    points: Float64[Tensor, "N K 2"],
    moved: Float64[Tensor, "N K 2"],
    kept: float,
) -> Float64[Tensor, " N"]:
    """NME of the round trip, without the part of the targets' share that did not stay."""
    read = faces.nme(round_trip(codec, points + moved), faces.truth + moved)
    if kept == 1.0:
        return read  # spares finding the groups, which takes seconds for the finest maps
    return read - (1 - kept) * limited_rise(TargetGroups(codec), faces, points, moved)
