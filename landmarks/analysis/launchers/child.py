"""``python -m landmarks.analysis.launchers.child PARENT WORD...``: ends when PARENT does.

A launcher that is killed (SIGKILL) cannot end its children. They end themselves: on Linux the
kernel kills them when their parent dies (``prctl(2)``, ``PR_SET_PDEATHSIG``), and everywhere a
thread looks once a second whether the parent is still there. Data-loading workers end with the
child, which torch sees to.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence

from landmarks.cli import main as landmarks_main

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LOOK_AGAIN = 1.0


def main(arguments: Sequence[str]) -> int:
    """Runs ``landmarks WORD...`` for as long as the parent lives.

    Args:
        arguments: The parent's process id, then the words after ``landmarks``.

    Returns:
        The command's exit status.
    """
    parent, *words = arguments
    end_with(int(parent))
    return landmarks_main(words)


def end_with(parent: int) -> None:
    """Sees to it that this process is killed when its parent has ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # Also where the parent had ended before the kernel was asked.
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_AGAIN)
    os._exit(128 + signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
