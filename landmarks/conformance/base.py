"""What a check is, and how it tells what it found."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb
from typing import NamedTuple, NoReturn

import torch
from jaxtyping import Float
from torch import Tensor

from landmarks.batch import Fields
from landmarks.conformance.subject import Subject


class Passed(NamedTuple):
    """A check that holds.

    Attributes:
        measured: What was measured, in words.
    """

    measured: str


class Failed(NamedTuple):
    """A check that does not hold, at its worst case.

    Attributes:
        at: Where: a point in crop pixels, or what was done.
        found: The value there.
        expected: The value that was expected.
        by: By how much the two differ, and what was allowed.
    """

    at: str
    found: str
    expected: str
    by: str = ""


class Skipped(NamedTuple):
    """A check that says nothing here.

    Attributes:
        reason: Why not.
    """

    reason: str


Outcome = Passed | Failed | Skipped


class Violation(Exception):
    """Ends a check that does not hold."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(*failed)
        self.failed = failed


class NotApplicable(Exception):
    """Ends a check that says nothing here; the message is the reason."""


@dataclass(frozen=True)
class Check:
    """One promise of a codec, and how it is tested.

    Attributes:
        title: A short name, for a table.
        rule: What is promised, in one sentence.
        examine: Tests it, and returns in words what was measured; raises `Violation` where the
            promise is broken and `NotApplicable` where it says nothing.
    """

    title: str
    rule: str
    examine: Callable[[Subject], str]

    def __call__(self, subject: Subject) -> Outcome:
        """Tests a codec; an error that the codec raises is a failure like any other."""
        try:
            return Passed(self.examine(subject))
        except Violation as violation:
            return violation.failed
        except NotApplicable as reason:
            return Skipped(str(reason))
        except Exception as error:
            return Failed(_place(error), _first_line(error), "no error")


def violated(at: str, found: object, expected: object, by: str = "") -> NoReturn:
    """Ends a check: the promise is broken.

    Raises:
        Violation: Always.
    """
    raise Violation(Failed(at, str(found), str(expected), by))


def require_near(
    points: Float[Tensor, "*N 2"],
    found: Float[Tensor, "*N 2"],
    expected: Float[Tensor, "*N 2"],
    bound: float,
    bound_is: str,
    where: str = "",
) -> Float[Tensor, "*N"]:
    """The distances between found and expected points, none of which may exceed a bound.

    Args:
        points: What to name the worst case by, in crop pixels.
        found: What the codec found, in crop pixels.
        expected: What was expected, in crop pixels.
        bound: The largest distance that is allowed, in crop pixels.
        bound_is: What the bound is, in words.
        where: What was done, in words.

    Raises:
        Violation: If a distance exceeds the bound, or is not finite; it names the largest.
    """
    distance = torch.linalg.vector_norm(found - expected, dim=-1)
    distance = torch.where(distance.isnan(), torch.inf, distance)
    worst = int(distance.argmax())
    largest = float(distance.flatten()[worst])
    if largest > bound:
        violated(
            f"{where + ', ' if where else ''}point {shown(points.reshape(-1, 2)[worst])}",
            shown(found.reshape(-1, 2)[worst]),
            shown(expected.reshape(-1, 2)[worst]),
            f"{number(largest)} px off; {bound_is} is {number(bound)} px",
        )
    return distance


def require_alike(
    found: Fields, expected: Fields, tolerance: float, where: str, relative: float = 0.0
) -> float:
    """The largest difference between two sets of fields.

    Args:
        found: What the codec made.
        expected: What was expected; its names and shapes are those wanted.
        tolerance: The largest difference allowed.
        where: What was done, in words.
        relative: How much of a value's size is allowed besides.

    Raises:
        Violation: If a name or a shape differs, or a value by more than the tolerance.
    """
    if set(found) != set(expected):
        violated(where, f"fields {', '.join(found)}", f"fields {', '.join(expected)}")
    largest = 0.0
    for name, wanted in expected.items():
        value = found[name]
        if value.shape != wanted.shape:
            violated(f"{where}, field {name}", tuple(value.shape), tuple(wanted.shape))
        difference = (value.double() - wanted.double()).abs()
        # Equal infinities differ by NaN.
        difference = torch.where(value == wanted, 0, difference)
        difference = torch.where(difference.isnan(), torch.inf, difference)
        beyond = difference - tolerance - relative * wanted.double().abs()
        worst = int(beyond.argmax())
        if beyond.flatten()[worst] > 0:
            place = torch.unravel_index(torch.tensor(worst), value.shape)
            violated(
                f"{where}, field {name} at {tuple(int(i) for i in place)}",
                f"{float(value.flatten()[worst]):.9g}",
                f"{float(wanted.flatten()[worst]):.9g}",
                f"differs by {number(float(difference.flatten()[worst]))}; allowed is "
                f"{number(tolerance) if tolerance or not relative else f'{relative:.0e} of it'}",
            )
        largest = max(largest, float(difference.max()))
    return largest


def require_finite(value: Tensor, where: str) -> None:
    """Refuses NaN and infinity.

    Raises:
        Violation: If there is one; it names the first place.
    """
    bad = ~value.isfinite()
    if bad.any():
        place = [int(i) for i in bad.nonzero()[0]]
        violated(
            f"{where} at {tuple(place)}",
            float(value[tuple(place)]),
            "a finite value",
            f"{int(bad.sum()):,} of {value.numel():,} values",
        )


def shown(point: Float[Tensor, " 2"]) -> str:
    """A point in crop pixels, as text.

    >>> shown(torch.tensor([3.0, 4.25]))
    '(3.000, 4.250)'
    """
    return f"({float(point[0]):.3f}, {float(point[1]):.3f})"


def number(value: float) -> str:
    """A number to read: four digits.

    >>> number(0.123456), number(2e-7), number(0.0)
    ('0.1235', '2e-07', '0')
    """
    return f"{value:.4g}"


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


def _place(error: Exception) -> str:
    """The line of the codec that raised: the innermost outside this package and its libraries."""
    frames = extract_tb(error.__traceback__)
    here = Path(__file__).parent
    own = [
        frame
        for frame in frames
        if Path(frame.filename).parent != here and "site-packages" not in frame.filename
    ]
    frame = (own or list(frames))[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}, in {frame.name}"
