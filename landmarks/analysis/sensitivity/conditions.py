"""What is done to a crop, and by how much."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from landmarks.data.crops import Crop, Displaced


@dataclass(frozen=True)
class Axis:
    """A way in which a crop can be off.

    Attributes:
        name: As it stands in tables and names of files.
        label: What the level means, for a plot.
        displaced: The crop, off by a level of it.
        directions: Both levels of one size, such as 10 and −10 degrees.
    """

    name: str
    label: str
    displaced: Callable[[Crop, float], Crop]
    directions: Callable[[float], tuple[float, float]]


def _either_side(size: float) -> tuple[float, float]:
    return -size, size


def _either_factor(size: float) -> tuple[float, float]:
    return 1 / size, size


SHIFT_X = Axis(
    "shift_x",
    "left – right",
    lambda crop, level: Displaced(crop, shift_x=level),
    _either_side,
)
SHIFT_Y = Axis(
    "shift_y",
    "up – down",
    lambda crop, level: Displaced(crop, shift_y=level),
    _either_side,
)
SCALE = Axis(
    "scale",
    "smaller – larger",
    lambda crop, level: Displaced(crop, scale=level),
    _either_factor,
)
ROTATION = Axis(
    "rotation",
    "anticlockwise – clockwise",
    lambda crop, level: Displaced(crop, rotation=level),
    _either_side,
)


@dataclass(frozen=True)
class Kind:
    """Errors of one kind, whose sizes can be compared.

    Attributes:
        name: In words.
        axes: The axes along which it is measured; an error of one size is the mean over both
            directions of all of them.
        neutral: The size that changes nothing.
        unit: Of a size, in words.
        text: A size for people.
    """

    name: str
    axes: tuple[Axis, ...]
    neutral: float
    unit: str
    text: Callable[[float], str]


SHIFT = Kind(
    "shift",
    (SHIFT_X, SHIFT_Y),
    0.0,
    "% of the window's side",
    lambda size: f"{100 * size:.1f} %",
)
SCALING = Kind("scale", (SCALE,), 1.0, "factor on the window's side", lambda size: f"× {size:.2f}")
TURN = Kind("rotation", (ROTATION,), 0.0, "degrees", lambda size: f"{size:.1f}°")
KINDS = (SHIFT, SCALING, TURN)


class Condition(NamedTuple):
    """One measured displacement of all crops.

    Attributes:
        axis: In which way; None where nothing is displaced.
        level: By how much.
    """

    axis: Axis | None
    level: float

    @property
    def name(self) -> str:
        """Names the condition in tables and files.

        >>> Condition(ROTATION, -10.0).name, UNCHANGED.name
        ('rotation-10', 'unchanged')
        """
        return "unchanged" if self.axis is None else f"{self.axis.name}{self.level:+.6g}"

    def displaced(self, crop: Crop) -> Crop:
        """The crop as the condition has it."""
        return crop if self.axis is None else self.axis.displaced(crop, self.level)


UNCHANGED = Condition(None, 0.0)


def conditions_of(kind: Kind, size: float) -> list[Condition]:
    """Every condition whose mean is the error of one size.

    >>> [condition.name for condition in conditions_of(SCALING, 1.25)]
    ['scale+0.8', 'scale+1.25']
    """
    return [Condition(axis, level) for axis in kind.axes for level in axis.directions(size)]


def all_conditions(sizes: Sequence[tuple[Kind, Sequence[float]]]) -> list[Condition]:
    """The unchanged crop first, then every size of every kind."""
    return [
        UNCHANGED,
        *(one for kind, own in sizes for size in own for one in conditions_of(kind, size)),
    ]
