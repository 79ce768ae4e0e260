"""Predictions of other programs as further methods of a comparison.

`landmarks score` has read them and written their points; here they are held against the faces of
the comparison, and measured again by its own truth. Of a file of points, nothing but the points
and their covariances is believed.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool

from landmarks.analysis.measured import MeasuredRun
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.errors import DataError, SettingsError
from landmarks.points_file import points_file_name
from landmarks.results import FaceResults

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
_SAME = 1e-6
"""Photo pixels: the truth is read from the same texts, so that only a last digit may differ."""


class ConditionFaces(NamedTuple):
    """The faces that the methods of a condition are tested on.

    Attributes:
        benchmark: What ``--benchmark`` calls their benchmark.
        sets: The test sets.
        levels: The level of each axis of the matrix, by the axis.
    """

    benchmark: str
    sets: Sequence[EvaluationSet]
    levels: Mapping[str, str] = MappingProxyType({})


class OtherFacesError(DataError):
    """The predictions are of other faces than those of the comparison."""


def named_folders(words: Sequence[str], taken: Collection[str]) -> dict[str, Path]:
    """The folders of ``--foreign NAME=FOLDER``, by name.

    Args:
        words: What follows each ``--foreign``.
        taken: Names that are not free: those of methods.

    Raises:
        SettingsError: If a word is no such pair, or its name is no name or not free.

    >>> named_folders(["star=scored/star"], taken=["dark"])
    {'star': PosixPath('scored/star')}
    """
    folders: dict[str, Path] = {}
    for word in words:
        name, _, folder = word.partition("=")
        if not folder or not _NAME.fullmatch(name):
            raise SettingsError(
                f"--foreign {word!r}: expected NAME=FOLDER, the name of letters, digits and "
                "_ . + -, the folder one that 'landmarks score' has written"
            )
        if name in taken or name in folders:
            raise SettingsError(
                f"--foreign {word!r}: {name!r} is the name of another method; choose another name"
            )
        folders[name] = Path(folder)
    return folders


def foreign_runs(
    folders: Mapping[str, Path], conditions: Sequence[ConditionFaces]
) -> list[list[MeasuredRun]]:
    """The predictions as tested methods, for each condition.

    Predictions stand in every condition whose faces they are of: in all of them where crops or
    heatmaps are varied, in those of their benchmark where benchmarks are.

    Args:
        folders: What `landmarks score` has written, by the methods' names.
        conditions: The faces of the comparison.

    Returns:
        For each condition its foreign methods, in the order of the folders: without a seed, a
        training, or a cost.

    Raises:
        DataError: If predictions are of none of the conditions, lack a split of one, or were scored
            against another truth; the message says what differs, in which file, and the cure.
    """
    found: list[list[MeasuredRun]] = [[] for _ in conditions]
    read: dict[Path, FaceResults] = {}
    for name, folder in folders.items():
        refusals = []
        for condition, own in zip(conditions, found, strict=True):
            splits, refused = _read_splits(folder, condition, read)
            if not refused:
                own.append(_run(name, condition.levels, splits))
            elif splits:
                raise refused[0]
            refusals += refused
        if not any(run.method == name for own in found for run in own):
            raise refusals[0]
    return found


def _read_splits(
    folder: Path, condition: ConditionFaces, read: dict[Path, FaceResults]
) -> tuple[dict[str, FaceResults], list[DataError]]:
    """The splits of a condition that a folder has, and why it has not the others."""
    splits, refused = {}, []
    for truth in condition.sets:
        file = folder / points_file_name(truth.split)
        cure = (
            f"landmarks score PREDICTIONS --benchmark {condition.benchmark} --root ROOT "
            f"--split {truth.split} --output {folder}"
        )
        try:
            if not file.exists():
                raise _absent(folder, truth.split, cure)
            if file not in read:
                read[file] = FaceResults.load(file)
            _refuse_other_faces(read[file], truth, file, cure)
        except OtherFacesError as error:
            refused.append(error)
            continue
        _refuse_other_truth(read[file], truth, file, cure)
        splits[truth.split] = _measured_again(read[file], truth, file)
    return splits, list(refused)


def _absent(folder: Path, split: str, cure: str) -> OtherFacesError:
    if not folder.is_dir():
        return OtherFacesError(
            f"there is no such folder; 'landmarks score' writes it: {cure}", file=folder
        )
    there = sorted(file.name for file in folder.glob("points-*.npz"))
    return OtherFacesError(
        f"there are no predictions of split {split!r}: {points_file_name(split)} is missing, "
        f"found {', '.join(there) or 'no points-<split>.npz at all'}; every test split must be "
        f"there: {cure}",
        file=folder,
    )


def _refuse_other_faces(found: FaceResults, truth: EvaluationSet, file: Path, cure: str) -> None:
    names = tuple(record.photo.name for record in truth.records)
    what = None
    if found.split != truth.split:
        what = f"it holds split {found.split!r}, the comparison tests {truth.split!r}"
    elif len(found.photo) != len(names):
        what = f"it holds {len(found.photo):,} faces, the comparison tests {len(names):,}"
    elif found.photo != names or not np.array_equal(found.face, np.arange(len(names))):
        place = next(
            i for i, name in enumerate(names) if found.photo[i] != name or found.face[i] != i
        )
        what = (
            f"its face {place + 1} is {found.photo[place]} (number {found.face[place] + 1} of its "
            f"split), that of the comparison is {names[place]}"
        )
    elif found.true_points_photo.shape != tuple(truth.points_photo.shape):
        what = (
            f"its faces have {found.true_points_photo.shape[1]} points, those of the comparison "
            f"{truth.points_photo.shape[1]}"
        )
    if what is not None:
        raise OtherFacesError(
            f"the predictions of split {truth.split!r} are of other faces: {what}; score "
            f"predictions of the same benchmark and split: {cure}",
            file=file,
        )


def _refuse_other_truth(found: FaceResults, truth: EvaluationSet, file: Path, cure: str) -> None:
    again = f"score the predictions again with the same files and description: {cure}"
    true_points = truth.points_photo.numpy()
    same = np.isclose(found.true_points_photo, true_points, rtol=0, atol=_SAME, equal_nan=True)
    other = ~same.all(axis=(1, 2))
    if other.any():
        face = int(np.argmax(other))
        point = int(np.argmax(~same[face].all(axis=-1)))
        raise DataError(
            f"the true points of {_count(other)} differ from those of the comparison, such as "
            f"point {point + 1} of {found.photo[face]}: {_at(found.true_points_photo[face, point])}"
            f" against {_at(true_points[face, point])}; {again}",
            file=file,
        )
    names = [protocol.name for protocol in truth.protocols]
    if set(found.normalisers) != set(names):
        raise DataError(
            f"errors were measured under {', '.join(found.normalisers)}, the comparison measures "
            f"under {', '.join(names)}; {again}",
            file=file,
        )
    for place, name in enumerate(names):
        distances = truth.normalisers[:, place].numpy()
        other = ~np.isclose(found.normalisers[name], distances, rtol=0, atol=_SAME)
        if other.any():
            face = int(np.argmax(other))
            raise DataError(
                f"the distances that errors are divided by under {name} differ for "
                f"{_count(other)}, such as {found.photo[face]}: "
                f"{found.normalisers[name][face]:.6g} against {distances[face]:.6g} pixels; "
                f"{again}",
                file=file,
            )
    for face, (own, record) in enumerate(zip(found.subsets, truth.records, strict=True)):
        if set(own) != set(record.subsets):
            raise DataError(
                f"{found.photo[face]} is in the subsets {sorted(own)}, in the comparison in "
                f"{sorted(record.subsets)}; {again}",
                file=file,
            )


def _measured_again(found: FaceResults, truth: EvaluationSet, file: Path) -> FaceResults:
    claimed = found.covariances_photo
    results = FaceResults.measure(
        truth,
        torch.arange(len(found.face)),
        torch.from_numpy(found.points_photo),
        None if claimed is None else torch.from_numpy(claimed),
    )
    if claimed is not None:
        try:
            results.calibration(truth.protocols[0].name)
        except ValueError as error:
            raise DataError(
                f"its covariances cannot be used: {error}; mend them, or leave them out",
                file=file,
            ) from error
    return results


def _run(name: str, levels: Mapping[str, str], splits: Mapping[str, FaceResults]) -> MeasuredRun:
    return MeasuredRun(
        method=name,
        levels=levels,
        seed=None,
        splits=splits,
        training=None,
        parameters=None,
        network_ms=None,
        decode_ms=None,
        temperature=None,
    )


def _count(rows: Bool[np.ndarray, " N"]) -> str:
    return f"{int(rows.sum()):,} of {len(rows):,} faces"


def _at(point: np.ndarray) -> str:
    return f"({point[0]:.3f}, {point[1]:.3f})"


__all__ = ["ConditionFaces", "OtherFacesError", "foreign_runs", "named_folders"]
