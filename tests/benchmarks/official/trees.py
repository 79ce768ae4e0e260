"""Every benchmark as a tiny tree in its owners' own format."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from landmarks import datamodules
from landmarks.data.datamodule import FaceDataModule
from tests.benchmarks.official.truth import Truth
from tests.benchmarks.official.w300 import write_300w_tree


class Tree(NamedTuple):
    """How a tree is written below a folder, and the DataModule that reads it."""

    write: Callable[[Path], Truth]
    data: type[FaceDataModule]


TREES: dict[str, Tree] = {
    "300w": Tree(write_300w_tree, datamodules.W300Data),
}
"""By the benchmark's name. A tree has at least 6 training faces, if any, and 2 test faces."""
