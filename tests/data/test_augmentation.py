import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.data.augmentation import Augmentation, Placement
from landmarks.data.crops import Window
from landmarks.geometry import Size, apply_affine, is_mirrored


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_draws_stay_within_limits(seed):
    placement = Augmentation(rotation=20, scale=1.5, shift=0.1, flip=0.5).draw(
        np.random.default_rng(seed)
    )
    assert abs(placement.rotation) <= 20
    assert 1 / 1.5 <= placement.scale <= 1.5
    assert abs(placement.shift_x) <= 0.1
    assert abs(placement.shift_y) <= 0.1


def test_draws_fill_their_limits_evenly():
    rng = np.random.default_rng(0)
    placements = [Augmentation(30, 1.25, 0.05, 0.25).draw(rng) for _ in range(4000)]
    rotation = np.array([p.rotation for p in placements])
    assert abs(rotation.mean()) < 1.5
    assert rotation.max() > 29.5
    assert rotation.min() < -29.5
    assert np.mean([p.mirrored for p in placements]) == pytest.approx(0.25, abs=0.03)
    assert np.mean(np.log([p.scale for p in placements])) == pytest.approx(0, abs=0.01)


def test_one_limit_does_not_change_the_other_draws():
    narrow = Augmentation(rotation=0).draw(np.random.default_rng(5))
    wide = Augmentation(rotation=90).draw(np.random.default_rng(5))
    assert narrow.scale == wide.scale
    assert narrow.mirrored == wide.mirrored


@pytest.mark.parametrize(
    "limits", [{"rotation": -1}, {"scale": 0.5}, {"shift": -0.1}, {"flip": 1.5}, {"scale": np.nan}]
)
def test_impossible_limits_are_named(limits):
    with pytest.raises(ValueError, match=f"augmentation {next(iter(limits))} is"):
        Augmentation(**limits)


def test_a_placement_moves_the_window():
    window = Window(x=40, y=60, side=32)
    affine = Placement(shift_x=0.25, scale=2.0).photo_from_crop(window, Size(16, 16))
    middle = torch.tensor([[7.5, 7.5], [15.5, 7.5]], dtype=torch.float64)
    found = apply_affine(affine, middle)
    np.testing.assert_allclose(found, [[48, 60], [80, 60]], atol=1e-9)
    assert not is_mirrored(affine)
    assert is_mirrored(Placement(mirrored=True).photo_from_crop(window, Size(16, 16)))
