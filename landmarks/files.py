"""Files that are read whole, and files that appear under their name only when complete."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def complete_file(path: Path) -> Iterator[Path]:
    """Lends a temporary path beside ``path`` and renames it once the block has ended well.

    The temporary name keeps the suffix, since many writers choose a format by it. If the block
    fails, nothing is left behind and an older file stays as it was.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "table.csv"
    ...     with complete_file(path) as unfinished:
    ...         _ = unfinished.write_text("a,b")
    ...     path.read_text()
    'a,b'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}.unfinished{path.suffix}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def delete_unfinished(folder: Path) -> None:
    """Deletes what writers that were killed have left in a folder, but not below it.

    Nobody else may be writing there.
    """
    for file in folder.glob(".*.unfinished*"):
        file.unlink(missing_ok=True)


def check_writable(folder: Path) -> None:
    """Finds out before long work whether files can be written to a folder; nothing is left behind.

    Raises:
        OSError: If they cannot.
    """
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    finally:
        for place in made:
            if place.is_dir():
                place.rmdir()


def regular_size(path: Path) -> int:
    """The number of bytes of a file that can be read to its end.

    Anything else of that name is refused before it is opened: a pipe would wait for a writer for
    ever, and a device may have no end.

    Raises:
        OSError: If there is no such file, or it is a folder, a pipe, a socket or a device.
    """
    about = path.stat()
    if stat.S_ISDIR(about.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    return about.st_size
