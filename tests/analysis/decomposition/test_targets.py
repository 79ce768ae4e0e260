import numpy as np
import pytest
import torch

from landmarks.analysis.decomposition.targets import TargetGroups, field_values
from landmarks.codecs.base import Codec, Decoded, StatedError
from landmarks.codecs.methods import METHODS
from landmarks.geometry import Size
from landmarks.markups import MARKUP_19
from tests.analysis.decomposition.simulated import CROP

HEATMAP = 16
STRIDE = CROP.height / HEATMAP
EXACT = {
    "quarter_offset", "dark", "continuous_subpixel", "matched", "udp", "udp_offset", "simcc",
    "coordinates",
}  # fmt: skip


def points(seed=0, count=500):
    return torch.from_numpy(np.random.default_rng(seed).uniform(0, 63, (count, 2)))


@pytest.mark.parametrize("name", sorted(EXACT))
def test_targets_drawn_at_the_point_tell_every_point(name):
    groups = TargetGroups(METHODS[name](MARKUP_19, CROP, HEATMAP))
    assert groups.exact
    assert torch.equal(groups.means(points()), points())


def test_a_rounded_target_tells_the_middle_of_the_cell():
    groups = TargetGroups(METHODS["argmax"](MARKUP_19, CROP, HEATMAP))
    found = groups.means(points())
    for point, mean in zip(points().tolist(), found.tolist(), strict=True):
        for value, middle in zip(point, mean, strict=True):
            # Cell i covers [-0.5 + 4 i, 3.5 + 4 i].
            cell = int((value + 0.5) // STRIDE)
            assert middle == pytest.approx(STRIDE * cell + 1.5, abs=1e-9)


@pytest.mark.parametrize("name", ["hih", "hih_csc"])
def test_nested_maps_tell_the_middle_of_the_bin(name):
    groups = TargetGroups(METHODS[name](MARKUP_19, CROP, HEATMAP))
    found = groups.means(points())
    bins = STRIDE / 8
    wanted = (torch.floor((points() + 0.5) / bins) + 0.5) * bins - 0.5
    # Bins of 8 places, found to the place.
    assert (found - wanted).abs().max() <= 1 / 16


def test_targets_rounded_at_random_tell_the_point_as_well_as_a_triangle():
    groups = TargetGroups(METHODS["h3r"](MARKUP_19, CROP, HEATMAP))
    found = groups.means(points(count=4000))
    off = (found - points(count=4000)).numpy()
    # A cell is drawn with the probability of the distance: variance f (1 - f), a sixth on average.
    assert off.std() == pytest.approx(STRIDE / np.sqrt(6), rel=0.08)
    assert abs(off.mean()) < 0.15


def test_no_reader_of_a_group_does_better_than_its_mean():
    """The mean of squares over a group is least at its mean: by plain search."""
    codec = METHODS["argmax"](MARKUP_19, CROP, HEATMAP)
    groups = TargetGroups(codec)
    places = torch.linspace(3.5, 7.5, 402, dtype=torch.float64)[1:-1]
    same = torch.stack([places, torch.full_like(places, 20.0)], dim=-1)
    mean = float(groups.means(same)[0, 0])
    costs = {guess: float(((places - guess) ** 2).mean()) for guess in np.arange(3.5, 7.6, 0.125)}
    assert min(costs, key=costs.get) == pytest.approx(mean, abs=0.07)


def test_points_beyond_the_crop_and_missing_points_stay():
    groups = TargetGroups(METHODS["argmax"](MARKUP_19, CROP, HEATMAP))
    odd = torch.tensor([[-3.0, 5.0], [float("nan"), 5.0], [70.0, 80.0]], dtype=torch.float64)
    assert torch.equal(groups.means(odd).nan_to_num(), odd.nan_to_num())


class Shared(Codec):
    """A codec whose single map shows all points, each rounded to a cell of 8 px."""

    @property
    def fields(self):
        from landmarks.batch import FieldSpec

        return {"all": FieldSpec(1, 8, 8)}

    @property
    def stated_error(self):
        return StatedError(6.0, 6.0, 0.0, 0.0)

    def encode(self, points):
        cells = ((points + 0.5) / 8).floor().clamp(0, 7).nan_to_num().long()
        maps = torch.zeros(len(points), 8, 8)
        for face, own in enumerate(cells):
            maps[face, own[:, 1], own[:, 0]] = 1
        return {"all": maps[:, None]}

    def loss(self, outputs, targets, weight):
        raise NotImplementedError

    def decode(self, outputs):
        count = len(outputs["all"])
        return Decoded(*(torch.zeros(count, 19, *rest) for rest in ((2,), (), (2, 2))))

    def warp(self, outputs, warped_from_crop):
        raise NotImplementedError


def test_a_codec_whose_points_share_a_channel():
    groups = TargetGroups(Shared(MARKUP_19, Size(64, 64)))
    assert torch.allclose(
        groups.means(torch.tensor([[1.0, 30.0]], dtype=torch.float64)),
        torch.tensor([[3.5, 27.5]], dtype=torch.float64),
    )


def test_values_of_the_fields():
    assert field_values(METHODS["udp_offset"](MARKUP_19, CROP, HEATMAP)) == 3 * 19 * HEATMAP**2
