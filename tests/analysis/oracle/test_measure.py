import math

import numpy as np
import pytest
import torch

from landmarks.analysis.corruption import WhiteNoise, Width
from landmarks.analysis.oracle import (
    Condition,
    CorruptedFaces,
    PlacedFaces,
    measure,
    oracle,
    place_faces,
)
from landmarks.benchmarks import BENCHMARKS
from landmarks.codecs.gaussian import ContinuousHeatmap, IntegerHeatmap
from landmarks.codecs.methods import METHODS
from landmarks.data.crops import CropPolicy, LandmarkBox, Window
from landmarks.errors import DataError
from landmarks.geometry import Size
from landmarks.markups import MARKUP_19, MARKUP_68
from landmarks.metrics.calibration import calibration
from tests.benchmarks.official.w300 import write_300w

CROP = Size(256, 256)


def even_faces(count=80, low=20.0, high=236.0):
    """Points spread evenly over a crop's middle, on a photo twice as large."""
    rng = np.random.default_rng(0)
    points = torch.from_numpy(rng.uniform(low, high, (count, 19, 2)))
    photo_from_crop = torch.tensor([[2.0, 0.0, 10.0], [0.0, 2.0, -3.0]], dtype=torch.float64)
    normaliser = torch.linspace(100, 200, count, dtype=torch.float64)
    return PlacedFaces(points, photo_from_crop.expand(count, 2, 3), normaliser, CROP, 0, 0)


THEORY_IN_CELLS = {
    # The mean distance of a point of the unit square from its middle is 0.3826.
    "argmax": (0.3826, 0.01),
    # Two bins a cell, and eight.
    "quarter_offset": (0.3826 / 2, 0.01),
    "hih": (0.3826 / 8, 0.01),
    "hih_csc": (0.3826 / 8, 0.01),
    # At sigma = 1.75, d = 5, temperature 10.
    "continuous_subpixel": (0.0126, 0.1),
}


@pytest.mark.parametrize("heatmap_size", [32, 64])
@pytest.mark.parametrize("method", [*THEORY_IN_CELLS, "dark"])
def test_the_errors_that_theory_predicts(method, heatmap_size):
    stride = 256 / heatmap_size
    low = 256 / heatmap_size * 8
    faces = even_faces(low=low, high=255 - low)
    error = measure(METHODS[method](MARKUP_19, CROP, heatmap_size), faces)
    if method == "dark":
        assert error.error_px < 0.0025 * stride
    else:
        cells, tolerance = THEORY_IN_CELLS[method]
        assert error.error_px == pytest.approx(cells * stride, rel=2 * tolerance)
    # A mean over points is off by its own scatter only.
    scatter = error.error_px / math.sqrt(80 * 19)
    assert abs(error.bias_x) < 4 * scatter
    assert abs(error.bias_y) < 4 * scatter


def test_numbers_by_plain_loops():
    faces = even_faces(count=3)
    points = faces.points_crop.clone()
    points[1, 4:] = torch.nan
    faces = PlacedFaces(points, faces.photo_from_crop, faces.normaliser, CROP, 15, 0)
    found = measure(IntegerHeatmap(MARKUP_19, CROP, 64), faces, faces_at_once=2)
    differences, nmes = [], []
    for face, normaliser in zip(points.numpy(), faces.normaliser.numpy(), strict=True):
        own = [np.floor((p - 1.5) / 4 + 0.5) * 4 + 1.5 - p for p in face if not np.isnan(p).any()]
        differences += own
        # A pixel of the crop is two of the photo.
        nmes.append(np.mean([2 * np.hypot(*d) for d in own]) / normaliser)
    assert len(differences) == 42
    assert found.error_px == pytest.approx(np.mean([np.hypot(*d) for d in differences]), rel=1e-6)
    assert found.bias_x == pytest.approx(np.mean([d[0] for d in differences]), abs=1e-5)
    assert found.bias_y == pytest.approx(np.mean([d[1] for d in differences]), abs=1e-5)
    assert found.nme == pytest.approx(np.mean(nmes), rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_the_result_does_not_depend_on_how_many_faces_are_taken_at_once(method):
    faces = even_faces(count=7)
    codec = METHODS[method](MARKUP_19, CROP, 32)
    torch.manual_seed(0)  # randomised rounding draws its targets
    single = measure(codec, faces, faces_at_once=1)
    torch.manual_seed(0)
    whole = measure(codec, faces, faces_at_once=100)
    assert single[:-1] == whole[:-1]
    # A covariance may differ by a rounding, and ranks of equal spreads by much.
    assert single.calibration.nll == pytest.approx(whole.calibration.nll, rel=5e-3)
    assert single.calibration.predicted == pytest.approx(whole.calibration.predicted, rel=1e-3)


def test_a_row_for_every_method_and_size(capsys):
    rows = oracle(even_faces(count=2), MARKUP_19, [16, 32])
    assert [(row.method, row.heatmap_size) for row in rows] == [
        (method, size) for method in METHODS for size in (16, 32)
    ]
    assert f"{2 * len(METHODS)}/{2 * len(METHODS)}" in capsys.readouterr().err


def test_a_heatmap_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="512 cells does not fit a crop of 256 × 256"):
        oracle(even_faces(count=1), MARKUP_19, [512])


def test_points_are_placed_as_in_evaluation(tmp_path):
    written = write_300w(tmp_path, faces_per_folder=2, folders=["lfpw/testset"])
    faces = place_faces(BENCHMARKS["300w"](tmp_path), "lfpw/testset", CROP, LandmarkBox(1.25))
    assert (faces.missing, faces.outside) == (0, 0)
    for found, points, normaliser in zip(
        faces.points_crop.numpy(), written.values(), faces.normaliser, strict=True
    ):
        # The tight box fills 1 / 1.25 of the crop along its longer side, round its middle.
        extent = found.max(axis=0) - found.min(axis=0)
        assert extent.max() == pytest.approx(256 / 1.25)
        np.testing.assert_allclose((found.max(axis=0) + found.min(axis=0)) / 2, 127.5)
        scale = (points.max(axis=0) - points.min(axis=0)).max() * 1.25 / 256
        np.testing.assert_allclose(np.diff(found, axis=0) * scale, np.diff(points, axis=0))
        assert float(normaliser) == pytest.approx(np.linalg.norm(points[36] - points[45]))


class LeftHalf(CropPolicy):
    """Half of the face, to the left of its middle."""

    def __call__(self, record, rng):
        x, y, side, _ = LandmarkBox(1.25)(record, rng)
        return Window(x - side / 2, y, side)


class Elsewhere(CropPolicy):
    """A window without a face."""

    def __call__(self, record, rng):
        return Window(-1000.0, -1000.0, 10.0)


def test_points_outside_the_crop_are_left_out_and_counted(tmp_path):
    write_300w(tmp_path, faces_per_folder=2, folders=["ibug"])
    faces = place_faces(BENCHMARKS["300w"](tmp_path), "ibug", CROP, LeftHalf())
    out = faces.points_crop.isnan().any(dim=-1)
    assert faces.outside == int(out.sum())
    assert 20 < faces.outside < 116
    assert faces.points_crop[~out].max() <= 255.5
    error = measure(METHODS["hih"](MARKUP_68, CROP, 64), faces)
    assert 0.15 < error.error_px < 0.23


def test_nothing_to_measure_is_an_error(tmp_path):
    write_300w(tmp_path, faces_per_folder=1, folders=["ibug"])
    with pytest.raises(DataError, match="no face with a point in its crop"):
        place_faces(BENCHMARKS["300w"](tmp_path), "ibug", CROP, Elsewhere())


def plain_points(count=40):
    faces = even_faces(count)
    return faces, ContinuousHeatmap(MARKUP_19, CROP, 64)


def test_noise_adds_to_the_error_and_the_draws_are_averaged():
    faces, codec = plain_points()
    exact = measure(codec, faces)
    levels = [
        measure(codec, faces, Condition("white_noise", level, (WhiteNoise(level),)))
        for level in (0.0, 0.05, 0.1)
    ]
    assert levels[0] == exact
    assert exact.error_px < 0.1 < levels[1].error_px < levels[2].error_px
    many = measure(codec, faces, Condition("white_noise", 0.1, (WhiteNoise(0.1),)), draws=4)
    assert many.error_px == pytest.approx(levels[2].error_px, rel=0.1)
    # Draws of one face are independent here, so that the standard error halves.
    assert many.error_se == pytest.approx(levels[2].error_se / 2, rel=0.35)
    assert measure(codec, faces, levels_condition(), seed=1) != levels[2]


def levels_condition():
    return Condition("white_noise", 0.1, (WhiteNoise(0.1),))


def test_the_standard_error_is_that_of_faces():
    faces, codec = plain_points()
    found = [measure(codec, faces, levels_condition(), seed=seed).error_px for seed in range(12)]
    stated = measure(codec, faces, levels_condition()).error_se
    assert float(np.std(found, ddof=1)) == pytest.approx(stated, rel=0.6)


def test_median_and_calibration_are_those_of_the_points():
    faces, codec = plain_points(count=6)
    condition = levels_condition()
    keys = [(0, face, 0) for face in range(6)]
    corrupted = CorruptedFaces(faces.points_crop, keys, CROP, 64, condition)
    decoded = codec.decode(corrupted.fields(codec))
    errors = (decoded.points.double() - faces.points_crop).flatten(0, 1)
    found = measure(codec, faces, condition)
    assert found.median_px == pytest.approx(float(errors.norm(dim=-1).median()))
    assert found.calibration == calibration(errors, decoded.covariance.flatten(0, 1))


def test_the_difference_to_the_best_is_paired():
    faces = even_faces(count=30)
    methods = {name: METHODS[name] for name in ("argmax", "quarter_offset", "hih")}
    condition = Condition("width", 1.5, (Width(1.5),))
    rows = oracle(faces, MARKUP_19, [64], methods, [condition])
    found = {row.method: row for row in rows}
    assert found["quarter_offset"].difference is None
    value, low, high = found["argmax"].difference
    expected = found["argmax"].error.error_px - found["quarter_offset"].error.error_px
    assert value == pytest.approx(expected)
    assert 0 < low < value < high
    assert found["hih"].error is None
    assert found["hih"].difference is None
    assert "Width redraws maps" in found["hih"].note


def test_one_spread_for_all_gives_decoders_the_same_maps():
    faces = even_faces(count=3)
    methods = {
        "own": lambda markup, crop, size: ContinuousHeatmap(markup, crop, size, sigma=2.0),
        "other": lambda markup, crop, size: ContinuousHeatmap(markup, crop, size, sigma=1.0),
        "hih": METHODS["hih"],
    }
    rows = oracle(faces, MARKUP_19, [32], methods, [levels_condition()], sigma=1.5)
    expected = measure(ContinuousHeatmap(MARKUP_19, CROP, 32, sigma=1.5), faces, levels_condition())
    assert rows[0].error == rows[1].error == expected
    assert [row.sigma for row in rows] == [1.5, 1.5, None]


def test_a_row_for_every_method_size_and_condition():
    conditions = [Condition("width", level, (Width(level),)) for level in (1.0, 2.0)]
    methods = {name: METHODS[name] for name in ("argmax", "hih")}
    rows = oracle(even_faces(count=2), MARKUP_19, [32, 16], methods, conditions)
    assert [(row.method, row.heatmap_size, row.condition.level) for row in rows] == [
        (method, size, level) for method in methods for size in (16, 32) for level in (1.0, 2.0)
    ]


def test_a_single_face_has_no_interval():
    rows = oracle(even_faces(count=1), MARKUP_19, [32], {n: METHODS[n] for n in ("argmax", "hih")})
    assert math.isnan(rows[0].error.error_se)
    assert math.isnan(rows[0].difference.low)
