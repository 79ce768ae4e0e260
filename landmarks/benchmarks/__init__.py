"""One file a benchmark: its facts, its reader, its DataModule."""

from landmarks.benchmarks.aflw19 import AFLW19
from landmarks.benchmarks.aflw2000 import AFLW2000
from landmarks.benchmarks.base import Benchmark
from landmarks.benchmarks.cofw import COFW
from landmarks.benchmarks.cofw68 import COFW68
from landmarks.benchmarks.jd106 import JD106
from landmarks.benchmarks.lapa import LaPa
from landmarks.benchmarks.menpo2d import Menpo2D
from landmarks.benchmarks.merl_rav import MERLRAV
from landmarks.benchmarks.synthetic import (
    Synthetic,
    Synthetic19,
    Synthetic29,
    Synthetic98,
    Synthetic106,
)
from landmarks.benchmarks.w300 import W300
from landmarks.benchmarks.w300lp import W300LP
from landmarks.benchmarks.w300private import W300Private
from landmarks.benchmarks.wflw import WFLW

BENCHMARKS: dict[str, type[Benchmark]] = {
    benchmark.facts.name: benchmark
    for benchmark in (
        Synthetic,
        Synthetic98,
        Synthetic29,
        Synthetic19,
        Synthetic106,
        W300,
        W300LP,
        W300Private,
        COFW,
        COFW68,
        AFLW19,
        AFLW2000,
        MERLRAV,
        Menpo2D,
        WFLW,
        LaPa,
        JD106,
    )
}
"""Every benchmark by its name, the one that commands and files know it by."""

__all__ = ["BENCHMARKS", "Benchmark"]
