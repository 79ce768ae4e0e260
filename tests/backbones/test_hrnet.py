from landmarks.backbones.base import FeatureLevel
from landmarks.backbones.hrnet import HRNetW18


def test_levels_are_the_stem_and_the_four_branches():
    assert HRNetW18().levels == (
        FeatureLevel(64, 2),
        FeatureLevel(18, 4),
        FeatureLevel(36, 8),
        FeatureLevel(72, 16),
        FeatureLevel(144, 32),
    )
