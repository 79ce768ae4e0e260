import numpy as np
import pytest

from landmarks.analysis.decomposition import simulated_points, trained_points
from landmarks.codecs import Argmax, ContinuousHeatmap, Coordinates, IntegerHeatmap, QuarterOffset
from landmarks.markups import MARKUP_19
from tests.analysis.decomposition.simulated import (
    CROP,
    PROTOCOL,
    crop_places,
    decoded,
    mean_distance,
    results,
    run,
    true_points,
)

FACES = 200
PER_CENT = 4.0
TRUTH = true_points(FACES, 19)
CROPS = crop_places(FACES)
RNG = np.random.default_rng(5)
NOISE = RNG.normal(0, 1.5, TRUTH.shape)


def argmax(size):
    return ContinuousHeatmap(MARKUP_19, CROP, size, peak=Argmax())


def curve(codec_of_size, points=TRUTH + NOISE, sizes=(8, 16, 32), **settings):
    runs = [run("a", results(points, TRUTH, CROPS), **settings)]
    found = simulated_points(runs, codec_of_size(16), codec_of_size, CROPS, PROTOCOL, sizes)
    return {row.size: row for row in found}


def test_the_curve_of_rounding_is_that_of_even_noise():
    found = curve(argmax)
    noise = RNG.normal(0, 1.5, (300_000, 2))

    def rounded(stride):
        return PER_CENT * mean_distance(noise + RNG.uniform(-stride / 2, stride / 2, noise.shape))

    for size, stride in ((8, 8.0), (32, 2.0)):
        change = found[size].nme.value - found[16].nme.value
        assert change == pytest.approx(rounded(stride) - rounded(4.0), rel=0.08)
        assert found[size].nme.low < found[size].nme.value < found[size].nme.high
    assert not found[8].trained


def test_the_curve_passes_through_the_trained_error():
    at_16 = curve(argmax)[16]
    own = results(TRUTH + NOISE, TRUTH, CROPS).nme[PROTOCOL].mean()
    assert at_16.nme == pytest.approx((100 * own,) * 3)


def test_sizes_that_a_codec_refuses_are_left_out():
    def no_24(size):
        if size == 24:
            raise ValueError("24 cells")
        return argmax(size)

    assert list(curve(no_24, sizes=(16, 24, 32, 128))) == [16, 32]
    assert not simulated_points(
        [run("a", results(TRUTH, TRUTH, CROPS))], argmax(16), no_24, CROPS, PROTOCOL, (24,)
    )


def test_coordinates_know_no_heatmap():
    codec = Coordinates(MARKUP_19, CROP)
    found = curve(lambda size: codec)
    assert [found[size].nme.value for size in (8, 32)] == pytest.approx(
        [found[16].nme.value] * 2, abs=1e-6
    )


def test_rounding_that_a_network_has_averaged_away_is_not_paid_at_other_sizes():
    def codec(size):
        return IntegerHeatmap(MARKUP_19, CROP, size, peak=QuarterOffset())

    averaged = curve(codec)  # predictions know nothing of cells
    coarse = curve(codec, points=decoded(IntegerHeatmap(MARKUP_19, CROP, 16), TRUTH + NOISE))
    base = 100 * mean_distance(NOISE) / 25
    assert averaged[8].nme.value - averaged[32].nme.value < 0.1 * base
    assert coarse[8].nme.value - coarse[32].nme.value > 0.4 * base


def test_faces_are_sampled_to_keep_to_the_memory(monkeypatch):
    monkeypatch.setattr("landmarks.analysis.decomposition.resolution._CELLS", 20 * 19 * 1600)
    found = curve(argmax, sizes=(8, 16, 32))
    # 16² twice, 8² and 32²: 1600 cells a point, so that twenty faces keep to it.
    assert {row.faces for row in found.values()} == {20}


def test_trained_points_by_axis():
    noise = {8: 2.0, 16: 1.5, 32: 1.0}
    runs = [
        run(
            "a",
            results(TRUTH + scale * NOISE, TRUTH, CROPS),
            seed,
            levels={"heatmap_size": str(size), "backbone": "small"},
        )
        for size, scale in noise.items()
        for seed in (0, 1)
    ]
    found = trained_points(runs, PROTOCOL)
    assert [(row.axis, row.size, row.seeds) for row in found] == [
        ("heatmap_size", size, 2) for size in noise
    ]
    for row in found:
        wanted = PER_CENT * noise[row.size] * mean_distance(NOISE)
        assert row.nme.value == pytest.approx(wanted)
        assert row.trained
        assert row.levels == {"backbone": "small"}
    assert not trained_points(runs, PROTOCOL, ("crop_size",))
