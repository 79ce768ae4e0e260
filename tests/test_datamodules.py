import inspect

import pytest

from landmarks import datamodules
from landmarks.benchmarks import BENCHMARKS
from landmarks.data.datamodule import FaceDataModule

MODULES = [
    kind
    for kind in vars(datamodules).values()
    if inspect.isclass(kind)
    and issubclass(kind, FaceDataModule)
    and kind not in (FaceDataModule, datamodules.DrawnFacesData, datamodules.CustomData)
]


def test_every_benchmark_has_one(tmp_path):
    names = {kind(tmp_path).facts.name for kind in MODULES}
    assert names == set(BENCHMARKS)
    assert len(MODULES) == len(BENCHMARKS)


@pytest.mark.parametrize("name", ["synthetic", "synthetic_98", "synthetic_19"])
def test_drawn_faces_go_through(name, tmp_path):
    (kind,) = [kind for kind in MODULES if kind(tmp_path).facts.name == name]
    data = kind(tmp_path, 6, 2, 64, crop_size=32, batch_size=2, validation=0.34, workers=0)
    data.benchmark.prepare(["train", "test"])
    data.setup("fit")
    data.setup("test")
    batch = next(iter(data.train_dataloader()))
    count = BENCHMARKS[name].facts.markup.count
    assert batch.points.shape == (2, count, 2)
    assert batch.weight.mean() > 0.8
    assert len(data.evaluation("test")[0].records) == 2
