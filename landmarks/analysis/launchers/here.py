"""Jobs done in this process, one after the other."""

import time
import traceback
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from landmarks.analysis.launchers.base import Launcher, log_file
from landmarks.analysis.launchers.job import Busy, Failure, Job, is_busy
from landmarks.files import complete_file

_LOOK_AGAIN = 1.0
"""Seconds between two looks at jobs that others are doing."""


class Here(Launcher):
    """Does the jobs in this process, one after the other.

    A job that fails is named, its traceback is kept, and the next one is begun. Ctrl-C stops at
    once, as do an exit and a reader of the output who has left.

    Args:
        logs: Folder for the tracebacks of failed jobs, ``NAME.log`` each.
    """

    def __init__(self, logs: Path) -> None:
        self.logs = logs

    @property
    def workers(self) -> int:
        """One."""
        return 1

    @property
    def waits(self) -> bool:
        """It does."""
        return True

    @property
    def elsewhere(self) -> bool:
        """They are done in this process."""
        return False

    @property
    def threads(self) -> int | None:
        """All that this process has."""
        return None

    def run(self, jobs: Sequence[Job]) -> list[Failure]:
        """Does the jobs; those of other calls last."""
        failures: list[Failure] = []
        waiting = deque(jobs)
        passed_over = 0
        while waiting:
            if passed_over == len(waiting):
                self._wait(waiting)
                passed_over = 0
            job = waiting.popleft()
            try:
                job.work()
            except Busy:
                waiting.append(job)
                passed_over += 1
                continue
            except BrokenPipeError:
                raise
            except Exception as error:
                failures.append(self._failure(job, error))
            passed_over = 0
        return failures

    def _wait(self, waiting: Sequence[Job]) -> None:
        names = ", ".join(job.name for job in waiting)
        print(f"waiting for what another call on this output is doing: {names}", flush=True)
        while all(is_busy(job.lock) for job in waiting):
            time.sleep(_LOOK_AGAIN)

    def _failure(self, job: Job, error: Exception) -> Failure:
        log = log_file(self.logs, job.name)
        with complete_file(log) as unfinished:
            text = "".join(traceback.format_exception(error))
            unfinished.write_text(text, encoding="utf-8")
        failure = Failure(job.name, reason_of(error), log)
        print(f"FAILED {job.name}: {failure.reason} (traceback: {log})", flush=True)
        return failure


def reason_of(error: Exception) -> str:
    r"""An error in a line, with its class where the message does not speak for itself.

    >>> reason_of(RuntimeError("CUDA out of memory.\nTried to allocate 2 GiB"))
    'RuntimeError: CUDA out of memory. Tried to allocate 2 GiB'
    >>> from landmarks.errors import DataError
    >>> reason_of(DataError("cannot be read", file=Path("a.jpg")))
    'a.jpg: cannot be read'
    """
    if isinstance(error, ExceptionGroup):
        return str(error.message)
    message = " ".join(str(error).split())
    if isinstance(error, ValueError) and type(error).__module__.startswith("landmarks."):
        return message
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
