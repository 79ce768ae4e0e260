"""What a launcher is given, and what it tells of those that failed."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

BUSY = 75
"""Exit status of a job that another call is doing: ``EX_TEMPFAIL``, "try again later"."""


@dataclass(frozen=True)
class Job:
    """One training and the tests of all methods that read it, done by one process.

    Attributes:
        name: Of its training's folder; unique in a comparison.
        arguments: The words after ``landmarks`` with which a process of its own does it.
        lock: A file that whoever does it holds locked.
        work: Does it in this process; raises `Busy` if another call is doing it.
    """

    name: str
    arguments: tuple[str, ...]
    lock: Path
    work: Callable[[], None]


@dataclass(frozen=True)
class Failure:
    """A job that did not end well.

    Attributes:
        name: The job's name.
        reason: What went wrong, in a line.
        log: A file that tells more.
    """

    name: str
    reason: str
    log: Path


class Busy(Exception):
    """Another call is doing this job."""


_PATIENCE = 1.0
"""Seconds after which a lock is held by somebody who works, not by one who only looked at it."""


@contextlib.contextmanager
def held(lock: Path, patience: float = _PATIENCE) -> Iterator[None]:
    """Holds a lock while the block lasts.

    The lock is the kernel's: it goes with the process that holds it, however that ends, and the
    file that stays behind blocks nobody.

    Args:
        lock: The file; its folder is made.
        patience: Seconds to wait for it.

    Raises:
        Busy: If somebody else holds it.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=patience):
            yield
    except Timeout as error:
        raise Busy(f"{lock} is held by another process") from error


def is_busy(lock: Path) -> bool:
    """Whether somebody holds a lock; looks without leaving a file behind.

    >>> is_busy(Path("no/such/file"))
    False
    """
    if not lock.exists() or not os.access(lock, os.W_OK):
        return False
    try:
        with held(lock, patience=0):
            return False
    except Busy:
        return True
