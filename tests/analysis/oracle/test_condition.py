import numpy as np
import pytest
import torch

from landmarks.analysis.corruption import (
    BFloat16,
    Border,
    Corruption,
    Posterior,
    WhiteNoise,
    Width,
)
from landmarks.analysis.oracle import EXACT, Condition, CorruptedFaces
from landmarks.codecs import HIH, ContinuousHeatmap
from landmarks.codecs.coordinates import Coordinates
from landmarks.codecs.methods import METHODS
from landmarks.codecs.peaks import Argmax, Dark
from landmarks.codecs.udp import UDPHeatmap
from landmarks.geometry import Grid, Size
from landmarks.markups import MARKUP_19

CROP = Size(128, 128)


def condition(*corruptions: Corruption):
    return Condition("some", 1.0, corruptions)


def corrupted(*corruptions, faces=3, first=0, size=32, draw=0, seed=0):
    points = torch.from_numpy(np.random.default_rng(1).uniform(30, 98, (5, 19, 2)))
    chosen = range(first, first + faces)
    keys = [(seed, face, draw) for face in chosen]
    return CorruptedFaces(points[list(chosen)], keys, CROP, size, condition(*corruptions))


def test_exact_targets_are_what_the_codec_encodes():
    points = torch.rand(2, 19, 2, dtype=torch.float64) * 100
    faces = CorruptedFaces(points, [(0, 0, 0), (0, 1, 0)], CROP, 32, EXACT)
    codec = HIH(MARKUP_19, CROP, 32)
    expected = codec.encode(points.float())
    assert faces.points_crop is points
    for name, field in faces.fields(codec).items():
        assert torch.equal(field, expected[name])


@pytest.mark.parametrize("corruption", [WhiteNoise(0.1), Posterior(1.0), Border(-1.0)])
def test_what_a_face_suffers_does_not_depend_on_its_neighbours(corruption):
    codec = ContinuousHeatmap(MARKUP_19, CROP, 32)
    whole = corrupted(corruption, faces=3)
    part = corrupted(corruption, faces=1, first=2)
    assert torch.equal(whole.points_crop[2:], part.points_crop)
    torch.testing.assert_close(
        whole.fields(codec)["heatmap"][2:], part.fields(codec)["heatmap"], atol=1e-6, rtol=0
    )


def test_other_seeds_and_draws_are_others():
    codec = ContinuousHeatmap(MARKUP_19, CROP, 32)
    maps = [
        corrupted(WhiteNoise(0.1), seed=seed, draw=draw).fields(codec)["heatmap"]
        for seed, draw in ((0, 0), (0, 1), (1, 0), (1, 1))
    ]
    assert all(not torch.equal(a, b) for i, a in enumerate(maps) for b in maps[:i])
    assert not torch.equal(maps[0][0] - maps[0][1], maps[1][0] - maps[1][1])


def test_codecs_with_maps_of_one_size_get_the_same_noise():
    faces = corrupted(WhiteNoise(0.1))
    codecs = [
        ContinuousHeatmap(MARKUP_19, CROP, 32, sigma=1.0),
        ContinuousHeatmap(MARKUP_19, CROP, 32, sigma=2.0, peak=Dark(11)),
        UDPHeatmap(MARKUP_19, CROP, 32),
    ]
    noise = [
        faces.fields(codec)["heatmap"] - codec.encode(faces.points_crop.float())["heatmap"]
        for codec in codecs
    ]
    for other in noise[1:]:
        torch.testing.assert_close(other, noise[0], atol=1e-6, rtol=0)


def test_codecs_of_one_grid_and_spread_get_the_same_redrawn_maps():
    faces = corrupted(Posterior(1.0))
    first = ContinuousHeatmap(MARKUP_19, CROP, 32, sigma=1.5, peak=Argmax())
    second = ContinuousHeatmap(MARKUP_19, CROP, 32, sigma=1.5, peak=Dark(11))
    wider = ContinuousHeatmap(MARKUP_19, CROP, 32, sigma=2.0)
    assert faces.fields(first)["heatmap"] is faces.fields(second)["heatmap"]
    assert not torch.equal(faces.fields(first)["heatmap"], faces.fields(wider)["heatmap"])


def test_a_redrawn_map_lies_on_the_codecs_own_grid():
    faces = corrupted(Width(1.5))
    codec = UDPHeatmap(MARKUP_19, CROP, 32)
    assert codec.grid == Grid.corners(CROP, 32)
    error = codec.decode(faces.fields(codec)).points - faces.points_crop
    assert error.abs().max() < 0.1


def test_noise_is_relative_to_each_fields_range():
    faces = corrupted(WhiteNoise(0.1))
    codec = METHODS["udp_offset"](MARKUP_19, CROP, 32)
    clean = codec.encode(faces.points_crop.float())
    for name, field in faces.fields(codec).items():
        for face in range(3):
            span = float(clean[name][face].max() - clean[name][face].min())
            found = float((field[face] - clean[name][face]).std())
            assert found == pytest.approx(0.1 * span, rel=0.1)


def test_points_are_moved_by_cells_of_the_heatmap_size():
    faces = corrupted(Border(-2.0))
    edge = torch.stack([faces.points_crop + 0.5, 127.5 - faces.points_crop])
    # Two cells of 4 px from the crop's edge.
    assert torch.isclose(edge, torch.tensor(8.0, dtype=torch.float64)).any(dim=0).any(-1).all()


def test_what_does_not_suit_a_codec_is_said():
    hih, plain = HIH(MARKUP_19, CROP, 32), Coordinates(MARKUP_19, CROP)
    assert "Posterior redraws maps" in condition(Posterior(1.0)).unfit(hih)
    assert "WhiteNoise is relative to the height" in condition(WhiteNoise(0.1)).unfit(plain)
    assert condition(WhiteNoise(0.1), BFloat16(1)).unfit(hih) == ""
    assert condition(Border(0.0)).unfit(plain) == ""
    with pytest.raises(ValueError, match="Width redraws maps"):
        corrupted(Width(2.0)).fields(hih)
