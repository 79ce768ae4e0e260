import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.batch import Record, Region
from landmarks.data.augmentation import Augmentation, Placement
from landmarks.data.crops import CropPolicy, LandmarkBox, Window
from landmarks.data.prepared.reach import (
    few_regions,
    joined,
    placement_reach,
    training_reach,
)
from landmarks.data.warp import footprint
from landmarks.geometry import Size
from tests.data.memory_photo import MemoryPhoto

COORDINATE = st.integers(-5, 30)
LENGTH = st.integers(0, 20)
REGION = st.builds(lambda x, y, w, h: Region(x, y, x + w, y + h), *[COORDINATE] * 2, *[LENGTH] * 2)


class Jittered(CropPolicy):
    """Windows that are drawn, evenly or not."""

    def __init__(self, even: bool) -> None:
        self.even = even

    def __call__(self, record: Record, rng: np.random.Generator) -> Window:
        draw = rng.uniform(-1, 1, 4) if self.even else rng.normal(0, 0.5, 4)
        x, y, side, turn = draw.tolist()
        return Window(100 + 20 * x, 90 + 20 * y, 80 * 1.2**side, 15 * turn)


def record():
    points = np.array([[60.0, 50.0], [140.0, 70.0], [90.0, 140.0]])
    return Record(MemoryPhoto("face", np.zeros((200, 200, 3), np.uint8)), points)


@settings(deadline=None, max_examples=150)
@given(
    window=st.builds(
        Window, st.floats(-50, 300), st.floats(-50, 300), st.floats(3, 800), st.floats(-360, 360)
    ),
    limits=st.builds(Augmentation, st.floats(0, 180), st.floats(1, 2), st.floats(0, 0.5)),
    turn=st.floats(-1, 1),
    scale=st.floats(-1, 1),
    shift_x=st.sampled_from([-1.0, 0.3, 1.0]),
    shift_y=st.sampled_from([-1.0, 0.0, 1.0]),
    mirrored=st.booleans(),
    crop_size=st.sampled_from([Size(64, 64), Size(32, 48)]),
)
def test_no_placement_leaves_the_reach(
    window, limits, turn, scale, shift_x, shift_y, mirrored, crop_size
):
    placement = Placement(
        limits.rotation * turn,
        limits.scale**scale,
        limits.shift * shift_x,
        limits.shift * shift_y,
        mirrored,
    )
    place = placement.photo_from_crop(window, crop_size)
    assert placement_reach(window, limits, crop_size).covers(footprint(place, crop_size))


def test_the_reach_is_tight():
    window, size = Window(500.0, 500.0, 200.0), Size(64, 64)
    limits = Augmentation(rotation=30, scale=1.25, shift=0.05)
    rng = np.random.default_rng(0)
    shown = joined(
        footprint(limits.draw(rng).photo_from_crop(window, size), size) for _ in range(3000)
    )
    reach = placement_reach(window, limits, size)
    assert reach.covers(shown)
    assert shown.area > 0.93 * reach.area


def test_a_fixed_policy_needs_no_slack():
    limits, size = Augmentation(), Size(64, 64)
    window = LandmarkBox()(record(), np.random.default_rng(0))
    reach = training_reach(record(), LandmarkBox(), limits, size)
    assert reach == placement_reach(window, limits, size)


def test_drawn_windows_seldom_leave_the_reach():
    size = Size(64, 64)
    for even, share in ((True, 0.002), (False, 0.02)):
        for limits in (Augmentation(), Augmentation(rotation=0, scale=1, shift=0)):
            policy = Jittered(even)
            reach = training_reach(record(), policy, limits, size)
            rng = np.random.default_rng(1)
            places = [
                limits.draw(rng).photo_from_crop(policy(record(), rng), size) for _ in range(1500)
            ]
            missed = [not reach.covers(footprint(place, size)) for place in places]
            assert np.mean(missed) <= share


@settings(deadline=None)
@given(regions=st.lists(REGION, max_size=6))
def test_few_regions_cover_all_and_take_no_more_room(regions):
    few = few_regions(regions)
    for region in regions:
        assert region.empty or any(one.covers(region) for one in few)
    assert sum(one.area for one in few) <= sum(region.area for region in regions)
    assert few_regions(few) == few
    assert not any(one.empty for one in few)
