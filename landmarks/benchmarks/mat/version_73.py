"""MATLAB files of version 7.3, which are HDF5, read by h5py.

MATLAB stores an array as a dataset with its axes in reverse and its class as the attribute
``MATLAB_class``; a cell array is a dataset of references to further datasets. HDF5 can do far more:
links and datasets that lie in other files, filters from shared libraries, types of any depth. All
of that is refused before a dataset is read: only datasets whose every byte lies in the file itself,
unpacked by nothing but HDF5's own deflate, shuffle and checksum, are touched.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from landmarks.benchmarks.mat.shapes import (
    CURE,
    LONGEST_TEXT,
    MOST_BYTES,
    Shape,
    check_shape,
    fail,
    missing,
)
from landmarks.errors import DataError

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_USER_BLOCKS = (512, 0)
_NUMERIC = frozenset(
    (
        "double", "single", "logical", "int8", "uint8", "int16", "uint16", "int32", "uint32",
        "int64", "uint64",
    )
)  # fmt: skip
_DEFLATE, _SHUFFLE, _CHECKSUM = 1, 2, 3
_STORED_MORE = 1 << 16
"""What a dataset's storage may take beyond its plain bytes: padding of its last chunks."""


def is_mat73(file: Path) -> bool:
    """Whether a file begins as HDF5 does, at once or behind MATLAB's block of 512 bytes."""
    try:
        if not file.is_file():  # a pipe would wait for somebody to write
            return False
        with file.open("rb") as stream:
            for start in _USER_BLOCKS:
                stream.seek(start)
                if stream.read(len(_SIGNATURE)) == _SIGNATURE:
                    return True
    except OSError:
        return False
    return False


def read_arrays(file: Path, wanted: Mapping[str, Shape]) -> dict[str, Float[np.ndarray, "..."]]:
    """Reads arrays of numbers; see `landmarks.benchmarks.mat.reading.read_mat`."""
    with open_mat73(file) as handle:
        return {name: _numbers(handle, file, name, shape) for name, shape in wanted.items()}


def read_texts(file: Path, name: str, count: int | None) -> list[str]:
    """Reads a cell array of texts; see `landmarks.benchmarks.mat.reading.read_texts`."""
    with open_mat73(file) as handle:
        references = read_cell(handle, file, name, count)
        bar = tqdm(references, desc=f"{file.name} {name}", unit="text", delay=2, leave=False)
        return [
            _text(handle, file, f"{name}{{{i}}}", reference)
            for i, reference in enumerate(bar, start=1)
        ]


def open_mat73(file: Path) -> Any:  # noqa: ANN401, h5py has no types
    """Opens a file for reading.

    Raises:
        DataError: If it cannot be opened.
    """
    import h5py

    try:
        # Unlocked, for the file is not written and may lie where locks are not to be had.
        return h5py.File(file, "r", locking=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(
            f"the MATLAB file of version 7.3 is truncated or damaged (HDF5 says: {error}); {CURE}",
            file=file,
        ) from error


@contextmanager
def guarded(file: Path, name: str) -> Iterator[None]:
    """Turns what h5py raises over damaged bytes into a `DataError` that names the variable."""
    try:
        yield
    except DataError:
        raise
    except (OSError, RuntimeError, LookupError, ValueError, TypeError, OverflowError) as error:
        fail(file, name, f"cannot be read, the file is truncated or damaged (HDF5 says: {error})")
    except MemoryError:
        fail(file, name, "cannot be read: it would not fit into memory")


def variable(handle: Any, file: Path, name: str) -> Any:  # noqa: ANN401
    """The dataset of a variable, which must lie in the file itself.

    Raises:
        DataError: If it is missing, a link, or no dataset.
    """
    from h5py import h5l, h5o

    with guarded(file, name):
        key = name.encode()
        if not handle.id.links.exists(key):
            missing(file, name, [str(there) for there in handle if not there.startswith("#")])
        if handle.id.links.get_info(key).type != h5l.TYPE_HARD:
            fail(file, name, "is a link to somewhere else, expected the array itself")
        return _dataset(file, name, h5o.open(handle.id, key))


def referenced(handle: Any, file: Path, name: str, reference: Any) -> Any:  # noqa: ANN401
    """The dataset that an entry of a cell array refers to.

    Raises:
        DataError: If it refers to nothing, or to something else.
    """
    from h5py import h5r

    with guarded(file, name):
        if not reference:
            fail(file, name, "refers to nothing")
        return _dataset(file, name, h5r.dereference(reference, handle.id))


def read_cell(handle: Any, file: Path, name: str, count: int | None) -> list[Any]:  # noqa: ANN401
    """The references in a cell array with one row or one column.

    Raises:
        DataError: If it is anything else, or holds another number of entries.
    """
    from h5py import h5t

    dataset = variable(handle, file, name)
    with guarded(file, name):
        check_class(dataset, file, name, frozenset(["cell"]), "a cell array")
        if not dataset.id.get_type().equal(h5t.STD_REF_OBJ):
            fail(file, name, "holds no references within the file, expected a cell array")
        shape = dataset.shape[::-1]
        length = max(shape, default=0)
        row = shape[:1] == (1,)
        check_shape(file, name, shape, (1, length) if row else (length, 1))
        if count is not None and length != count:
            fail(file, name, f"holds {length:,} entries, expected {count:,}")
        check_storage(dataset, file, name)
        return list(dataset[()].ravel())


def check_class(
    dataset: Any,  # noqa: ANN401
    file: Path,
    name: str,
    wanted: frozenset[str],
    description: str,
) -> None:
    """Makes sure that a dataset is of one of some MATLAB classes.

    Raises:
        DataError: If it is not, or if it is marked as empty.
    """
    from h5py import h5a, h5t

    found = "of no MATLAB class"
    if h5a.exists(dataset.id, b"MATLAB_class"):
        attribute = h5a.open(dataset.id, b"MATLAB_class")
        kind = attribute.get_type()
        if (
            kind.get_class() == h5t.STRING
            and not kind.is_variable_str()
            and kind.get_size() <= 64
            and attribute.shape == ()
        ):
            text = np.zeros((), f"S{kind.get_size()}")
            attribute.read(text)
            found = bytes(text.item()).decode("latin-1")
    if found not in wanted:
        fail(file, name, f"is {found}, expected {description}")
    if h5a.exists(dataset.id, b"MATLAB_empty"):
        fail(file, name, f"is empty, expected {description}")


def check_storage(dataset: Any, file: Path, name: str) -> None:  # noqa: ANN401
    """Makes sure that a dataset is small, lies in its file, and needs no foreign code to unpack.

    Raises:
        DataError: If not.
    """
    from h5py import h5d

    settings = dataset.id.get_create_plist()
    layout = settings.get_layout()
    if settings.get_external_count() or layout == h5d.VIRTUAL:
        fail(file, name, "keeps its contents in another file, expected them in this one")
    filters = {settings.get_filter(i)[0] for i in range(settings.get_nfilters())}
    if foreign := filters - {_DEFLATE, _SHUFFLE, _CHECKSUM}:
        fail(file, name, f"is packed by the filter {min(foreign)}, which MATLAB does not use")
    size = dataset.id.get_type().get_size()
    count = math.prod(dataset.shape)
    if count * size > MOST_BYTES or size > 8:
        fail(file, name, f"has {count:,} entries of {size} bytes, more than any benchmark holds")
    chunk = math.prod(settings.get_chunk()) if layout == h5d.CHUNKED else 0
    if chunk > max(4 * count, _STORED_MORE):
        fail(file, name, f"has {count:,} entries in pieces of {chunk:,}")
    stored = dataset.id.get_storage_size()
    if count and not stored:
        fail(file, name, "holds nothing, though it has a shape")
    # Deflate grows at most by 1,032, so that this bounds what unpacking may take.
    if stored > 2 * (count + chunk) * size + _STORED_MORE:
        fail(file, name, f"has {stored:,} bytes for {count:,} entries of {size} bytes")


def _dataset(file: Path, name: str, identity: Any) -> Any:  # noqa: ANN401
    import h5py

    if not isinstance(identity, h5py.h5d.DatasetID):
        fail(file, name, "is no array: a struct, a sparse matrix or an object")
    return h5py.Dataset(identity)


def _numbers(
    handle: Any,  # noqa: ANN401
    file: Path,
    name: str,
    shape: Shape,
) -> Float[np.ndarray, "..."]:
    from h5py import h5t

    dataset = variable(handle, file, name)
    with guarded(file, name):
        if dataset.id.get_type().get_class() not in (h5t.INTEGER, h5t.FLOAT):
            fail(file, name, "holds no real numbers, expected an array of them")
        check_class(dataset, file, name, _NUMERIC, "an array of real numbers")
        check_shape(file, name, dataset.shape[::-1], shape)
        check_storage(dataset, file, name)
        return np.ascontiguousarray(dataset[()].T, dtype=np.float64)


def _text(handle: Any, file: Path, name: str, reference: Any) -> str:  # noqa: ANN401
    from h5py import h5t

    dataset = referenced(handle, file, name, reference)
    with guarded(file, name):
        check_class(dataset, file, name, frozenset(["char"]), "text")
        kind = dataset.id.get_type()
        length = math.prod(dataset.shape)
        if kind.get_class() != h5t.INTEGER or kind.get_size() not in (1, 2):
            fail(file, name, "holds no characters, expected text")
        if dataset.shape != (length, 1) or not 0 < length <= LONGEST_TEXT:
            fail(file, name, f"has the shape {dataset.shape[::-1]}, expected one short row of text")
        check_storage(dataset, file, name)
        characters = dataset[()].ravel()
        text: str = characters.astype("<u2").tobytes().decode("utf-16-le")
        return text


__all__ = [
    "check_class",
    "check_storage",
    "guarded",
    "is_mat73",
    "open_mat73",
    "read_arrays",
    "read_cell",
    "read_texts",
    "referenced",
    "variable",
]
