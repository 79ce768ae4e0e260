import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.metrics.area import ExactArea, SimpsonArea, TrapezoidArea
from landmarks.metrics.face_errors import AreaUnderCED
from landmarks.metrics.functional import (
    area_under_ced,
    area_under_ced_simpson,
    area_under_ced_trapezoid,
)

RULES = {
    ExactArea(): area_under_ced,
    SimpsonArea(): area_under_ced_simpson,
    SimpsonArea(1e-2): lambda nme, threshold: area_under_ced_simpson(nme, threshold, 1e-2),
    TrapezoidArea(): area_under_ced_trapezoid,
}
NME = torch.tensor([0.0213, 0.0333, 0.0351, 0.0478, 0.0702, 0.1501, float("inf")])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("threshold", [0.05, 0.08])
def test_a_rule_is_its_function(rule, threshold):
    assert rule(NME, threshold) == RULES[rule](NME, threshold)


def test_the_rules_differ_where_published_numbers_do():
    values = [float(rule(NME, 0.08)) for rule in RULES]
    assert len(set(values)) == len(values)
    assert values[3] > values[0]
    assert values[1] == pytest.approx(values[0], abs=1e-3)


@given(
    st.lists(st.floats(0, 0.3), min_size=1, max_size=20),
    st.sampled_from([ExactArea(), TrapezoidArea()]),
)
@settings(max_examples=50, deadline=None)
def test_an_area_is_a_fraction_whatever_the_order(nme, rule):
    area = rule(torch.tensor(nme, dtype=torch.float64), 0.1)
    assert 0 <= area <= 1
    assert rule(torch.tensor(nme[::-1], dtype=torch.float64), 0.1) == area


def test_rules_say_what_they_are():
    descriptions = [rule.description for rule in RULES]
    assert descriptions == [
        "exact",
        "Simpson's rule in steps of 0.01 %",
        "Simpson's rule in steps of 1 %",
        "trapezoids over the sorted errors",
    ]


@pytest.mark.parametrize("step", [0.0, -1e-4, float("nan"), float("inf")])
def test_a_step_must_be_a_fraction(step):
    with pytest.raises(ValueError, match="expected a fraction above 0"):
        SimpsonArea(step)


def test_the_metric_integrates_by_the_rule_it_is_given():
    metric = AreaUnderCED(0.08, area=TrapezoidArea())
    metric.update(NME, torch.arange(len(NME)))
    assert metric.compute() == area_under_ced_trapezoid(NME, 0.08)
