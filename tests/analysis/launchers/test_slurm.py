import os
import subprocess
import sys

import pytest

from landmarks.analysis.launchers import SlurmArray
from landmarks.errors import SettingsError
from tests.analysis.launchers.made_up_jobs import jobs

WORDS = ("compare", "my experiment.yaml", "--output", "runs/x")

SBATCH = """#!/bin/bash
echo "$@" >> {folder}/calls
count=$(wc -l < {folder}/calls)
echo "$((1000 + count));cluster"
"""
"""Of SLURM's own sbatch: what --parsable prints, with the cluster's name behind the number."""

PYTHON = """#!/bin/bash
echo "$@ | tasks=${{SLURM_NTASKS-none}}" >> {folder}/ran
exit ${{STATUS:-0}}
"""


def program(path, text):
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A folder with an ``sbatch`` that notes its calls."""
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin" / "sbatch", SBATCH.format(folder=tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def directives(script):
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/bin/bash"
    return [line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH ")]


def test_an_array_is_submitted_and_a_report_that_waits_for_it(cluster, capsys):
    options = ["--partition=gpu", "--gres=gpu:1", "-t", "4:00:00"]
    launcher = SlurmArray(WORDS, "x", cluster / "slurm", options, workers=2)
    assert not launcher.waits
    assert launcher.elsewhere
    assert launcher.workers == 2
    assert launcher.run(jobs(cluster, "a-seed0", "b-seed0", "c-seed1")) == []
    array, publish = cluster / "slurm" / "array.sbatch", cluster / "slurm" / "publish.sbatch"
    assert (cluster / "calls").read_text().splitlines() == [
        f"--parsable {array}",
        f"--parsable --dependency=afterany:1001 {publish}",
    ]
    found = directives(array)
    assert "--array=0-2%2" in found
    assert f"--chdir={cluster}" in found
    assert found[-3:] == ["--partition=gpu", "--gres=gpu:1", "-t 4:00:00"]
    # The report needs no GPU.
    assert directives(publish)[-2:] == ["--partition=gpu", "-t 4:00:00"]
    shown = capsys.readouterr().out
    assert "submitted 3 trainings and their tests as array 1001" in shown
    assert "report as job 1002" in shown


def test_each_task_of_the_array_does_its_own_job_alone(cluster, monkeypatch):
    python = cluster / "bin" / "a python"
    program(python, PYTHON.format(folder=cluster))
    monkeypatch.setattr(sys, "executable", str(python))
    SlurmArray(WORDS, "x", cluster / "slurm").run(jobs(cluster, "a-seed0", "b-seed0"))
    environment = {**os.environ, "SLURM_NTASKS": "1", "SLURM_NTASKS_PER_NODE": "1"}

    def task(script, **more):
        script = cluster / "slurm" / script
        return subprocess.run(["bash", script], env={**environment, **more}).returncode

    assert task("array.sbatch", SLURM_ARRAY_TASK_ID="1") == 0
    assert task("array.sbatch", SLURM_ARRAY_TASK_ID="0", STATUS="1") == 1
    assert task("array.sbatch", SLURM_ARRAY_TASK_ID="0", STATUS="75") == 0
    assert task("publish.sbatch") == 0
    own = "-m landmarks compare my experiment.yaml --output runs/x"
    assert (cluster / "ran").read_text().splitlines() == [
        f"{own} --only b-seed0 | tasks=none",
        f"{own} --only a-seed0 | tasks=none",
        f"{own} --only a-seed0 | tasks=none",
        f"{own} --publish | tasks=none",
    ]


def test_without_sbatch_the_commands_are_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    SlurmArray(WORDS, "x", tmp_path / "my slurm").run(jobs(tmp_path, "a"))
    shown = capsys.readouterr().out
    assert f"array=$(sbatch --parsable '{tmp_path}/my slurm/array.sbatch')" in shown
    assert f"sbatch --dependency=afterany:$array '{tmp_path}/my slurm/publish.sbatch'" in shown
    assert "--array=0-0" in directives(tmp_path / "my slurm" / "array.sbatch")


def test_what_sbatch_refuses_is_told(cluster):
    program(
        cluster / "bin" / "sbatch",
        "#!/bin/bash\necho 'sbatch: error: invalid partition' >&2\nexit 1",
    )
    with pytest.raises(SettingsError, match=r"sbatch refused .*array.sbatch: .*invalid partition"):
        SlurmArray(WORDS, "x", cluster / "slurm").run(jobs(cluster, "a"))


@pytest.mark.parametrize(
    "option", ["--array=0-3", "-a 0-3", "--dependency=afterok:1", "--output=x"]
)
def test_what_is_settled_here_is_refused(option, tmp_path):
    with pytest.raises(SettingsError, match="is settled by this command"):
        SlurmArray(WORDS, "x", tmp_path, option.split())


@pytest.mark.parametrize("words", [["gpu"], ["--partition=gpu", "gpu"], ["-p", "gpu", "gpu"]])
def test_a_word_that_is_no_option_is_refused(words, tmp_path):
    with pytest.raises(SettingsError, match="'gpu' is no option of sbatch"):
        SlurmArray(WORDS, "x", tmp_path, words)
