"""A method's error as a sum: crop, encode, decode, network."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float64

from landmarks.analysis.decomposition.crop_places import CropPlaces
from landmarks.analysis.decomposition.rows import ErrorTerms, Term
from landmarks.analysis.decomposition.simulation import (
    Placed,
    limited_rise,
    period,
    phases,
    round_trip,
)
from landmarks.analysis.decomposition.targets import TargetGroups
from landmarks.analysis.measured import MeasuredRun
from landmarks.analysis.statistics import Estimate, error_estimate
from landmarks.codecs.base import Codec
from landmarks.geometry import apply_affine, inside, invert_affine, kept_inside
from landmarks.metrics.functional import normalised_mean_error
from landmarks.results import FaceResults

_ENCODED = 4
"""Draws of the phases at which points are replaced by their group's mean."""

_ROUND_TRIPS = 1000
"""Faces encoded and decoded for a training, if there are no more: the costly part."""

_DIGITS = 11


class _Simulated(NamedTuple):
    """What rounding adds to each face's NME, a fraction.

    Attributes:
        encode: (S, N).
        decode: (S, N).
    """

    encode: Float64[np.ndarray, "S N"]
    decode: Float64[np.ndarray, "S N"]


def error_terms(
    runs: Sequence[MeasuredRun],
    codecs: Mapping[str, Codec],
    crops: CropPlaces,
    protocol: str,
    half_resolution: Mapping[tuple[str, int | None], Mapping[str, FaceResults]] | None = None,
    seed: int = 0,
) -> list[ErrorTerms]:
    r"""Splits the NME of each method on each split into four terms, which add up to it.

    What the terms are is this project's choice. Write :math:`p` for a method's predictions,
    :math:`f` for those of the finest reading of the same trainings (the method with the least NME
    of those that read them, which may be the method itself), :math:`t` for the truth, :math:`t_c`
    for the crop's nearest point to it, and :math:`E(p, t)` for the mean NME.

    - **crop** :math:`= E(p, t) - E(p, t_c)`: points outside the crop cannot be seen, and codecs
      with maps cannot emit them. Measured.
    - **decode** :math:`= E(p, t_c) - E(f, t_c) + E(D(q), t_q) - E(G(q), t_q)`: what the method's
      reading loses against the finest one of the same outputs, measured face by face; and what the
      finest one loses itself, simulated. Here :math:`q = f + \delta` and :math:`t_q = t_c +
      \delta` are prediction and truth moved together by a random part of a cell, so that the error
      stays and the phase is another; :math:`D` is the codec's round trip, encode and decode; and
      :math:`G` replaces a point by the mean of all points with the same target, the best that any
      reader can do (`TargetGroups`).
    - **encode** :math:`= E(G(q), t_q) - E(G(f), t_c)`: what the target cannot tell. It is zero for
      targets drawn at the point itself. Of rounded ones, the first part is the error of a network
      that emits the exact target of one point; but real outputs are blends of many targets, in
      which a reader may find the place within a cell again. What the finest reading did find is
      lost in the second part, :math:`E(G(f), t_c) - E(f, t_c)`, and is subtracted: the term is the
      whole price of rounding where the outputs are as coarse as the targets, and zero where the
      networks have averaged the rounding away.
    - **network**: the rest, the error that would be left without a crop's border and with a codec
      that loses nothing.

    An estimate is over faces and trainings. The simulated parts are of the network's own errors,
    and so are far below the oracle's figure, which is given beside each: an error adds to rounding
    almost as independent variances do, :math:`\sqrt{a^2 + b^2}`, so that the larger hides the
    smaller. Published predictions of 2.99 % NME rise by 0.10 points when they are rounded by a
    codec whose oracle error is 1.32 %.

    Two things to know. Where the only reading of a training rounds, its predictions hold that
    rounding already and the simulation rounds them once more, which costs a little less than the
    first time: the terms of a plain argmax are understated, the network's is overstated. And the
    finest reading is found on the very faces that are decomposed.

    Args:
        runs: Tested runs of one condition; methods without a codec are left out.
        codecs: The methods' codecs, as they were tested.
        crops: Where the crops of the test faces lay.
        protocol: Name of the protocol; the benchmark's first.
        half_resolution: By method and seed, what `predict_at_half_resolution` found, if it did.
        seed: Of the simulation's draws.

    Returns:
        A row for each method and split, methods first.
    """
    methods = [name for name in dict.fromkeys(run.method for run in runs) if name in codecs]
    own = {name: [run for run in runs if run.method == name] for name in methods}
    found = []
    for name in methods:
        for split in own[name][0].splits:
            readings = {
                other: [run.splits[split] for run in own[other]]
                for other in methods
                if other == name or _trainings(own[other]) == _trainings(own[name])
            }
            halves = _halves(half_resolution, own[name], split)
            found.append((name, split, readings, halves))
    groups = {name: TargetGroups(codecs[name]) for name in methods}
    simulated: dict[tuple[str, str], _Simulated] = {}
    rows = []
    for name, split, readings, halves in found:
        finest = min(readings, key=lambda other: _nme(readings[other], protocol).mean())
        placed = Placed.of_results(readings[finest], crops, protocol)
        if (finest, split) not in simulated:
            simulated[finest, split] = _simulate(codecs[finest], groups[finest], placed, seed)
        terms = _terms(
            readings[name],
            readings[finest],
            crops,
            protocol,
            simulated[finest, split],
            _oracle(codecs[name], groups[name], readings[name], crops, protocol),
            finest != name,
        )
        errors = _nme(readings[name], protocol)
        rows.append(
            ErrorTerms(
                method=name,
                levels=own[name][0].levels,
                split=split,
                protocol=protocol,
                faces=errors.shape[1],
                seeds=len(errors),
                total=_estimate(errors),
                terms=terms,
                finest=finest,
                half_resolution=None
                if halves is None
                else _estimate(_nme(halves, protocol) - errors),
            )
        )
    return rows


def _trainings(runs: Sequence[MeasuredRun]) -> list[str | None] | object:
    """The runs' trainings, to be compared; those of other programs are like no others."""
    names = [run.training for run in runs]
    return object() if None in names else names


def _halves(
    found: Mapping[tuple[str, int | None], Mapping[str, FaceResults]] | None,
    runs: Sequence[MeasuredRun],
    split: str,
) -> list[FaceResults] | None:
    """The half-resolution results of the runs; None unless all have some."""
    if found is None:
        return None
    own = [found.get((run.method, run.seed), {}).get(split) for run in runs]
    whole = [each for each in own if each is not None]
    return whole if len(whole) == len(runs) else None


def _nme(results: Sequence[FaceResults], protocol: str) -> Float64[np.ndarray, "S N"]:
    return np.stack([own.nme[protocol] for own in results]).astype(np.float64)


def _terms(
    own: Sequence[FaceResults],
    finest: Sequence[FaceResults],
    crops: CropPlaces,
    protocol: str,
    simulated: _Simulated,
    oracle: tuple[float, float, float],
    measured: bool,
) -> tuple[Term, ...]:
    total = _nme(own, protocol)
    seen, best = (_against_seen(results, crops, protocol) for results in (own, finest))
    crop = _rise(total, seen)
    decode = _rise(seen, best) + simulated.decode
    network = best - simulated.encode - simulated.decode
    return (
        Term("crop", _estimate(crop), 100 * oracle[0], measured=True),
        Term("encode", _estimate(simulated.encode), 100 * oracle[1], measured=False),
        Term("decode", _estimate(decode), 100 * oracle[2], measured),
        Term("network", _estimate(network), None, measured=False),
    )


def _estimate(errors: Float64[np.ndarray, "S N"]) -> Estimate:
    """Of fractions, in per cent; what differs in float64's last digits alone does not differ."""
    return error_estimate(np.round(100 * errors, _DIGITS))


def _rise(
    larger: Float64[np.ndarray, "S N"], smaller: Float64[np.ndarray, "S N"]
) -> Float64[np.ndarray, "S N"]:
    """The difference; none between two errors without end."""
    both = np.isinf(larger) & np.isinf(smaller)
    rise: Float64[np.ndarray, "S N"] = np.where(both, 0, larger) - np.where(both, 0, smaller)
    return rise


def _against_seen(
    results: Sequence[FaceResults], crops: CropPlaces, protocol: str
) -> Float64[np.ndarray, "S N"]:
    """NME against the crop's nearest points to the truth."""
    photo_from_crop = crops.of_results(results[0])
    truth = torch.from_numpy(results[0].true_points_photo).double()
    truth_crop = apply_affine(invert_affine(photo_from_crop), truth)
    nearest = apply_affine(photo_from_crop, kept_inside(truth_crop, crops.crop_size))
    # Where nothing is moved the error is that of the results, to the last bit.
    seen = torch.where(inside(truth_crop, crops.crop_size)[..., None], truth, nearest)
    return np.stack(
        [
            normalised_mean_error(
                torch.from_numpy(own.points_photo),
                seen,
                torch.from_numpy(own.normalisers[protocol]),
            ).numpy()
            for own in results
        ]
    )


def _simulate(codec: Codec, groups: TargetGroups, placed: Placed, seed: int) -> _Simulated:
    extent = period(codec)
    seeds, count = placed.points.shape[:2]
    encode = np.zeros((seeds, count))
    for draw in range(_ENCODED):
        moved = phases(placed, extent, draw, seed)
        for place, points in enumerate(placed.points):
            encode[place] += limited_rise(groups, placed, points, moved).numpy() / _ENCODED
    for place, points in enumerate(placed.points):
        encode[place] -= limited_rise(groups, placed, points, torch.zeros_like(points)).numpy()
    trips = min(max(1, _ROUND_TRIPS // count), seeds * _ENCODED)
    decode = np.zeros(count)
    faces = torch.arange(count)
    for trip in range(trips):
        # Every training has its turn on every face, as far as the trips go.
        points = placed.points[(faces + trip) % seeds, faces]
        moved = phases(placed, extent, trip // seeds, seed)
        asked, truth = points + moved, placed.truth + moved
        read = placed.nme(round_trip(codec, asked), truth)
        decode += (read - placed.nme(groups.means(asked), truth)).numpy() / trips
    return _Simulated(encode, np.broadcast_to(decode, (seeds, count)).copy())


def _oracle(
    codec: Codec,
    groups: TargetGroups,
    results: Sequence[FaceResults],
    crops: CropPlaces,
    protocol: str,
) -> tuple[float, float, float]:
    """Crop, encode and decode of a perfect network, fractions, at the truth's own phases."""
    placed = Placed.of_results(results[:1], crops, protocol)
    truth_photo = torch.from_numpy(results[0].true_points_photo).double()
    truth = apply_affine(invert_affine(placed.photo_from_crop), truth_photo)
    crop = placed.nme(placed.truth, truth).mean()
    limited = placed.nme(groups.means(placed.truth), placed.truth).mean()
    read = placed.nme(round_trip(codec, placed.truth), placed.truth).mean()
    return float(crop), float(limited), float(read - limited)
