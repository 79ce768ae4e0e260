"""What every codec promises, whatever its parameters: each check of conformance over each codec."""

import math
from functools import cache

import pytest
import torch

from landmarks.codecs import HIH, ContinuousHeatmap, IntegerHeatmap
from landmarks.codecs.gaussian import GaussianHeatmap
from landmarks.conformance import CHECKS, Failed, Skipped, Subject
from landmarks.conformance.portability import EXPORT, ONNX
from landmarks.geometry import Size
from tests.codecs.methods import ALL, DEVIATIONS, NAMED, POINTS

PAIRS = [
    pytest.param(name, check, id=f"{name}-{check.title}")
    for name in ALL
    for check in CHECKS
    # Settings change no operation that an exporter sees, and exporting takes seconds.
    if name in NAMED or check not in (EXPORT, ONNX)
]


@cache
def subject(name):
    return Subject(ALL[name])


@pytest.mark.parametrize(("name", "check"), PAIRS)
def test_the_contract_is_kept(name, check):
    outcome = check(subject(name))
    if isinstance(outcome, Skipped):
        pytest.skip(outcome.reason)
    if check.title in DEVIATIONS.get(name, ()):
        assert isinstance(outcome, Failed), "no longer deviates: take it off the list"
    else:
        assert not isinstance(outcome, Failed), f"{check.rule} {outcome}"


def test_deviations_are_of_codecs_and_checks():
    assert set(DEVIATIONS) <= set(ALL)
    assert set().union(*DEVIATIONS.values()) <= {check.title for check in CHECKS}


@pytest.mark.parametrize("name", ALL)
def test_any_map_decodes_to_a_point_on_the_crop(name):
    codec = subject(name)
    if not codec.has_maps:
        pytest.skip("coordinates may leave the crop")
    height, width = codec.size
    for _, outputs in codec.odd_outputs():
        points = codec.decode_points(outputs)
        assert (points >= -0.5 - 1e-4).all()
        assert (points <= torch.tensor([width, height]) - 0.5 + 1e-4).all()


@pytest.mark.parametrize("name", ALL)
def test_targets_of_gaussians_lie_between_0_and_1_wherever_the_points(name):
    codec = subject(name).codec
    if not isinstance(codec, GaussianHeatmap | HIH):
        pytest.skip("its target is no Gaussian of height 1")
    for far in (-1e6, -300.0, -0.6, 255.6, 1e6, 1e30, math.inf, -math.inf):
        points = subject(name).faces(2)
        points[0, :, 0] = far
        points[1, 1] = far
        for field, target in codec.encode(points).items():
            assert codec.fields[field].channels == codec.markup.count
            assert target.min() >= 0
            assert target.max() <= 1


@pytest.mark.parametrize("kind", [ContinuousHeatmap, IntegerHeatmap, HIH])
def test_impossible_settings_are_refused(kind):
    with pytest.raises(ValueError, match="does not fit a crop"):
        kind(POINTS, Size(32, 32), 64)
    for sigma in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match=r"spread|sigma"):
            kind(POINTS, Size(64, 64), 16, sigma=sigma)
