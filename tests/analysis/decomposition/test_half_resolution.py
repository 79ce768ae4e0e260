import numpy as np
import pytest
import torch

from landmarks.analysis.decomposition import CropPlaces, predict_at_half_resolution
from landmarks.analysis.decomposition.half_resolution import halved_detail
from landmarks.backbones.base import Network
from landmarks.codecs import Coordinates
from landmarks.datamodules import W300Data
from landmarks.geometry import apply_affine
from landmarks.objectives import Supervised
from landmarks.schedules import OneCycle
from landmarks.task import LandmarkTask
from tests.benchmarks.official.w300 import write_300w

CROP = 32


class Detail(Network):
    """Emits coordinates that hang on how much neighbouring pixels differ."""

    def __init__(self, fields, crop_size):
        super().__init__()
        self.noise = torch.nn.Dropout(0.5)
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, image):
        detail = image.diff(dim=-1).abs().mean(dim=(1, 2, 3)).clamp(max=1)
        detail = self.noise(detail)
        return [{"coordinates": detail[:, None, None, None].expand(-1, 136, 1, 1)}]


@pytest.fixture
def trained(tmp_path):
    write_300w(tmp_path, faces_per_folder=5, folders=("afw", "helen/trainset", "lfpw/testset"))
    data = W300Data(tmp_path, crop_size=CROP, batch_size=2, test_splits=["lfpw/testset"], workers=0)
    task = LandmarkTask(
        benchmark=data.benchmark,
        crop_size=CROP,
        codec=Coordinates,
        network=Detail,
        objective=Supervised(),
        optimizer=torch.optim.SGD,
        scheduler=OneCycle,
    )
    data.setup("test")
    return task, data


def test_the_networks_see_crops_of_half_the_detail(trained):
    task, data = trained
    found = predict_at_half_resolution(task, data)
    (faces,) = data.evaluation("test")
    results = found["lfpw/testset"]
    assert results.face.tolist() == list(range(5))
    for batch in data.test_dataloader()[0]:
        for place, image in zip(batch.face.tolist(), batch.image.numpy(), strict=True):
            small = image.reshape(3, CROP // 2, 2, CROP // 2, 2).mean(axis=(2, 4))
            back = torch.nn.functional.interpolate(
                torch.from_numpy(small)[None], size=(CROP, CROP), mode="bilinear"
            )[0]
            detail = float(back.diff(dim=-1).abs().mean().clamp(max=1))
            middle = torch.full((68, 2), ((detail + 1) * CROP - 1) / 2, dtype=torch.float64)
            wanted = apply_affine(CropPlaces.of(data).photo_from_crop[faces.split][place], middle)
            assert np.allclose(results.points_photo[place], wanted.numpy(), atol=1e-3)
    assert np.array_equal(results.true_points_photo, faces.points_photo.numpy())
    assert results.covariances_photo is not None


def test_nothing_is_disturbed(trained):
    task, data = trained
    task.network.noise.eval()
    task.codec.train()
    modes = {name: module.training for name, module in task.named_modules()}
    state = torch.random.get_rng_state()
    numpy_state = np.random.get_state()[1].tolist()  # noqa: NPY002
    first = predict_at_half_resolution(task, data)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert np.random.get_state()[1].tolist() == numpy_state  # noqa: NPY002
    assert {name: module.training for name, module in task.named_modules()} == modes
    assert task.test_results == {}
    again = predict_at_half_resolution(task, data)
    for split, results in first.items():
        assert np.array_equal(results.points_photo, again[split].points_photo)


@pytest.mark.parametrize("size", [(6, 8), (5, 7), (1, 1)])
def test_halving_keeps_size_and_even_pictures(size):
    image = torch.full((2, 3, *size), 0.7)
    assert torch.allclose(halved_detail(image), image)


def test_halving_takes_what_is_finer_than_two_pixels():
    stripes = torch.zeros(1, 1, 8, 8)
    stripes[..., ::2] = 1
    assert torch.allclose(halved_detail(stripes), torch.tensor(0.5))
    # A slope is kept, but for the outermost pixels.
    slope = torch.arange(8.0).expand(1, 1, 8, 8)
    assert torch.allclose(halved_detail(slope)[..., 1:-1], slope[..., 1:-1])
