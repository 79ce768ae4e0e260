import torch

from landmarks.metrics.predictions import PredictedPoints


def test_each_face_comes_once_in_order_with_its_first_points():
    metric = PredictedPoints()
    points = torch.randn(5, 3, 2, generator=torch.Generator().manual_seed(0))
    metric.update(points[:3], torch.tensor([4, 0, 2]))
    metric.update(points[3:], torch.tensor([4, 1]))
    face, found = metric.compute()
    assert face.tolist() == [0, 1, 2, 4]
    assert found.dtype == torch.float64
    torch.testing.assert_close(found.float(), points[[1, 4, 2, 0]])
    metric.reset()
    assert metric.face == []
