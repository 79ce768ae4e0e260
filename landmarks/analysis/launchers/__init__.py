"""Who does a comparison's jobs, and where: one file a launcher."""

from landmarks.analysis.launchers.base import Launcher
from landmarks.analysis.launchers.here import Here, reason_of
from landmarks.analysis.launchers.job import BUSY, Busy, Failure, Job, held, is_busy
from landmarks.analysis.launchers.side_by_side import SideBySide, visible_gpus
from landmarks.analysis.launchers.slurm import SlurmArray

__all__ = [
    "BUSY",
    "Busy",
    "Failure",
    "Here",
    "Job",
    "Launcher",
    "SideBySide",
    "SlurmArray",
    "held",
    "is_busy",
    "reason_of",
    "visible_gpus",
]
