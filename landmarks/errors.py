"""The errors that bad input raises: files, and settings."""

from pathlib import Path


class DataError(ValueError):
    """A file that cannot be used.

    The message names the file, the line where there is one, what was found, what was expected and
    what to do.

    >>> raise DataError("n_points is 67, expected 68", file=Path("a.pts"), line=2)
    Traceback (most recent call last):
    landmarks.errors.DataError: a.pts, line 2: n_points is 67, expected 68
    """

    def __init__(self, message: str, *, file: Path | None = None, line: int | None = None) -> None:
        place = "" if file is None else str(file)
        if line is not None:
            place += f", line {line}"
        super().__init__(f"{place}: {message}" if place else message)
        self.file = file
        self.line = line


class AbsentError(DataError):
    """Nothing is there of what was asked for: not a damaged file, but none."""


class SettingsError(ValueError):
    """Settings that cannot be used; the message names the setting and what was expected."""


def refusal_behind(error: BaseException) -> DataError | SettingsError | None:
    """What an object was refused for, where a parser took it for a setting of another type."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, DataError | SettingsError):
        cause = cause.__cause__ or cause.__context__
    return cause
