"""The state of the file that a photo was read from."""

import hashlib
from pathlib import Path
from typing import NamedTuple, final

from landmarks.errors import DataError


class Source(NamedTuple):
    """What is kept of a file, to tell later whether it has changed.

    Attributes:
        bytes: Its length.
        modified_ns: When it was last written, in nanoseconds.
        sha256: Of its content.
    """

    bytes: int
    modified_ns: int
    sha256: str


@final
class Sources:
    """Looks files up, each once, however many photos lie in it."""

    def __init__(self) -> None:
        self._stamps: dict[Path, tuple[int, int]] = {}
        self._digests: dict[Path, str] = {}

    def stamp(self, file: Path) -> tuple[int, int]:
        """The file's length and when it was last written, in nanoseconds.

        Raises:
            DataError: If it cannot be read.
        """
        if file not in self._stamps:
            try:
                found = file.stat()
            except OSError as error:
                raise _unreadable(file, error) from error
            self._stamps[file] = (found.st_size, found.st_mtime_ns)
        return self._stamps[file]

    def now(self, file: Path) -> Source:
        """The file as it is, with the hash of its content.

        Raises:
            DataError: If it cannot be read.
        """
        length, modified = self.stamp(file)
        return Source(length, modified, self._digest(file))

    def same(self, file: Path, kept: Source, thoroughly: bool = False) -> bool:
        """Whether the file's content is as it was.

        The content itself is only looked at if the file was written again, or on request.

        Args:
            file: The file.
            kept: As it was.
            thoroughly: Whether to compare the content whatever the file's length and time say.

        Raises:
            DataError: If it cannot be read.
        """
        length, modified = self.stamp(file)
        if length != kept.bytes:
            return False
        if modified == kept.modified_ns and not thoroughly:
            return True
        return self._digest(file) == kept.sha256

    def _digest(self, file: Path) -> str:
        if file not in self._digests:
            try:
                self._digests[file] = file_digest(file)
            except OSError as error:
                raise _unreadable(file, error) from error
        return self._digests[file]


def file_digest(file: Path) -> str:
    """SHA-256 of a file's content.

    Raises:
        OSError: If it cannot be read.
    """
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _unreadable(file: Path, error: OSError) -> DataError:
    return DataError(
        f"the picture cannot be read ({error.strerror}); restore it, or check its permissions",
        file=file,
    )
