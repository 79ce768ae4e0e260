"""Every benchmark as a tiny tree in its owners' own format."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from landmarks import datamodules
from landmarks.data.datamodule import FaceDataModule
from tests.benchmarks.official.aflw19 import write_aflw19_tree
from tests.benchmarks.official.cofw import write_cofw_tree
from tests.benchmarks.official.cofw68 import write_cofw68_tree
from tests.benchmarks.official.truth import Truth
from tests.benchmarks.official.w300 import write_300w_tree


class Tree(NamedTuple):
    """How a tree is written below a folder, and the DataModule that reads it."""

    write: Callable[[Path], Truth]
    data: type[FaceDataModule]


TREES: dict[str, Tree] = {
    "300w": Tree(write_300w_tree, datamodules.W300Data),
    "cofw": Tree(write_cofw_tree, datamodules.COFWData),
    "cofw68": Tree(write_cofw68_tree, datamodules.COFW68Data),
    "aflw19": Tree(write_aflw19_tree, datamodules.AFLW19Data),
}
"""By the benchmark's name. A tree has at least 6 training faces, if any, and 2 test faces."""
