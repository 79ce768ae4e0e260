import json

import pytest

from landmarks.analysis import runs as on_disk
from landmarks.analysis.experiment import Experiment
from landmarks.analysis.jobs import (
    delete_finished,
    planned_jobs,
    read_job,
    save_job,
    unfinished_jobs,
)
from landmarks.analysis.launchers import Busy, held
from landmarks.analysis.plan import make_plan
from tests.analysis.tiny_experiment import tiny_experiment


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jobs")
    experiment = Experiment.read(tiny_experiment(folder, seeds=[0, 1], splits=["ibug"]))
    return experiment, make_plan(experiment, folder / "out"), folder / "out"


@pytest.fixture
def made_up(planned, monkeypatch):
    """Trainings and tests that are noted instead of done."""
    trained, tested, done = [], [], set()

    def train(run, readers, loggers):
        trained.append((run.training.name, sorted(readers)))
        done.add(run.training)

    def measure(run, training, digest):
        if run.folder.name in measure.failing:
            raise RuntimeError("it cannot be decoded")
        tested.append(run.folder.name)
        done.add(run.folder)

    class Finished:
        def weights_digest(self, names):
            return "digest"

    measure.failing = set()
    monkeypatch.setattr(on_disk, "train", train)
    monkeypatch.setattr(on_disk, "measure", measure)
    monkeypatch.setattr(
        on_disk, "finished_training", lambda run: Finished() if run.training in done else None
    )
    monkeypatch.setattr(on_disk, "finished_run", lambda run: run.folder in done)
    return trained, tested, measure.failing


def test_a_job_is_a_training_and_all_runs_that_read_it(planned):
    _, plan, _ = planned
    jobs = planned_jobs(plan)
    assert [[run.folder.name for run in job.runs] for job in jobs] == [
        ["argmax-seed0", "dark-seed0"],
        ["argmax-seed1", "dark-seed1"],
        ["hih-seed0"],
        ["hih-seed1"],
    ]
    assert jobs[1].labels == ("run 2 of 6: argmax, seed 1", "run 4 of 6: dark, seed 1")
    assert jobs[0].common_weights[0] == tuple(plan.conditions[0].common_weights)
    (first, *_) = left = unfinished_jobs(jobs, ["compare", "a.yaml"])
    assert [job.name for job in left] == [job.name for job in jobs]
    assert first.arguments == ("compare", "a.yaml", "--only", first.name)
    assert first.lock == planned[2] / ".locks" / "trainings" / first.name


def test_a_job_trains_once_and_tests_every_run(planned, made_up):
    trained, tested, _ = made_up
    job = planned_jobs(planned[1])[0]
    job.do()
    job.do()
    assert trained == [(job.name, ["argmax", "dark"])]
    assert tested == ["argmax-seed0", "dark-seed0"]
    assert job.finished


def test_a_test_that_fails_is_named_and_the_others_are_done(planned, made_up, capsys):
    _, tested, failing = made_up
    failing.add("argmax-seed1")
    job = planned_jobs(planned[1])[1]
    with pytest.raises(ExceptionGroup) as caught:
        job.do()
    assert caught.value.message == "argmax, seed 1: RuntimeError: it cannot be decoded"
    assert tested == ["dark-seed1"]
    assert not job.finished
    assert "run 4 of 6: dark, seed 1: decoding the training" in capsys.readouterr().out


def test_what_another_call_does_is_left_to_it(planned, made_up):
    trained, tested, _ = made_up
    job = planned_jobs(planned[1])[2]
    with held(job.lock), pytest.raises(Busy):
        job.do()
    assert trained == []
    # Another experiment may test a method of this name in the same folder.
    lock = planned[2] / ".locks" / "runs" / job.runs[0].folder.name
    with held(lock), pytest.raises(Busy):
        job.do()
    assert (len(trained), tested) == (1, [])


def test_what_a_killed_call_has_left_is_deleted(planned, made_up):
    job = planned_jobs(planned[1])[3]
    left = job.training / "checkpoints" / ".last.123.unfinished.ckpt"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    job.do()
    assert not left.exists()


def test_a_job_without_a_progress_bar_is_the_same_job(planned):
    job = planned_jobs(planned[1])[0]
    quiet = job.quietly()
    for mine, other in zip(job.runs, quiet.runs, strict=True):
        assert other.settings["trainer"]["enable_progress_bar"] is False
        assert {**other.settings, "trainer": 0} == {**mine.settings, "trainer": 0}
        assert (other.key, other.training_key) == (mine.key, mine.training_key)
    assert quiet.lock == job.lock


def test_a_job_is_written_down_for_another_process(planned):
    experiment, plan, output = planned
    job = planned_jobs(plan)[0]
    save_job(job, experiment, output)
    found = read_job(job.name, experiment, output)
    assert found.labels == job.labels
    assert found.common_weights == job.common_weights
    assert found.lock == job.lock
    for mine, other in zip(job.runs, found.runs, strict=True):
        assert mine.name == other.name
        assert mine.faces == other.faces
        assert (mine.key, mine.training_key) == (other.key, other.training_key)
        assert mine.settings == other.settings
        assert json.dumps(mine.resolved, default=str) == json.dumps(other.resolved, default=str)


def test_a_job_of_a_changed_experiment_is_planned_anew(planned, tmp_path):
    experiment, plan, output = planned
    job = planned_jobs(plan)[0]
    save_job(job, experiment, output)
    changed = Experiment.read(experiment.path, root=str(tmp_path))
    assert read_job(job.name, changed, output) is None
    assert read_job("another", experiment, output) is None


def test_finished_jobs_are_forgotten(planned, made_up):
    experiment, plan, output = planned
    first, second, *_ = planned_jobs(plan)
    for job in (first, second):
        save_job(job, experiment, output)
    first.do()
    delete_finished([first, second], output)
    assert [file.stem for file in (output / "jobs").iterdir()] == [second.name]
    second.do()
    delete_finished([first, second], output)
    assert not (output / "jobs").exists()
