import os
import signal
import subprocess
import sys
import time

import pytest

from landmarks.analysis.launchers import child

SLEEPER = """
import os, time
from landmarks.analysis.launchers.child import end_with
end_with(os.getppid())
print(os.getpid(), flush=True)
time.sleep(600)
"""
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {sleeper!r}])
time.sleep(600)
"""


def ended(pid, seconds=30.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_child_ends_when_its_parent_is_killed():
    program = PARENT.format(sleeper=SLEEPER)
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    with parent:
        pid = int(parent.stdout.readline())
        assert not ended(pid, 0.3)
        parent.send_signal(signal.SIGKILL)
    assert ended(pid)


def test_a_parent_that_has_ended_already_is_noticed(monkeypatch):
    left = []
    monkeypatch.setattr(child.os, "getppid", lambda: 1)
    monkeypatch.setattr(child.os, "_exit", left.append)
    child._watch(12345)
    assert left == [128 + signal.SIGKILL]


def test_the_words_after_the_parent_are_a_command():
    words = [sys.executable, "-m", "landmarks.analysis.launchers.child", str(os.getpid())]
    done = subprocess.run([*words, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("landmarks ")
