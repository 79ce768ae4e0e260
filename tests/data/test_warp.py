import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.batch import PhotoPart, Region
from landmarks.data.warp import crop_part, crop_photo, footprint
from landmarks.geometry import Size, apply_affine, invert_affine, photo_from_crop_affine

SIZE = Size(96, 96)


def blob(centre, spread, size=300):
    rows, columns = np.mgrid[0:size, 0:size].astype(float)
    squares = (columns - centre[0]) ** 2 + (rows - centre[1]) ** 2
    grey = np.round(250 * np.exp(-squares / (2 * spread**2))).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def centroid(picture):
    rows, columns = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
    grey = picture[..., 0].astype(float)
    return np.array([(grey * columns).sum(), (grey * rows).sum()]) / grey.sum()


@settings(deadline=None, max_examples=40)
@given(
    x=st.floats(130, 170),
    y=st.floats(130, 170),
    side=st.floats(70, 800),
    rotation=st.floats(-180, 180),
    mirrored=st.booleans(),
)
def test_a_blob_is_where_its_point_says(x, y, side, rotation, mirrored):
    affine = photo_from_crop_affine((150.0, 150.0), side, SIZE, rotation, mirrored)
    crop = crop_photo(blob((x, y), spread=6), affine, SIZE)
    point = apply_affine(invert_affine(affine), torch.tensor([[x, y]], dtype=torch.float64))[0]
    spread = 6 * 96 / side
    inside = all(4 * spread < value < 95 - 4 * spread for value in point.tolist())
    if inside:
        np.testing.assert_allclose(centroid(crop), point, atol=0.06)


def reference(photo, photo_from_crop, size):
    """Bilinear sampling by plain loops in float64."""
    crop = np.zeros((size.height, size.width, 3))
    linear, offset = photo_from_crop[:, :2].numpy(), photo_from_crop[:, 2].numpy()
    for row in range(size.height):
        for column in range(size.width):
            x, y = linear @ (column, row) + offset
            left, top = int(np.floor(x)), int(np.floor(y))
            for dx in (0, 1):
                for dy in (0, 1):
                    share = (1 - abs(x - left - dx)) * (1 - abs(y - top - dy))
                    if 0 <= left + dx < photo.shape[1] and 0 <= top + dy < photo.shape[0]:
                        crop[row, column] += share * photo[top + dy, left + dx]
    return crop


@pytest.mark.parametrize("rotation", [0.0, 33.0])
def test_agrees_with_plain_bilinear_sampling(rotation):
    rng = np.random.default_rng(0)
    smooth = np.kron(rng.integers(0, 255, (12, 12, 3)), np.ones((4, 4, 1))).astype(np.uint8)
    affine = photo_from_crop_affine((20.3, 25.7), 40.0, Size(32, 24), rotation)
    found = crop_photo(smooth, affine, Size(32, 24)).astype(float)
    expected = reference(smooth, affine, Size(32, 24))
    # OpenCV places samples on a raster of 1/32 px: at a hard edge of 255 steps that is 8.
    assert np.abs(found - expected).max() <= 12
    assert np.abs(found - expected).mean() < 1


def test_shrinking_averages_instead_of_aliasing():
    chequers = np.indices((256, 256)).sum(axis=0) % 2 * 255
    photo = np.repeat(chequers[..., None], 3, axis=2).astype(np.uint8)
    crop = crop_photo(
        photo, photo_from_crop_affine((127.5, 127.5), 200.0, Size(50, 50)), Size(50, 50)
    )
    assert np.abs(crop.astype(int) - 127).max() <= 2


def test_what_lies_outside_the_photo_is_black():
    photo = np.full((20, 20, 3), 200, np.uint8)
    for side in (10.0, 100.0):
        affine = photo_from_crop_affine((500.0, 500.0), side, Size(8, 8))
        assert not crop_photo(photo, affine, Size(8, 8)).any()
    partly = crop_photo(photo, photo_from_crop_affine((0.0, 9.5), 20.0, Size(10, 10)), Size(10, 10))
    assert not partly[:, :4].any()
    assert (partly[:, 6:] == 200).all()


@settings(deadline=None, max_examples=150)
@given(
    x=st.floats(-150, 450),
    y=st.floats(-150, 350),
    side=st.floats(5, 900),
    rotation=st.floats(-180, 180),
    mirrored=st.booleans(),
    crop_size=st.sampled_from([Size(96, 96), Size(40, 64), Size(17, 9)]),
    more=st.tuples(*[st.integers(0, 40)] * 4),
)
def test_a_crop_is_the_same_whatever_was_read_of_the_photo(
    x, y, side, rotation, mirrored, crop_size, more
):
    photo = np.random.default_rng(0).integers(0, 256, (200, 300, 3)).astype(np.uint8)
    affine = photo_from_crop_affine((x, y), side, crop_size, rotation, mirrored)
    needed = footprint(affine, crop_size)
    window = Region(
        needed.x0 - more[0], needed.y0 - more[1], needed.x1 + more[2], needed.y1 + more[3]
    )
    part = PhotoPart.of_whole(photo).cut(window)
    stored = part._replace(pixels=np.frombuffer(part.pixels.tobytes(), np.uint8))
    stored = stored._replace(pixels=stored.pixels.reshape(part.pixels.shape))
    expected = crop_photo(photo, affine, crop_size)
    np.testing.assert_array_equal(crop_part(part, affine, crop_size), expected)
    np.testing.assert_array_equal(crop_part(stored, affine, crop_size), expected)


@settings(deadline=None, max_examples=100)
@given(
    x=st.floats(-20, 120),
    y=st.floats(-20, 120),
    side=st.floats(5, 300),
    rotation=st.floats(-180, 180),
    mirrored=st.booleans(),
)
def test_no_pixel_beyond_the_footprint_is_looked_at(x, y, side, rotation, mirrored):
    photo = np.random.default_rng(0).integers(0, 256, (100, 100, 3)).astype(np.uint8)
    affine = photo_from_crop_affine((x, y), side, Size(32, 32), rotation, mirrored)
    needed = footprint(affine, Size(32, 32)).on_photo(Size(100, 100))
    within = np.zeros((100, 100, 1), bool)
    within[needed.y0 : needed.y1, needed.x0 : needed.x1] = True
    # On a canvas of zeros the whole photo would be sampled as the footprint is: nothing is lost.
    wide = cv2.warpAffine(
        photo * within,
        affine.numpy(),
        (32, 32),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )
    all_of_it = cv2.warpAffine(
        photo, affine.numpy(), (32, 32), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    np.testing.assert_array_equal(wide, all_of_it)
    if side < 64:  # nothing is averaged
        found = crop_photo(photo, affine, Size(32, 32)).astype(int)
        assert np.abs(found - all_of_it).max() <= 2  # OpenCV rounds places


def test_a_part_that_lacks_pixels_is_refused():
    part = PhotoPart.of_whole(np.zeros((50, 50, 3), np.uint8)).cut(Region(10, 10, 40, 40))
    affine = photo_from_crop_affine((25.0, 25.0), 29.0, Size(29, 29))
    with pytest.raises(ValueError, match="does not cover"):
        crop_part(part, affine, Size(29, 29))
    affine = photo_from_crop_affine((24.5, 24.5), 26.0, Size(26, 26))
    assert crop_part(part, affine, Size(26, 26)).shape == (26, 26, 3)
