import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.batch import Record
from landmarks.data.augmentation import Placement
from landmarks.data.crops import (
    AnnotatedBox,
    AnnotatedFivePoints,
    CropPolicy,
    Displaced,
    FANBox,
    FivePointAlignment,
    FixedWindow,
    LandmarkBox,
    MeanFaceTemplate,
    PFLDSquare,
    StarTemplate,
    Window,
)
from landmarks.data.dataset import CropDataset
from landmarks.geometry import Size
from landmarks.markups import MARKUP_68
from tests.data.crops.faces import face, moved

EXACT = {
    "landmark box": LandmarkBox(1.3),
    "annotated box": AnnotatedBox(1.1),
    "FAN": FANBox(),
    "displaced box": Displaced(LandmarkBox(), 0.1, -0.05, 1.2, 0.0),
    "aligned to STAR": FivePointAlignment(),
    "aligned with noise": FivePointAlignment(AnnotatedFivePoints(0.1), StarTemplate(1.0)),
    "aligned to the mean face": FivePointAlignment(template=MeanFaceTemplate()),
    "displaced alignment": Displaced(FivePointAlignment(), 0.1, -0.05, 1.2, 20.0),
}
TURNING = {name for name in EXACT if "align" in name and "noise" not in name}


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", EXACT)
@settings(deadline=None, max_examples=15)
@given(
    scale=st.floats(0.2, 5),
    degrees=st.floats(-179, 179),
    shift=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    seed=st.integers(0, 99),
)
def test_a_window_goes_with_the_photo(name, scale, degrees, shift, seed):
    if name not in TURNING:
        degrees = 0.0
    policy = EXACT[name].for_markup(MARKUP_68)
    before = policy(face(seed), rng(seed))
    after = policy(moved(face(seed), scale, degrees, shift), rng(seed))
    middle = complex(before.x, before.y) * scale * np.exp(1j * np.radians(degrees))
    assert after.side == pytest.approx(scale * before.side, rel=1e-9)
    assert (after.x, after.y) == pytest.approx(
        (middle.real + shift[0], middle.imag + shift[1]), abs=1e-6
    )
    turn = after.rotation - before.rotation - degrees
    assert (turn + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", [*EXACT, "PFLD", "fixed"])
def test_a_window_depends_on_the_face_and_the_draws_alone(name):
    crop = {"PFLD": PFLDSquare(), "fixed": FixedWindow(), **EXACT}[name]
    policy = crop.for_markup(MARKUP_68)
    assert policy(face(), rng(3)) == policy(face(), rng(3))
    drawn = policy(face(), rng(3)) != policy(face(), rng(4))
    assert drawn == (name == "aligned with noise")


@pytest.mark.parametrize("name", ["landmark box", "aligned to STAR", "displaced box"])
def test_a_mirrored_face_has_a_mirrored_window(name):
    policy = EXACT[name].for_markup(MARKUP_68)
    if name == "displaced box":
        policy = Displaced(LandmarkBox(), shift_y=0.2, scale=1.1).for_markup(MARKUP_68)
    upright = moved(face(), 1.0, 15.0, (0, 0))
    points = upright.points_photo[list(MARKUP_68.mirror)] * [-1, 1] + [640, 0]
    window = policy(upright, rng())
    mirrored = policy(Record(upright.photo, points, upright.box), rng())
    assert mirrored == pytest.approx((640 - window.x, window.y, window.side, -window.rotation))


def test_evaluation_crops_are_those_of_no_seed_and_training_crops_those_of_theirs():
    policy = EXACT["aligned with noise"].for_markup(MARKUP_68)
    faces = [face(seed) for seed in range(4)]

    def windows(epoch, view, **settings):
        crops = CropDataset(faces, MARKUP_68, Size(32, 32), policy, **settings)
        return [crops.window(epoch, place, view) for place in range(4)]

    assert windows(0, 0) == windows(0, 0)
    assert len(set(windows(0, 0))) == 4
    first = windows(2, 1, seed=5)
    assert first == windows(2, 1, seed=5)
    for other in (windows(3, 1, seed=5), windows(2, 0, seed=5), windows(2, 1, seed=6)):
        assert not set(first) & set(other)


def test_a_displacement_goes_along_the_axes_of_a_turned_window():
    window = Window(100, 50, 40, rotation=30)
    x, y, side, rotation = window.displaced(0.25, 0, scale=2, rotation=10)
    assert (x, y) == pytest.approx((100 + 10 * np.cos(np.pi / 6), 50 + 10 * np.sin(np.pi / 6)))
    assert (side, rotation) == (80, 40)
    x, y, *_ = window.displaced(0, 0.25)
    assert (x, y) == pytest.approx((100 - 10 * np.sin(np.pi / 6), 50 + 10 * np.cos(np.pi / 6)))


@settings(deadline=None, max_examples=20)
@given(
    st.floats(-180, 180),
    st.floats(-0.5, 0.5),
    st.floats(-0.5, 0.5),
    st.floats(0.5, 2),
    st.floats(-90, 90),
    st.booleans(),
)
def test_augmentation_of_a_turned_window_is_augmentation_of_the_aligned_face(
    turn, shift_x, shift_y, scale, rotation, mirrored
):
    """In the frame of the aligned face, a placement does the same whatever the window's turn."""
    from landmarks.geometry import compose_affine, invert_affine

    placement = Placement(rotation, scale, shift_x, shift_y, mirrored)
    size = Size(24, 24)

    def aligned_from_crop(window):
        plain = Placement().photo_from_crop(window, size)
        return compose_affine(invert_affine(plain), placement.photo_from_crop(window, size))

    upright = aligned_from_crop(Window(0, 0, 50))
    turned = aligned_from_crop(Window(300, -20, 70, turn))
    np.testing.assert_allclose(turned, upright, atol=1e-9)


class _Own(CropPolicy):
    def __call__(self, record, rng):
        return Window(1, 2, 3)


def test_a_policy_of_ones_own_needs_no_more_than_a_window():
    own = _Own()
    assert own.for_markup(MARKUP_68) is own
    assert Displaced(own, shift_x=1).for_markup(MARKUP_68)(face(), rng()) == Window(4, 2, 3)
