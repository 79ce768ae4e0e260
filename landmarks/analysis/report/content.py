"""All that a report says, as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import polars
from matplotlib.figure import Figure

from landmarks.analysis.report.table import Table
from landmarks.analysis.scores import MethodScore
from landmarks.analysis.statistics import Pair
from landmarks.analysis.tiles import ShownFace
from landmarks.benchmarks.base import Facts
from landmarks.metrics.protocol import Protocol


class Plot(NamedTuple):
    """A figure of the page.

    Attributes:
        picture: An SVG file of `landmarks.analysis.figures.save_svg`, or the figure itself.
        says: What it shows, in words, for who cannot see it.
        caption: What stands below it; empty for nothing.
    """

    picture: Path | Figure
    says: str
    caption: str = ""


class Exhibit(NamedTuple):
    """What stands under one heading: sentences, then figures, then tables.

    Attributes:
        heading: Of this part; empty where the section's own heading is enough.
        sentences: A paragraph each.
        plots: The figures.
        tables: The tables.
        folded: Whether the tables are shown when they are asked for.
    """

    heading: str = ""
    sentences: Sequence[str] = ()
    plots: Sequence[Plot] = ()
    tables: Sequence[Table] = ()
    folded: bool = False


@dataclass(frozen=True)
class SplitReport:
    """What the report says of the methods on one test split under one condition.

    Attributes:
        name: Name of the split.
        found: What was found of it on the disk, in a sentence without its full stop.
        protocol: The protocol of all numbers here: the benchmark's first.
        verdict: The verdict in words (`landmarks.analysis.statistics.winner_sentence`).
        scores: The methods side by side, in the experiment's order.
        pairs: Every pair of them once; none where there is one method.
        forest: The paired differences.
        ced: The cumulative error distributions.
        calibrations: How well each method knows its own errors
            (`landmarks.analysis.calibration.calibration_means`); methods that claim nothing of
            their errors are left out.
        calibration: The plot of it.
    """

    name: str
    found: str
    protocol: Protocol
    verdict: str
    scores: Sequence[MethodScore]
    pairs: Sequence[Pair] = ()
    forest: Plot | None = None
    ced: Plot | None = None
    calibrations: Sequence[Mapping[str, object]] = ()
    calibration: Plot | None = None


@dataclass(frozen=True)
class ConditionReport:
    """What the report says of one condition: one combination of the matrix's levels.

    Attributes:
        levels: The level of each axis; empty without a matrix.
        facts: The benchmark's facts.
        training_faces: What was found of the training split, in a sentence without its full stop.
        splits: The test splits, the main one first.
        decomposition: Where the error comes from.
        selection: How the checkpoint was chosen, and what another choice would have claimed.
        same_faces: The faces that are shown as each method sees them: best, median, worst.
        own_faces: Each method's own best, median and worst faces.
        trainings: Curves of the trainings.
    """

    levels: Mapping[str, str]
    facts: Facts
    training_faces: str
    splits: Sequence[SplitReport]
    decomposition: Sequence[Exhibit] = ()
    selection: Sequence[Exhibit] = ()
    same_faces: Sequence[ShownFace] = ()
    own_faces: Sequence[ShownFace] = ()
    trainings: Sequence[Plot] = ()

    @property
    def name(self) -> str:
        """The levels in words, such as ``heatmap_size 32, backbone small``; empty without any."""
        return ", ".join(f"{axis} {level}" for axis, level in self.levels.items())


class TrainingReport(NamedTuple):
    """What the report says of one training.

    Attributes:
        name: Its folder.
        methods: The methods that read it.
        seed: Its seed.
        epochs: Number of epochs trained.
        minutes: Wall-clock time.
        validation_nme: NME of the chosen checkpoint on the held-out faces, in per cent.
        device: What it was trained on.
        condition: The condition it belongs to, in words; empty without a matrix.
        processors: How many of them worked at it side by side.
        on_gpu: Whether they were GPUs; else CPUs.
    """

    name: str
    methods: Sequence[str]
    seed: int
    epochs: int
    minutes: float
    validation_nme: float
    device: str
    condition: str = ""
    processors: int = 1
    on_gpu: bool = False

    @property
    def hours(self) -> float:
        """What it cost in hours of one GPU, or of one machine's CPU."""
        return self.minutes / 60 * self.processors


class Proof(NamedTuple):
    """Whether one thing that should be the same for all methods is.

    Attributes:
        what: The thing.
        seeds: The seed that it is stated for, or ``all``.
        digests: A hash for each method, or for each method and seed.
        condition: The condition that it is stated for, in words; empty without a matrix.
    """

    what: str
    seeds: str
    digests: Mapping[str, str]
    condition: str = ""

    @property
    def holds(self) -> bool:
        """Whether all methods have one hash."""
        return len(set(self.digests.values())) == 1

    @property
    def sentence(self) -> str:
        """The hash that all share, or who has which."""
        if self.holds:
            return f"same for all methods: {next(iter(self.digests.values()))[:16]}"
        groups: dict[str, list[str]] = {}
        for method, digest in self.digests.items():
            groups.setdefault(digest[:16], []).append(method)
        return "differs: " + "; ".join(
            f"{digest} for {', '.join(methods)}" for digest, methods in groups.items()
        )


class MissingRun(NamedTuple):
    """A run that the experiment asks for and the report is without.

    Attributes:
        name: Method, condition and seed.
        reason: Why, in a sentence without its full stop, such as the last line of its error.
    """

    name: str
    reason: str


class ForeignMethod(NamedTuple):
    """Predictions of another program.

    Attributes:
        name: What the comparison calls it.
        source: The folder that ``landmarks score`` wrote.
        about: What is known of it, in a sentence without its full stop; empty for nothing.
    """

    name: str
    source: str
    about: str = ""


@dataclass(frozen=True)
class Report:
    """All that a report says; what is empty is left out of the page.

    Attributes:
        title: Name of the experiment.
        command: The command that made it.
        methods: All methods in the experiment's order, foreign ones last, those without a finished
            run too: their places settle how they look in every figure and table.
        seeds: The seeds of the trainings.
        conditions: The conditions, the main one first.
        results: The table of all scores, with a column for each axis of the matrix after
            ``method`` (`landmarks.analysis.scores.results_table`).
        trainings: Every training.
        proofs: What was kept the same.
        settings: Each method's part of the experiment file, as YAML.
        shared_settings: The rest of the experiment file, as YAML.
        versions: Names of packages and machines, and their versions.
        missing: Runs that failed or were not done.
        foreign: Predictions of other programs.
        resolution: Error over the resolution of heatmap and input, across the conditions.
        latency: Accuracy against latency.
        files: Other files of the comparison, by their path beside the page, and what is in them.
    """

    title: str
    command: str
    methods: Sequence[str]
    seeds: Sequence[int]
    conditions: Sequence[ConditionReport]
    results: polars.DataFrame
    trainings: Sequence[TrainingReport]
    proofs: Sequence[Proof]
    settings: Mapping[str, str]
    shared_settings: str
    versions: Mapping[str, str]
    missing: Sequence[MissingRun] = ()
    foreign: Sequence[ForeignMethod] = ()
    resolution: Sequence[Exhibit] = ()
    latency: Sequence[Exhibit] = ()
    files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def shown(self) -> list[str]:
        """The methods that any number is told of, in the experiment's order."""
        scores = [
            score
            for condition in self.conditions
            for split in condition.splits
            for score in split.scores
        ]
        there = {score.method for score in scores}
        return [method for method in self.methods if method in there]


__all__ = [
    "ConditionReport",
    "Exhibit",
    "ForeignMethod",
    "MissingRun",
    "Plot",
    "Proof",
    "Report",
    "SplitReport",
    "TrainingReport",
]
