import pytest

from landmarks.benchmarks import BENCHMARKS
from landmarks.metrics.area import ExactArea, TrapezoidArea
from landmarks.metrics.normalisers import InterPupil, LandmarkBoxSize
from landmarks.metrics.protocol import Protocol


def test_a_protocol_states_all_that_it_settles():
    box = Protocol(
        "300w_private/box",
        LandmarkBoxSize(),
        failure_threshold=0.07,
        auc_threshold=0.075,
        area=TrapezoidArea(),
    )
    assert box.description == (
        "sqrt(w·h) of the tight box of the true landmarks; FR above 7 %; AUC up to 7.5 %, "
        "trapezoids over the sorted errors"
    )


def test_the_area_is_exact_unless_told_otherwise():
    assert Protocol("x", LandmarkBoxSize()).area == ExactArea()


@pytest.mark.parametrize("threshold", [0.0, -0.1, float("nan")])
@pytest.mark.parametrize("which", ["failure_threshold", "auc_threshold"])
def test_a_threshold_must_be_a_fraction(which, threshold):
    with pytest.raises(ValueError, match="expected a fraction above 0"):
        Protocol("x", LandmarkBoxSize(), **{which: threshold})


def test_the_descriptions_name_the_points():
    assert InterPupil([8], [9]).description == "distance of the pupils, points 8 and 9"
    assert InterPupil([8, 10, 12], [9, 11]).description == (
        "distance of the eye centres, means of points 8, 10, 12 and of 9, 11"
    )


@pytest.mark.parametrize("name", BENCHMARKS)
def test_no_two_protocols_of_a_benchmark_share_a_name_or_a_meaning(name):
    protocols = BENCHMARKS[name].facts.protocols
    assert len({protocol.name for protocol in protocols}) == len(protocols)
    assert len({protocol.description for protocol in protocols}) == len(protocols)
    assert all(protocol.name.startswith(f"{name}/") for protocol in protocols)
