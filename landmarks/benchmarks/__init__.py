"""One file a benchmark: its facts, its reader, its DataModule."""

from landmarks.benchmarks.base import Benchmark
from landmarks.benchmarks.w300 import W300

BENCHMARKS: dict[str, type[Benchmark]] = {benchmark.facts.name: benchmark for benchmark in (W300,)}
"""Every benchmark by its name, the one that commands and files know it by."""

__all__ = ["BENCHMARKS", "Benchmark"]
