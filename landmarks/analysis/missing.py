"""What can be told of a comparison while some of its runs are missing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from landmarks.analysis.plan import Plan, PlannedRun
from landmarks.analysis.report.content import MissingRun

_NOT_DONE = "not done yet"
_ALONE = "finished, but left out until the other methods have finished this seed"


def comparable_part(
    plan: Plan, finished: Collection[Path], reasons: Mapping[str, str]
) -> tuple[Plan, list[MissingRun]]:
    """The part of a plan in which all methods of a condition have the same seeds.

    A method that has finished no seed is left out, as are seeds that not all other methods have
    finished; of several ways to do so, the one with the most methods, then the most seeds.

    Args:
        plan: All that was to be done.
        finished: Folders of the finished runs.
        reasons: Why a run failed, by the name of its training's folder.

    Returns:
        The plan without the runs that are left out, and without conditions that have none left;
        and the runs that are left out.
    """
    conditions = []
    kept: set[Path] = set()
    for condition in plan.conditions:
        seeds: dict[str, set[int]] = {run.method: set() for run in condition.runs}
        for run in condition.runs:
            if run.folder in finished:
                seeds[run.method].add(run.seed)
        methods, common = _block(seeds)
        runs = [run for run in condition.runs if run.method in methods and run.seed in common]
        kept.update(run.folder for run in runs)
        if runs:
            conditions.append(replace(condition, runs=runs))
    missing = [
        MissingRun(run.name, _reason(run, finished, reasons))
        for run in plan.runs
        if run.folder not in kept
    ]
    return replace(plan, conditions=conditions), missing


def _block(seeds: Mapping[str, set[int]]) -> tuple[list[str], frozenset[int]]:
    """The methods and seeds that are compared.

    >>> _block({"a": {0, 1, 2}, "b": {1, 2}, "c": set()})
    (['a', 'b'], frozenset({1, 2}))
    """
    candidates = {frozenset(own) for own in seeds.values() if own}
    for own in list(candidates):
        candidates |= {own & other for other in candidates if own & other}
    best: tuple[Sequence[str], frozenset[int]] = [], frozenset()
    for common in sorted(candidates, key=sorted):
        methods = [method for method, own in seeds.items() if common <= own]
        if (len(methods), len(common)) > (len(best[0]), len(best[1])):
            best = methods, common
    return list(best[0]), best[1]


def _reason(run: PlannedRun, finished: Collection[Path], reasons: Mapping[str, str]) -> str:
    if run.folder in finished:
        return _ALONE
    return reasons.get(run.training.name, _NOT_DONE)
