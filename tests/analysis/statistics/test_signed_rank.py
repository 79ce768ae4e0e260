import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from landmarks.analysis.statistics.signed_rank import signed_rank


@given(st.lists(st.integers(-5, 5), min_size=3, max_size=80))
@settings(max_examples=30, deadline=None)
def test_p_is_scipys(differences):
    values = np.array(differences, dtype=float)
    found = signed_rank(values)
    if not values.any():
        assert found == (1.0, 0.0)
        return
    if len(values) > 13:  # with fewer, SciPy goes through all signs where there are ties
        assert found.p == stats.wilcoxon(values, zero_method="pratt").pvalue
    turned = signed_rank(-values)
    assert turned.p == pytest.approx(found.p)
    assert turned.direction == pytest.approx(-found.direction)
    assert -1 <= found.direction <= 1


def test_few_faces_without_ties_are_exact():
    values = np.random.default_rng(0).normal(0.3, 1, 12)
    assert signed_rank(values).p == stats.wilcoxon(values, method="exact").pvalue


def test_the_direction_is_the_share_of_ranks():
    assert signed_rank(np.array([1.0, 2.0, 3.0])).direction == 1
    assert signed_rank(np.array([-1.0, -2.0, 3.0])).direction == 0
    assert signed_rank(np.array([0.0, 0.0, -3.0, 0.1])).direction == pytest.approx(-1 / 7)


def test_a_lost_face_counts_as_the_largest_difference():
    lost = signed_rank(np.array([np.inf, *-np.arange(1.0, 30.0)]))
    large = signed_rank(np.array([1e6, *-np.arange(1.0, 30.0)]))
    assert lost == large
