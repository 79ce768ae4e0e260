import pytest
import torch

from landmarks.backbones.mobilenet import MobileNetV2


def test_widths():
    small, large = MobileNetV2(0.35), MobileNetV2(1.4)
    assert all(a.channels < b.channels for a, b in zip(small.levels, large.levels, strict=True))
    assert [level.stride for level in small.levels] == [2, 4, 8, 16, 32]


def test_a_width_that_does_not_exist():
    with pytest.raises(ValueError, match=r"width 0\.6; choose one of 0\.35, 0\.5"):
        MobileNetV2(0.6)


def test_state_dict_round_trip():
    first, second = MobileNetV2(0.35).eval(), MobileNetV2(0.35).eval()
    second.load_state_dict(first.state_dict())
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        for a, b in zip(first(image), second(image), strict=True):
            assert torch.equal(a, b)
