"""A comparison that is killed and called again ends as if it had not been killed."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import polars
import pytest
import torch

from landmarks.analysis.diary import DIARY, read_diary
from landmarks.cli import main
from tests.analysis.tiny_experiment import tiny_experiment

EPOCHS = 4


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def die_in_a_step():
    from landmarks.task import LandmarkTask

    step = LandmarkTask.training_step

    def dying(self, batch, batch_idx):
        if self.current_epoch == 1 and batch_idx == 1:
            die()
        return step(self, batch, batch_idx)

    LandmarkTask.training_step = dying


def die_in_the_middle_of_a_checkpoint():
    from landmarks import checkpoints

    save = checkpoints.torch.save

    def dying(checkpoint, file):
        save(checkpoint, file)
        if checkpoint["epoch"] == 2 and ".last." in file.name:
            file.write_bytes(file.read_bytes()[:1000])
            die()

    checkpoints.torch.save = dying


def die_between_the_best_checkpoint_and_the_last():
    from landmarks.checkpoints import CompleteCheckpoints

    save = CompleteCheckpoints.save_checkpoint

    def dying(self, checkpoint, path, storage_options=None):
        if checkpoint["epoch"] == 2 and Path(path).name == "last.ckpt":
            die()
        save(self, checkpoint, path, storage_options)

    CompleteCheckpoints.save_checkpoint = dying


def die_writing(name):
    from landmarks.analysis import runs

    write = runs._write

    def dying(path, content):
        if path.name == name:
            die()
        write(path, content)

    runs._write = dying


def die_after_the_last_epoch():
    die_writing("finished.json")


def die_at_the_end_of_a_test():
    die_writing("manifest.json")


def die_in_the_middle_of_the_report():
    write = polars.DataFrame.write_parquet

    def dying(self, file, *arguments, **options):
        write(self, file, *arguments, **options)
        if Path(file).parent.name == "killed":  # faces.parquet of the comparison, not of a run
            die()

    polars.DataFrame.write_parquet = dying


POINTS = [
    die_in_a_step,
    die_in_the_middle_of_a_checkpoint,
    die_between_the_best_checkpoint_and_the_last,
    die_after_the_last_epoch,
    die_at_the_end_of_a_test,
    die_in_the_middle_of_the_report,
]


def compare(path, output, point=None):
    if point is not None:
        point()
    torch.set_num_threads(1)
    raise SystemExit(main(["compare", str(path), "--output", str(output)]))


@pytest.fixture(scope="module")
def processes():
    """A context whose processes have torch and Lightning imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["landmarks.analysis.comparison", __name__])
    return context


def end_of(process):
    process.join()
    return process.exitcode


def begun(processes, *arguments):
    process = processes.Process(target=compare, args=arguments)
    process.start()
    return process


def without_times(diary):
    return [row._replace(seconds=0) for row in diary]


def weights(training):
    found = torch.load(training / "checkpoints" / "best.ckpt", weights_only=True)
    return found["state_dict"]


@pytest.mark.slow
def test_killed_again_and_again_it_ends_with_the_same_results(processes, tmp_path):
    # A network that drops paths at random, so that the draws must go on alike, too.
    backbone = {
        "class_path": "landmarks.backbones.TimmBackbone",
        "init_args": {"model": "mobilenetv2_035", "options": {"drop_path_rate": 0.5}},
    }
    path = tiny_experiment(
        tmp_path,
        **{
            "trainer.max_epochs": EPOCHS,
            "splits": ["ibug"],
            "model.network.init_args.backbone": backbone,
        },
    )
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert end_of(begun(processes, path, whole)) == 0

    process = begun(processes, path, killed)
    deadline = time.monotonic() + 300
    while not list(killed.glob(f"trainings/*/{DIARY}")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    assert end_of(process) == -signal.SIGKILL
    for point in POINTS:
        assert end_of(begun(processes, path, killed, point)) == -signal.SIGKILL, point.__name__
    assert not (killed / "report.html").exists()
    assert end_of(begun(processes, path, killed)) == 0

    assert (killed / "results.csv").read_bytes() == (whole / "results.csv").read_bytes()
    tables = [polars.read_parquet(folder / "faces.parquet") for folder in (whole, killed)]
    assert tables[0].equals(tables[1], null_equal=True)
    trainings = [sorted((folder / "trainings").iterdir()) for folder in (whole, killed)]
    assert len(trainings[0]) == 2
    for one, other in zip(*trainings, strict=True):
        assert one.name == other.name
        diaries = [read_diary(training / DIARY) for training in (one, other)]
        assert len(diaries[0]) == EPOCHS
        assert without_times(diaries[0]) == without_times(diaries[1])
        first, second = weights(one), weights(other)
        assert all(torch.equal(first[name], second[name]) for name in first)
    assert not list(killed.rglob("*unfinished*"))


@pytest.mark.slow
def test_a_training_whose_folder_was_moved_knows_its_best_epoch(processes, tmp_path):
    path = tiny_experiment(
        tmp_path, **{"trainer.max_epochs": EPOCHS, "splits": ["ibug"], "methods": {"argmax": {}}}
    )
    whole, here, there = (tmp_path / name for name in ("whole", "here", "there"))
    assert end_of(begun(processes, path, whole)) == 0
    killed = end_of(begun(processes, path, here, die_between_the_best_checkpoint_and_the_last))
    assert killed == -signal.SIGKILL
    here.rename(there)
    assert end_of(begun(processes, path, there)) == 0
    assert (there / "results.csv").read_bytes() == (whole / "results.csv").read_bytes()
