import numpy as np
import pytest
import torch

from landmarks.benchmarks.w300 import W300
from landmarks.benchmarks.w300lp import W300LP
from landmarks.benchmarks.w300private import W300Private
from landmarks.data.augmentation import Augmentation
from landmarks.data.datamodule import FaceDataModule
from landmarks.data.photo_file import PhotoFile
from landmarks.data.photometry import Photometry
from landmarks.data.prepared.preparation import plan
from landmarks.data.prepared.wanted import evaluated_faces, training_faces, wanted_photos
from landmarks.errors import SettingsError
from tests.benchmarks.official.w300 import write_300w


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory):
    root = tmp_path_factory.mktemp("300w")
    write_300w(root, faces_per_folder=4)
    return W300(root)


def data(benchmark, **settings):
    defaults = {"crop_size": 32, "batch_size": 2, "validation": 0.25, "workers": 0}
    return FaceDataModule(benchmark, **{**defaults, **settings})


def test_held_out_faces_are_apart_and_the_same_for_every_seed(benchmark):
    first, second = data(benchmark, seed=0), data(benchmark, seed=1)
    for module in (first, second):
        module.setup("fit")
    names = [
        {record.photo.name for record in module.training_set().records}
        for module in (first, second)
    ]
    (held_out,) = first.evaluation("validate")
    assert names[0] == names[1]
    assert len(names[0]) == 9
    assert len(held_out.records) == 3
    assert not names[0] & {record.photo.name for record in held_out.records}
    assert held_out.split == "validation"


def test_test_splits_are_untouched_while_fitting(benchmark, monkeypatch):
    asked = []
    monkeypatch.setattr(
        W300,
        "records",
        lambda self, split, ask=W300.records: asked.append(split) or ask(self, split),
    )
    module = data(benchmark)
    module.setup("fit")
    assert asked == ["train"]
    module = data(benchmark, test_splits=["ibug", "lfpw/testset"])
    module.setup("test")
    assert asked == ["train", "ibug", "lfpw/testset"]
    loaders = module.test_dataloader()
    assert [sum(len(batch.face) for batch in loader) for loader in loaders] == [4, 4]


def test_the_truth_stands_beside_the_crops(benchmark):
    module = data(benchmark, test_splits=["ibug"])
    module.setup("test")
    (truth,) = module.evaluation("test")
    np.testing.assert_array_equal(truth.points_photo[2], truth.records[2].points_photo)
    corners = truth.points_photo[:, 36] - truth.points_photo[:, 45]
    torch.testing.assert_close(truth.normalisers[:, 0], corners.norm(dim=-1))


def test_batches_repeat_by_seed_and_differ_by_epoch(benchmark):
    def batches(seed, epoch):
        module = data(benchmark, seed=seed, photometry=Photometry())
        module.setup("fit")
        loader = module.train_dataloader()
        loader.sampler.set_epoch(epoch)
        return torch.cat([batch.image for batch in loader])

    assert torch.equal(batches(0, 1), batches(0, 1))
    assert not torch.equal(batches(0, 1), batches(0, 2))
    assert not torch.equal(batches(0, 1), batches(1, 1))


def test_the_digest_tells_crops_apart(benchmark):
    def digest(**settings):
        module = data(benchmark, **settings)
        module.setup("fit")
        return module.draws_digest()

    assert digest() == digest()
    assert len({digest(), digest(seed=1), digest(crop_size=40), digest(batch_size=3)}) == 4
    assert digest() != digest(augmentation=Augmentation(rotation=10))
    assert digest() != digest(photometry=Photometry())


def test_settings_that_cannot_work_are_refused(benchmark):
    with pytest.raises(ValueError, match="validation is 0"):
        data(benchmark, validation=0)
    with pytest.raises(ValueError, match="leaves 12 to train on and 0 to validate on"):
        data(benchmark, validation=0.01).setup("fit")
    module = data(benchmark, batch_size=64)
    module.setup("fit")
    with pytest.raises(ValueError, match="larger than the 9 training faces"):
        module.train_dataloader()


def test_prepared_windows_change_nothing_but_the_reading(benchmark, tmp_path, monkeypatch):
    def prepared_faces():
        module = data(benchmark)
        module.setup("fit")
        yield from training_faces("300w", module.training_set().records, module.training_set())
        yield from evaluated_faces("300w", module.val_dataloader().dataset)
        module.setup("test")
        for loader in module.test_dataloader():
            yield from evaluated_faces("300w", loader.dataset)

    plan(tmp_path, wanted_photos(prepared_faces())).write()
    plain, prepared = data(benchmark), data(benchmark, prepared=tmp_path)
    for module in (plain, prepared):
        module.setup("fit")
        module.setup("test")
        module.views = 2
    assert prepared.draws_digest() == plain.draws_digest()

    def batches(module):
        loaders = [module.train_dataloader(), module.val_dataloader(), *module.test_dataloader()]
        for epoch in range(3):
            loaders[0].sampler.set_epoch(epoch)
            for loader in loaders:
                yield from loader

    expected = list(batches(plain))
    monkeypatch.setattr(PhotoFile, "read", lambda self: pytest.fail("decoded"))
    for found, other in zip(batches(prepared), expected, strict=True):
        assert all(torch.equal(one, another) for one, another in zip(found, other, strict=True))


def test_a_benchmark_without_test_faces_says_so():
    module = FaceDataModule(W300LP(None), crop_size=32)
    with pytest.raises(SettingsError, match=r"300W-LP has only training faces; test on another"):
        module.setup("test")


def test_a_benchmark_without_training_faces_says_so():
    module = FaceDataModule(W300Private(None), crop_size=32)
    with pytest.raises(SettingsError, match=r"has only test faces; name a benchmark to train on"):
        module.setup("fit")
