import pytest

from landmarks.analysis import pace as module
from landmarks.analysis.experiment import Experiment
from landmarks.analysis.jobs import planned_jobs
from landmarks.analysis.pace import measure_pace
from landmarks.analysis.plan import make_plan
from tests.analysis.tiny_experiment import tiny_experiment


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pace")
    path = tiny_experiment(folder, **{"data.init_args.batch_size": 2})
    return planned_jobs(make_plan(Experiment.read(path), folder / "out"))[0]


def measured(job):
    return measure_pace(job.runs[0], {run.method: run for run in job.runs})


def test_the_pace_is_that_of_real_steps_and_leaves_nothing_behind(job, tmp_path, monkeypatch):
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    found = measured(job)
    assert list(tmp_path.iterdir()) == []
    assert not job.training.exists()
    assert (found.steps, found.timed_steps) == (3, 3)  # 6 faces to train on, 2 at a time
    assert 0 < found.step < 10
    assert found.start > found.step
    assert found.validation > 0
    assert found.saving > 0
    assert found.test > 0
    assert set(found.decoding) == {"argmax", "dark"}
    assert all(seconds > 0 for seconds in found.decoding.values())
    assert (found.on_gpu, found.devices) == (False, 1)
    assert found.epoch == found.steps * found.step + found.validation


def test_a_slow_training_is_not_waited_for(tmp_path, monkeypatch):
    # One face a batch can be trained on only if its smallest map has several cells.
    changes = {"data.init_args.batch_size": 1, "splits": ["ibug"], "model.crop_size": 64}
    path = tiny_experiment(tmp_path, **changes)
    job = planned_jobs(make_plan(Experiment.read(path), tmp_path / "out"))[0]
    monkeypatch.setattr(module, "_SECONDS", 0.0)
    found = measured(job)
    assert (found.steps, found.timed_steps) == (6, 3)
    assert found.validation > 0
