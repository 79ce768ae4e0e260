"""MATLAB files of version 5: what they claim is checked first, then SciPy decodes it.

Layout: MathWorks, MAT-File Format (https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf),
chapter 1. Such a file is a header of 128 bytes and a row of elements; each has a tag (type, number
of bytes), may be compressed by zlib, and may hold elements itself. SciPy reads whatever it meets,
objects and nested cells of any depth among it, and makes room for what a compressed element turns
out to hold; so each element is taken out here, and only a plain array whose bytes are as many as
its shape says is handed on.
"""

import io
import math
import stat
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
from jaxtyping import Float

from landmarks.benchmarks.mat.shapes import CURE, LONGEST_TEXT, Shape, check_shape, fail, missing
from landmarks.errors import DataError

_HEADER = 128
_TAG = 8
_LONGEST_FILE = 1 << 28
_HEAD_BYTES = 1024
"""More than the flags, up to 32 dimensions and the name of an array take."""
_INT8, _UINT32, _INT32, _MATRIX, _COMPRESSED = 1, 6, 5, 14, 15
_NUMBER_BYTES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8}
_CHARACTER_BYTES = {1: 1, 2: 1, 4: 2, 16: 1, 17: 2}
_CELL, _CHAR, _OPAQUE = 1, 4, 17
_NUMERIC = range(6, 16)
_COMPLEX = 0x0800
_CLASSES = {
    1: "a cell array",
    2: "a struct",
    3: "an object",
    4: "text",
    5: "a sparse matrix",
    16: "a function handle",
    17: "an opaque object",
}


class _Element(NamedTuple):
    """An element without its tag."""

    kind: int
    data: bytes | memoryview
    end: int


class _Array(NamedTuple):
    """The head of an array, and where behind it the contents begin."""

    flags: int
    shape: tuple[int, ...]
    name: str
    start: int

    @property
    def kind(self) -> int:
        return self.flags & 0xFF


class _Damaged(Exception):
    """The bytes are not what the format says; the message tells how."""


class _Variable(NamedTuple):
    """A variable in the file: its head, and how to get at the whole of it."""

    head: _Array
    kind: int
    data: memoryview
    order: str

    def whole(self, most: int) -> bytes:
        """The array without its tag, no more bytes than ``most``."""
        if self.kind == _MATRIX:
            if len(self.data) > most:
                raise _Damaged(f"has {len(self.data):,} bytes, at most {most:,} were expected")
            return bytes(self.data)
        inflater = zlib.decompressobj()
        inflated = inflater.decompress(self.data, most + _TAG + 1)
        if len(inflated) > most + _TAG:
            raise _Damaged(f"unpacks to more than the {most:,} bytes that were expected")
        if not inflater.eof:
            raise _Damaged("its compressed data break off")
        return bytes(_element(inflated, 0, self.order).data)


def read_arrays(file: Path, wanted: Mapping[str, Shape]) -> dict[str, Float[np.ndarray, "..."]]:
    """Reads arrays of numbers; see `landmarks.benchmarks.mat.reading.read_mat`."""
    variables = _variables(file, wanted)
    return {name: _numbers(file, name, variables[name], shape) for name, shape in wanted.items()}


def read_texts(file: Path, name: str, count: int | None) -> list[str]:
    """Reads a cell array of texts; see `landmarks.benchmarks.mat.reading.read_texts`."""
    variable = _variables(file, [name])[name]
    head = variable.head
    if head.kind != _CELL:
        fail(file, name, f"is {_class(head)}, expected a cell array of texts")
    length = max(head.shape, default=0)
    check_shape(file, name, head.shape, (length, 1) if head.shape[0] == length else (1, length))
    if count is not None and length != count:
        fail(file, name, f"holds {length:,} texts, expected {count:,}")
    try:
        data = variable.whole(_HEAD_BYTES + length * (_HEAD_BYTES + LONGEST_TEXT))
        _check_texts(data, head, variable.order)
        cells = _decode(data, variable.order)
    except (_Damaged, zlib.error) as error:
        fail(file, name, f"cannot be read: {error}")
    return [str(cell.item()) if cell.size else "" for cell in cells.ravel(order="F")]


def _numbers(file: Path, name: str, variable: _Variable, shape: Shape) -> Float[np.ndarray, "..."]:
    head = variable.head
    if head.kind not in _NUMERIC or head.flags & _COMPLEX:
        fail(file, name, f"is {_class(head)}, expected an array of real numbers")
    check_shape(file, name, head.shape, shape)
    try:
        data = variable.whole(_HEAD_BYTES + 8 * math.prod(head.shape))
        contents = _element(data, head.start, variable.order)
        _check_contents(contents, math.prod(head.shape), _NUMBER_BYTES)
        if contents.end != len(data):
            raise _Damaged(f"{len(data) - contents.end} bytes follow its numbers")
        numbers: np.ndarray = _decode(data, variable.order).astype(np.float64)
        return numbers
    except (_Damaged, zlib.error) as error:
        fail(file, name, f"cannot be read: {error}")


def _check_texts(data: bytes, head: _Array, order: str) -> None:
    start = head.start
    for _ in range(math.prod(head.shape)):
        cell = _element(data, start, order)
        if cell.kind != _MATRIX:
            raise _Damaged(f"a cell is of type {cell.kind}, expected an array ({_MATRIX})")
        text = _head(cell.data, order)
        if text.kind != _CHAR:
            raise _Damaged(f"a cell holds {_class(text)}, expected text")
        length = math.prod(text.shape)
        if len(text.shape) != 2 or (length and text.shape[0] != 1) or length > LONGEST_TEXT:
            raise _Damaged(f"a text has the shape {text.shape}, expected one short row")
        contents = _element(cell.data, text.start, order)
        # In UTF-8 a character takes up to three bytes.
        if contents.kind == 16:
            if not length <= len(contents.data) <= 3 * length:
                raise _Damaged(f"a text of {length} characters has {len(contents.data)} bytes")
            if len(bytes(contents.data).decode("utf-8", "replace")) != length:
                raise _Damaged(f"a text has other than its {length} characters")
        else:
            _check_contents(contents, length, _CHARACTER_BYTES)
        if contents.end != len(cell.data):
            raise _Damaged("more follows a text")
        start = cell.end
    if start != len(data):
        raise _Damaged(f"{len(data) - start} bytes follow its texts")


def _check_contents(contents: _Element, count: int, sizes: Mapping[int, int]) -> None:
    if contents.kind not in sizes:
        raise _Damaged(f"its contents are of type {contents.kind}, none for such an array")
    if len(contents.data) != count * sizes[contents.kind]:
        raise _Damaged(
            f"its contents have {len(contents.data):,} bytes, expected "
            f"{count * sizes[contents.kind]:,}"
        )


def _decode(data: bytes, order: str) -> Any:  # noqa: ANN401, an array of numbers or of objects
    # Imported here, for it takes a third of a second, and most benchmarks do not need it.
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    mark = b"IM" if order == "<" else b"MI"
    header = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(f"{order}H", 0x0100) + mark
    tag = struct.pack(f"{order}II", _MATRIX, len(data))
    try:
        found = loadmat(io.BytesIO(header + tag + data))
    except (MatReadError, ValueError, TypeError, OSError, KeyError, IndexError) as error:
        raise _Damaged(f"SciPy says: {error}") from error
    return next(value for name, value in found.items() if not name.startswith("__"))


def _variables(file: Path, wanted: Mapping[str, Shape] | list[str]) -> dict[str, _Variable]:
    """The heads of the wanted variables."""
    data, order = _contents(file)
    found: dict[str, _Variable] = {}
    there: list[str] = []
    try:
        for variable in _walk(memoryview(data), order):
            name = variable.head.name
            there.append(name)
            if name in wanted:
                if name in found:
                    fail(file, name, "stands in the file twice")
                found[name] = variable
    except (_Damaged, zlib.error) as error:
        raise DataError(
            f"the MATLAB file is truncated or damaged behind {len(there)} variables: {error}; "
            f"{CURE}",
            file=file,
        ) from error
    for name in wanted:
        if name not in found:
            missing(file, name, [name for name in there if name])
    return found


def _contents(file: Path) -> tuple[bytes, str]:
    """The bytes of a file of this version, and their order."""
    try:
        about = file.stat()
        if not stat.S_ISREG(about.st_mode):
            _no_mat(file, "is a folder or something else that is no file")
        if about.st_size > _LONGEST_FILE:
            _no_mat(file, f"has {about.st_size:,} bytes, more than any that is read here")
        data = file.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"the file is missing; {CURE}", file=file) from error
    except OSError as error:
        raise DataError(
            f"the file cannot be read ({error.strerror}); check the file and its permissions",
            file=file,
        ) from error
    if not data:
        _no_mat(file, "is empty (0 bytes)")
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    if order is None:
        _no_mat(file, "is no MATLAB file of version 5, 6, 7 or 7.3")
    (version,) = struct.unpack_from(f"{order}H", data, 124)
    if version == 0x0200:
        _no_mat(file, "is a MATLAB file of version 7.3 without its HDF5 part, thus truncated")
    if version != 0x0100:
        _no_mat(file, f"says that it is of version {version:#06x}, expected 0x0100")
    return data, order


def _no_mat(file: Path, message: str) -> NoReturn:
    raise DataError(f"the file {message}; {CURE}", file=file)


def _walk(data: memoryview, order: str) -> Iterator[_Variable]:
    start = _HEADER
    while start < len(data):
        element = _element(data, start, order)
        start = element.end
        contents = memoryview(element.data)
        if element.kind == _MATRIX:
            yield _Variable(_head(contents, order), _MATRIX, contents, order)
        elif element.kind == _COMPRESSED:
            beginning = zlib.decompressobj().decompress(contents, _HEAD_BYTES)
            if len(beginning) < _TAG:
                raise _Damaged("a compressed variable breaks off")
            (kind, _) = struct.unpack_from(f"{order}II", beginning)
            if kind != _MATRIX:
                raise _Damaged(f"a compressed element is of type {kind}, expected {_MATRIX}")
            head = _head(memoryview(beginning)[_TAG:], order)
            yield _Variable(head, _COMPRESSED, contents, order)
        # What else stands there names no variable.


def _element(data: bytes | memoryview, start: int, order: str) -> _Element:
    """The element at a place; ``end`` is where the next begins."""
    if start + _TAG > len(data):
        raise _Damaged("an element breaks off")
    kind, count = struct.unpack_from(f"{order}II", data, start)
    if kind >> 16:  # up to four bytes stand within the tag
        kind, count = kind & 0xFFFF, kind >> 16
        if count > 4:
            raise _Damaged(f"a small element claims {count} bytes")
        return _Element(kind, data[start + 4 : start + 4 + count], start + _TAG)
    begin = start + _TAG
    if count > len(data) - begin:
        raise _Damaged(f"an element of {count:,} bytes breaks off after {len(data) - begin:,}")
    padding = 0 if kind == _COMPRESSED else -count % 8
    return _Element(kind, data[begin : begin + count], min(begin + count + padding, len(data)))


def _head(data: bytes | memoryview, order: str) -> _Array:
    flags = _element(data, 0, order)
    if flags.kind != _UINT32 or len(flags.data) != 8:
        raise _Damaged("an array has no flags")
    (bits,) = struct.unpack_from(f"{order}I", flags.data)
    shape: tuple[int, ...] = ()
    start = flags.end
    if bits & 0xFF != _OPAQUE:
        axes = _element(data, start, order)
        if axes.kind != _INT32 or len(axes.data) % 4 or not 8 <= len(axes.data) <= 128:
            raise _Damaged("an array has no dimensions")
        shape = struct.unpack(f"{order}{len(axes.data) // 4}i", axes.data)
        start = axes.end
    name = _element(data, start, order)
    if name.kind != _INT8:
        raise _Damaged("an array has no name")
    return _Array(bits, shape, bytes(name.data).decode("latin-1"), name.end)


def _class(head: _Array) -> str:
    if head.kind in _NUMERIC:
        return "an array of complex numbers" if head.flags & _COMPLEX else "an array of numbers"
    return _CLASSES.get(head.kind, f"of an unknown class ({head.kind})")


__all__ = ["read_arrays", "read_texts"]
