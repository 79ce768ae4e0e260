import torch

from landmarks.codecs.density import LOWEST, from_highest, log_density, softmax_of


def test_the_softmax_of_the_logarithm_is_the_density():
    density = torch.rand(2, 3, 4, 5) + 0.01
    field = log_density(density)
    assert (field.amax(dim=(-2, -1)) == 0).all()
    torch.testing.assert_close(softmax_of(field), density / density.sum((-2, -1), keepdim=True))


def test_the_logarithm_of_nothing_is_flat_and_its_gradient_finite():
    density = torch.zeros(1, 2, 3, 3)
    density[0, 0, 1, 1] = 1e-20
    density.requires_grad_()
    field = log_density(density)
    assert (field[0, 1] == 0).all()
    assert field[0, 0].min() == LOWEST
    (gradient,) = torch.autograd.grad(field.square().sum(), density)
    assert gradient.isfinite().all()


def test_where_a_logarithm_is_missing_a_field_is_zero():
    log = torch.tensor([[[[-5.0, -7.0, -80.0]], [[torch.nan] * 3]]], dtype=torch.float64)
    found = from_highest(log)
    assert found.dtype == torch.float32
    assert found.tolist() == [[[[0, -2, LOWEST]], [[0, 0, 0]]]]
