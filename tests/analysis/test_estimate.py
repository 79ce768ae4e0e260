import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.analysis import estimate as module
from landmarks.analysis import runs as on_disk
from landmarks.analysis.estimate import (
    dry_run_text,
    estimate,
    job_state,
    makespan,
)
from landmarks.analysis.experiment import Experiment
from landmarks.analysis.jobs import planned_jobs
from landmarks.analysis.launchers import Here, SideBySide
from landmarks.analysis.pace import Pace
from landmarks.analysis.plan import make_plan
from tests.analysis.tiny_experiment import tiny_experiment

EPOCHS = 10
PACE = Pace(
    start=3.0,
    step=0.5,
    timed_steps=8,
    steps=20,
    validation=2.0,
    saving=0.25,
    test=4.0,
    decoding={"argmax": 0.5, "dark": 1.5, "hih": 1.0},
    on_gpu=False,
    devices=1,
)
EACH_EPOCH = 20 * 0.5 + 2 + 0.25 + 4  # without decoding the test faces
TEST = 3.0 + 2.0 + 2 * 4.0 + 1.0  # the same


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("estimate")
    changes = {"seeds": [0, 1], "splits": ["ibug"], "trainer.max_epochs": EPOCHS}
    return make_plan(Experiment.read(tiny_experiment(folder, **changes)), folder / "out")


@pytest.fixture
def jobs(plan, tmp_path):
    """Jobs below an empty folder."""
    return [
        replace(
            job,
            runs=tuple(
                replace(
                    run,
                    training=tmp_path / run.training.name,
                    settings={**run.settings, "output": str(tmp_path / run.folder.name)},
                )
                for run in job.runs
            ),
        )
        for job in planned_jobs(plan)
    ]


def begin(job, epochs, seconds=6.0):
    (job.training / "checkpoints").mkdir(parents=True)
    (job.training / "checkpoints" / "last.ckpt").touch()
    rows = [
        {"epoch": e, "seconds": seconds, "train_loss": 1.0, "val_nme": 5.0, "test_nme": {}}
        for e in range(epochs)
    ]
    (job.training / "epochs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def finish_training(job, seconds=6.0):
    begin(job, EPOCHS, seconds)
    (job.training / "checkpoints" / "best.ckpt").touch()
    content = {
        "key": job.runs[0].training_key,
        "seed": 0,
        "epochs": EPOCHS,
        "seconds": EPOCHS * seconds,
        "validation_nme": 5.0,
        "device": "cpu",
        "devices": 1,
        "initial_weights": {},
    }
    (job.training / "finished.json").write_text(json.dumps(content))


def finish_test(run):
    run.folder.mkdir()
    (run.folder / "manifest.json").write_text(json.dumps({"key": run.key}))


def measured(jobs, launcher):
    asked = []

    def measure(run, readers):
        asked.append((run.method, run.seed, sorted(readers)))
        return PACE

    return estimate(jobs, launcher, measure), asked


def test_a_training_is_measured_once_for_all_seeds(jobs, tmp_path):
    found, asked = measured(jobs, Here(tmp_path))
    assert asked == [("argmax", 0, ["argmax", "dark"]), ("hih", 0, ["hih"])]
    heatmap, _, hih, _ = found.jobs
    both = 0.5 + 1.5
    assert heatmap.epoch == EACH_EPOCH + both
    assert heatmap.seconds == 3 + EPOCHS * (EACH_EPOCH + both) + 2 * (TEST + both)
    assert hih.seconds == 3 + EPOCHS * (EACH_EPOCH + 1) + TEST + 2
    assert found.seconds == 2 * heatmap.seconds + 2 * hih.seconds
    assert found.device_hours == pytest.approx(found.threads * found.seconds / 3600)


def test_without_a_test_after_each_epoch_an_epoch_is_shorter(jobs, tmp_path):
    jobs = [replace(job, test_every_epoch=False) for job in jobs]
    found, _ = measured(jobs, Here(tmp_path))
    assert found.jobs[0].epoch == 20 * 0.5 + 2 + 0.25


def test_only_what_is_left_is_counted(jobs, tmp_path):
    begin(jobs[0], 7)
    finish_training(jobs[1])
    finish_test(jobs[1].runs[0])
    finish_training(jobs[2])
    finish_test(jobs[2].runs[0])
    assert on_disk.finished_training(jobs[1].runs[0]) is not None
    states = [job_state(job) for job in jobs]
    words = [state.of_run(run) for job, state in zip(jobs, states, strict=True) for run in job.runs]
    assert words == [
        f"interrupted at epoch 7 of {EPOCHS}", f"interrupted at epoch 7 of {EPOCHS}",
        "finished", "trained, to be tested",
        "finished",
        "to do",
    ]  # fmt: skip
    found, _ = measured(jobs, Here(tmp_path))
    assert [each.job.name for each in found.jobs] == [jobs[i].name for i in (0, 1, 3)]
    begun, decoding, new = found.jobs
    # An epoch is known from the diaries: six seconds of training and validation.
    epoch = 6 + 0.25 + 4
    assert begun.evidence == new.evidence.replace("10", "17") == "17 epochs done"
    assert begun.seconds == 3 + 3 * (epoch + 2) + 2 * TEST + 4
    assert decoding.seconds == TEST + 3
    assert new.seconds == 3 + EPOCHS * (epoch + 1) + TEST + 2


def test_nothing_is_measured_when_all_is_finished(jobs, tmp_path):
    for job in jobs:
        finish_training(job)
        for run in job.runs:
            finish_test(run)
    found, asked = measured(jobs, Here(tmp_path))
    assert (found.jobs, asked, found.seconds) == ([], [], 0)
    text = dry_run_text(jobs, found, "--launcher here")
    assert "6 runs of 4 trainings; left to do: 0 trainings and 0 tests" in text
    assert "estimate" not in text


def test_the_text_tells_runs_states_and_times(jobs, tmp_path):
    begin(jobs[0], 7)
    found, _ = measured(jobs, Here(tmp_path))
    text = dry_run_text(jobs, found, "--launcher here")
    table, counts, times, total = text.split("\n\n")
    assert table.splitlines()[2].split(maxsplit=3) == [
        "argmax", "0", jobs[0].name, f"interrupted at epoch 7 of {EPOCHS}",
    ]  # fmt: skip
    assert counts == (
        "6 runs of 4 trainings; left to do: 4 trainings (1 of them begun) and 6 tests"
    )
    assert times.splitlines()[2].split()[:5] == [jobs[0].name, "12", "s", "3", "2"]
    assert "8 steps, 0.5 s each" in times
    assert total.startswith("estimate: ")
    assert " with --launcher here, 1 at a time; " in total
    assert "CPU-hours" in total


def test_several_workers_share_the_jobs_and_each_starts_a_process(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_starting", lambda: 5.0)
    alone, _ = measured(jobs, Here(tmp_path))
    launcher = SideBySide([{"OMP_NUM_THREADS": "1"}] * 4, tmp_path)
    found, _ = measured(jobs, launcher)
    assert found.threads == 1
    longest = max(each.seconds for each in found.jobs)
    assert found.seconds == longest + 5
    assert found.seconds < alone.seconds
    assert "4 at a time" in dry_run_text(jobs, found, "--launcher processes")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 50), max_size=12), st.integers(1, 6))
def test_a_makespan_lies_between_its_bounds(seconds, workers):
    found = makespan(seconds, workers)
    longest = max(seconds, default=0)
    assert max(longest, sum(seconds) / workers) <= found <= sum(seconds)
    assert found <= sum(seconds) / workers + longest
    assert makespan(seconds, 1) == sum(seconds)
