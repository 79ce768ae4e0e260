import pytest
import torch

from landmarks.backbones.hourglass import StackedHourglass
from landmarks.batch import FieldSpec
from landmarks.geometry import Size

HEATMAP = {"heatmap": FieldSpec(5, 16, 16)}
CROP = Size(64, 64)


def small(fields=HEATMAP, crop_size=CROP, stacks=2):
    return StackedHourglass(fields, crop_size, stacks, depth=2, width=16)


def test_fields_are_emitted_by_every_stack(field_set, check_network):
    crop_size, fields = field_set
    check_network(small(fields, crop_size), crop_size, fields, 2)


@pytest.mark.parametrize("stacks", [1, 2, 3, 4])
def test_there_is_a_stage_for_each_stack(stacks, check_network):
    check_network(small(stacks=stacks), CROP, HEATMAP, stacks)


def test_four_stacks_are_the_published_network():
    """The 4-stack FAN of the face-alignment package has 23,820,176 weights."""
    network = StackedHourglass({"heatmap": FieldSpec(68, 64, 64)}, Size(256, 256), stacks=4)
    assert sum(weight.numel() for weight in network.parameters()) == 23_820_176


def test_later_stages_depend_on_earlier_maps():
    network = small()
    first, last = network(torch.randn(1, 3, *CROP))
    last["heatmap"].sum().backward()
    gradient = network.heads[0].heads["heatmap"].weight.grad
    assert gradient is not None
    assert gradient.any()
    assert not torch.equal(first["heatmap"], last["heatmap"])


def test_networks_under_one_seed_share_what_both_have(field_set):
    crop_size, fields = field_set

    def build(fields, crop_size):
        torch.manual_seed(7)
        return small(fields, crop_size).state_dict()

    reference, other = build(HEATMAP, CROP), build(fields, crop_size)
    shared = [name for name in reference if name.startswith(("stem.", "stacks.", "features_back."))]
    assert shared
    assert all(torch.equal(reference[name], other[name]) for name in shared)


def test_state_dict_round_trip():
    first, second = small().eval(), small().eval()
    second.load_state_dict(first.state_dict())
    image = torch.randn(1, 3, *CROP)
    with torch.no_grad():
        for a, b in zip(first(image), second(image), strict=True):
            assert torch.equal(a["heatmap"], b["heatmap"])


@pytest.mark.parametrize("stacks", [0, 5, -1])
def test_stacks_outside_one_to_four_are_refused(stacks):
    with pytest.raises(ValueError, match=f"stacks is {stacks}; choose 1 to 4"):
        small(stacks=stacks)


def test_bad_shapes_are_refused():
    with pytest.raises(ValueError, match="width is 18; choose a multiple of 4"):
        StackedHourglass(HEATMAP, CROP, width=18)
    with pytest.raises(ValueError, match="depth is 0; choose at least 1"):
        StackedHourglass(HEATMAP, CROP, depth=0)
    with pytest.raises(ValueError, match=r"16 × 16 cells cannot be halved 5 times.*depth=4"):
        StackedHourglass(HEATMAP, CROP, depth=5, width=16)
    with pytest.raises(ValueError, match="more than the crop"):
        small({"heatmap": FieldSpec(5, 65, 65)})
    with pytest.raises(ValueError, match="choose a crop that is a multiple of 4"):
        small(HEATMAP, Size(66, 66))
    with pytest.raises(ValueError, match="built for crops of 64 × 64 px and got 64 × 96 px"):
        small()(torch.zeros(1, 3, 64, 96))
