"""Every check can fail: a planted defect is found by the checks that it is about, and no other."""

import pytest

from landmarks.codecs.gaussian import ContinuousHeatmap
from landmarks.conformance import CHECKS, Failed, Passed, Skipped, Subject, check_codec
from landmarks.conformance.portability import EXPORT, GPU, ONNX
from landmarks.conformance.training import DESCENT
from tests.conformance.defective import (
    CELLS,
    DEFECTS,
    NOT_EXPORTABLE,
    POINTS,
    SIZE,
    Sound,
)

EXPORTING = (EXPORT, ONNX)
QUICK = [check for check in CHECKS if check not in (*EXPORTING, DESCENT)]


def test_the_sound_codec_passes_every_check():
    report = check_codec(Sound)
    assert report.failed == []
    assert {check.title for check, _ in report.skipped} <= {GPU.title}
    assert len(report.findings) == len(CHECKS)


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_found_by_its_checks_alone(name):
    defect = DEFECTS[name]
    # Following a loss takes long, and only a loss can lead astray.
    checks = [*QUICK, DESCENT] if DESCENT.title in defect.found_by else QUICK
    report = check_codec(defect.build, checks)
    found = {check.title: outcome for check, outcome in report.failed}
    assert set(found) == defect.found_by, found
    for outcome in found.values():
        assert outcome.at
        assert outcome.found != outcome.expected


def test_every_check_finds_a_defect():
    found = set().union(*(defect.found_by for defect in DEFECTS.values()))
    by_other_tests = {"decoding arguments", "torch.export", "onnx", "cpu = gpu"}
    assert found | by_other_tests == {check.title for check in CHECKS}


@pytest.mark.parametrize("check", EXPORTING)
def test_what_cannot_be_exported_is_found(check):
    outcome = check(Subject(NOT_EXPORTABLE.build))
    assert isinstance(outcome, Failed)


def test_misnamed_decoding_arguments_are_found():
    class Misnamed(Sound):
        decoding_arguments = frozenset({"peek"})

    (finding,) = check_codec(Misnamed, QUICK).failed
    assert finding.check.title == "decoding arguments"
    assert finding.outcome.found == "peek"
    assert "part" in finding.outcome.expected


def test_a_codec_that_raises_fails_where_it_raises():
    class Raising(Sound):
        def decode(self, outputs):
            raise ValueError("no such map\nsecond line")

    report = check_codec(Raising, QUICK)
    found = {check.title: outcome for check, outcome in report.failed}
    assert {"decoded", "round trip", "flip", "any outputs", "covariance"} <= set(found)
    assert "fields" not in found
    assert found["decoded"].found == "ValueError: no such map"
    assert "in decode" in found["decoded"].at
    assert "test_suite.py" in found["decoded"].at


def test_the_worst_case_is_named():
    class Off(Sound):
        def decode(self, outputs):
            decoded = super().decode(outputs)
            return decoded._replace(points=decoded.points + 3.0)

    (round_trip,) = (f for f in check_codec(Off, QUICK).failed if f.check.title == "round trip")
    assert round_trip.outcome.at.startswith("point (")
    assert "px off; the stated interior error is" in round_trip.outcome.by
    off = float(round_trip.outcome.by.split(" px off")[0])
    assert off == pytest.approx(3 * 2**0.5, abs=0.1)


def test_checks_say_what_they_measured():
    report = check_codec(lambda: ContinuousHeatmap(POINTS, SIZE, CELLS), QUICK)
    assert all(outcome.measured for _, outcome in report.passed)
    assert all(isinstance(outcome, Passed | Skipped) for _, outcome in report.findings)
    assert len({check.title for check in CHECKS}) == len({check.rule for check in CHECKS})
    assert len({check.title for check in CHECKS}) == len(CHECKS)
