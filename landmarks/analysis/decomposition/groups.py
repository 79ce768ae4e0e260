"""Error by part of the face, subset of the benchmark, pose and size."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float64

from landmarks.analysis.decomposition.pose import inter_ocular_distance, roll, yaw_proxy
from landmarks.analysis.decomposition.rows import UNTOLD, GroupError
from landmarks.analysis.measured import MeasuredRun
from landmarks.analysis.statistics import error_estimate
from landmarks.benchmarks.base import Facts
from landmarks.markups import Markup
from landmarks.results import ALL, FaceResults

PART = "part"
SUBSET = "subset"
YAW = "yaw proxy"
ROLL = "roll"
DISTANCE = "inter-ocular distance"

_YAW_EDGES = (0.1, 0.25, 0.5)
_ROLL_EDGES = (5.0, 15.0, 30.0)
_DISTANCE_EDGES = (30.0, 60.0, 120.0, 240.0)

Faces = Bool[np.ndarray, " N"]


def group_errors(runs: Sequence[MeasuredRun], facts: Facts) -> list[GroupError]:
    """Each method's error on parts of the face and on groups of faces, by the first protocol.

    - ``part``: the error over the points of each part of the markup; points in no part make a group
      ``other points``. A face without an annotated point of a part does not count for it.
    - ``subset``: the benchmark's subsets, after the whole split.
    - ``yaw proxy``: the size of `yaw_proxy`, left and right together.
    - ``roll``: the size of the angle that the eye line is turned by on the photo.
    - ``inter-ocular distance``: photo pixels between the ends of the eye line.

    The last three are cut at fixed edges, so that a group means the same on every benchmark and
    every split: quantiles of one test set would not. Distances double from group to group, since
    what resolution does goes by ratios. These edges are this project's choice. A face that lacks
    the points it would be told by is in the group `UNTOLD`; groups without a face are left out.

    Args:
        runs: Tested runs, of any conditions, and of other programs too.
        facts: The benchmark's.

    Returns:
        Rows by method and condition, split, grouping and group.
    """
    protocol = facts.protocols[0].name
    rows = []
    for own in by_method(runs):
        for split in own[0].splits:
            results = [run.splits[split] for run in own]
            errors = point_nme(results, protocol)
            head = (own[0].method, own[0].levels, split)
            for part, points in _points_of_parts(facts.markup).items():
                there = ~np.isnan(errors[0][:, points]).all(axis=1)
                rows += _row(head, PART, part, errors[:, :, points], there)
            for grouping, groups in _groups(results[0], facts).items():
                for group, faces in groups.items():
                    rows += _row(head, grouping, group, errors, faces)
    return rows


def point_nme(results: Sequence[FaceResults], protocol: str) -> Float64[np.ndarray, "S N K"]:
    """Each point's distance from the truth over the face's normaliser, a fraction.

    Args:
        results: Of S trainings, on the same faces.
        protocol: Name of the protocol.

    Returns:
        (S, N, K), NaN where a point is not annotated, infinite where a prediction is not finite.
    """
    predicted = np.stack([own.points_photo for own in results]).astype(np.float64)
    truth = results[0].true_points_photo.astype(np.float64)
    errors = np.linalg.norm(predicted - truth, axis=-1)
    errors = np.where(np.isfinite(predicted).all(axis=-1), errors, np.inf)
    errors = np.where(np.isnan(truth).any(axis=-1), np.nan, errors)
    distance: Float64[np.ndarray, " N"] = results[0].normalisers[protocol].astype(np.float64)
    nme: Float64[np.ndarray, "S N K"] = errors / distance[:, None]
    return nme


def by_method(runs: Sequence[MeasuredRun]) -> list[list[MeasuredRun]]:
    """The runs of each method under each condition."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], list[MeasuredRun]] = {}
    for run in runs:
        found.setdefault((run.method, tuple(run.levels.items())), []).append(run)
    return list(found.values())


def _row(
    head: tuple[str, Mapping[str, str], str],
    grouping: str,
    group: str,
    errors: Float64[np.ndarray, "S N K"],
    faces: Faces,
) -> list[GroupError]:
    """One row; none if the group has no face."""
    if not faces.any():
        return []
    own = errors[:, faces]
    nme = error_estimate(100 * np.nanmean(own, axis=2))
    points = int((~np.isnan(own[0])).sum())
    return [GroupError(*head, grouping, group, int(faces.sum()), points, nme)]


def _points_of_parts(markup: Markup) -> dict[str, list[int]]:
    parts = {name: sorted(set(part.points)) for name, part in markup.parts.items()}
    told = {point for points in parts.values() for point in points}
    others = [point for point in range(markup.count) if point not in told]
    if parts and others:
        parts["other points"] = others
    return parts


def _groups(results: FaceResults, facts: Facts) -> dict[str, dict[str, Faces]]:
    truth, markup = results.true_points_photo, facts.markup
    groups = {
        SUBSET: {
            name: np.array([name == ALL or name in own for own in results.subsets], dtype=bool)
            for name in results.subset_names(facts)
        }
    }
    yaw, angle = yaw_proxy(truth, markup), roll(truth, markup)
    distance = inter_ocular_distance(truth, markup)
    if yaw is not None:
        groups[YAW] = _between(np.abs(yaw), _YAW_EDGES, "")
    if angle is not None:
        groups[ROLL] = _between(np.abs(angle), _ROLL_EDGES, "°")
    if distance is not None:
        groups[DISTANCE] = _between(distance, _DISTANCE_EDGES, " px")
    return groups


def _between(
    values: Float64[np.ndarray, " N"], edges: Sequence[float], unit: str
) -> dict[str, Faces]:
    """Groups from 0 to the first edge, from there to the next, and beyond the last.

    An edge belongs to the group above it.
    """
    lows, highs = (0.0, *edges), (*edges, np.inf)
    found = {}
    for low, high in zip(lows, highs, strict=True):
        name = f"{low:g}–{high:g}{unit}" if high < np.inf else f"{low:g}{unit} or more"
        found[name] = (values >= low) & (values < high)
    found[UNTOLD] = np.isnan(values)
    return found
