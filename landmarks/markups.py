"""Point schemes: how many landmarks, which mirror which, and what they draw.

The mean shapes in ``mean_shapes.json`` are aggregates over near-frontal faces of each benchmark, in
units of the distance between the eye centres.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor


@dataclass(frozen=True)
class Part:
    """A line through landmarks, to draw a face with.

    Attributes:
        points: Indices in drawing order.
        closed: Whether the last point joins the first.
    """

    points: tuple[int, ...]
    closed: bool = False


@dataclass(frozen=True)
class Markup:
    """A scheme of landmarks.

    Attributes:
        name: Its number of points, as text, or a name of the user's own.
        count: Number of points, K.
        mirror: ``mirror[k]`` is the point that ``k`` becomes when the picture is mirrored.
        parts: Lines to draw a face with, by name.
        eye_corners: The outer corners of the left and right eye (left in the picture), for the
            inter-ocular distance; None where the scheme has none.
        eyes: The points whose mean is the centre of the left and right eye, for the inter-pupil
            distance; None where the scheme has none.
        nose_tip: The point at the tip of the nose; None where the scheme has none.
        mouth_corners: The left and right corner of the mouth; None where the scheme has none.

    >>> MARKUP_68.count, MARKUP_68.mirror[36], MARKUP_68.eye_corners
    (68, 45, (36, 45))
    """

    name: str
    count: int
    mirror: tuple[int, ...]
    parts: Mapping[str, Part] = field(default_factory=dict)
    eye_corners: tuple[int, int] | None = None
    eyes: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    nose_tip: int | None = None
    mouth_corners: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if len(self.mirror) != self.count:
            raise ValueError(
                f"markup {self.name} has {self.count} points but {len(self.mirror)} mirror entries"
            )
        for point, twin in enumerate(self.mirror):
            if not 0 <= twin < self.count or self.mirror[twin] != point:
                raise ValueError(
                    f"markup {self.name}: point {point} mirrors {twin}, which does not mirror it; "
                    "mirror pairs must be symmetric"
                )

    @property
    def five_points(self) -> tuple[tuple[int, ...], ...] | None:
        """The points whose means are the five that face detectors find; None where one has none.

        Left eye, right eye, tip of the nose, left and right corner of the mouth; left is left in
        the picture.

        >>> MARKUP_98.five_points
        ((96,), (97,), (54,), (76,), (82,))
        """
        if self.eyes is None or self.nose_tip is None or self.mouth_corners is None:
            return None
        left, right = self.mouth_corners
        return (*self.eyes, (self.nose_tip,), (left,), (right,))

    @cached_property
    def mirror_index(self) -> Int64[Tensor, " K"]:
        """The mirror permutation as a tensor on the CPU."""
        return torch.tensor(self.mirror)

    @cached_property
    def mean_shape(self) -> Float[np.ndarray, "K 2"]:
        """Mean frontal shape; eye centres 1 apart, origin between them, y down.

        Raises:
            KeyError: If no mean shape is known for this scheme.
        """
        return np.array(_mean_shapes()[self.name]["xy"], dtype=np.float64)


def _mean_shapes() -> dict[str, Any]:
    text = resources.files("landmarks").joinpath("mean_shapes.json").read_text(encoding="utf-8")
    shapes: dict[str, Any] = json.loads(text)
    return shapes


def _mirror(count: int, *pairs: tuple[int, int]) -> tuple[int, ...]:
    mirror = list(range(count))
    for left, right in pairs:
        mirror[left], mirror[right] = right, left
    return tuple(mirror)


def _runs(*runs: tuple[int, int, int]) -> list[tuple[int, int]]:
    """Pairs ``(first + i, last - i)``, ``count`` of them for every ``(first, last, count)``."""
    return [(first + i, last - i) for first, last, count in runs for i in range(count)]


def _line(first: int, last: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1))


MARKUP_68 = Markup(
    "68",
    68,
    _mirror(
        68,
        *_runs((0, 16, 8), (17, 26, 5), (31, 35, 2), (36, 45, 4), (48, 54, 3), (60, 64, 2)),
        (40, 47), (41, 46), (55, 59), (56, 58), (65, 67),
    ),
    parts={
        "jaw": Part(_line(0, 16)),
        "left_brow": Part(_line(17, 21)),
        "right_brow": Part(_line(22, 26)),
        "nose_bridge": Part(_line(27, 30)),
        "nose_base": Part(_line(31, 35)),
        "left_eye": Part(_line(36, 41), closed=True),
        "right_eye": Part(_line(42, 47), closed=True),
        "outer_lips": Part(_line(48, 59), closed=True),
        "inner_lips": Part(_line(60, 67), closed=True),
    },
    eye_corners=(36, 45),
    eyes=(_line(36, 41), _line(42, 47)),
    nose_tip=30,
    mouth_corners=(48, 54),
)  # fmt: skip
"""300W, 300W-LP, COFW-68, AFLW2000-3D: the scheme of Multi-PIE."""

MARKUP_98 = Markup(
    "98",
    98,
    _mirror(
        98,
        *_runs((0, 32, 16), (33, 46, 5), (55, 59, 2), (60, 72, 5), (76, 82, 3), (83, 87, 2)),
        (38, 50), (39, 49), (40, 48), (41, 47),
        (65, 75), (66, 74), (67, 73), (88, 92), (89, 91), (93, 95), (96, 97),
    ),
    parts={
        "jaw": Part(_line(0, 32)),
        "left_brow": Part(_line(33, 41), closed=True),
        "right_brow": Part(_line(42, 50), closed=True),
        "nose_bridge": Part(_line(51, 54)),
        "nose_base": Part(_line(55, 59)),
        "left_eye": Part(_line(60, 67), closed=True),
        "right_eye": Part(_line(68, 75), closed=True),
        "outer_lips": Part(_line(76, 87), closed=True),
        "inner_lips": Part(_line(88, 95), closed=True),
    },
    eye_corners=(60, 72),
    eyes=((96,), (97,)),
    nose_tip=54,
    mouth_corners=(76, 82),
)  # fmt: skip
"""WFLW."""

MARKUP_29 = Markup(
    "29",
    29,
    _mirror(
        29,
        (0, 1), (2, 3), (4, 6), (5, 7), (8, 9), (10, 11), (12, 14), (13, 15), (16, 17), (18, 19),
        (22, 23),
    ),
    parts={
        "left_brow": Part((0, 4, 2, 5), closed=True),
        "right_brow": Part((1, 6, 3, 7), closed=True),
        "left_eye": Part((8, 12, 10, 13), closed=True),
        "right_eye": Part((9, 14, 11, 15), closed=True),
        "nose": Part((18, 20, 19, 21), closed=True),
        "upper_lip": Part((22, 24, 23, 25), closed=True),
        "lower_lip": Part((22, 26, 23, 27), closed=True),
    },
    eye_corners=(8, 9),
    eyes=((16,), (17,)),
    nose_tip=20,
    mouth_corners=(22, 23),
)  # fmt: skip
"""COFW."""

MARKUP_19 = Markup(
    "19",
    19,
    _mirror(19, *_runs((0, 5, 3), (6, 11, 3), (12, 14, 1), (15, 17, 1))),
    parts={
        "left_brow": Part((0, 1, 2)),
        "right_brow": Part((3, 4, 5)),
        "left_eye": Part((6, 7, 8)),
        "right_eye": Part((9, 10, 11)),
        "nose": Part((12, 13, 14)),
        "mouth": Part((15, 16, 17)),
    },
    eye_corners=(6, 11),
    eyes=((7,), (10,)),
    nose_tip=13,
    mouth_corners=(15, 17),
)
"""AFLW-19: AFLW's 21 points without the ears."""

MARKUP_106 = Markup(
    "106",
    106,
    _mirror(
        106,
        *_runs((0, 32, 16), (33, 46, 5), (55, 65, 5), (66, 79, 5), (84, 90, 3), (91, 95, 2)),
        (38, 50), (39, 49), (40, 48), (41, 47), (71, 82), (72, 81), (73, 80), (74, 83),
        (96, 100), (97, 99), (101, 103), (104, 105),
    ),
    parts={
        "jaw": Part(_line(0, 32)),
        "left_brow": Part(_line(33, 41), closed=True),
        "right_brow": Part(_line(42, 50), closed=True),
        "nose_bridge": Part(_line(51, 54)),
        "nose_base": Part(_line(55, 65)),
        "left_eye": Part(_line(66, 73), closed=True),
        "right_eye": Part(_line(75, 82), closed=True),
        "outer_lips": Part(_line(84, 95), closed=True),
        "inner_lips": Part(_line(96, 103), closed=True),
    },
    eye_corners=(66, 79),
    eyes=((104,), (105,)),
    nose_tip=54,
    mouth_corners=(84, 90),
)  # fmt: skip
"""JD-landmark and LaPa."""

MARKUPS = {m.name: m for m in (MARKUP_19, MARKUP_29, MARKUP_68, MARKUP_98, MARKUP_106)}
