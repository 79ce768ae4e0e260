import numpy as np
import pytest

from landmarks.data.crops import FivePointAlignment, LandmarkBox, MeanFaceTemplate, StarTemplate
from landmarks.markups import MARKUP_68, MARKUPS, Markup
from tests.data.crops.faces import record


def test_stars_template_is_the_one_in_its_code():
    pixels = (StarTemplate(1.0).points(MARKUP_68) + 0.5) * 512
    expected = [[196, 226], [316, 226], [256, 286], [220, 360.4], [292, 360.4]]
    np.testing.assert_allclose(pixels, expected)
    np.testing.assert_allclose(StarTemplate(2.0).points(MARKUP_68) / 2, pixels / 512 - 0.5)


@pytest.mark.parametrize("markup", MARKUPS.values(), ids=MARKUPS)
def test_an_upright_mean_face_gets_the_window_of_its_box(markup):
    mean = record(markup.mean_shape * 50 + [90, 80])
    rng = np.random.default_rng(0)
    aligned = FivePointAlignment(template=MeanFaceTemplate(1.4)).for_markup(markup)
    assert aligned(mean, rng) == pytest.approx(LandmarkBox(1.4)(mean, rng), abs=1e-9)


def test_a_markup_without_a_mean_face_or_five_points_is_refused():
    mine = Markup("mine", 2, (1, 0), eyes=((0,), (1,)))
    with pytest.raises(ValueError, match="markup mine does not say"):
        MeanFaceTemplate().points(mine)
    mine = Markup("mine", 3, (1, 0, 2), eyes=((0,), (1,)), nose_tip=2, mouth_corners=(0, 1))
    with pytest.raises(ValueError, match="no mean face of markup mine"):
        MeanFaceTemplate().points(mine)
