"""The rows of a decomposition as tables, for CSV; NME in per cent."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars

from landmarks.analysis.decomposition.rows import (
    ErrorTerms,
    GroupError,
    LandmarkError,
    ResolutionPoint,
)
from landmarks.analysis.statistics import Estimate

_ESTIMATE = ("nme", "nme_low", "nme_high")


def terms_table(rows: Sequence[ErrorTerms]) -> polars.DataFrame:
    """``error_terms.csv``: a row for each term of each method and split, after one for the total.

    The terms ``crop``, ``encode``, ``decode`` and ``network`` add up to ``total``;
    ``half_resolution``, where it was measured, stands beside them. ``oracle`` is what a term would
    come to with a perfect network; ``measured`` is false where it was simulated.
    """
    columns = {
        "split": polars.String,
        "protocol": polars.String,
        "faces": polars.Int64,
        "seeds": polars.Int64,
        "finest_reading": polars.String,
        "term": polars.String,
        **dict.fromkeys(_ESTIMATE, polars.Float64),
        "oracle": polars.Float64,
        "measured": polars.Boolean,
    }
    found = []
    for row in rows:
        head = (row.split, row.protocol, row.faces, row.seeds, row.finest)
        parts: list[tuple[str, Estimate, float | None, bool]] = [
            ("total", row.total, None, True),
            *row.terms,
        ]
        if row.half_resolution is not None:
            parts.append(("half_resolution", row.half_resolution, None, True))
        found += [
            (row.method, row.levels, (*head, name, *nme, oracle, measured))
            for name, nme, oracle, measured in parts
        ]
    return _table(found, columns)


def landmarks_table(rows: Sequence[LandmarkError]) -> polars.DataFrame:
    """``landmark_errors.csv``: a row for each method, split and landmark."""
    columns = {
        "split": polars.String,
        "landmark": polars.Int64,
        "parts": polars.String,
        "faces": polars.Int64,
        **dict.fromkeys(_ESTIMATE, polars.Float64),
    }
    return _table(
        [
            (
                row.method,
                row.levels,
                (row.split, row.point, " ".join(row.parts), row.faces, *row.nme),
            )
            for row in rows
        ],
        columns,
    )


def groups_table(rows: Sequence[GroupError]) -> polars.DataFrame:
    """``group_errors.csv``: a row for each method, split, grouping and group."""
    columns = {
        "split": polars.String,
        "grouping": polars.String,
        "group": polars.String,
        "faces": polars.Int64,
        "points": polars.Int64,
        **dict.fromkeys(_ESTIMATE, polars.Float64),
    }
    return _table([(row.method, row.levels, (*row[2:-1], *row.nme)) for row in rows], columns)


def resolution_table(rows: Sequence[ResolutionPoint]) -> polars.DataFrame:
    """``resolution.csv``: a row for each method, split, axis and size.

    The interval of a simulated point is that of the change from the tested size.
    """
    columns = {
        "split": polars.String,
        "axis": polars.String,
        "size": polars.Int64,
        **dict.fromkeys(_ESTIMATE, polars.Float64),
        "trained": polars.Boolean,
        "faces": polars.Int64,
        "seeds": polars.Int64,
    }
    return _table(
        [
            (
                row.method,
                row.levels,
                (row.split, row.axis, row.size, *row.nme, row.trained, row.faces, row.seeds),
            )
            for row in rows
        ],
        columns,
    )


def _table(
    rows: Sequence[tuple[str, Mapping[str, str], tuple[object, ...]]],
    columns: Mapping[str, Any],
) -> polars.DataFrame:
    """A column for the method, one for each axis of the matrix that is not a column, the rest."""
    axes = list(dict.fromkeys(axis for _, levels, _ in rows for axis in levels))
    schema = {"method": polars.String, **dict.fromkeys(axes, polars.String), **columns}
    return polars.DataFrame(
        [(method, *map(levels.get, axes), *values) for method, levels, values in rows],
        schema=schema,
        orient="row",
    )
