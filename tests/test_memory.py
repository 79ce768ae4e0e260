import platform
import subprocess
import sys

import pytest

from landmarks.memory import keep_freed_memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_freed_memory_stays_in_the_process():
    """Freeing a large block gives it back to the system by default, and not afterwards."""
    program = """
import sys, torch
from landmarks.memory import keep_freed_memory
def resident():
    return int(open('/proc/self/statm').read().split()[1]) * 4096
if sys.argv[1] == 'keep':
    assert keep_freed_memory()
block = torch.ones(2**26)
full = resident()
del block
print(full - resident())
"""
    freed = {
        choice: int(
            subprocess.run(
                [sys.executable, "-c", program, choice], check=True, capture_output=True, text=True
            ).stdout
        )
        for choice in ("default", "keep")
    }
    assert freed["default"] > 200e6
    assert freed["keep"] < 50e6


def test_elsewhere_nothing_is_done(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert keep_freed_memory() is False
