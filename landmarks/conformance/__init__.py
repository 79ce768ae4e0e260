"""Whether a codec keeps the contract of `landmarks.codecs.Codec`: each promise is a check."""

from landmarks.conformance.base import Check, Failed, Outcome, Passed, Skipped
from landmarks.conformance.subject import Subject
from landmarks.conformance.suite import CHECKS, Finding, Report, check_codec

__all__ = [
    "CHECKS",
    "Check",
    "Failed",
    "Finding",
    "Outcome",
    "Passed",
    "Report",
    "Skipped",
    "Subject",
    "check_codec",
]
