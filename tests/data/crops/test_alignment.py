import json

import numpy as np
import pytest
import torch

from landmarks.data.augmentation import Placement
from landmarks.data.crops import (
    AnnotatedFivePoints,
    DetectedFivePoints,
    FivePointAlignment,
    LandmarkBox,
    StarTemplate,
)
from landmarks.errors import DataError
from landmarks.geometry import Size, apply_affine, invert_affine
from landmarks.markups import MARKUP_68, MARKUPS
from tests.data.crops.faces import face, moved, record

RNG = np.random.default_rng(0)
SIZE = Size(512, 512)


def in_crop(window, points):
    crop_from_photo = invert_affine(Placement().photo_from_crop(window, SIZE))
    return apply_affine(crop_from_photo, torch.from_numpy(np.asarray(points))).numpy()


@pytest.mark.parametrize("degrees", [0.0, 25.0, -90.0, 170.0])
def test_an_aligned_face_lies_on_the_template(degrees):
    """A face whose coarse points have just the template's shape fits it to the last digit."""
    five = StarTemplate(1.25).points(MARKUP_68)
    points = np.full((68, 2), np.nan)
    for group, point in zip(MARKUP_68.five_points, five, strict=True):
        points[list(group)] = 300 * point
    turned = moved(record(points), 1.0, degrees, (400, 300))
    window = FivePointAlignment().for_markup(MARKUP_68)(turned, RNG)
    assert window == pytest.approx((400, 300, 300, degrees))
    found = in_crop(window, [turned.points_photo[list(g)].mean(0) for g in MARKUP_68.five_points])
    np.testing.assert_allclose(found, (five + 0.5) * 512 - 0.5, atol=1e-9)


@pytest.mark.parametrize("markup", MARKUPS.values(), ids=MARKUPS)
def test_every_markup_is_aligned_upright_and_in_the_crop(markup):
    turned = moved(face(markup=markup), 1.5, 40.0, (30, 10))
    window = FivePointAlignment().for_markup(markup)(turned, RNG)
    assert window.rotation == pytest.approx(40, abs=4)
    points = in_crop(window, turned.points_photo)
    assert points.min() > 0
    assert points.max() < 511
    tip, mouth = points[markup.nose_tip], points[list(markup.mouth_corners)].mean(axis=0)
    assert mouth[1] > tip[1]


def test_missing_coarse_points_leave_the_rest():
    whole = face()
    policy = FivePointAlignment().for_markup(MARKUP_68)
    expected = policy(whole, RNG)
    whole.points_photo[30] = np.nan
    whole.points_photo[36:42] = np.nan
    found = policy(whole, RNG)
    assert found[:3] == pytest.approx(expected[:3], rel=0.08)
    assert found.rotation == pytest.approx(expected.rotation, abs=5)


def test_a_face_without_two_coarse_points_is_named_or_cropped_otherwise():
    bare = face()
    bare.points_photo[30:] = np.nan
    with pytest.raises(DataError, match="face 7 is aligned by five coarse points, of which 0"):
        FivePointAlignment().for_markup(MARKUP_68)(bare, RNG)
    otherwise = FivePointAlignment(otherwise=LandmarkBox(1.5)).for_markup(MARKUP_68)
    assert otherwise(bare, RNG) == LandmarkBox(1.5)(bare, RNG)
    assert otherwise(face(), RNG) == FivePointAlignment().for_markup(MARKUP_68)(face(), RNG)


def test_coarse_points_that_coincide_are_named():
    flat = record(np.full((68, 2), 7.0))
    with pytest.raises(DataError, match=r"points of face 7 cannot be aligned.*coincide"):
        FivePointAlignment().for_markup(MARKUP_68)(flat, RNG)


def test_a_detectors_points_stand_in_for_annotated_ones(tmp_path):
    whole = face()
    find = AnnotatedFivePoints().for_markup(MARKUP_68)
    file = tmp_path / "points.json"
    file.write_text(json.dumps({"face 7": [find(whole, RNG).tolist()]}))
    detected = FivePointAlignment(DetectedFivePoints(file)).for_markup(MARKUP_68)
    annotated = FivePointAlignment().for_markup(MARKUP_68)
    assert detected(whole, RNG) == pytest.approx(annotated(whole, RNG))
