"""All checks over a benchmark, and what came of them."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from landmarks.benchmarks.base import Benchmark, Facts
from landmarks.data_check.base import Check
from landmarks.data_check.boxes import Boxes
from landmarks.data_check.counts import CountRow, Counts, count_rows
from landmarks.data_check.duplicates import Duplicates
from landmarks.data_check.faces import read_faces
from landmarks.data_check.finding import KINDS, Finding, Kind
from landmarks.data_check.mirroring import Mirroring
from landmarks.data_check.outliers import Outliers
from landmarks.data_check.pictures import read_pictures
from landmarks.data_check.placement import Placement


@dataclass(frozen=True)
class DataReport:
    """What was checked and what was found.

    Attributes:
        facts: The benchmark's.
        root: The folder of its files.
        faces: Number of faces that could be read, each counted once.
        pictures: Number of pictures that they are in.
        counts: The table of counts.
        findings: All of them, by kind in the order of `KINDS`, the gravest first in each.
        accepted: Names of kinds of errors that are accepted as they are.
        seconds: How long it took.
    """

    facts: Facts
    root: Path | None
    faces: int
    pictures: int
    counts: Sequence[CountRow]
    findings: Sequence[Finding]
    accepted: Collection[str]
    seconds: float

    @property
    def all_is_well(self) -> bool:
        """Whether there is no error that is not accepted; remarks are no errors."""
        return not any(self.is_error(finding.kind) for finding in self.findings)

    def is_error(self, kind: Kind) -> bool:
        """Whether a finding of this kind means that not all is well."""
        return kind.is_error and kind.name not in self.accepted

    @property
    def by_kind(self) -> Mapping[Kind, Sequence[Finding]]:
        """The findings of each kind that there is one of, errors first."""
        groups = {
            kind: [finding for finding in self.findings if finding.kind is kind] for kind in KINDS
        }
        return {
            kind: groups[kind]
            for kind in sorted(KINDS, key=lambda kind: not self.is_error(kind))
            if groups[kind]
        }


def check_benchmark(
    benchmark: Benchmark,
    splits: Sequence[str],
    partial: bool = False,
    accepted: Collection[str] = (),
) -> DataReport:
    """Reads some splits of a benchmark once, with progress bars, and runs every check on them.

    Args:
        benchmark: The reader.
        splits: The splits.
        partial: Whether fewer faces than published are accepted.
        accepted: Names of kinds of errors that are accepted.

    Raises:
        landmarks.errors.AbsentError: If nothing is there of any of the splits.
    """
    start = time.perf_counter()
    faces, findings = read_faces(benchmark, splits)
    signatures, damaged = read_pictures(faces)
    findings += damaged
    checks: tuple[Check, ...] = (
        Counts(partial),
        Duplicates(),
        Placement(),
        Boxes(),
        Mirroring(),
        Outliers(),
    )
    for check in checks:
        findings += check(faces, signatures)
    place = {kind: i for i, kind in enumerate(KINDS)}
    findings.sort(key=lambda finding: (place[finding.kind], -finding.rank))
    return DataReport(
        benchmark.facts,
        benchmark.root,
        len(faces.faces),
        len({face.name for face in faces.faces}),
        count_rows(faces),
        findings,
        frozenset(accepted),
        time.perf_counter() - start,
    )


__all__ = ["DataReport", "check_benchmark"]
