import math

import pytest
import torch

from landmarks.losses import MSE, AdaptiveWing, Weighted


def test_a_peak_and_the_ring_round_it_count_more():
    target = torch.zeros(1, 1, 7, 7)
    target[..., 3, 3] = 1
    cells = Weighted(MSE(), weight=10).cells(target + 1, target)[0, 0]
    expected = torch.ones(7, 7)
    expected[2:5, 2:5] = 11
    assert torch.equal(cells, expected)


def test_the_threshold_itself_belongs_to_the_peak():
    target = torch.tensor([[[[0.2, 0.0, 0.0, 0.1999]]]])
    cells = Weighted(MSE(), dilation=1).cells(target + 1, target)
    torch.testing.assert_close(cells, torch.tensor([[[[11.0, 1.0, 1.0, 1.0]]]]))


def test_no_weight_leaves_the_loss_as_it_is():
    output, target = torch.randn(2, 1, 2, 5, 5)
    loss = AdaptiveWing()
    assert torch.equal(Weighted(loss, weight=0)(output, target), loss(output, target))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weight": -1.0}, "at least 0"),
        ({"weight": math.nan}, "at least 0"),
        ({"dilation": 2}, "odd and positive"),
        ({"dilation": 0}, "odd and positive"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Weighted(MSE(), **settings)
