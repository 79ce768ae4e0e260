import torch

from landmarks.metrics.predictions import PredictedPoints


def test_each_face_comes_once_in_order_with_its_first_points():
    metric = PredictedPoints()
    random = torch.Generator().manual_seed(0)
    points = torch.randn(5, 3, 2, generator=random)
    covariances = torch.randn(5, 3, 2, 2, generator=random)
    metric.update(points[:3], covariances[:3], torch.tensor([4, 0, 2]))
    metric.update(points[3:], covariances[3:], torch.tensor([4, 1]))
    found = metric.compute()
    assert found.face.tolist() == [0, 1, 2, 4]
    assert found.points.dtype == found.covariances.dtype == torch.float64
    torch.testing.assert_close(found.points.float(), points[[1, 4, 2, 0]])
    torch.testing.assert_close(found.covariances.float(), covariances[[1, 4, 2, 0]])
    metric.reset()
    assert metric.face == metric.points == metric.covariances == []
