"""Every benchmark as a tiny tree in its owners' own format."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from landmarks import datamodules
from landmarks.data.datamodule import FaceDataModule
from tests.benchmarks.official.aflw19 import write_aflw19_tree
from tests.benchmarks.official.aflw2000 import write_aflw2000_tree
from tests.benchmarks.official.cofw import write_cofw_tree
from tests.benchmarks.official.cofw68 import write_cofw68_tree
from tests.benchmarks.official.jd106 import write_jd106_tree
from tests.benchmarks.official.lapa import write_lapa_tree
from tests.benchmarks.official.menpo2d import write_menpo2d_tree
from tests.benchmarks.official.merl_rav import write_merl_rav_tree
from tests.benchmarks.official.truth import Truth
from tests.benchmarks.official.w300 import write_300w_tree
from tests.benchmarks.official.w300lp import write_300w_lp_tree
from tests.benchmarks.official.w300private import write_300w_private_tree
from tests.benchmarks.official.wflw import write_wflw_tree


class Tree(NamedTuple):
    """How a tree is written below a folder, and the DataModule that reads it."""

    write: Callable[[Path], Truth]
    data: type[FaceDataModule]


TREES: dict[str, Tree] = {
    "300w": Tree(write_300w_tree, datamodules.W300Data),
    "300w_lp": Tree(write_300w_lp_tree, datamodules.W300LPData),
    "300w_private": Tree(write_300w_private_tree, datamodules.W300PrivateData),
    "aflw2000_3d": Tree(write_aflw2000_tree, datamodules.AFLW2000Data),
    "merl_rav": Tree(write_merl_rav_tree, datamodules.MERLRAVData),
    "menpo2d": Tree(write_menpo2d_tree, datamodules.Menpo2DData),
    "cofw": Tree(write_cofw_tree, datamodules.COFWData),
    "cofw68": Tree(write_cofw68_tree, datamodules.COFW68Data),
    "aflw19": Tree(write_aflw19_tree, datamodules.AFLW19Data),
    "wflw": Tree(write_wflw_tree, datamodules.WFLWData),
    "lapa": Tree(write_lapa_tree, datamodules.LaPaData),
    "jd106": Tree(write_jd106_tree, datamodules.JD106Data),
}
"""By the benchmark's name. A tree has at least 6 training faces, if any, and 2 test faces."""
