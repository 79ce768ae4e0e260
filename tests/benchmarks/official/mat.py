"""Writes MATLAB files: version 5 by SciPy, version 7.3 in MATLAB's own layout by h5py."""

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
from scipy.io import savemat

HEADER_73 = (
    b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Thu Feb 14 16:26:24 2013 "
    b"HDF5 schema 1.00 ."
)
CLASSES = {"float64": "double", "float32": "single", "bool": "logical"}

Value = np.ndarray | list[np.ndarray] | list[str]
"""An array, or the entries of a cell array: numbers or texts."""


def write_mat5(file: Path, variables: Mapping[str, Value], compressed: bool = True) -> None:
    """Writes a file of version 5; lists become cell arrays of one column."""
    savemat(
        file,
        {name: _column(value) for name, value in variables.items()},
        do_compression=compressed,
    )


def write_mat73(file: Path, variables: Mapping[str, Value]) -> None:
    """Writes a file of version 7.3; lists become cell arrays of one column."""
    with h5py.File(file, "w", userblock_size=512, libver="earliest") as handle:
        contents = handle.create_group("#refs#")
        for name, value in variables.items():
            if isinstance(value, list):
                references = [
                    _write(contents, f"{name}{i}", entry).ref for i, entry in enumerate(value)
                ]
                cell = handle.create_dataset(name, (1, len(value)), h5py.ref_dtype)
                for i, reference in enumerate(references):
                    cell[0, i] = reference
                mark(cell, "cell")
            else:
                _write(handle, name, value)
    with file.open("r+b") as stream:
        stream.write(HEADER_73.ljust(124) + b"\x00\x02IM")


def mark(dataset: h5py.Dataset, kind: str) -> None:
    """Gives a dataset its MATLAB class."""
    dataset.attrs.create("MATLAB_class", np.bytes_(kind))


def _write(group: h5py.Group, name: str, value: np.ndarray | str) -> h5py.Dataset:
    if isinstance(value, str):
        units = np.frombuffer(value.encode("utf-16-le"), "<u2")
        dataset = group.create_dataset(name, data=units[:, None])
        mark(dataset, "char")
        dataset.attrs["MATLAB_int_decode"] = np.int32(2)
        return dataset
    kind = CLASSES.get(str(value.dtype), str(value.dtype))
    stored = value.astype(np.uint8) if value.dtype == bool else value
    dataset = group.create_dataset(name, data=stored.T, compression=3, chunks=True)
    mark(dataset, kind)
    return dataset


def _column(value: Value) -> np.ndarray:
    if not isinstance(value, list):
        return value
    cells = np.empty((len(value), 1), dtype=object)
    for i, entry in enumerate(value):
        cells[i, 0] = entry
    return cells
