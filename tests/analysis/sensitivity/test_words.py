from landmarks.analysis.sensitivity.rise import judge
from landmarks.analysis.sensitivity.words import verdict_text
from landmarks.data.augmentation import Augmentation
from tests.analysis.sensitivity.made_up import curves


def words(**settings):
    own = curves(**settings)
    named = {curve.kind.name: curve for curve in own}
    return verdict_text("full", "300w/box", named, judge(own, 0.5), 0.5, Augmentation(rotation=20))


def test_position_is_said_to_matter_more():
    text = words()
    assert text.startswith("full, 300w/box, 200 faces: NME 4.00 % in the crop as it is.")
    assert "It rises by 50 % of that with\n  shift (% of the window's side): 10.0 % (95 %" in text
    assert "  scale (factor on the window's side): × 1.50 (95 % interval × 1.50 to" in text
    assert "  rotation (degrees): 25.0° (95 % interval 25.0° to 25.0°), by which" in text
    assert "Position matters more than orientation: 10.0 % of the crop's height" in text
    assert "Trained with rotation up to 20°" in text


def test_orientation_is_said_to_matter_more():
    assert "Orientation matters more than position: 5.0 % of" in words(turn_movement=0.002)


def test_what_is_not_resolved_is_said_so():
    text = words(turn=0.01)
    assert "none measured; at 40.0°, the largest, it is +40 %, landmarks having" in text
    assert "what takes more than 20.0 % of the crop's height" in text
    assert "neither raises the error so far" in words(shift=0.1, turn=0.01)
    assert "not resolved on these faces" in words(turn_movement=0.004, noise=0.2)


def test_an_interval_that_leaves_the_measured_sizes_says_so():
    assert "to beyond 40.0°, the largest measured" in words(turn=0.0127, noise=0.9)
