import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from landmarks.analysis.launchers import SideBySide, held, visible_gpus
from landmarks.analysis.launchers import side_by_side as module
from landmarks.errors import SettingsError
from tests.analysis.launchers.made_up_jobs import jobs
from tests.analysis.launchers.test_child import ended

SCRIPT = """
import os, signal, sys, time
name, folder = sys.argv[1], os.environ["FOLDER"]
own = {key: os.environ.get(key) for key in ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")}
with open(f"{folder}/{name}.begun", "w") as file:
    gpu, threads = own.values()
    file.write(f"{gpu} {threads} {os.getpid()} {time.time()}")
print("this is", name)
if name.startswith("bad"):
    sys.exit("error: it cannot be\\n")
if name.startswith("killed"):
    os.kill(os.getpid(), signal.SIGKILL)
if name.startswith("long"):
    time.sleep(600)
if name.startswith("deaf"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open(f"{folder}/{name}.deaf", "w")
    time.sleep(600)
if name.startswith("busy") and not os.path.exists(f"{folder}/{name}.tried"):
    open(f"{folder}/{name}.tried", "w")
    sys.exit(75)
time.sleep(0.5)
with open(f"{folder}/{name}.ended", "w") as file:
    file.write(str(time.time()))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "job.py").write_text(SCRIPT)
    monkeypatch.setenv("FOLDER", str(tmp_path))
    monkeypatch.setattr(module, "_program", lambda: [sys.executable, str(tmp_path / "job.py")])
    monkeypatch.setattr(module, "_POLL", 0.02)
    return tmp_path


def begun(folder, name):
    return (folder / f"{name}.begun").read_text().split()


def wait_for(path, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not (path.exists() and path.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert path.exists()


def test_jobs_run_side_by_side_each_in_its_place(folder, capsys):
    launcher = SideBySide.on_gpus(["3", "GPU-5a"], folder / "logs")
    assert launcher.workers == 2
    assert launcher.run(jobs(folder, "a", "b", "c", "d")) == []
    gpus = [begun(folder, name)[0] for name in "abcd"]
    assert gpus[:2] == ["3", "GPU-5a"]
    assert sorted(gpus) == ["3", "3", "GPU-5a", "GPU-5a"]
    starts = [float(begun(folder, name)[3]) for name in "abcd"]
    ends = [float((folder / f"{name}.ended").read_text()) for name in "abcd"]
    assert starts[1] < ends[0]  # at the same time as the first
    assert starts[2] > min(ends[:2])  # no third beside the two
    assert (folder / "logs" / "a.log").read_text() == "this is a\n"
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert "started  a (CUDA_VISIBLE_DEVICES=3" in lines[0]
    assert sum(line.startswith("finished ") for line in lines) == 4
    assert "4/4" in shown.err


def test_failed_and_killed_jobs_are_named_and_the_others_done(folder, capsys):
    logs = folder / "logs"
    logs.mkdir()
    (logs / "killed.log").write_text("of an earlier call\n")
    failures = SideBySide([{}], logs).run(jobs(folder, "bad", "killed", "good"))
    assert [failure.name for failure in failures] == ["bad", "killed"]
    bad, killed = failures
    assert bad.reason == "error: it cannot be"
    assert "signal 9 (SIGKILL)" in killed.reason
    assert killed.log.read_text() == "of an earlier call\nthis is killed\n"
    assert (folder / "good.ended").exists()
    shown = capsys.readouterr().out
    assert "FAILED   bad" in shown
    assert str(bad.log) in shown


def test_a_job_that_has_nothing_to_say_is_named_by_its_status(folder, monkeypatch):
    monkeypatch.setattr(module, "_program", lambda: [sys.executable, "-c", "exit(3)"])
    (failure,) = SideBySide([{}], folder / "logs").run(jobs(folder, "mute"))
    assert failure.reason == "exit status 3"


def test_a_job_that_another_call_took_first_is_tried_again(folder):
    assert SideBySide([{}], folder / "logs").run(jobs(folder, "busy", "a")) == []
    assert float((folder / "a.ended").read_text()) < float((folder / "busy.ended").read_text())


def test_a_job_of_another_call_waits_until_it_has_let_go(folder, capsys):
    mine = jobs(folder, "a", "b")
    let_go, taken = threading.Event(), threading.Event()

    def other():
        with held(mine[0].lock):
            taken.set()
            let_go.wait()

    def open_later():
        wait_for(folder / "b.ended")
        assert not (folder / "a.begun").exists()
        let_go.set()

    threads = [threading.Thread(target=work) for work in (other, open_later)]
    for thread in threads:
        thread.start()
    taken.wait()
    assert SideBySide([{}, {}], folder / "logs").run(mine) == []
    for thread in threads:
        thread.join()
    assert (folder / "a.ended").exists()
    assert "another call on this output is doing a" in capsys.readouterr().out


PARENT = """
import sys
from pathlib import Path
from landmarks.analysis.launchers import SideBySide, side_by_side
from tests.analysis.launchers.made_up_jobs import jobs
folder = Path(sys.argv[1])
side_by_side._program = lambda: [sys.executable, str(folder / "job.py")]
side_by_side._GRACE = 1.0
SideBySide([{}, {}], folder / "logs").run(jobs(folder, "long1", "deaf2", "never"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_on_ctrl_c_and_sigterm_every_process_is_ended(number, folder):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder)], stderr=subprocess.PIPE, text=True
    )
    with parent:
        wait_for(folder / "long1.begun")
        wait_for(folder / "deaf2.begun")
        while not (folder / "deaf2.deaf").exists():
            time.sleep(0.02)
        pids = [int(begun(folder, name)[2]) for name in ("long1", "deaf2")]
        parent.send_signal(number)
        parent.communicate()
    assert parent.returncode in (128 + signal.SIGTERM, -signal.SIGINT)
    assert all(ended(pid, 5) for pid in pids)
    assert not (folder / "never.begun").exists()


def test_processors_are_shared_out(folder, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(module, "_processors", lambda: 7)
    assert SideBySide.on_processors(folder).places == ({"OMP_NUM_THREADS": "2"},) * 3
    assert SideBySide.on_processors(folder, 7).places == ({"OMP_NUM_THREADS": "1"},) * 7
    assert SideBySide.on_processors(folder, 9).places == ({"OMP_NUM_THREADS": "1"},) * 9
    gpus = SideBySide.on_gpus(["0", "1"], folder, 3).places
    assert [place["CUDA_VISIBLE_DEVICES"] for place in gpus] == ["0", "1", "0"]
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert SideBySide.on_processors(folder, 2).places == ({}, {})  # the user's word stands


def test_what_cannot_be_is_refused(folder):
    with pytest.raises(SettingsError, match="--workers is 0; expected at least 1"):
        SideBySide.on_processors(folder, 0)
    with pytest.raises(SettingsError, match="no GPU was found"):
        SideBySide.on_gpus([], folder)


@pytest.mark.parametrize(
    ("named", "found"),
    [("2,0", ["2", "0"]), ("", []), ("-1", []), ("GPU-1, GPU-2", ["GPU-1", "GPU-2"])],
)
def test_the_gpus_are_those_that_this_process_may_use(named, found, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert visible_gpus() == found


def test_without_the_variable_torch_is_asked(monkeypatch):
    import torch

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert visible_gpus() == ["0", "1"]
    assert os.environ.get("CUDA_VISIBLE_DEVICES") is None
