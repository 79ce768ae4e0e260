import re
import urllib.error
from pathlib import Path

import pytest
import timm
import torch
from torch import nn

from landmarks.backbones.base import Backbone
from landmarks.backbones.hrnet import HRNetW18
from landmarks.backbones.mobilenet import MobileNetV2
from landmarks.backbones.timm import TimmBackbone
from landmarks.errors import DataError

SMALL = "mobilenetv2_050"


@pytest.mark.parametrize("size", [(64, 96), (112, 72), (50, 33)], ids=str)
@pytest.mark.parametrize(
    "build",
    [
        lambda: MobileNetV2(0.35),
        HRNetW18,
        lambda: TimmBackbone("resnet18"),
        lambda: TimmBackbone("convnext_atto"),
        lambda: TimmBackbone("efficientnet_lite0"),
        lambda: TimmBackbone("vgg11"),
    ],
    ids=["mobilenet", "hrnet", "resnet18", "convnext", "efficientnet", "vgg"],
)
def test_channels_and_strides_are_as_declared(build, size):
    backbone: Backbone = build().eval()
    strides = [level.stride for level in backbone.levels]
    assert strides == sorted(strides)
    height, width = size
    with torch.no_grad():
        features = backbone(torch.randn(2, 3, height, width))
    assert [tuple(feature.shape) for feature in features] == [
        (2, level.channels, -(-height // level.stride), -(-width // level.stride))
        for level in backbone.levels
    ]


def test_a_cell_sees_its_own_part_of_the_crop():
    """Padding must not move the cells: a crop and its padded self have the same upper left."""
    backbone = TimmBackbone("resnet18").eval()
    image = torch.randn(1, 3, 48, 80)
    padded = torch.zeros(1, 3, 64, 96)
    padded[..., :48, :80] = image
    with torch.no_grad():
        for small, large in zip(backbone(image), backbone(padded), strict=True):
            torch.testing.assert_close(small, large[..., : small.shape[-2], : small.shape[-1]])


def test_options_reach_the_model():
    plain = TimmBackbone("hrnet_w18_small")
    widened = TimmBackbone("hrnet_w18_small", options={"feature_location": ""})
    assert plain.levels != widened.levels


def test_an_option_that_the_model_lacks_is_named():
    with pytest.raises(
        ValueError, match=r"with options \{'drop_paht_rate': 0\.1\}.*drop_paht_rate"
    ):
        TimmBackbone("resnet18", options={"drop_paht_rate": 0.1})


def test_building_restores_training_mode():
    assert all(module.training for module in TimmBackbone(SMALL).modules())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet81", "did you mean resnet18"),
        ("zzzzzzzz", "list_models"),
        ("resnet18.nonsense", "resnet18.a1_in1k"),
        ("swin_tiny_patch4_window7_224", "such as mobilenetv2_100"),  # channels last
        ("vit_tiny_patch16_224", "such as mobilenetv2_100"),  # one input size
    ],
)
def test_a_name_that_cannot_be_used_is_refused_with_a_cure(name, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        TimmBackbone(name)
    assert name.partition(".")[0] in str(caught.value)


def test_a_model_that_emits_otherwise_than_it_declares_is_refused(monkeypatch):
    class Liar(nn.Module):
        class feature_info:
            channels = staticmethod(lambda: [4])
            reduction = staticmethod(lambda: [2])

        def forward(self, image):
            return [image.new_zeros(1, 5, image.shape[-2] // 2, image.shape[-1] // 2)]

    monkeypatch.setattr(timm, "create_model", lambda *_, **__: Liar())
    with pytest.raises(ValueError, match=r"declares features of shape \[\(1, 4, 2, 3\)\]"):
        TimmBackbone(SMALL)


@pytest.mark.parametrize(
    "failure",
    [
        OSError("Name or service not known"),
        urllib.error.URLError("no route to host"),
        RuntimeError("hash mismatch"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_missing_pretrained_weights_say_how_to_go_on(monkeypatch, failure):
    create = timm.create_model

    def offline(*args, pretrained=False, **kwargs):
        if pretrained:
            raise failure
        return create(*args, **kwargs)

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(RuntimeError) as caught:
        MobileNetV2(0.5, pretrained=True)
    message = str(caught.value)
    for part in (SMALL, str(failure), "pretrained=False", "weights=FILE"):
        assert part in message
    assert caught.value.__cause__ is failure


def test_a_model_without_published_weights_says_who_has_some():
    with pytest.raises(RuntimeError, match=r"no weights of mobilenetv2_035.*mobilenetv2_050"):
        MobileNetV2(0.35, pretrained=True)


@pytest.mark.parametrize("model", [SMALL, "convnext_atto"])
def test_weights_from_a_file(tmp_path: Path, model: str):
    whole = timm.create_model(model)
    torch.save({"state_dict": whole.state_dict()}, tmp_path / "weights.pth")
    torch.manual_seed(3)
    drawn = TimmBackbone(model)
    next_drawn = torch.rand(1)
    torch.manual_seed(3)
    loaded = TimmBackbone(model, weights=tmp_path / "weights.pth")
    assert torch.equal(next_drawn, torch.rand(1)), "what is built next must not depend on a file"
    held = [weight for weight in whole.state_dict().values() if weight.ndim > 1]
    for weight, random in zip(loaded.parameters(), drawn.parameters(), strict=True):
        if weight.ndim > 1:
            assert not torch.equal(weight, random)
            assert any(torch.equal(weight, other) for other in held)


def test_pretrained_and_weights_contradict(tmp_path: Path):
    with pytest.raises(ValueError, match="choose one"):
        TimmBackbone(SMALL, pretrained=True, weights=tmp_path / "weights.pth")


def test_weights_of_another_model_are_refused(tmp_path: Path):
    file = tmp_path / "weights.pth"
    torch.save(timm.create_model("resnet18").state_dict(), file)
    with pytest.raises(DataError, match=r"weights\.pth: these weights do not fit mobilenetv2_050"):
        MobileNetV2(0.5, weights=file)


def test_weights_of_a_part_of_the_model_are_refused(tmp_path: Path):
    file = tmp_path / "weights.pth"
    state = timm.create_model(SMALL).state_dict()
    torch.save({name: value for name, value in state.items() if "blocks.6" not in name}, file)
    with pytest.raises(DataError, match=r"weights\.pth.*blocks\.6"):
        MobileNetV2(0.5, weights=file)


def test_files_that_are_no_checkpoint_are_refused(tmp_path: Path):
    file = tmp_path / "weights.pth"
    with pytest.raises(DataError, match=r"weights\.pth: no such file"):
        TimmBackbone(SMALL, weights=file)
    file.write_bytes(b"<html>404</html>")
    with pytest.raises(DataError, match=r"weights\.pth"):
        TimmBackbone(SMALL, weights=file)


class Malicious:
    """Writes a file when it is unpickled."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self):
        return Path.touch, (self.victim,)


def test_a_checkpoint_cannot_run_code(tmp_path: Path):
    victim = tmp_path / "victim"
    state = timm.create_model(SMALL).state_dict()
    torch.save({"state_dict": state, "epoch": Malicious(victim)}, tmp_path / "weights.pth")
    with pytest.raises(DataError, match="nothing but tensors"):
        TimmBackbone(SMALL, weights=tmp_path / "weights.pth")
    assert not victim.exists()
