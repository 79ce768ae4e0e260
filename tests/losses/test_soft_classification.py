import math

import torch

from landmarks.losses import SoftClassification


def test_zero_where_output_and_target_agree():
    target = torch.rand(2, 3, 8, 8, dtype=torch.float64)
    assert SoftClassification()(target, target).abs().max() < 1e-15


def test_a_gaussian_target_is_nearly_flat():
    offsets = torch.arange(8.0) - 3
    target = torch.exp(-(offsets**2 + offsets[:, None] ** 2) / 2)[None, None]
    shares = target.flatten(2).softmax(-1)
    assert shares.max() / shares.min() < math.e + 1e-4
    flat = SoftClassification()(torch.zeros(1, 1, 8, 8), target)
    # Even a flat answer costs little: the reason why its weight is not comparable with that of MSE.
    assert 0 < float(flat) < 1e-3
