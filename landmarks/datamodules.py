"""A DataModule for each benchmark: `FaceDataModule` over its reader.

They stand apart from the readers so that reading a benchmark need not import Lightning.
"""

from pathlib import Path
from typing import Any, final

from landmarks.benchmarks.w300 import W300
from landmarks.data.datamodule import FaceDataModule


@final
class W300Data(FaceDataModule):
    """300W (`landmarks.benchmarks.w300`).

    Args:
        root: The folder that holds ``afw``, ``helen``, ``lfpw``, ``ibug`` and ``300W``.
        settings: See `FaceDataModule`.
    """

    def __init__(self, root: Path | None = None, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(W300(root), **settings)
