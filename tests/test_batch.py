import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.batch import PhotoPart, Region
from landmarks.geometry import Size

COORDINATE = st.integers(-6, 12)
REGION = st.builds(Region, COORDINATE, COORDINATE, COORDINATE, COORDINATE)
SIZE = st.builds(Size, st.integers(1, 8), st.integers(1, 8))


def pixels_of(region):
    return {(x, y) for x in range(region.x0, region.x1) for y in range(region.y0, region.y1)}


@settings(deadline=None)
@given(first=REGION, second=REGION, size=SIZE)
def test_a_region_is_the_set_of_its_pixels(first, second, size):
    whole = pixels_of(Region(0, 0, size.width, size.height))
    assert pixels_of(first.on_photo(size)) == pixels_of(first) & whole
    assert first.area == len(pixels_of(first))
    assert first.empty == (not pixels_of(first))
    assert first.covers(second) == (pixels_of(second) <= pixels_of(first))
    assert first.joined(second).covers(first)
    assert first.joined(second).covers(second)


def test_joining_adds_no_more_than_it_must():
    empty = Region(90, 90, 90, 95)
    assert Region(1, 2, 3, 4).joined(Region(2, 0, 5, 3)) == Region(1, 0, 5, 4)
    assert Region(1, 2, 3, 4).joined(empty) == empty.joined(Region(1, 2, 3, 4)) == (1, 2, 3, 4)


@settings(deadline=None)
@given(wanted=REGION, size=SIZE)
def test_a_part_is_cut_where_it_lies(wanted, size):
    photo = np.arange(size.height * size.width * 3).astype(np.uint8).reshape(*size, 3)
    part = PhotoPart.of_whole(photo).cut(wanted)
    assert part.whole == size
    assert part.region == wanted.on_photo(size)
    for x, y in pixels_of(part.region):
        np.testing.assert_array_equal(part.pixels[y - part.y, x - part.x], photo[y, x])
    again = part.cut(part.region)
    np.testing.assert_array_equal(again.pixels, part.pixels)


def test_what_is_not_in_a_part_cannot_be_cut_from_it():
    part = PhotoPart.of_whole(np.zeros((9, 9, 3), np.uint8)).cut(Region(2, 2, 5, 5))
    assert part.cut(Region(-4, -4, 0, 3)).region.empty
    with pytest.raises(ValueError, match="does not cover"):
        part.cut(Region(1, 2, 4, 4))
