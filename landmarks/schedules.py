"""Learning rates over a training, each a factor on the optimiser's own."""

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


class OneCycle(LambdaLR):
    """Rises from a fraction to the full rate, then falls to nearly nothing, both along a cosine.

    After Smith and Topin 2018 (https://arxiv.org/abs/1708.07120) without the cycle of momentum.

    Args:
        optimizer: Its learning rate is the highest one.
        total_steps: Steps of the whole training.
        rise: Share of the training in which the rate rises.
        start: First rate, as a fraction of the highest.
        end: Last rate, as a fraction of the highest.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_steps: int,
        rise: float = 0.2,
        start: float = 0.04,
        end: float = 1e-4,
    ) -> None:
        peak = max(1.0, rise * total_steps)

        def factor(step: int) -> float:
            if step < peak:
                return _cosine(start, 1.0, step / peak)
            return _cosine(1.0, end, min(1.0, (step - peak) / max(1.0, total_steps - peak)))

        super().__init__(optimizer, factor)


class Steps(LambdaLR):
    """Multiplies the rate by a factor at each milestone, as HRNet's and HIH's recipes do.

    Args:
        optimizer: Its learning rate is the first one.
        total_steps: Steps of the whole training.
        milestones: Shares of the training after which the rate drops; 30 and 50 of 60 epochs are
            0.5 and 0.8333.
        factor: What the rate is multiplied by.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_steps: int,
        milestones: tuple[float, ...] = (0.5, 5 / 6),
        factor: float = 0.1,
    ) -> None:
        places = [share * total_steps for share in milestones]
        super().__init__(
            optimizer, lambda step: float(factor ** sum(step >= place for place in places))
        )


def _cosine(first: float, last: float, share: float) -> float:
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2
