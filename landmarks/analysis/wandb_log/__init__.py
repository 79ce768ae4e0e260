"""A comparison on Weights & Biases: online, offline, or not at all; never needing an account.

Every training is a run of its own, and so is the finished comparison; one group holds them all.
What W&B fails at is a warning: the training goes on. The package is imported when the first run
starts, and not before: that takes a second, and nobody should wait for what they did not ask for.
"""

from landmarks.analysis.wandb_log.choice import WANDB_WORDS, choose_log
from landmarks.analysis.wandb_log.comparison_log import (
    ComparisonLog,
    NoLog,
    WandbLog,
    log_comparison,
)
from landmarks.analysis.wandb_log.training_log import TrainingLog

__all__ = [
    "WANDB_WORDS",
    "ComparisonLog",
    "NoLog",
    "TrainingLog",
    "WandbLog",
    "choose_log",
    "log_comparison",
]
