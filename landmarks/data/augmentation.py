"""Random placement of a crop: rotation, scale, shift and mirroring."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from landmarks.data.crops import Window
from landmarks.geometry import Size, photo_from_crop_affine


@dataclass(frozen=True)
class Placement:
    """How a crop departs from its window.

    Attributes:
        rotation: A further turn of the window in degrees, clockwise as seen.
        scale: Factor on the window's side.
        shift_x: Displacement along the window's own horizontal, in sides of the window.
        shift_y: Displacement along the window's own vertical, in sides of the window.
        mirrored: Whether the crop shows the window mirrored left to right.
    """

    rotation: float = 0.0
    scale: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    mirrored: bool = False

    def photo_from_crop(self, window: Window, crop_size: Size) -> Float[Tensor, "2 3"]:
        """The affine of a crop placed so, in float64."""
        placed = window.displaced(self.shift_x, self.shift_y, self.scale, self.rotation)
        return photo_from_crop_affine(
            (placed.x, placed.y), placed.side, crop_size, placed.rotation, self.mirrored
        )


@dataclass(frozen=True)
class Augmentation:
    """Draws placements; all draws are uniform within their limits, the scale in its logarithm.

    The default limits are this project's choice; the papers' own are not all known.

    Attributes:
        rotation: Largest turn either way, in degrees.
        scale: Largest factor on the window's side; its inverse is the smallest.
        shift: Largest displacement along each axis, in sides of the window.
        flip: Probability of mirroring.

    >>> Augmentation(rotation=0, scale=1, shift=0, flip=0).draw(np.random.default_rng(0))
    Placement(rotation=0.0, scale=1.0, shift_x=0.0, shift_y=0.0, mirrored=False)
    """

    rotation: float = 30.0
    scale: float = 1.25
    shift: float = 0.05
    flip: float = 0.5

    def __post_init__(self) -> None:
        for name, value, valid in (
            ("rotation", self.rotation, 0 <= self.rotation <= 180),
            ("scale", self.scale, self.scale >= 1),
            ("shift", self.shift, self.shift >= 0),
            ("flip", self.flip, 0 <= self.flip <= 1),
        ):
            if not valid:
                raise ValueError(
                    f"augmentation {name} is {value}; expected rotation within 0 to 180 degrees, "
                    "scale of at least 1, shift of at least 0 and flip from 0 to 1"
                )

    def draw(self, rng: np.random.Generator) -> Placement:
        """One placement; always takes the same number of draws from ``rng``."""
        rotation, scale, shift_x, shift_y = rng.uniform(-1, 1, size=4).tolist()
        return Placement(
            rotation=self.rotation * rotation + 0.0,
            scale=float(self.scale**scale),
            shift_x=self.shift * shift_x + 0.0,
            shift_y=self.shift * shift_y + 0.0,
            mirrored=bool(rng.random() < self.flip),
        )
