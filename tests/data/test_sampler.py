from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.data.sampler import EvaluationSampler, TrainingSampler


@settings(deadline=None, max_examples=50)
@given(
    devices=st.integers(1, 4),
    per_device=st.integers(1, 5),
    extra=st.integers(0, 40),
    seed=st.integers(0, 99),
)
def test_devices_together_see_what_one_device_sees(devices, per_device, extra, seed):
    batch_size = devices * per_device
    faces = batch_size + extra
    alone = TrainingSampler(faces, batch_size, seed)
    shared = [TrainingSampler(faces, batch_size, seed, devices, rank) for rank in range(devices)]
    for epoch in (0, 1):
        for sampler in (alone, *shared):
            sampler.set_epoch(epoch)
        whole, parts = list(alone), [list(sampler) for sampler in shared]
        assert len(whole) == len(alone) == faces // batch_size * batch_size
        assert len(set(whole)) == len(whole)
        for step in range(len(whole) // batch_size):
            one = whole[step * batch_size : (step + 1) * batch_size]
            together = [d for part in parts for d in part[step * per_device :][:per_device]]
            assert sorted(one) == sorted(together)


def test_order_depends_on_seed_and_epoch():
    def order(seed, epoch):
        sampler = TrainingSampler(50, 10, seed)
        sampler.set_epoch(epoch)
        return list(sampler)

    assert order(1, 2) == order(1, 2)
    assert [face for _, face in order(1, 2)] != [face for _, face in order(2, 2)]
    assert [face for _, face in order(1, 2)] != [face for _, face in order(1, 3)]
    assert {epoch for epoch, _ in order(1, 3)} == {3}


def test_every_face_comes_equally_often():
    counts = Counter()
    sampler = TrainingSampler(7, 5, 0)
    for epoch in range(700):
        sampler.set_epoch(epoch)
        counts.update(face for _, face in sampler)
    assert min(counts.values()) > 420
    assert max(counts.values()) < 580


def test_batches_that_cannot_be_dealt_are_refused():
    with pytest.raises(ValueError, match="batch_size 8 is larger than the 5 training faces"):
        TrainingSampler(5, 8, 0)
    with pytest.raises(ValueError, match="choose a multiple of 3"):
        TrainingSampler(50, 8, 0, devices=3)


@settings(deadline=None, max_examples=30)
@given(faces=st.integers(1, 30), devices=st.integers(1, 5))
def test_evaluation_covers_every_face(faces, devices):
    parts = [list(EvaluationSampler(faces, devices, rank)) for rank in range(devices)]
    assert len({len(part) for part in parts}) == 1
    assert {face for part in parts for _, face in part} == set(range(faces))
    assert list(EvaluationSampler(faces)) == [(0, face) for face in range(faces)]
