import numpy as np
import pytest

from landmarks.analysis.decomposition import error_terms
from landmarks.analysis.oracle import PlacedFaces, measure
from landmarks.codecs import Argmax, ContinuousHeatmap, Coordinates, Dark, IntegerHeatmap
from landmarks.markups import MARKUP_19
from tests.analysis.decomposition.simulated import (
    CROP,
    PROTOCOL,
    crop_places,
    decoded,
    mean_distance,
    results,
    run,
    to_photo,
    true_points,
)

FACES, SPREAD, STRIDE = 200, 2.0, 4.0
PER_CENT = 100 * 2.0 / 50.0  # of NME for a crop pixel: photo pixels in one over the normaliser
RNG = np.random.default_rng(3)
TRUTH = true_points(FACES, 19)
CROPS = crop_places(FACES)
NOISE = RNG.normal(0, SPREAD, TRUTH.shape)


def integer(peak=None):
    return IntegerHeatmap(MARKUP_19, CROP, 16, peak=peak)


def terms_of(row):
    return {term.name: term for term in row.terms}


def only(rows):
    (row,) = rows
    return row


def test_the_terms_add_up_to_the_total():
    codecs = {"argmax": integer(), "dark": integer(Dark(7)), "direct": Coordinates(MARKUP_19, CROP)}
    runs = []
    for seed in (0, 1):
        beliefs = TRUTH + np.random.default_rng(seed).normal(0, 1.5, TRUTH.shape)
        beyond = TRUTH.copy()
        beyond[0, :4] = -6.0  # outside the crop
        beyond[1, 2] = np.nan
        readings = {"argmax": decoded(codecs["argmax"], beliefs), "dark": beliefs + 0.1}
        for method, points in {**readings, "direct": beliefs - 0.2}.items():
            shared = f"shared-{seed}" if method in readings else None
            runs.append(run(method, results(points, beyond, CROPS), seed, shared))
    rows = error_terms(runs, codecs, CROPS, PROTOCOL)
    assert [row.method for row in rows] == ["argmax", "dark", "direct"]
    for row in rows:
        whole = 100 * np.mean([r.splits["test"].nme[PROTOCOL] for r in runs if r.method == row[0]])
        assert row.total.value == pytest.approx(whole)
        assert sum(term.nme.value for term in row.terms) == pytest.approx(whole, abs=1e-9)
        assert [term.name for term in row.terms] == ["crop", "encode", "decode", "network"]
        assert row.seeds == 2
        assert row.faces == FACES


def test_what_the_reading_costs_is_measured_face_by_face():
    """Two readings of one training: a plain loop over faces and points."""
    codecs = {"argmax": integer(), "dark": integer(Dark(7))}
    beliefs = TRUTH + NOISE
    coarse = decoded(codecs["argmax"], beliefs)
    runs = [
        run("argmax", results(coarse, TRUTH, CROPS), training="one"),
        run("dark", results(beliefs, TRUTH, CROPS), training="one"),
    ]
    rows = error_terms(runs, codecs, CROPS, PROTOCOL)
    assert [row.finest for row in rows] == ["dark", "dark"]
    total = 0.0
    for face in range(FACES):
        for point in range(19):
            truth = TRUTH[face, point]
            total += float(np.hypot(*(coarse[face, point] - truth)))
            total -= float(np.hypot(*(beliefs[face, point] - truth)))
    wanted = PER_CENT * total / (FACES * 19)
    argmax, dark = (terms_of(row) for row in rows)
    assert argmax["decode"].nme.value - dark["decode"].nme.value == pytest.approx(wanted)
    assert argmax["decode"].measured
    assert not dark["decode"].measured
    # DARK reads targets on whole cells nearly without loss.
    assert dark["decode"].nme.value == pytest.approx(0, abs=0.05 * wanted)
    # The outputs told the places within the cells: rounding the targets has cost nothing.
    assert dark["encode"].nme.value == pytest.approx(0, abs=0.05)
    assert argmax["encode"].nme.value == dark["encode"].nme.value
    assert dark["network"].nme.value == pytest.approx(PER_CENT * mean_distance(NOISE), rel=0.02)


def quantised_cost(spread, stride):
    """Of Gaussian errors met by a rounding that does not depend on them: plain quadrature.

    The error of rounding is even over the cell, so that the two add as independent numbers do.
    """
    rng = np.random.default_rng(9)
    noise = rng.normal(0, spread, (400_000, 2))
    rounding = rng.uniform(-stride / 2, stride / 2, noise.shape)
    return mean_distance(noise + rounding) - mean_distance(noise)


def test_rounding_in_the_decoder_costs_what_even_noise_does():
    """A fine prediction under a codec that reads whole cells off exact maps."""
    codec = ContinuousHeatmap(MARKUP_19, CROP, 16, peak=Argmax())
    found = results(TRUTH + NOISE, TRUTH, CROPS)
    terms = terms_of(only(error_terms([run("a", found)], {"a": codec}, CROPS, PROTOCOL)))
    wanted = PER_CENT * quantised_cost(SPREAD, STRIDE)
    assert terms["decode"].nme.value == pytest.approx(wanted, rel=0.05)
    assert terms["encode"].nme == (0, 0, 0)
    assert terms["crop"].nme == (0, 0, 0)
    # Independent variances: far below the oracle's mean error of a point, even over a cell.
    cell = RNG.uniform(-STRIDE / 2, STRIDE / 2, (200_000, 2))
    assert terms["decode"].oracle == pytest.approx(PER_CENT * mean_distance(cell), rel=0.02)
    assert terms["decode"].nme.value < 0.5 * terms["decode"].oracle


def test_rounding_in_the_target_costs_it_where_the_outputs_are_as_coarse():
    """The network emits the target of one point: its predictions lie on whole cells."""
    codec = integer()
    found = results(decoded(codec, TRUTH + NOISE), TRUTH, CROPS)
    terms = terms_of(only(error_terms([run("a", found)], {"a": codec}, CROPS, PROTOCOL)))
    once = PER_CENT * quantised_cost(SPREAD, STRIDE)
    # Rounded once more: a little less than the first time.
    assert 0.7 * once < terms["encode"].nme.value < once
    assert terms["decode"].nme.value == pytest.approx(0, abs=1e-4)
    assert 3 * terms["encode"].nme.value < terms["encode"].oracle * 2


def test_a_perfect_network_pays_what_the_oracle_says():
    codec = integer()
    found = results(decoded(codec, TRUTH), TRUTH, CROPS)
    row = only(error_terms([run("a", found)], {"a": codec}, CROPS, PROTOCOL))
    terms = terms_of(row)
    assert terms["encode"].oracle + terms["decode"].oracle == pytest.approx(row.total.value)
    assert terms["encode"].oracle == pytest.approx(row.total.value, rel=1e-4)


@pytest.mark.parametrize("codec", [integer(), ContinuousHeatmap(MARKUP_19, CROP, 16)])
def test_the_oracle_figure_is_that_of_the_oracle(codec):
    import torch

    placed = PlacedFaces(
        torch.from_numpy(TRUTH),
        CROPS.photo_from_crop["test"],
        torch.full((FACES,), 50.0, dtype=torch.float64),
        CROP,
        0,
        0,
    )
    row = only(error_terms([run("a", results(TRUTH, TRUTH, CROPS))], {"a": codec}, CROPS, PROTOCOL))
    terms = terms_of(row)
    wanted = 100 * measure(codec, placed).nme
    assert terms["encode"].oracle + terms["decode"].oracle == pytest.approx(wanted, abs=1e-5)


def test_points_outside_the_crop():
    truth = TRUTH.copy()
    truth[:, 0] = (-10.5, 20.0)  # ten pixels beyond the left edge
    seen = truth.copy()
    seen[:, 0, 0] = -0.5
    found = results(seen + np.array([0.0, 1.0]), truth, CROPS)
    codecs = {"a": Coordinates(MARKUP_19, CROP)}
    terms = terms_of(only(error_terms([run("a", found)], codecs, CROPS, PROTOCOL)))
    assert terms["crop"].oracle == pytest.approx(PER_CENT * 10 / 19)
    assert terms["crop"].nme.value == pytest.approx(PER_CENT * (np.hypot(10, 1) - 1) / 19)
    assert terms["network"].nme.value == pytest.approx(PER_CENT * 1)


def test_a_prediction_without_end_is_the_networks():
    points = TRUTH.copy()
    points[3, 4] = np.nan
    found = results(points, TRUTH, CROPS)
    found.nme[PROTOCOL][3] = np.inf
    terms = terms_of(only(error_terms([run("a", found)], {"a": integer()}, CROPS, PROTOCOL)))
    assert terms["network"].nme.value == np.inf
    assert np.isfinite([terms[name].nme.value for name in ("crop", "encode", "decode")]).all()


def test_foreign_predictions_have_no_codec_and_are_left_out():
    found = results(TRUTH + NOISE, TRUTH, CROPS)
    runs = [run("own", found), run("foreign", found, None)]
    rows = error_terms(runs, {"own": integer()}, CROPS, PROTOCOL)
    assert [row.method for row in rows] == ["own"]


def test_half_resolution_is_beside_the_sum():
    found, half = (results(TRUTH + scale * NOISE, TRUTH, CROPS) for scale in (1, 1.25))
    runs = [run("a", found, seed) for seed in (0, 1)]
    halves = {("a", seed): {"test": half} for seed in (0, 1)}
    codecs = {"a": ContinuousHeatmap(MARKUP_19, CROP, 16)}
    row = only(error_terms(runs, codecs, CROPS, PROTOCOL, halves))
    wanted = 0.25 * PER_CENT * mean_distance(NOISE)
    assert row.half_resolution.value == pytest.approx(wanted)
    assert row.half_resolution.low < wanted < row.half_resolution.high
    del halves["a", 1]
    assert only(error_terms(runs, codecs, CROPS, PROTOCOL, halves)).half_resolution is None


def test_photo_points_by_a_plain_formula():
    """The made-up faces are where the tests say: ten degrees, two photo pixels to one."""
    middle = to_photo(np.full((FACES, 1, 2), 31.5), CROPS)
    assert np.allclose(middle, (100.0, 90.0))
