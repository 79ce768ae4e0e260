"""Which part of a photo the crops of a face can show."""

import math
from collections.abc import Iterable
from functools import reduce

import numpy as np

from landmarks.batch import Record, Region
from landmarks.data.augmentation import Augmentation
from landmarks.data.crops import CropPolicy, Window
from landmarks.geometry import Size

_FEW_DRAWS, _MANY_DRAWS = 4, 64
_SLACK = 0.05
"""What is added on each side, in sizes of the reach, where windows are drawn at random."""


def placement_reach(window: Window, augmentation: Augmentation, crop_size: Size) -> Region:
    """The pixels that crops of a window can be made from, wherever augmentation places them.

    It covers `landmarks.data.warp.footprint` of every placement; it may reach beyond the photo.

    Args:
        window: Where the crop lies before augmentation.
        augmentation: The limits of its placement.
        crop_size: Size of the crop.

    >>> still = Augmentation(rotation=0, scale=1, shift=0)
    >>> placement_reach(Window(100.0, 100.0, 40.0), still, Size(40, 40))
    Region(x0=78, y0=78, x1=123, y1=123)
    """
    height = window.side * augmentation.scale
    width = height * crop_size.width / crop_size.height
    low, high = window.rotation - augmentation.rotation, window.rotation + augmentation.rotation
    turn = math.radians(window.rotation)
    shift = window.side * augmentation.shift * (abs(math.cos(turn)) + abs(math.sin(turn)))
    # The margin of a footprint, and a pixel for rounding.
    margin = max(1, math.floor(height / crop_size.height)) + 1
    across = shift + _half_extent(width, height, low, high)
    down = shift + _half_extent(height, width, low, high)
    return Region(
        math.floor(window.x - across) - margin,
        math.floor(window.y - down) - margin,
        math.ceil(window.x + across) + margin + 1,
        math.ceil(window.y + down) + margin + 1,
    )


def training_reach(
    record: Record, crop: CropPolicy, augmentation: Augmentation, crop_size: Size
) -> Region:
    """The pixels that the training crops of a face can be made from.

    Where the policy itself draws at random, it is asked for 64 windows, and a twentieth is added on
    each side; a crop beyond that is rare, and is read from the photo itself.

    Args:
        record: The face.
        crop: Where its crop lies before augmentation.
        augmentation: The limits of the crop's placement.
        crop_size: Size of the crop.

    Raises:
        landmarks.errors.DataError: If the record lacks what the policy needs.
    """
    windows = _windows(record, crop, range(_FEW_DRAWS))
    drawn = len(windows) > 1
    if drawn:
        windows |= _windows(record, crop, range(_FEW_DRAWS, _MANY_DRAWS))
    reach = joined(placement_reach(window, augmentation, crop_size) for window in windows)
    if not drawn:
        return reach
    across = math.ceil(_SLACK * (reach.x1 - reach.x0))
    down = math.ceil(_SLACK * (reach.y1 - reach.y0))
    return Region(reach.x0 - across, reach.y0 - down, reach.x1 + across, reach.y1 + down)


def few_regions(regions: Iterable[Region]) -> tuple[Region, ...]:
    """Regions of a photo with those joined that overlap so much that one is no larger than two.

    >>> few_regions([Region(0, 0, 10, 10), Region(50, 0, 60, 10), Region(2, 0, 12, 10)])
    (Region(x0=0, y0=0, x1=12, y1=10), Region(x0=50, y0=0, x1=60, y1=10))
    """
    kept: list[Region] = []
    for region in regions:
        if region.empty:
            continue
        met = _worth_joining(kept, region)
        while met is not None:
            region = kept.pop(met).joined(region)
            met = _worth_joining(kept, region)
        kept.append(region)
    return tuple(sorted(kept))


def joined(regions: Iterable[Region]) -> Region:
    """The smallest region that covers all of them; empty for none."""
    return reduce(Region.joined, regions, Region(0, 0, 0, 0))


def _worth_joining(kept: list[Region], region: Region) -> int | None:
    for place, other in enumerate(kept):
        if other.joined(region).area <= other.area + region.area:
            return place
    return None


def _windows(record: Record, crop: CropPolicy, draws: range) -> set[Window]:
    return {crop(record, np.random.default_rng([draw])) for draw in draws}


def _half_extent(along: float, across: float, low: float, high: float) -> float:
    """Half the largest extent of a rectangle on an axis, turned by ``low`` to ``high`` degrees.

    Args:
        along: Its length on the axis when it is not turned.
        across: Its other length.
        low: The smallest turn.
        high: The largest turn.
    """
    # The extent is largest where a diagonal lies on the axis.
    peak = math.degrees(math.atan2(across, along))
    turns = [low, high]
    for half_turns in range(math.floor(low / 180) - 1, math.ceil(high / 180) + 2):
        for turn in (180 * half_turns - peak, 180 * half_turns + peak):
            if low < turn < high:
                turns.append(turn)
    extents = (
        abs(math.cos(math.radians(turn))) * along + abs(math.sin(math.radians(turn))) * across
        for turn in turns
    )
    return max(extents) / 2
