"""MATLAB files: the arrays of numbers and the texts in them, and nothing else.

Both versions in use are read: 5 (also called 6 and 7; `landmarks.benchmarks.mat.version_5`) and
7.3, which is HDF5 (`landmarks.benchmarks.mat.version_73`). A file is taken for untrusted. Of all
that such files can hold only what is asked for is touched, its kind and size are compared with what
is expected before room is made for it, and nothing in a file can run code or have another file
opened: no objects, no function handles, no links, no storage outside the file, no filters from
plug-ins.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float

from landmarks.benchmarks.mat import version_5, version_73
from landmarks.benchmarks.mat.shapes import Shape, fail


def read_mat(file: Path, wanted: Mapping[str, Shape]) -> dict[str, Float[np.ndarray, "..."]]:
    """Reads arrays of numbers, of either version of the format.

    Args:
        file: The file.
        wanted: The shape of each array as MATLAB states it, by its name; None allows any length.

    Returns:
        Each array by its name, float64 and all finite, in MATLAB's own order of axes whatever the
        version (a ``2 x 68`` array has the shape (2, 68)). Numbers that are stored as integers or
        truth values are converted.

    Raises:
        DataError: If the file cannot be read or is no MATLAB file, or if a variable is missing, is
            no array of real numbers, has another shape, or holds a number that is not finite. The
            message names the file and the variable.

    >>> import tempfile
    >>> from scipy.io import savemat
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "face.mat"
    ...     savemat(file, {"pt2d": np.eye(2), "roi": np.array([[1, 1, 450, 450]])})
    ...     read_mat(file, {"pt2d": (2, None), "roi": (1, 4)})["roi"]
    array([[  1.,   1., 450., 450.]])
    """
    if version_73.is_mat73(file):
        arrays = version_73.read_arrays(file, wanted)
    else:
        arrays = version_5.read_arrays(file, wanted)
    return {name: _finite(file, name, array) for name, array in arrays.items()}


def read_texts(file: Path, name: str, count: int | None = None) -> list[str]:
    """Reads a cell array of texts, of either version of the format.

    Args:
        file: The file.
        name: The variable, a row or a column of ``char`` rows.
        count: How many texts it must hold; None allows any number.

    Raises:
        DataError: If the file cannot be read or is no MATLAB file, or if the variable is missing,
            is anything but a list of this many texts, or one of them is longer than a file name can
            be.

    >>> import tempfile
    >>> from scipy.io import savemat
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "names.mat"
    ...     savemat(file, {"nameList": np.array([["0/a.jpg"], ["2/b.jpg"]], dtype=object)})
    ...     read_texts(file, "nameList", 2)
    ['0/a.jpg', '2/b.jpg']
    """
    if version_73.is_mat73(file):
        return version_73.read_texts(file, name, count)
    return version_5.read_texts(file, name, count)


def _finite(file: Path, name: str, array: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        place = tuple(int(i) for i in bad[0])
        where = ", ".join(str(i + 1) for i in place)
        fail(file, name, f"entry ({where}) is {array[place]}, expected a finite number")
    return array


__all__ = ["Shape", "read_mat", "read_texts"]
