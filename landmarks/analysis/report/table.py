"""A table as plain data, from which the page and the exported files are written."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from landmarks.analysis.statistics import Estimate


class Change(NamedTuple):
    """A number before and after something was done.

    Attributes:
        before: Before it.
        after: After it.
    """

    before: float | None
    after: float | None


Cell = str | float | Estimate | Change | None
"""Text, a number, a number with its interval, two numbers, or nothing."""

DASH = "–"
"""Where there is no number."""


def fixed(places: int) -> Callable[[float], str]:
    """Writes a number with so many decimal places.

    >>> fixed(2)(3.14159), fixed(0)(1234567)
    ('3.14', '1,234,567')
    """
    return lambda number: f"{number:,.{places}f}"


def signed(places: int) -> Callable[[float], str]:
    """Writes a number with its sign and so many decimal places; zero has none.

    >>> signed(2)(0.126), signed(2)(-0.126), signed(2)(-0.001)
    ('+0.13', '−0.13', '0.00')
    """

    def write(number: float) -> str:
        size = f"{abs(number):,.{places}f}"
        if not size.strip("0.,"):
            return size
        return ("+" if number > 0 else "−") + size

    return write


def significant(digits: int) -> Callable[[float], str]:
    """Writes a number with so many significant digits.

    >>> significant(3)(1.23456), significant(3)(0.0123456)
    ('1.23', '0.0123')
    """
    return lambda number: f"{number:.{digits}g}"


HUNDREDTHS = fixed(2)
"""Writes a number as errors are written: to the hundredth of a point."""


def probability(number: float) -> str:
    """Writes a p-value.

    >>> probability(0.0412), probability(0.00001), probability(1.0)
    ('0.041', '< 0.001', '1.000')
    """
    return "< 0.001" if number < 0.0005 else f"{number:.3f}"


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        title: What stands at its head, its unit included.
        cells: One a row.
        write: How a number is written.
        strong: The rows in which it is set bold.
        words: What is written in a row instead of its number.
    """

    title: str
    cells: Sequence[Cell]
    write: Callable[[float], str] = HUNDREDTHS
    strong: frozenset[int] = frozenset()
    words: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_text(self) -> bool:
        """Whether it holds words, set flush left, and not numbers."""
        return any(isinstance(cell, str) for cell in self.cells)

    def number(self, row: int) -> float | None:
        """The number of a cell, by which rows are sorted; None for words, nothing, or NaN."""
        return _number(self.cells[row])

    def text(self, row: int) -> str:
        """A cell in words: its number alone, without its interval or what it was before."""
        cell = self.cells[row]
        if row in self.words:
            return self.words[row]
        if isinstance(cell, str):
            return cell
        return self._written(cell.after if isinstance(cell, Change) else _number(cell))

    def interval(self, row: int) -> tuple[str, str] | None:
        """Both ends of a cell's interval; None if it has none."""
        cell = self.cells[row]
        if (
            not isinstance(cell, Estimate)
            or row in self.words
            or math.isnan(cell.low)
            or math.isnan(cell.high)
        ):
            return None
        return self._written(cell.low), self._written(cell.high)

    def before(self, row: int) -> str | None:
        """What a cell's number was before; None if it is of no change."""
        cell = self.cells[row]
        return self._written(_number(cell.before)) if isinstance(cell, Change) else None

    def _written(self, number: float | None) -> str:
        if number is None or math.isnan(number):
            return DASH
        if math.isinf(number):
            return "∞" if number > 0 else "−∞"
        return self.write(number)


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        caption: What it shows: faces, protocol, units.
        columns: The first one names the rows.
        stacked: Whether intervals stand below their numbers, to save width.

    Raises:
        ValueError: If the columns are not of one length, or there is none.

    >>> table = Table("Errors", [Column("method", ["argmax"]), Column("NME %", [3.456])])
    >>> [column.text(0) for column in table.columns], table.rows
    (['argmax', '3.46'], range(0, 1))
    """

    caption: str
    columns: Sequence[Column]
    stacked: bool = False

    def __post_init__(self) -> None:
        lengths = {column.title: len(column.cells) for column in self.columns}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"a table needs columns of one length, not of {lengths or 'none'}")

    @property
    def rows(self) -> range:
        """Numbers of the rows, from 0."""
        return range(len(self.columns[0].cells))


def _number(cell: Cell) -> float | None:
    if isinstance(cell, Change):
        return _number(cell.before if cell.after is None else cell.after)
    number = cell.value if isinstance(cell, Estimate) else cell
    return None if number is None or isinstance(number, str) or math.isnan(number) else number


__all__ = [
    "DASH",
    "HUNDREDTHS",
    "Cell",
    "Change",
    "Column",
    "Table",
    "fixed",
    "probability",
    "signed",
    "significant",
]
