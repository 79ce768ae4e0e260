"""What is told of: one condition with its tested runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from landmarks.analysis.figures import Look
from landmarks.analysis.measured import MeasuredRun
from landmarks.analysis.plan import PlannedCondition
from landmarks.analysis.runs import Training
from landmarks.analysis.scores import MethodScore, errors_by_method, method_pairs, method_scores
from landmarks.analysis.statistics import Pair
from landmarks.metrics.protocol import Protocol


@dataclass(frozen=True)
class Subject:
    """One condition, tested.

    Attributes:
        planned: The condition.
        trainings: Of its runs, in their order.
        trained: Its runs, tested, in their order.
        foreign: Predictions of other programs for its test faces.
        looks: How each method of the comparison is drawn.
    """

    planned: PlannedCondition
    trainings: Sequence[Training]
    trained: Sequence[MeasuredRun]
    foreign: Sequence[MeasuredRun]
    looks: Mapping[str, Look]

    @property
    def tested(self) -> list[MeasuredRun]:
        """All that is compared, predictions of other programs last."""
        return [*self.trained, *self.foreign]

    @property
    def protocol(self) -> Protocol:
        """The benchmark's first protocol, under which methods are compared."""
        return self.planned.facts.protocols[0]

    @property
    def error_name(self) -> str:
        """Names the axes of figures."""
        return f"NME, {self.protocol.name}"

    @property
    def splits(self) -> list[str]:
        """Names of the test splits, the main one first."""
        return [faces.split for faces in self.planned.test_sets]

    @property
    def methods(self) -> list[str]:
        """Names of the methods, in the experiment's order."""
        return list(dict.fromkeys(run.method for run in self.tested))

    @cached_property
    def pairs(self) -> dict[str, list[Pair]]:
        """Every pair of methods, by split."""
        return {split: method_pairs(self.tested, split, self.protocol) for split in self.splits}

    @cached_property
    def scores(self) -> dict[str, list[MethodScore]]:
        """The methods side by side, by split."""
        return {
            split: method_scores(self.tested, split, self.protocol, self.pairs[split])
            for split in self.splits
        }

    def errors(self, split: str) -> dict[str, Float[np.ndarray, "_ N"]]:
        """Each face's NME in per cent, a row a seed, by method."""
        return errors_by_method(self.tested, split, self.protocol.name)

    def file_name(self, what: str, split: str, suffix: str) -> str:
        """Name of a file about one split under this condition."""
        parts = (what, self.planned.condition.slug, split.replace("/", "-"))
        return "-".join(filter(None, parts)) + suffix


__all__ = ["Subject"]
