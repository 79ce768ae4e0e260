import numpy as np
import pytest
import torch

from landmarks.analysis import codec_loops
from landmarks.analysis.codec_speed import loop_of
from landmarks.codecs import HIH, Argmax, ContinuousHeatmap, Dark, LocalSoftArgmax, QuarterOffset
from landmarks.codecs.gaussian import draw_gaussians
from landmarks.geometry import Size
from landmarks.markups import MARKUP_19
from tests.codecs import reference

SIZE = Size(48, 40)
PEAKS = {
    "argmax": Argmax(),
    "quarter_offset": QuarterOffset(),
    "dark": Dark(11),
    "dark_7": Dark(7),
    "local_soft_argmax": LocalSoftArgmax(),
    "local_soft_argmax_9": LocalSoftArgmax(9, 5.0),
}


def loop(name):
    return loop_of(ContinuousHeatmap(MARKUP_19, Size(96, 80), 48, peak=PEAKS[name]))


def maps(count, noise, seed=0):
    """Gaussians all over the map, up to and beyond its border."""
    rng = np.random.default_rng(seed)
    cells = torch.from_numpy(rng.uniform(-1, [SIZE.width, SIZE.height], (1, count, 2)))
    drawn = draw_gaussians(cells, SIZE, 2.0).float()
    generator = torch.Generator().manual_seed(seed)
    return cells[0], drawn + noise * torch.randn(drawn.shape, generator=generator)


def worst(name, count, noise):
    _, fields = maps(count, noise)
    found = PEAKS[name](fields).cells[0].double().numpy()
    expected = codec_loops.decode(list(fields[0].numpy()), loop(name))
    return np.abs(found - expected).max()


@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize("name", PEAKS)
def test_the_peaks_agree_with_the_loops(name, noise):
    assert worst(name, 300, noise) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("name", PEAKS)
def test_the_peaks_agree_with_the_loops_on_ten_thousand_points(name):
    assert worst(name, 10_000, 0.0) < 1e-4


def test_the_encoder_agrees_with_the_loop():
    cells, fields = maps(50, 0.0)
    expected = codec_loops.encode(cells.numpy(), *SIZE, sigma=2.0)
    np.testing.assert_allclose(fields[0].numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["argmax", "quarter_offset", "local_soft_argmax"])
def test_the_loops_are_what_the_definitions_say(name):
    _, fields = maps(15, 0.01)
    plain = {
        "argmax": reference.argmax,
        "quarter_offset": reference.quarter_offset,
        "local_soft_argmax": lambda field: reference.local_soft_argmax(field, 5, 10.0),
    }[name]
    for field in fields[0].numpy():
        np.testing.assert_allclose(loop(name)(field), plain(field.astype(float)), atol=1e-4)


def test_a_codec_without_a_loop_has_none():
    assert loop_of(HIH(MARKUP_19, Size(64, 64), 16)) is None
