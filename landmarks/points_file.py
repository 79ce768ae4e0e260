"""The file that keeps the predicted points of a split: its name, and how it is read."""

import zipfile
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from landmarks.errors import DataError

_CURE = (
    "expected a points-<split>.npz as 'landmarks test', 'compare' and 'score' write it; write it "
    "anew"
)
_ARRAYS: dict[str, tuple[tuple[str, ...], type]] = {
    "split": ((), np.str_),
    "face": (("N",), np.int64),
    "photo": (("N",), np.str_),
    "subsets": (("N",), np.str_),
    "points_photo": (("N", "K", "2"), np.float64),
    "covariances_photo": (("N", "K", "2", "2"), np.float64),
    "true_points_photo": (("N", "K", "2"), np.float64),
    "protocols": (("P",), np.str_),
    "normalisers": (("P", "N"), np.float64),
    "nme": (("P", "N"), np.float64),
}
"""The arrays of a file: their axes, and the type of their values."""
_OPTIONAL = "covariances_photo"
_BROKEN = (
    AttributeError,  # a bare array has no names
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What numpy and zipfile raise for bytes that are no archive of arrays."""


def points_file_name(split: str) -> str:
    """The name of a split's file.

    >>> points_file_name("lfpw/testset")
    'points-lfpw-testset.npz'
    """
    return f"points-{split.replace('/', '-')}.npz"


def read_points_file(path: Path) -> dict[str, Shaped[np.ndarray, "..."]]:
    """Reads the arrays of a file; nothing in it is run.

    Returns:
        The arrays by name, of the types and axes that they must have: ``split`` (), ``face`` (N,),
        ``photo`` (N,), ``subsets`` (N,), ``points_photo`` (N, K, 2), ``covariances_photo``
        (N, K, 2, 2) if there are any, ``true_points_photo`` (N, K, 2), ``protocols`` (P,),
        ``normalisers`` (P, N), ``nme`` (P, N).

    Raises:
        DataError: If the file is missing, damaged, or something else.
    """
    try:
        # The stream is opened here: numpy leaves a file open in which it finds no archive.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files if name in _ARRAYS}
    except OSError as error:
        reason = error.strerror or "it is damaged or cut off"
        raise DataError(f"the points cannot be read ({reason}); {_CURE}", file=path) from error
    except _BROKEN as error:
        raise DataError(
            f"this is no file of points, or a damaged one ({type(error).__name__}); {_CURE}",
            file=path,
        ) from error
    lengths = {"2": 2}
    for name, (axes, kind) in _ARRAYS.items():
        if name not in found:
            if name == _OPTIONAL:
                continue
            raise DataError(f"{name!r} is missing; {_CURE}", file=path)
        array = found[name]
        if array.ndim != len(axes) or not np.issubdtype(array.dtype, kind):
            raise DataError(
                f"{name!r} holds {array.dtype} along {array.ndim} axes, expected {kind.__name__} "
                f"along {len(axes)}; {_CURE}",
                file=path,
            )
        for axis, length in zip(axes, array.shape, strict=True):
            if lengths.setdefault(axis, length) != length:
                raise DataError(
                    f"{name!r} has the shape {array.shape}, but its {axis} must be "
                    f"{lengths[axis]}; {_CURE}",
                    file=path,
                )
    return found


__all__ = ["points_file_name", "read_points_file"]
