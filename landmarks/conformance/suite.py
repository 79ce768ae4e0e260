"""All checks, and how a codec goes through them."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch

from landmarks.codecs.base import Codec
from landmarks.conformance import (
    accuracy,
    decoding,
    equivariance,
    fields,
    portability,
    purity,
    training,
)
from landmarks.conformance.base import Check, Failed, Outcome, Passed, Skipped
from landmarks.conformance.subject import Subject

CHECKS: Sequence[Check] = (
    fields.FIELDS,
    fields.DECODED,
    fields.ANY_POINTS,
    accuracy.STATED_ERROR,
    accuracy.ROUND_TRIP,
    accuracy.TIGHT_BOUND,
    accuracy.BIAS,
    accuracy.BORDER,
    accuracy.FLOAT16,
    accuracy.BFLOAT16,
    accuracy.HALF_PRECISION_IS_USEFUL,
    equivariance.FLIP,
    equivariance.FLIPPED_TARGETS,
    equivariance.AFFINE,
    equivariance.WARPS_BY_FACE,
    equivariance.WARP_PRECISION,
    equivariance.WARP_GRADIENT,
    decoding.ANY_OUTPUTS,
    decoding.COVARIANCE,
    decoding.BATCH_OF_ONE,
    training.MISSING_POINTS,
    training.NO_POINTS,
    training.MEAN_OVER_POINTS,
    training.SUPERVISE,
    training.LEAST_AT_THE_TRUTH,
    training.DESCENT,
    training.FLAT_AT_THE_TARGET,
    training.GRADIENT,
    purity.NOTHING_LEARNT,
    purity.NO_RANDOM_NUMBER,
    purity.DETERMINISM,
    purity.SAME_TARGETS,
    purity.DECODING_ARGUMENTS,
    portability.AUTOCAST,
    portability.ANY_DEVICE,
    portability.GPU,
    portability.EXPORT,
    portability.ONNX,
)
"""The whole contract of `Codec`."""


class Finding(NamedTuple):
    """What a check found.

    Attributes:
        check: The check.
        outcome: Whether the codec keeps the promise.
    """

    check: Check
    outcome: Outcome


class Report(NamedTuple):
    """What all checks found of one codec.

    Attributes:
        findings: One for each check, in order.
    """

    findings: Sequence[Finding]

    @property
    def failed(self) -> list[Finding]:
        """The checks that found a promise broken."""
        return [finding for finding in self.findings if isinstance(finding.outcome, Failed)]

    @property
    def skipped(self) -> list[Finding]:
        """The checks that say nothing here."""
        return [finding for finding in self.findings if isinstance(finding.outcome, Skipped)]

    @property
    def passed(self) -> list[Finding]:
        """The checks that found a promise kept."""
        return [finding for finding in self.findings if isinstance(finding.outcome, Passed)]


def check_codec(
    build: Callable[[], Codec],
    checks: Iterable[Check] = CHECKS,
    device: torch.device | str = "cpu",
) -> Report:
    """Runs a codec through checks.

    Args:
        build: Builds the codec; called more than once.
        checks: The checks; the whole contract unless told.
        device: Where the codec is checked.

    Raises:
        Exception: What building the codec raises; all else that it raises is a finding.

    >>> from landmarks.codecs import ContinuousHeatmap
    >>> from landmarks.geometry import Size
    >>> from landmarks.markups import MARKUP_19
    >>> report = check_codec(
    ...     lambda: ContinuousHeatmap(MARKUP_19, Size(64, 64), 16), [accuracy.BIAS, fields.FIELDS]
    ... )
    >>> len(report.passed), report.failed
    (2, [])
    """
    subject = Subject(build, device)
    return Report([Finding(check, check(subject)) for check in checks])
