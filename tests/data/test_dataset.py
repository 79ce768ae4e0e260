import numpy as np
import torch
from torch.utils.data import DataLoader

from landmarks.batch import Record
from landmarks.data.augmentation import Augmentation
from landmarks.data.crops import LandmarkBox
from landmarks.data.dataset import CropDataset, collate_views, normalise_image, restore_image
from landmarks.data.photometry import Photometry
from landmarks.data.sampler import TrainingSampler
from landmarks.geometry import Size, apply_affine
from landmarks.markups import MARKUP_68
from tests.data.memory_photo import MemoryPhoto

SIZE = Size(48, 48)


def records(count=6):
    rng = np.random.default_rng(0)
    shape = MARKUP_68.mean_shape * 20 + [45, 40]
    return [
        Record(
            MemoryPhoto(f"face {i}", rng.integers(0, 255, (96, 90, 3)).astype(np.uint8)),
            shape + rng.normal(0, 1, shape.shape),
        )
        for i in range(count)
    ]


def dataset(**settings):
    return CropDataset(records(), MARKUP_68, SIZE, LandmarkBox(), **settings)


def same(first, second):
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_sample_maps_back_to_the_truth():
    faces = dataset(augmentation=Augmentation())
    for epoch in range(8):
        (sample,) = faces[epoch, 2]
        back = apply_affine(sample.photo_from_crop, sample.points.double())
        truth = torch.from_numpy(faces.records[2].points_photo)
        if faces.placement(epoch, 2, 0).mirrored:
            truth = truth[MARKUP_68.mirror_index]
        torch.testing.assert_close(back, truth, atol=1e-4, rtol=0)
    assert {faces.placement(epoch, 2, 0).mirrored for epoch in range(8)} == {True, False}


def test_evaluation_changes_nothing():
    (first,), (later,) = dataset()[0, 1], dataset()[5, 1]
    assert same(first, later)
    assert first.weight.all()
    assert first.points.min() > 0


def test_missing_and_outside_points_have_no_weight():
    faces = dataset()
    truth = faces.records[0].points_photo
    truth[5] = np.nan
    (sample,) = faces[0, 0]
    assert sample.weight[5] == 0
    assert sample.points[5].isnan().all()
    assert sample.weight.sum() == 67
    shifted = dataset(augmentation=Augmentation(shift=0.5))
    (sample,) = shifted[0, 0]
    outside = ((sample.points < -0.5) | (sample.points > 47.5)).any(dim=-1)
    assert outside.any()
    assert torch.equal(sample.weight == 0, outside)


def test_views_differ_and_each_depends_on_its_own_number_alone():
    settings = {"augmentation": Augmentation(), "photometry": Photometry()}
    (one,) = dataset(**settings)[3, 4]
    first, second = dataset(views=2, **settings)[3, 4]
    assert same(one, first)
    assert not torch.equal(first.photo_from_crop, second.photo_from_crop)
    assert first.face == second.face == 4


def test_collation_is_view_by_view():
    batch = collate_views([dataset(views=2)[0, face] for face in (3, 1)])
    assert batch.face.tolist() == [3, 1, 3, 1]
    assert batch.image.shape == (4, 3, 48, 48)


def test_workers_make_no_difference():
    def crops(workers, seed=0):
        faces = dataset(augmentation=Augmentation(), photometry=Photometry(), seed=seed)
        sampler = TrainingSampler(len(faces), 2, seed=seed)
        sampler.set_epoch(1)
        loader = DataLoader(
            faces, batch_size=2, sampler=sampler, num_workers=workers, collate_fn=collate_views
        )
        return list(loader)

    alone, shared = crops(0), crops(2)
    assert len(alone) == 3
    for first, second in zip(alone, shared, strict=True):
        assert same(first, second)
    assert not same(alone[0], crops(0, seed=1)[0])


def test_images_are_restored():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 3)).astype(np.uint8)
    np.testing.assert_array_equal(restore_image(normalise_image(pixels)), pixels)
