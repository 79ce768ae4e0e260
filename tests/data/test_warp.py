import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.data.warp import crop_photo
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
