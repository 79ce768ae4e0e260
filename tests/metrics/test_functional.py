"""Against plain loops over Python numbers, and by rules that hold for every set of faces."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import simpson

from landmarks.metrics.functional import (
    area_under_ced,
    area_under_ced_simpson,
    area_under_ced_trapezoid,
    ced,
    failure_rate,
    mean_error,
    normalised_mean_error,
    point_errors,
)

NAN, INF = math.nan, math.inf
few = settings(deadline=None, max_examples=40)
errors = st.lists(st.floats(0, 0.3), min_size=1, max_size=40)
thresholds = st.sampled_from([0.05, 0.07, 0.08, 0.10])
INTEGRALS = [area_under_ced, area_under_ced_simpson, area_under_ced_trapezoid]


def tensor(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


# --- points and faces ---


def test_nme_equals_a_plain_loop():
    rng = np.random.default_rng(0)
    true, predicted = rng.uniform(0, 300, (2, 9, 68, 2))
    true[rng.random((9, 68)) < 0.2] = NAN
    normaliser = rng.uniform(20, 90, 9)
    got = normalised_mean_error(tensor(predicted), tensor(true), tensor(normaliser))
    for face in range(9):
        distances = [
            math.dist(predicted[face, k], true[face, k])
            for k in range(68)
            if not math.isnan(true[face, k, 0])
        ]
        expected = math.fsum(distances) / len(distances) / normaliser[face]
        assert float(got[face]) == pytest.approx(expected, rel=1e-14)


def test_point_errors_mark_what_is_missing_and_what_is_no_number():
    true = tensor([[[0, 0], [NAN, 0], [0, 0], [0, 0], [NAN, NAN]]])
    predicted = tensor([[[3, 4], [3, 4], [NAN, 4], [INF, 4], [NAN, 0]]])
    got = point_errors(predicted, true)
    torch.testing.assert_close(got, tensor([[5, NAN, INF, INF, NAN]]), equal_nan=True)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_arithmetic_is_in_float64(dtype):
    true = torch.full((1, 1, 2), 4096.0, dtype=dtype)
    predicted = torch.zeros(1, 1, 2, dtype=dtype)
    got = normalised_mean_error(predicted, true, torch.ones(1, dtype=dtype))
    assert got.dtype == torch.float64
    assert float(got) == pytest.approx(4096 * math.sqrt(2), rel=1e-15)


def test_one_lost_point_makes_a_face_infinitely_wrong():
    predicted = tensor([[[1, 1], [NAN, 1]], [[1, 1], [1, 1]]])
    nme = normalised_mean_error(predicted, torch.zeros(2, 2, 2), torch.ones(2))
    assert nme.tolist() == [INF, pytest.approx(math.sqrt(2))]
    assert float(mean_error(nme)) == INF
    assert float(failure_rate(nme, 10.0)) == 0.5


@pytest.mark.parametrize("distance", [0.0, -1.0, NAN, INF])
def test_a_senseless_normaliser_is_refused(distance):
    with pytest.raises(ValueError, match=r"1 of 2 faces have a normaliser .* row 1"):
        normalised_mean_error(torch.ones(2, 1, 2), torch.zeros(2, 1, 2), tensor([1.0, distance]))


def test_a_face_without_truth_is_refused():
    true = tensor([[[0, 0]], [[NAN, NAN]]])
    with pytest.raises(ValueError, match=r"1 of 2 faces have no annotated point, .* row 1"):
        normalised_mean_error(torch.ones(2, 1, 2), true, torch.ones(2))


@few
@given(scale=st.floats(0.01, 100), seed=st.integers(0, 99))
def test_nme_does_not_depend_on_the_size_of_the_photo(scale, seed):
    true, predicted = torch.rand(
        2, 3, 5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)
    )
    normaliser = tensor([1.0, 2.0, 3.0])
    torch.testing.assert_close(
        normalised_mean_error(predicted * scale, true * scale, normaliser * scale),
        normalised_mean_error(predicted, true, normaliser),
        rtol=1e-9,
        atol=0,
    )


# --- sets of faces ---


@few
@given(nme=errors, threshold=thresholds)
def test_failure_rate_and_ced_equal_a_count(nme, threshold):
    failed = sum(e > threshold for e in nme) / len(nme)
    assert float(failure_rate(tensor(nme), threshold)) == failed
    grid = [0.0, 0.01, threshold, 0.2, *nme]
    expected = [sum(e <= x for e in nme) / len(nme) for x in grid]
    assert ced(tensor(nme), tensor(grid)).tolist() == pytest.approx(expected, abs=1e-15)


def test_an_error_on_the_threshold_is_no_failure():
    assert float(failure_rate(tensor([0.1, 0.1000001]), 0.1)) == 0.5
    assert ced(tensor([0.1]), tensor([0.1])).tolist() == [1.0]


@few
@given(nme=errors, threshold=thresholds)
def test_auc_is_the_integral_of_the_ced(nme, threshold):
    """The staircase is summed step by step between its edges."""
    edges = sorted({0.0, threshold, *(e for e in nme if e < threshold)})
    area = 0.0
    for left, right in pairwise(edges):
        height = sum(e <= left for e in nme) / len(nme)
        area += height * (right - left)
    assert float(area_under_ced(tensor(nme), threshold)) == pytest.approx(
        area / threshold, abs=1e-12
    )


@few
@given(nme=errors, threshold=thresholds)
def test_auc_lies_between_zero_and_one(nme, threshold):
    for integral in INTEGRALS:
        assert 0 <= float(integral(tensor(nme), threshold)) <= 1 + 1e-12
    if max(nme) == 0:
        assert float(area_under_ced(tensor(nme), threshold)) == 1


@few
@given(nme=errors, threshold=thresholds, seed=st.integers(0, 99))
def test_a_better_face_never_lowers_the_auc(nme, threshold, seed):
    worse = tensor(nme)
    better = worse * torch.rand(
        len(nme), dtype=torch.float64, generator=torch.Generator().manual_seed(seed)
    )
    assert float(area_under_ced(better, threshold)) >= float(area_under_ced(worse, threshold))
    assert float(failure_rate(better, threshold)) <= float(failure_rate(worse, threshold))
    assert float(mean_error(better)) <= float(mean_error(worse))


@few
@given(nme=errors, threshold=thresholds, scale=st.sampled_from([0.125, 0.5, 2.0, 8.0]))
def test_only_the_ratio_of_error_and_threshold_counts(nme, threshold, scale):
    for measure in (area_under_ced, area_under_ced_trapezoid, failure_rate):
        assert float(measure(tensor(nme) * scale, threshold * scale)) == pytest.approx(
            float(measure(tensor(nme), threshold)), abs=1e-12
        )


@few
@given(nme=errors, threshold=thresholds, order=st.randoms(use_true_random=False))
def test_the_order_of_faces_does_not_matter_to_the_last_digit(nme, threshold, order):
    shuffled = order.sample(nme, len(nme))
    assert float(mean_error(tensor(nme))) == float(mean_error(tensor(shuffled)))
    for measure in (*INTEGRALS, failure_rate):
        assert float(measure(tensor(nme), threshold)) == float(measure(tensor(shuffled), threshold))


@pytest.mark.parametrize("lost", [NAN, INF])
def test_a_lost_face_is_a_failure_and_lowers_the_area(lost):
    nme = tensor([0.0, lost])
    assert float(failure_rate(nme, 0.1)) == 0.5
    assert float(area_under_ced(nme, 0.1)) == 0.5
    assert float(area_under_ced_trapezoid(tensor([0.0, 0.0, lost]), 0.1)) == pytest.approx(2 / 3)
    assert float(area_under_ced_simpson(nme, 0.1)) == pytest.approx(0.5)
    assert ced(nme, tensor([1e9])).tolist() == [0.5]
    assert float(mean_error(nme)) == INF
    assert all(float(measure(tensor([lost]), 0.1)) == 0 for measure in INTEGRALS)


@pytest.mark.parametrize(
    "measure",
    [mean_error, lambda e: failure_rate(e, 0.1), lambda e: ced(e, torch.ones(1))]
    + [lambda e, m=m: m(e, 0.1) for m in INTEGRALS],
)
def test_no_faces_make_no_number(measure):
    with pytest.raises(ValueError, match="there are no faces"):
        measure(torch.zeros(0))


@pytest.mark.parametrize("threshold", [0.0, -0.1, NAN, INF])
@pytest.mark.parametrize("measure", [*INTEGRALS, failure_rate])
def test_a_senseless_threshold_is_refused(measure, threshold):
    with pytest.raises(ValueError, match="expected a fraction above 0"):
        measure(torch.ones(1), threshold)


# --- the published integrals ---


@few
@given(nme=errors, threshold=thresholds)
def test_simpson_equals_scipys_on_the_published_grid(nme, threshold):
    grid = np.linspace(0, threshold, round(threshold / 1e-4) + 1)
    curve = [np.count_nonzero(np.array(nme) <= x) / len(nme) for x in grid]
    expected = simpson(curve, x=grid) / threshold
    assert float(area_under_ced_simpson(tensor(nme), threshold)) == pytest.approx(
        expected, abs=1e-9
    )


@pytest.mark.parametrize(("threshold", "step"), [(0.1, 0.03), (0.1, 1.0), (0.0701, 1e-4)])
def test_simpson_takes_any_step(threshold, step):
    nme = tensor([0.0, 0.0])
    assert float(area_under_ced_simpson(nme, threshold, step)) == pytest.approx(1, abs=1e-12)


@few
@given(nme=errors, threshold=thresholds)
def test_trapezoid_equals_a_plain_loop(nme, threshold):
    """As LUVLi's code joins the sorted errors, up to the threshold."""
    ordered = sorted(nme)
    count = len(ordered)
    area = 0.0
    for i in range(count - 1):
        x0, x1 = ordered[i], ordered[i + 1]
        y0, y1 = (i + 1) / count, (i + 2) / count
        if x0 < threshold and x1 > x0:
            end = min(x1, threshold)
            y_end = y0 + (y1 - y0) * (end - x0) / (x1 - x0)
            area += (y0 + y_end) / 2 * (end - x0)
    area += max(0.0, threshold - ordered[-1])
    assert float(area_under_ced_trapezoid(tensor(nme), threshold)) == pytest.approx(
        area / threshold, abs=1e-9
    )


@few
@given(nme=errors, threshold=thresholds)
def test_the_published_integrals_are_as_far_off_as_stated(nme, threshold):
    exact = float(area_under_ced(tensor(nme), threshold))
    simpsons = float(area_under_ced_simpson(tensor(nme), threshold))
    assert abs(simpsons - exact) <= 2 / 3 * 1e-4 / threshold + 1e-12
    trapezoid = float(area_under_ced_trapezoid(tensor(nme), threshold))
    assert -1e-12 <= trapezoid - exact <= 1 / (2 * len(nme)) + 1e-12
