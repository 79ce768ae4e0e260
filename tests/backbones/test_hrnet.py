from pathlib import Path

import timm
import torch

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


def test_weights_of_the_classifier_fit(tmp_path: Path):
    whole = timm.create_model("hrnet_w18")
    torch.save(whole.state_dict(), tmp_path / "weights.pth")
    loaded = HRNetW18(weights=tmp_path / "weights.pth").features.model.state_dict()
    held = whole.state_dict()
    assert all(torch.equal(value, held[name]) for name, value in loaded.items())
