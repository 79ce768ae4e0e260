import multiprocessing
import pickle
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest

from landmarks.batch import Record
from landmarks.benchmarks import BENCHMARKS
from landmarks.benchmarks import synthetic as module
from landmarks.benchmarks.synthetic import (
    Synthetic,
    Synthetic19,
    Synthetic29,
    Synthetic98,
    Synthetic106,
    SyntheticPhoto,
)
from landmarks.errors import DataError
from landmarks.rendering.face import render_face

FAMILY = (Synthetic, Synthetic98, Synthetic29, Synthetic19, Synthetic106)


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    """A folder in which a few faces have been drawn."""
    folder = tmp_path_factory.mktemp("faces")
    Synthetic(folder, 8, 6, 48).prepare(("train", "test"))
    return folder


def _faces(
    cache: Path, benchmark: type[Synthetic] = Synthetic, split: str = "test"
) -> list[Record]:
    return list(benchmark(cache, 8, 6, 48).records(split))


@pytest.mark.parametrize("benchmark", FAMILY)
def test_facts(benchmark):
    facts = benchmark.facts
    name = "synthetic" if benchmark is Synthetic else f"synthetic_{facts.markup.name}"
    assert facts.name == name
    assert BENCHMARKS[name] is benchmark
    assert list(facts.splits) == ["train", "test"]
    assert facts.test_splits == ("test",)
    assert [p.name for p in facts.protocols] == [
        f"{name}/{kind}" for kind in ("inter_ocular", "inter_pupil", "box", "diag")
    ]
    assert [p.failure_threshold for p in facts.protocols] == [0.1, 0.1, 0.07, 0.1]
    assert [p.auc_threshold for p in facts.protocols] == [0.1, 0.1, 0.07, 0.1]


def test_records_are_what_the_renderer_draws(cache):
    # 2 * seed + 1 is the sequence of the test split.
    for index, record in enumerate(_faces(cache)):
        face = render_face(1, index, 48)
        markup = Synthetic.facts.markup
        np.testing.assert_array_equal(record.photo.read(), face.image)
        np.testing.assert_array_equal(record.points_photo, face.points(markup))
        assert record.points_photo.dtype == np.float64
        hidden = face.self_occluded(markup) | face.occluded(markup)
        np.testing.assert_array_equal(record.occluded, hidden)
        assert record.photo.name == f"test/{index}"
        assert record.box is None


@pytest.mark.parametrize("benchmark", FAMILY)
def test_every_markup_annotates_the_same_pictures(cache, benchmark):
    records, reference = _faces(cache, benchmark), _faces(cache)
    assert len(list(cache.iterdir())) == 4
    for record, other in zip(records, reference, strict=True):
        np.testing.assert_array_equal(record.photo.read(), other.photo.read())
        assert record.points_photo.shape == (benchmark.facts.markup.count, 2)
        assert np.isfinite(record.points_photo).all()
        assert record.occluded is not None
        assert record.occluded.shape == (benchmark.facts.markup.count,)
    normalisers = benchmark(cache, 8, 6, 48).normalisers(records)
    assert normalisers.shape == (6, 4)
    assert (normalisers > 0).all()


def test_splits_share_no_face(cache):
    train, test = _faces(cache, split="train"), _faces(cache)
    assert len(train) == 8
    pictures = {record.photo.read().tobytes() for record in (*train, *test)}
    assert len(pictures) == 14


def test_subsets(cache):
    faces = 24
    benchmark = Synthetic(cache, 1, faces, 16)
    poses = {"frontal": 0, "half_profile": 0, "profile": 0}
    for index, record in enumerate(benchmark.records("test")):
        face = render_face(1, index, 16)
        yaw = abs(face.parameters.pose.yaw)
        expected = "frontal" if yaw < 15 else "half_profile" if yaw <= 40 else "profile"
        assert set(poses) & record.subsets == {expected}
        poses[expected] += 1
        share = face.occluded(Synthetic.facts.markup).mean()
        assert ("occluded" in record.subsets) == (share >= 0.1)
    assert min(poses.values()) > 0
    of_29 = Synthetic29(cache, 1, faces, 16).records("test")
    assert [r.subsets for r in of_29] == [r.subsets for r in benchmark.records("test")]


def test_found(cache):
    assert Synthetic(cache, 1234, 6).found("train") == "1,234 synthetic training faces"
    with pytest.raises(ValueError, match=r"no split 'full'; choose from train, test"):
        Synthetic(cache).found("full")
    with pytest.raises(ValueError, match="no split"):
        Synthetic(cache).records("full")


@pytest.mark.parametrize(
    "arguments", [{"train_faces": 0}, {"test_faces": -1}, {"image_size": 8}, {"seed": -1}]
)
def test_numbers_out_of_range_are_refused(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        Synthetic(None, **arguments)


def test_the_second_call_draws_nothing(cache, monkeypatch):
    def refuse(*arguments: object) -> None:
        raise AssertionError(f"drawn again: {arguments}")

    monkeypatch.setattr(module, "_draw", refuse)
    Synthetic(cache, 8, 6, 48).prepare(("train", "test"))
    assert len(_faces(cache)) == 6
    with pytest.raises(AssertionError, match="drawn again"):
        Synthetic(cache, 8, 6, 48, seed=1).records("test")


def test_an_interrupted_drawing_leaves_nothing(tmp_path, monkeypatch):
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    benchmark = Synthetic(tmp_path, 3, 3, 32)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_draw", stop)
        with pytest.raises(KeyboardInterrupt):
            benchmark.records("train")
    assert list(tmp_path.iterdir()) == []
    assert len(benchmark.records("train")) == 3


def test_an_interruption_between_the_two_files_is_made_good(tmp_path):
    benchmark = Synthetic(tmp_path, 3, 3, 32)
    before = benchmark.records("train")[1].photo.read()
    (pictures,) = tmp_path.glob("*.npy")
    pictures.unlink()
    assert np.array_equal(benchmark.records("train")[1].photo.read(), before)


def test_what_the_faces_depend_on_is_in_the_files_names(tmp_path):
    def files(**settings: int) -> set[str]:
        benchmark = Synthetic(tmp_path, **({"train_faces": 1, "image_size": 16} | settings))
        benchmark.prepare(("train",))
        return {path.name for path in tmp_path.iterdir()}

    known = files()
    assert len(known) == 2
    for number, settings in enumerate(({"train_faces": 2}, {"image_size": 20}, {"seed": 1})):
        assert len(files(**settings)) == 4 + 2 * number
    assert files(test_faces=7) == files()


def test_a_new_renderer_draws_again(tmp_path, monkeypatch):
    Synthetic(tmp_path, 1, 1, 16).prepare(("test",))
    monkeypatch.setattr(module, "RENDERER_VERSION", -1)
    Synthetic(tmp_path, 1, 1, 16).prepare(("test",))
    assert len(list(tmp_path.iterdir())) == 4


def test_a_damaged_file_is_named(tmp_path):
    benchmark = Synthetic(tmp_path, 2, 2, 16)
    record = benchmark.records("test")[0]
    (pictures,) = tmp_path.glob("*.npy")
    pictures.write_bytes(pictures.read_bytes()[:300])
    module._mapped.cache_clear()
    with pytest.raises(DataError, match=rf"{pictures.name}.*delete the file"):
        record.photo.read()
    (truth,) = tmp_path.glob("*.npz")
    truth.write_bytes(b"damaged")
    with pytest.raises(DataError, match=rf"{truth.name}.*delete the file"):
        benchmark.records("test")


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(DataError, match="XDG_CACHE_HOME"):
        Synthetic(file, 1, 1, 16).prepare(("test",))


def test_the_cache_lies_where_the_user_keeps_caches(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    Synthetic(None, 1, 1, 16).prepare(("test",))
    assert len(list((tmp_path / "cache" / "landmarks").iterdir())) == 2
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    Synthetic(None, 1, 1, 16).prepare(("test",))
    assert len(list((tmp_path / "home" / ".cache" / "landmarks").iterdir())) == 2


def test_a_picture_read_is_the_readers_own(cache):
    photo = _faces(cache)[0].photo
    before = photo.read()
    changed = photo.read()
    changed[:] = 0
    np.testing.assert_array_equal(photo.read(), before)


def _read(photo: SyntheticPhoto) -> np.ndarray:
    return photo.read()


def test_photos_travel_to_other_processes(cache):
    photos = [record.photo for record in _faces(cache)]
    expected = [photo.read() for photo in photos]
    assert len(pickle.dumps(photos[0])) < 1000
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        for picture, other in zip(pool.map(_read, photos), expected, strict=True):
            np.testing.assert_array_equal(picture, other)


@pytest.mark.slow
def test_two_processes_draw_what_one_draws(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_WORTH_A_PROCESS", 24)
    monkeypatch.setattr(module, "_CHUNK", 4)
    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)
    both = Synthetic(tmp_path / "both", 24, 1, 16).records("train")
    monkeypatch.setattr(module.os, "cpu_count", lambda: 1)
    alone = Synthetic(tmp_path / "alone", 24, 1, 16).records("train")
    for one, other in zip(both, alone, strict=True):
        np.testing.assert_array_equal(one.photo.read(), other.photo.read())
        np.testing.assert_array_equal(one.points_photo, other.points_photo)
        assert one.subsets == other.subsets


def test_faces_are_drawn_even_if_the_second_process_dies(tmp_path, monkeypatch):
    class Dying(ThreadPoolExecutor):
        def __init__(self, *arguments: object, **settings: object) -> None:
            super().__init__(1)

        def submit(self, *arguments: object, **settings: object) -> Future[object]:
            future: Future[object] = Future()
            future.set_running_or_notify_cancel()
            future.set_exception(BrokenProcessPool("died"))
            return future

    monkeypatch.setattr(module, "_WORTH_A_PROCESS", 2)
    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(module, "ProcessPoolExecutor", Dying)
    records = Synthetic(tmp_path, 2, 1, 16).records("train")
    np.testing.assert_array_equal(records[1].photo.read(), render_face(0, 1, 16).image)
