"""Comparisons done by several processes: by each launcher, and by several calls at once."""

import os
import re
import subprocess
import sys
import time

import polars
import pytest
import torch

from landmarks.analysis import runs as on_disk
from landmarks.cli import main
from tests.analysis.tiny_experiment import tiny_experiment

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers.*")

TRAININGS = 4
RUNS = 6

SBATCH = """#!{python}
# Runs what it is given, as SLURM would: a task after the other, each with SLURM's variables.
import os, re, subprocess, sys
script = sys.argv[-1]
text = open(script).read()
found = re.search(r"--array=0-([0-9]+)", text)
chdir = re.search(r"--chdir=(.*)", text).group(1)
own = {{"SLURM_JOB_ID": "7", "SLURM_NTASKS": "1", "SLURM_NTASKS_PER_NODE": "1", "SLURM_PROCID": "0",
       "SLURM_LOCALID": "0", "SLURM_NODEID": "0", "SLURM_NODELIST": "n1", "SLURM_JOB_NAME": "x"}}
for task in range(int(found.group(1)) + 1) if found else [None]:
    array = {{}} if task is None else {{"SLURM_ARRAY_TASK_ID": str(task)}}
    with open(f"{{script}}.{{task}}.out", "w") as out:
        status = subprocess.run(
            ["bash", script], cwd=chdir, env={{**os.environ, **own, **array}}, stdout=out
        ).returncode
    open(f"{{script}}.{{task}}.status", "w").write(str(status))
print(7)
"""


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Sums differ in their last bits with the number of threads, here and in other processes."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("OMP_NUM_THREADS", "1")
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def experiment(tmp_path_factory, one_thread):
    folder = tmp_path_factory.mktemp("whole")
    path = tiny_experiment(folder, seeds=[0, 1], splits=["ibug"])
    assert main(["compare", str(path), "--output", str(folder / "here")]) == 0
    return path, (folder / "here" / "results.csv").read_bytes()


def compare(path, output, *words):
    return main(["compare", str(path), "--output", str(output), *words])


@pytest.mark.slow
def test_processes_side_by_side_find_the_same(experiment, tmp_path, capsys):
    path, expected = experiment
    output = tmp_path / "out"
    assert compare(path, output, "--launcher", "processes", "--workers", "2") == 0
    assert (output / "results.csv").read_bytes() == expected
    shown = capsys.readouterr().out
    assert shown.count("finished ") >= TRAININGS
    logs = list((output / "logs").iterdir())
    assert len(logs) == TRAININGS
    assert sum(log.read_text().count(": training") for log in logs) == TRAININGS
    assert not (output / "jobs").exists()


@pytest.mark.slow
def test_an_array_whose_tasks_see_slurms_variables_finds_the_same(
    experiment, tmp_path, monkeypatch, capsys
):
    path, expected = experiment
    sbatch = tmp_path / "bin" / "sbatch"
    sbatch.parent.mkdir()
    sbatch.write_text(SBATCH.format(python=sys.executable))
    sbatch.chmod(0o755)
    monkeypatch.setenv("PATH", f"{sbatch.parent}{os.pathsep}{os.environ['PATH']}")
    output = tmp_path / "out"
    words = ["--launcher", "slurm", "--slurm", "--partition=gpu --mem=4G"]
    assert compare(path, output, *words) == 0
    statuses = [file.read_text() for file in (output / "slurm").glob("*.status")]
    assert statuses == ["0"] * (TRAININGS + 1)
    assert (output / "results.csv").read_bytes() == expected
    assert "submitted 4 trainings and their tests as array 7" in capsys.readouterr().out


@pytest.mark.slow
def test_two_calls_on_one_output_share_the_work(experiment, tmp_path):
    path, expected = experiment
    output = tmp_path / "out"
    words = [sys.executable, "-m", "landmarks", "compare", str(path), "--output", str(output)]
    calls = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [call.communicate() for call in calls]
    assert [call.returncode for call in calls] == [0, 0], said
    assert (output / "results.csv").read_bytes() == expected
    done = re.findall(r"run \d of 6: (.*): training", said[0][0] + said[1][0])
    assert len(done) == len(set(done)) == TRAININGS
    tested = re.findall(r"run \d of 6: (.*): decoding", said[0][0] + said[1][0])
    assert len(tested) == len(set(tested)) == RUNS


@pytest.mark.slow
def test_a_run_that_fails_is_named_and_done_by_the_next_call(
    experiment, tmp_path, monkeypatch, capsys
):
    path, expected = experiment
    output = tmp_path / "out"
    train = on_disk.train

    def failing(run, readers, loggers):
        if run.training.name.startswith("hih") and run.seed == 1:
            raise RuntimeError("CUDA out of memory")
        train(run, readers, loggers)

    with monkeypatch.context() as patched:
        patched.setattr(on_disk, "train", failing)
        assert compare(path, output) == 1
    shown = capsys.readouterr().out
    assert "3 of 6 runs are missing" in shown
    assert "  hih, seed 1: RuntimeError: CUDA out of memory" in shown
    assert "  dark, seed 1: finished, but left out" in shown
    (log,) = (output / "logs").iterdir()
    assert log.stem.startswith("hih")
    assert "Traceback" in log.read_text()
    table = polars.read_csv(output / "results.csv")
    assert table.select("method", "seed").unique(maintain_order=True).rows() == [
        ("argmax", 0), ("dark", 0), ("hih", 0),
    ]  # fmt: skip
    assert compare(path, output) == 0
    shown = capsys.readouterr().out
    assert "run 1 of 6: argmax, seed 0: finished earlier" in shown
    assert "missing" not in shown
    assert (output / "results.csv").read_bytes() == expected


@pytest.mark.slow
def test_one_training_alone_and_a_report_of_what_is_there(experiment, tmp_path, capsys):
    path, _ = experiment
    output = tmp_path / "out"
    assert compare(path, output, "--publish") == 1
    assert "6 of 6 runs are missing" in capsys.readouterr().out
    assert not output.exists()
    assert compare(path, output, "--only", "nothing") == 2
    names = re.search(r"no training 'nothing'; expected (.*)", capsys.readouterr().err)
    first = names.group(1).split(", ")[0]
    assert compare(path, output, "--only", first) == 0
    assert not (output / "report.html").exists()
    assert compare(path, output, "--publish") == 1
    assert "4 of 6 runs are missing" in capsys.readouterr().out
    assert (output / "report.html").exists()


@pytest.mark.slow
def test_a_dry_run_writes_nothing(experiment, tmp_path, capsys):
    path, _ = experiment
    before = time.time()
    assert compare(path, tmp_path / "out", "--dry_run") == 0
    assert not (tmp_path / "out").exists()
    shown = capsys.readouterr().out
    assert "6 runs of 4 trainings; left to do: 4 trainings and 6 tests" in shown
    assert "with --launcher here, 1 at a time" in shown
    finished = path.parent / "here"
    files = {file: file.stat().st_mtime for file in finished.rglob("*") if file.is_file()}
    assert compare(path, finished, "--dry_run") == 0
    assert files == {f: f.stat().st_mtime for f in finished.rglob("*") if f.is_file()}
    assert all(changed < before for changed in files.values())
    assert "left to do: 0 trainings and 0 tests" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--workers", "2"], "--workers goes with another --launcher than 'here'"),
        (["--slurm", "--gres=gpu:1"], "--slurm goes with --launcher slurm"),
        (["--launcher", "processes", "--workers", "0"], "--workers is 0; expected at least 1"),
        (["--launcher", "slurm", "--slurm", "--array=1-3"], "is settled by this command"),
    ],
)
def test_options_that_contradict_each_other_are_refused(words, message, tmp_path, capsys):
    assert compare(tiny_experiment(tmp_path), tmp_path / "out", *words) == 2
    assert message in capsys.readouterr().err
