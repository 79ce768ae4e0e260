"""A DataModule for each benchmark: `FaceDataModule` over its reader.

They stand apart from the readers so that reading a benchmark need not import Lightning.
"""

from pathlib import Path
from typing import Any, final

from landmarks.benchmarks.synthetic import (
    Synthetic,
    Synthetic19,
    Synthetic29,
    Synthetic98,
    Synthetic106,
)
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


@final
class SyntheticData(FaceDataModule):
    """Drawn faces with 68 points (`landmarks.benchmarks.synthetic`).

    Args:
        root: The folder that keeps drawn faces; a folder of the user's cache if None.
        train_faces: Faces to train and validate on.
        test_faces: Faces to test on.
        image_size: Height and width of the pictures.
        settings: See `FaceDataModule`.
    """

    def __init__(
        self,
        root: Path | None = None,
        train_faces: int = 2000,
        test_faces: int = 500,
        image_size: int = 128,
        **settings: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(Synthetic(root, train_faces, test_faces, image_size), **settings)


@final
class Synthetic98Data(FaceDataModule):
    """Drawn faces with 98 points (`landmarks.benchmarks.synthetic`).

    Args:
        root: The folder that keeps drawn faces; a folder of the user's cache if None.
        train_faces: Faces to train and validate on.
        test_faces: Faces to test on.
        image_size: Height and width of the pictures.
        settings: See `FaceDataModule`.
    """

    def __init__(
        self,
        root: Path | None = None,
        train_faces: int = 2000,
        test_faces: int = 500,
        image_size: int = 128,
        **settings: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(Synthetic98(root, train_faces, test_faces, image_size), **settings)


@final
class Synthetic29Data(FaceDataModule):
    """Drawn faces with 29 points (`landmarks.benchmarks.synthetic`).

    Args:
        root: The folder that keeps drawn faces; a folder of the user's cache if None.
        train_faces: Faces to train and validate on.
        test_faces: Faces to test on.
        image_size: Height and width of the pictures.
        settings: See `FaceDataModule`.
    """

    def __init__(
        self,
        root: Path | None = None,
        train_faces: int = 2000,
        test_faces: int = 500,
        image_size: int = 128,
        **settings: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(Synthetic29(root, train_faces, test_faces, image_size), **settings)


@final
class Synthetic19Data(FaceDataModule):
    """Drawn faces with 19 points (`landmarks.benchmarks.synthetic`).

    Args:
        root: The folder that keeps drawn faces; a folder of the user's cache if None.
        train_faces: Faces to train and validate on.
        test_faces: Faces to test on.
        image_size: Height and width of the pictures.
        settings: See `FaceDataModule`.
    """

    def __init__(
        self,
        root: Path | None = None,
        train_faces: int = 2000,
        test_faces: int = 500,
        image_size: int = 128,
        **settings: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(Synthetic19(root, train_faces, test_faces, image_size), **settings)


@final
class Synthetic106Data(FaceDataModule):
    """Drawn faces with 106 points (`landmarks.benchmarks.synthetic`).

    Args:
        root: The folder that keeps drawn faces; a folder of the user's cache if None.
        train_faces: Faces to train and validate on.
        test_faces: Faces to test on.
        image_size: Height and width of the pictures.
        settings: See `FaceDataModule`.
    """

    def __init__(
        self,
        root: Path | None = None,
        train_faces: int = 2000,
        test_faces: int = 500,
        image_size: int = 128,
        **settings: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(Synthetic106(root, train_faces, test_faces, image_size), **settings)
