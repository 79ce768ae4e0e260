from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.analysis.experiment import Experiment
from landmarks.analysis.matrix import Condition
from landmarks.analysis.missing import comparable_part
from landmarks.analysis.plan import FacesSeen, Plan, PlannedCondition, PlannedRun
from landmarks.benchmarks import BENCHMARKS

FACTS = BENCHMARKS["300w"].facts

SIZES = ("16", "32")
METHODS = ("a", "b", "c")
SEEDS = (0, 1, 2)


def planned(method, size, seed):
    return PlannedRun(
        method=method,
        condition=Condition({"size": size}, ()),
        seed=seed,
        training=Path(f"trainings/{method}-{size}-seed{seed}"),
        training_key="key",
        key="key",
        settings={"output": f"runs/{method}-{size}-seed{seed}"},
        resolved={},
        faces=FacesSeen("", "", "", ""),
    )


def plan_of(sizes=SIZES):
    conditions = []
    for size in sizes:
        runs = [planned(method, size, seed) for method in METHODS for seed in SEEDS]
        conditions.append(PlannedCondition(Condition({"size": size}, ()), FACTS, runs, [], [], []))
    methods = {method: {} for method in METHODS}
    experiment = Experiment(Path("tried.yaml"), methods, SEEDS, {}, (), {}, True)
    return Plan(experiment, conditions)


def part(unfinished, reasons=None):
    plan = plan_of()
    finished = {run.folder for run in plan.runs if run.folder.name not in unfinished}
    return comparable_part(plan, finished, reasons or {})


def kept(plan):
    return [[run.folder.name for run in condition.runs] for condition in plan.conditions]


def test_what_is_whole_stays_whole():
    found, missing = part(())
    assert missing == []
    assert kept(found) == kept(plan_of())


def test_a_seed_that_one_method_lacks_is_left_out_of_its_condition_alone():
    found, missing = part(("b-16-seed1",), {"b-16-seed1": "out of memory"})
    small, large = kept(found)
    assert small == [f"{m}-16-seed{s}" for m in METHODS for s in (0, 2)]
    assert len(large) == 9
    assert [run.name for run in missing] == [
        "a, size 16, seed 1", "b, size 16, seed 1", "c, size 16, seed 1",
    ]  # fmt: skip
    assert missing[1].reason == "out of memory"
    assert missing[0].reason.startswith("finished, but left out")


def test_a_method_that_has_finished_nothing_leaves_the_others_their_seeds():
    found, missing = part({f"c-32-seed{seed}" for seed in SEEDS})
    assert kept(found)[1] == [f"{m}-32-seed{s}" for m in "ab" for s in SEEDS]
    assert {run.reason for run in missing} == {"not done yet"}


def test_a_condition_without_finished_runs_is_left_out():
    found, missing = part({f"{m}-16-seed{s}" for m in METHODS for s in SEEDS})
    assert [condition.condition.levels for condition in found.conditions] == [{"size": "32"}]
    assert len(missing) == 9


@settings(max_examples=60, deadline=None)
@given(st.sets(st.tuples(st.sampled_from(METHODS), st.sampled_from(SEEDS))))
def test_all_methods_that_are_kept_have_the_same_seeds_and_no_more_could_be_kept(done):
    plan = plan_of(("16",))
    finished = {Path(f"runs/{method}-16-seed{seed}") for method, seed in done}
    found, missing = comparable_part(plan, finished, {})
    seeds = {}
    for run in found.runs:
        assert run.folder in finished
        seeds.setdefault(run.method, set()).add(run.seed)
    assert len({frozenset(own) for own in seeds.values()}) <= 1
    assert len(found.runs) + len(missing) == 9
    common = next(iter(seeds.values()), set())
    best = max(
        (len([m for m in METHODS if (m, seed) in done]) for seed in SEEDS),
        default=0,
    )
    assert len(seeds) == best
    # No further seed is common to the methods that are kept.
    assert all(any((m, s) not in done for m in seeds) for s in set(SEEDS) - common if seeds)


def test_the_plan_itself_is_left_as_it_is():
    plan = plan_of()
    before = [list(condition.runs) for condition in plan.conditions]
    comparable_part(plan, set(), {})
    assert [list(condition.runs) for condition in plan.conditions] == before
    with pytest.raises(AttributeError):
        replace(plan).conditions = ()
