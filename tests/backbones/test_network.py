from collections.abc import Callable

import jsonargparse
import pytest
import torch

from landmarks.backbones.base import Network
from landmarks.backbones.heads import working_size
from landmarks.backbones.hrnet import HRNetW18
from landmarks.backbones.mobilenet import MobileNetV2
from landmarks.backbones.network import PyramidNetwork
from landmarks.backbones.timm import TimmBackbone
from landmarks.backbones.upscale import Bilinear, Deconvolution, PixelShuffle
from landmarks.batch import FieldSpec, FieldSpecs
from landmarks.geometry import Size

HEATMAP = {"heatmap": FieldSpec(5, 16, 16)}
CROP = Size(64, 64)


def small(fields=HEATMAP, crop_size=CROP, **options):
    return PyramidNetwork(fields, crop_size, MobileNetV2(0.35), width=16, **options)


def test_fields_are_emitted_as_asked_for(field_set, check_network):
    crop_size, fields = field_set
    check_network(small(fields, crop_size), crop_size, fields, 1)


@pytest.mark.parametrize("model", ["resnet18", "convnext_atto", "vgg11"])
def test_other_backbones(model, check_network):
    # convnext's finest level is coarser than this map: the neck has to climb on.
    fields = {"heatmap": FieldSpec(5, 32, 32)}
    network = PyramidNetwork(fields, CROP, TimmBackbone(model), width=16)
    check_network(network, CROP, fields, 1)


@pytest.mark.parametrize("cells", [8, 16])
def test_hrnet_has_no_dead_end(cells, check_network):
    fields = {"heatmap": FieldSpec(5, cells, cells)}
    check_network(PyramidNetwork(fields, CROP, HRNetW18(), width=16), CROP, fields, 1)


@pytest.mark.parametrize("upscale", [Bilinear, Deconvolution, PixelShuffle])
def test_ways_to_upscale(upscale, check_network):
    check_network(small(upscale=upscale), CROP, HEATMAP, 1)


@pytest.mark.parametrize(("crop", "cells"), [(128, 32), (128, 64), (256, 64), (256, 32)])
def test_usual_sizes(crop, cells):
    network = small({"heatmap": FieldSpec(68, cells, cells)}, Size(crop, crop)).eval()
    with torch.no_grad():
        [fields] = network(torch.randn(1, 3, crop, crop))
    assert fields["heatmap"].shape == (1, 68, cells, cells)


def test_networks_under_one_seed_share_what_both_have(field_set):
    crop_size, fields = field_set

    def build(fields, crop_size):
        torch.manual_seed(7)
        return small(fields, crop_size).state_dict()

    reference, other = build(HEATMAP, CROP), build(fields, crop_size)
    # The coarsest level comes first; a neck to another working stride differs after some level.
    same_stride = crop_size.height // working_size(fields, crop_size).height == 4
    neck = ("neck.",) if same_stride else ("neck.laterals.0.", "neck.fusions.0.")
    shared = [name for name in reference if name.startswith(("backbone.", *neck))]
    assert any(name.startswith("neck.") for name in shared)
    assert all(torch.equal(reference[name], other[name]) for name in shared)


def test_a_network_does_not_share_weights_with_another():
    backbone = MobileNetV2(0.35)
    first = PyramidNetwork(HEATMAP, CROP, backbone, width=16)
    second = PyramidNetwork(HEATMAP, CROP, backbone, width=16)
    own = {id(weight) for weight in first.parameters()}
    assert not any(id(weight) in own for weight in second.parameters())
    for a, b in zip(first.backbone.parameters(), second.backbone.parameters(), strict=True):
        assert torch.equal(a, b)


def test_state_dict_round_trip():
    fields = {"integer": FieldSpec(5, 16, 16), "decimal": FieldSpec(5, 8, 8)}
    first, second = small(fields).eval(), small(fields).eval()
    second.load_state_dict(first.state_dict())
    image = torch.randn(1, 3, *CROP)
    with torch.no_grad():
        [a], [b] = first(image), second(image)
    assert all(torch.equal(a[name], b[name]) for name in fields)


def test_a_step_of_training_helps():
    torch.manual_seed(0)
    network = small()
    image, target = torch.randn(4, 3, *CROP), torch.rand(4, 5, 16, 16)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
    losses = []
    for _ in range(8):
        loss = (network(image)[-1]["heatmap"] - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.7 * losses[0]


def test_a_map_larger_than_the_crop_is_refused():
    with pytest.raises(ValueError, match=r"128 × 128 cells, more than the crop of 64 × 64 px"):
        small({"heatmap": FieldSpec(5, 128, 128)})


def test_a_crop_that_the_stride_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="choose a crop that is a multiple of 4"):
        small({"heatmap": FieldSpec(5, 16, 16)}, Size(66, 66))


def test_a_crop_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"built for crops of 64 × 64 px and got 96 × 64 px"):
        small()(torch.zeros(1, 3, 96, 64))


class Task:
    def __init__(self, network: Callable[[FieldSpecs, Size], Network]):
        self.network = network


@pytest.mark.parametrize(
    "options",
    [
        {
            "class_path": "landmarks.backbones.PyramidNetwork",
            "init_args": {
                "width": 16,
                "upscale": "landmarks.backbones.PixelShuffle",
                "backbone": {
                    "class_path": "landmarks.backbones.MobileNetV2",
                    "init_args": {"width": 0.35},
                },
            },
        },
        {
            "class_path": "landmarks.backbones.PyramidNetwork",
            "init_args": {
                "backbone": {
                    "class_path": "landmarks.backbones.TimmBackbone",
                    "init_args": {"model": "resnet18", "options": {"drop_path_rate": 0.1}},
                }
            },
        },
        {
            "class_path": "landmarks.backbones.StackedHourglass",
            "init_args": {"stacks": 1, "depth": 2, "width": 16},
        },
    ],
    ids=["mobilenet", "timm", "hourglass"],
)
def test_networks_are_built_from_a_configuration(options, monkeypatch):
    # instantiate_classes has a newer name since 4.49, which the oldest release allowed lacks.
    monkeypatch.setenv("JSONARGPARSE_DEPRECATION_WARNINGS", "off")
    parser = jsonargparse.ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(Task, "task")
    configuration = parser.parse_object({"task": {"network": options}})
    # What was parsed can be written down and read again, as a run's saved configuration is.
    configuration = parser.parse_string(parser.dump(configuration))
    task = parser.instantiate_classes(configuration).task
    network = task.network(HEATMAP, CROP).eval()
    assert type(network).__name__ == options["class_path"].rpartition(".")[2]
    with torch.no_grad():
        assert network(torch.randn(1, 3, *CROP))[-1]["heatmap"].shape == (1, 5, 16, 16)
    options["init_args"]["widht"] = 16
    with pytest.raises(jsonargparse.ArgumentError, match="widht"):
        parser.parse_object({"task": {"network": options}})
