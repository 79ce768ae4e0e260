"""Sections of the report from what other analyses find."""

from collections.abc import Iterable, Sequence

from landmarks.analysis.decomposition import (
    ErrorTerms,
    GroupError,
    LandmarkError,
    ResolutionPoint,
)
from landmarks.analysis.report.content import Exhibit, Plot
from landmarks.analysis.report.table import Cell, Column, Table, fixed, signed
from landmarks.analysis.selection import Selection, selection_sentence
from landmarks.analysis.statistics import Estimate

_WHOLE = fixed(0)


def terms_exhibit(terms: Sequence[ErrorTerms], plots: Sequence[Plot] = ()) -> Exhibit:
    """The terms of the error, a row a method.

    Args:
        terms: Of one split under one condition.
        plots: The figure of them.
    """
    first = terms[0]
    columns = [
        Column("method", [one.method for one in terms]),
        Column("NME", [one.total for one in terms]),
    ]
    for place, term in enumerate(first.terms):
        columns.append(Column(term.name, [one.terms[place].nme for one in terms], signed(2)))
        oracles: list[Cell] = [one.terms[place].oracle for one in terms]
        if any(oracle is not None for oracle in oracles):
            columns.append(Column(f"{term.name}, oracle", oracles))
    if any(one.half_resolution is not None for one in terms):
        columns.append(Column("half resolution", [one.half_resolution for one in terms], signed(2)))
    simulated = [term.name for term in first.terms if not term.measured]
    told = (
        f" {_listed(simulated).capitalize()} {'is' if len(simulated) == 1 else 'are'} simulated at "
        "the networks' own errors; the rest is told by their outputs."
        if simulated
        else ""
    )
    sentences = [
        f"{_listed([term.name for term in first.terms]).capitalize()} add up to the NME: what the "
        "crop's pixels, writing points as targets, reading them off the output, and the network "
        f"itself add to it.{told} The oracle is what a term would come to with a perfect network."
    ]
    if any(one.half_resolution is not None for one in terms):
        sentences.append(
            "“Half resolution” is what the NME gains when the crops lose half of their detail; it "
            "is no part of the sum."
        )
    caption = f"{first.split}, {first.faces:,} faces, {first.protocol}: in per cent, 95 % intervals"
    return Exhibit("Terms of the error", sentences, plots, [Table(caption, columns, stacked=True)])


def groups_exhibit(groups: Sequence[GroupError], plots: Sequence[Plot] = ()) -> Exhibit:
    """The error on groups of faces and on parts of the face, with a table a grouping to unfold.

    Args:
        groups: Of one split under one condition.
        plots: The figures of them.
    """
    tables = []
    for grouping in dict.fromkeys(one.grouping for one in groups):
        own = [one for one in groups if one.grouping == grouping]
        found = {(one.group, one.method): one for one in own}
        names = list(dict.fromkeys(one.group for one in own))
        firsts = [next(one for one in own if one.group == name) for name in names]
        columns = [
            Column(grouping, names),
            Column("faces", [one.faces for one in firsts], _WHOLE),
            Column("points", [one.points for one in firsts], _WHOLE),
        ]
        for method in dict.fromkeys(one.method for one in own):
            columns.append(Column(method, [_nme(found.get((name, method))) for name in names]))
        caption = f"{own[0].split}: NME in per cent by {grouping}, 95 % intervals"
        tables.append(Table(caption, columns, stacked=True))
    return Exhibit("By part of the face and group of faces", (), plots, tables, folded=True)


def landmark_exhibit(points: Sequence[LandmarkError], plots: Sequence[Plot] = ()) -> Exhibit:
    """The error of each landmark: on the mean face, and as a table to unfold.

    Args:
        points: Of one split under one condition.
        plots: The figures of them.
    """
    found = {(one.point, one.method): one for one in points}
    methods = list(dict.fromkeys(one.method for one in points))
    firsts = list({one.point: one for one in reversed(points)}.values())[::-1]
    table = Table(
        f"{points[0].split}: NME in per cent of each landmark; they are counted from 0",
        [
            Column("landmark", [one.point for one in firsts], _WHOLE),
            Column("part", [", ".join(one.parts) for one in firsts]),
            Column("faces", [one.faces for one in firsts], _WHOLE),
            *(
                Column(
                    method,
                    [_value(found.get((one.point, method))) for one in firsts],
                )
                for method in methods
            ),
        ],
    )
    return Exhibit("By landmark", (), plots, [table], folded=True)


def resolution_exhibit(points: Sequence[ResolutionPoint], plots: Sequence[Plot] = ()) -> Exhibit:
    """Error over one resolution, as curves and as a table to unfold.

    Args:
        points: Of one axis.
        plots: The figures of them.
    """
    axes = list(dict.fromkeys(axis for one in points for axis in one.levels))
    heading, unit = {
        "heatmap_size": ("Resolution of the heatmap", "cells"),
        "crop_size": ("Resolution of the input", "pixels"),
    }.get(points[0].axis, (points[0].axis, "size"))
    table = Table(
        "NME in per cent, 95 % intervals; those of simulated points are of the change alone",
        [
            Column("method", [one.method for one in points]),
            *(Column(axis, [one.levels.get(axis, "") for one in points]) for axis in axes),
            Column("faces of", [one.split for one in points]),
            Column(unit, [one.size for one in points], _WHOLE),
            Column("NME", [one.nme for one in points]),
            Column("how", ["trained" if one.trained else "simulated" for one in points]),
            Column("faces", [one.faces for one in points], _WHOLE),
            Column("seeds", [one.seeds for one in points], _WHOLE),
        ],
    )
    sentences = []
    if not all(one.trained for one in points):
        sentences.append(
            "Simulated points move the trained NME by what the codec's rounding adds at another "
            "resolution, at the errors of the trained networks; networks trained there may do "
            "better or worse."
        )
    return Exhibit(heading, sentences, plots, [table], folded=True)


def selection_exhibit(
    found: Sequence[Selection], without: str | None = None, plots: Sequence[Plot] = ()
) -> Exhibit:
    """What choosing the epoch otherwise would have claimed.

    Args:
        found: Of one split under one condition.
        without: A sentence on the methods that nothing is known of
            (`landmarks.analysis.selection.without_selection`).
        plots: The figures of it.
    """
    sentences = [sentence for sentence in (selection_sentence(found), without) if sentence]
    if not found:
        return Exhibit("", sentences, plots)
    columns = [
        Column("method", [one.method for one in found]),
        Column("chosen on held-out faces", [one.chosen for one in found]),
        Column("last epoch", [one.last for one in found]),
        Column("picked on test faces", [one.best_on_test for one in found]),
        Column("gap", [one.gap for one in found], signed(2)),
    ]
    if any(one.seeds > 1 for one in found):
        columns += [
            Column("best seed, picked on test faces", [one.best_seed for one in found]),
            Column("gap of the best seed", [one.seed_gap for one in found], signed(2)),
        ]
    columns += [
        Column("epochs chosen", [_epochs(one.chosen_epochs) for one in found]),
        Column("epochs picked on test", [_epochs(one.best_epochs) for one in found]),
    ]
    caption = (
        f"{found[0].split}, {found[0].protocol}: NME in per cent by the way in which the epoch is "
        "chosen; epochs are counted from 1, one a seed"
    )
    return Exhibit("", sentences, plots, [Table(caption, columns)])


def _nme(found: GroupError | None) -> Estimate | None:
    return None if found is None else found.nme


def _value(found: LandmarkError | None) -> float | None:
    return None if found is None else found.nme.value


def _epochs(epochs: Iterable[int]) -> str:
    return ", ".join(str(epoch + 1) for epoch in epochs)


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


__all__ = [
    "groups_exhibit",
    "landmark_exhibit",
    "resolution_exhibit",
    "selection_exhibit",
    "terms_exhibit",
]
