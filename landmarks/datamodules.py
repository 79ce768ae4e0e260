"""A DataModule for each benchmark: `FaceDataModule` over its reader.

They stand apart from the readers so that reading a benchmark need not import Lightning.
"""

from pathlib import Path
from typing import Any, ClassVar, final

from landmarks.benchmarks.aflw19 import AFLW19
from landmarks.benchmarks.aflw2000 import AFLW2000
from landmarks.benchmarks.cofw import COFW
from landmarks.benchmarks.cofw68 import COFW68
from landmarks.benchmarks.custom import Custom
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
class W300LPData(FaceDataModule):
    """300W-LP (`landmarks.benchmarks.w300lp`).

    Args:
        root: The folder that holds ``300W_LP``, or that folder.
        settings: See `FaceDataModule`.
    """

    def __init__(self, root: Path | None = None, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(W300LP(root), **settings)


@final
class W300PrivateData(FaceDataModule):
    """The private test set of 300W (`landmarks.benchmarks.w300private`).

    Args:
        root: The folder that holds ``01_Indoor`` and ``02_Outdoor``, or ``300W`` with them.
        settings: See `FaceDataModule`.
    """

    def __init__(self, root: Path | None = None, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(W300Private(root), **settings)


@final
class AFLW2000Data(FaceDataModule):
    """AFLW2000-3D (`landmarks.benchmarks.aflw2000`).

    Args:
        root: The folder that holds ``AFLW2000``, or that folder.
        settings: See `FaceDataModule`.
    """

    def __init__(self, root: Path | None = None, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(AFLW2000(root), **settings)


@final
class MERLRAVData(FaceDataModule):
    """MERL-RAV (`landmarks.benchmarks.merl_rav`).

    Args:
        root: The folder that holds ``merl_rav_organized``, or ``merl_rav_labels`` and ``aflw``.
        settings: See `FaceDataModule`.
    """

    def __init__(self, root: Path | None = None, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(MERLRAV(root), **settings)


@final
class Menpo2DData(FaceDataModule):
    """Menpo 2D (`landmarks.benchmarks.menpo2d`).

    Args:
        root: The folder that holds ``trainset``, or ``menpo`` with it.
        settings: See `FaceDataModule`.
    """

    def __init__(self, root: Path | None = None, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(Menpo2D(root), **settings)


@final
class WFLWData(FaceDataModule):
    """WFLW (`landmarks.benchmarks.wflw`).

    Args:
        root: The folder that holds ``WFLW_annotations`` and ``WFLW_images``.
        settings: See `FaceDataModule`.
    """

    def __init__(self, root: Path | None = None, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(WFLW(root), **settings)


@final
class LaPaData(FaceDataModule):
    """LaPa (`landmarks.benchmarks.lapa`).

    Args:
        root: The folder that holds ``train``, ``val`` and ``test``, or ``LaPa`` with them.
        settings: See `FaceDataModule`.
    """

    def __init__(self, root: Path | None = None, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(LaPa(root), **settings)


@final
class JD106Data(FaceDataModule):
    """JD-landmark (`landmarks.benchmarks.jd106`).

    Args:
        root: The folder that holds ``Training_data``, ``Test_data1`` and so on.
        settings: See `FaceDataModule`.
    """

    def __init__(self, root: Path | None = None, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(JD106(root), **settings)


class DrawnFacesData(FaceDataModule):
    """Drawn faces (`landmarks.benchmarks.synthetic`), the same ones in every markup.

    Args:
        root: The folder that keeps drawn faces; a folder of the user's cache if None.
        train_faces: Faces to train and validate on.
        test_faces: Faces to test on.
        image_size: Height and width of the pictures.
        settings: See `FaceDataModule`.
    """

    reader: ClassVar[type[Synthetic]]

    def __init__(
        self,
        root: Path | None = None,
        train_faces: int = 2000,
        test_faces: int = 500,
        image_size: int = 128,
        **settings: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(self.reader(root, train_faces, test_faces, image_size), **settings)


@final
class SyntheticData(DrawnFacesData):
    """Drawn faces with 68 points; see `DrawnFacesData`."""

    reader = Synthetic


@final
class Synthetic98Data(DrawnFacesData):
    """Drawn faces with 98 points; see `DrawnFacesData`."""

    reader = Synthetic98


@final
class Synthetic29Data(DrawnFacesData):
    """Drawn faces with 29 points; see `DrawnFacesData`."""

    reader = Synthetic29


@final
class Synthetic19Data(DrawnFacesData):
    """Drawn faces with 19 points; see `DrawnFacesData`."""

    reader = Synthetic19


@final
class Synthetic106Data(DrawnFacesData):
    """Drawn faces with 106 points; see `DrawnFacesData`."""

    reader = Synthetic106


@final
class CustomData(FaceDataModule):
    """A user's own data (`landmarks.benchmarks.custom`).

    Args:
        description: The YAML file that describes it.
        root: The folder of its files; that of the description if None.
        settings: See `FaceDataModule`.
    """

    def __init__(
        self,
        description: Path,
        root: Path | None = None,
        **settings: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(Custom(description, root), **settings)


@final
class COFWData(FaceDataModule):
    """COFW (`landmarks.benchmarks.cofw`).

    Args:
        root: The folder that holds ``COFW_train_color.mat`` and ``COFW_test_color.mat``.
        settings: See `FaceDataModule`.
    """

    def __init__(self, root: Path | None = None, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(COFW(root), **settings)


@final
class COFW68Data(FaceDataModule):
    """COFW-68 (`landmarks.benchmarks.cofw68`), which has only test faces.

    Args:
        root: The folder that holds ``COFW68_Data`` and ``COFW_test_color.mat``.
        settings: See `FaceDataModule`; ``training`` is the benchmark to train on.
    """

    def __init__(self, root: Path | None = None, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(COFW68(root), **settings)


@final
class AFLW19Data(FaceDataModule):
    """AFLW-19 (`landmarks.benchmarks.aflw19`).

    Args:
        root: The folder that holds ``AFLWinfo_release.mat`` and AFLW's pictures.
        settings: See `FaceDataModule`.
    """

    def __init__(self, root: Path | None = None, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(AFLW19(root), **settings)
