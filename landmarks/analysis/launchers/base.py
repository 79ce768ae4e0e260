"""The contract of launchers: who does a comparison's jobs, and where."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from landmarks.analysis.launchers.job import Failure, Job


class Launcher(ABC):
    """Does jobs, going on past those that fail.

    Jobs are independent of each other, and each can be done again at any time: it takes up what it
    finds on the disk. A job that another call is doing is passed over, and looked at again when
    nothing else is left: it is then finished, or free to be done.
    """

    @property
    @abstractmethod
    def workers(self) -> int:
        """Number of jobs that are done at a time, at most."""

    @property
    @abstractmethod
    def waits(self) -> bool:
        """Whether `run` comes back only when the jobs have ended."""

    @property
    @abstractmethod
    def elsewhere(self) -> bool:
        """Whether jobs are done by other processes, by their ``arguments``."""

    @property
    @abstractmethod
    def threads(self) -> int | None:
        """Threads of a CPU that each job has; None for as many as this process has."""

    @abstractmethod
    def run(self, jobs: Sequence[Job]) -> list[Failure]:
        """Does the jobs, or hands them over to whoever will do them.

        Args:
            jobs: What is to be done.

        Returns:
            The jobs that failed, as far as that is known by now.
        """


def log_file(logs: Path, name: str) -> Path:
    """The file that tells what a job said.

    >>> log_file(Path("logs"), "dark-0a1b2c3d-seed0").as_posix()
    'logs/dark-0a1b2c3d-seed0.log'
    """
    return logs / f"{name}.log"
