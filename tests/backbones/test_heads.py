import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.backbones.heads import (
    DescendingHead,
    Heads,
    LineHead,
    NestedHead,
    linear_map_head,
    working_size,
)
from landmarks.batch import FieldSpec
from landmarks.geometry import Size

CROP = Size(256, 256)


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({"heatmap": FieldSpec(68, 64, 64)}, (64, 64)),
        ({"integer": FieldSpec(68, 64, 64), "decimal": FieldSpec(68, 8, 8)}, (64, 64)),
        ({"decimal": FieldSpec(68, 8, 8), "integer": FieldSpec(68, 64, 64)}, (64, 64)),
        ({"tall": FieldSpec(1, 64, 8), "broad": FieldSpec(1, 8, 32)}, (64, 32)),
        ({"coordinates": FieldSpec(136, 1, 1)}, (64, 64)),
        ({"x": FieldSpec(68, 1, 512), "y": FieldSpec(68, 1, 512)}, (64, 64)),
        ({"x": FieldSpec(68, 1, 512), "map": FieldSpec(68, 32, 32)}, (32, 32)),
    ],
)
def test_the_largest_map_sets_the_working_size(fields, size):
    assert working_size(fields, CROP) == size


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "no field"),
        ({"heatmap": FieldSpec(0, 64, 64)}, "'heatmap' is empty"),
        ({"heatmap": FieldSpec(68, 512, 512)}, "512 × 512 cells, more than the crop of 256 × 256"),
        ({"heatmap": FieldSpec(68, 64, 257)}, "choose a smaller heatmap or a larger crop"),
    ],
)
def test_fields_that_cannot_be_emitted_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        working_size(fields, CROP)


@settings(deadline=None, max_examples=30)
@given(
    spec=st.builds(FieldSpec, st.integers(1, 3), st.integers(1, 20), st.integers(1, 20)),
    height=st.integers(4, 20),
    width=st.integers(4, 20),
)
def test_any_shape_is_reached_exactly(spec, height, width):
    features = torch.randn(2, 4, height, width)
    field = Heads({"field": spec}, Size(height, width), 4)(features)["field"]
    assert tuple(field.shape) == (2, *spec)


def test_a_head_of_one_cell_trains_on_a_single_face():
    head = DescendingHead(4, FieldSpec(10, 1, 1), Size(16, 16)).train()
    assert head(torch.randn(1, 4, 16, 16)).shape == (1, 10, 1, 1)


@pytest.mark.parametrize("cells", [(8, 8), (4, 2), (3, 5), (1, 1)])
def test_the_last_bit_is_the_mean_of_what_a_cell_covers(cells):
    head = DescendingHead(4, FieldSpec(4, *cells), Size(8, 8)).eval()
    head.layers = torch.nn.Identity()
    head.last = torch.nn.Identity()
    features = torch.randn(2, 4, 8, 8)
    expected = torch.zeros(2, 4, *cells)
    for row in range(cells[0]):
        for column in range(cells[1]):
            rows = slice(row * 8 // cells[0], -(-(row + 1) * 8 // cells[0]))
            columns = slice(column * 8 // cells[1], -(-(column + 1) * 8 // cells[1]))
            expected[:, :, row, column] = features[:, :, rows, columns].mean(dim=(2, 3))
    torch.testing.assert_close(head(features), expected)


def test_a_line_can_tell_where_something_lies():
    """Both axes must be readable from a row of bins, not only the one along it."""
    torch.manual_seed(0)
    head = LineHead(4, FieldSpec(1, 1, 8), Size(8, 8)).eval()
    features = torch.zeros(2, 4, 8, 8)
    features[0, :, 2, 5] = 1
    features[1, :, 5, 5] = 1
    first, second = head(features)
    assert not torch.allclose(first, second, rtol=1e-3)


def test_a_small_field_sees_the_maps():
    heads = Heads({"decimal": FieldSpec(2, 4, 4), "integer": FieldSpec(2, 8, 8)}, Size(8, 8), 4)
    fields = heads(torch.randn(2, 4, 8, 8))
    fields["decimal"].square().sum().backward()
    gradient = heads.heads["integer"][-1].weight.grad
    assert gradient is not None
    assert gradient.any()


def test_heads_are_drawn_in_the_order_of_the_fields():
    heatmap, decimal = FieldSpec(2, 8, 8), FieldSpec(2, 4, 4)
    torch.manual_seed(0)
    alone = Heads({"heatmap": heatmap}, Size(8, 8), 4)
    torch.manual_seed(0)
    both = Heads({"integer": heatmap, "decimal": decimal}, Size(8, 8), 4)
    for a, b in zip(
        alone.heads["heatmap"].parameters(), both.heads["integer"].parameters(), strict=True
    ):
        assert torch.equal(a, b)


def test_map_heads_start_near_zero():
    head = linear_map_head(64, 68)
    assert head.bias is not None
    assert not head.bias.any()
    assert 0.0009 < float(head.weight.detach().std()) < 0.0011


class TestNestedHead:
    SPEC = FieldSpec(3, 4, 4)

    def emitted(self, features, larger):
        torch.manual_seed(0)
        head = NestedHead(6, self.SPEC).eval()
        torch.nn.init.normal_(head.last.weight)
        return head(features, larger)

    def test_only_what_lies_round_the_highest_cell_counts(self):
        features, larger = torch.randn(2, 6, 8, 8), torch.rand(2, 3, 8, 8)
        larger[:, :, 2, 2] = 2
        before = self.emitted(features, larger)
        assert before.shape == (2, 3, 4, 4)
        far_features, far_larger = features.clone(), larger.clone()
        far_features[..., 5:, 5:] += 1
        far_larger[..., 5:, 5:] *= 0.5
        torch.testing.assert_close(self.emitted(far_features, far_larger), before)
        near_features, near_larger = features.clone(), larger.clone()
        near_features[..., 2, 2] += 1
        near_larger[..., 2, 3] *= 0.5
        assert not torch.allclose(self.emitted(near_features, larger), before)
        assert not torch.allclose(self.emitted(features, near_larger), before)

    def test_each_face_and_point_has_its_own_cell(self):
        features, larger = torch.randn(2, 6, 8, 8), torch.zeros(2, 3, 8, 8)
        larger[0, 0, 0, 0] = larger[0, 1, 3, 3] = larger[1, 0, 7, 7] = 1
        together = self.emitted(features, larger)
        for face in range(2):
            alone = self.emitted(features[face : face + 1], larger[face : face + 1])
            torch.testing.assert_close(alone[0], together[face])

    def test_the_larger_map_is_trained_as_if_alone(self):
        features = torch.randn(1, 6, 8, 8, requires_grad=True)
        larger = torch.rand(1, 3, 8, 8, requires_grad=True)
        self.emitted(features, larger).sum().backward()
        assert features.grad is not None
        assert larger.grad is None

    def test_it_is_chosen_for_a_small_map_of_the_same_points(self):
        fields = {
            "integer": FieldSpec(3, 8, 8),
            "decimal": FieldSpec(3, 4, 4),
            "other": FieldSpec(5, 4, 4),
            "coordinates": FieldSpec(6, 1, 1),
        }
        heads = Heads(fields, Size(8, 8), 6).heads
        assert isinstance(heads["decimal"], NestedHead)
        assert isinstance(heads["other"], DescendingHead)
        assert isinstance(heads["coordinates"], DescendingHead)
