from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.batch import Box, Record
from landmarks.benchmarks.base import Benchmark, Facts
from landmarks.benchmarks.conversion import DESCRIPTION, FORMATS, convert
from landmarks.benchmarks.custom import Custom
from landmarks.benchmarks.synthetic import Synthetic19
from landmarks.benchmarks.w300 import W300
from landmarks.data.photo_file import PhotoFile
from landmarks.errors import DataError, SettingsError
from landmarks.metrics.area import AreaRule
from landmarks.metrics.protocol import Protocol
from tests.benchmarks.official.trees import TREES
from tests.benchmarks.official.w300 import write_300w
from tests.benchmarks.own_data import COUNT, faces, to_write, write_own


def identical(read: Record, truth: Record, pictures: bool = True) -> bool:
    """Whether a face is another to the last bit."""
    return (
        read.points_photo.tobytes() == truth.points_photo.tobytes()
        and read.photo.name == truth.photo.name
        and read.box == truth.box
        and read.subsets == truth.subsets
        and (read.occluded is None) == (truth.occluded is None)
        and (read.occluded is None or np.array_equal(read.occluded, np.array(truth.occluded)))
        and (not pictures or np.array_equal(read.photo.read(), truth.photo.read()))
    )


@pytest.mark.parametrize("key", ["coco", "csv"])
@pytest.mark.parametrize("name", TREES)
def test_every_benchmark_comes_back_without_losing_a_digit(name, key, tmp_path):
    root = tmp_path / "root"
    truth = TREES[name].write(root)
    benchmark = TREES[name].data(root).benchmark
    splits = [split for split in benchmark.facts.splits if split in truth]
    found = convert(benchmark, splits, tmp_path / "out", FORMATS[key])
    assert found.faces == {split: len(truth[split]) for split in splits}
    assert found.losses == []
    back = Custom(found.description, root)
    for split in splits:
        expected = benchmark.records(split)
        read = back.records(split)
        assert len(read) == len(expected)
        assert all(map(identical, read, expected))
    agrees(back.facts, benchmark.facts)


def agrees(read: Facts, facts: Facts) -> None:
    """Whether the facts came back; protocols may have been added, splits left out."""
    for what in ("name", "title", "markup", "licence", "citation", "source"):
        assert getattr(read, what) == getattr(facts, what)
    assert read.protocols[: len(facts.protocols)] == facts.protocols
    assert facts.subsets.items() <= read.subsets.items()
    assert dict(read.splits) == {split: facts.splits[split] for split in read.splits}


def test_what_is_converted_can_be_converted_again(tmp_path):
    root = tmp_path / "root"
    write_300w(root, 2, folders=["ibug", "01_Indoor"])
    first = convert(W300(root), ["ibug", "private"], tmp_path / "a", FORMATS["coco"])
    again = convert(
        Custom(first.description, root), ["ibug", "private"], tmp_path / "b", FORMATS["coco"]
    )
    for name in ("ibug.json", "private.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert first.description.read_text() == again.description.read_text()


@pytest.mark.parametrize("key", ["pts", "txt"])
def test_points_alone(key, tmp_path):
    root = tmp_path / "root"
    write_300w(root, 11, folders=["ibug", "01_Indoor"])
    found = convert(W300(root), ["ibug", "private"], tmp_path / "out", FORMATS[key])
    back = Custom(found.description, root)
    for split in ("ibug", "private"):
        for read, truth in zip(back.records(split), W300(root).records(split), strict=True):
            np.testing.assert_allclose(read.points_photo, truth.points_photo, 0, 1e-12)
            assert isinstance(read.photo, PhotoFile)
            assert isinstance(truth.photo, PhotoFile)
            assert read.photo.path == truth.photo.path
    assert any(f"private: {key} cannot hold the names of 11" in loss for loss in found.losses)


def test_faces_that_are_no_picture_files_are_written_without_loss(tmp_path):
    drawn = Synthetic19(tmp_path / "cache", train_faces=3, test_faces=2, image_size=48)
    found = convert(drawn, ["train", "test"], tmp_path / "out", FORMATS["coco"])
    assert found.pictures == 5
    for root in (None, tmp_path / "cache"):
        back = Custom(tmp_path / "out" / DESCRIPTION, root)
        for split in ("train", "test"):
            assert all(map(identical, back.records(split), drawn.records(split)))
    agrees(back.facts, drawn.facts)


class _Own(Benchmark):
    """Records of any kind."""

    def __init__(self, root: Path, facts: Facts, records: list[Record]) -> None:
        super().__init__(root)
        self.facts = facts
        self._records = records

    def prepare(self, splits: Any) -> None:
        """Nothing to do."""

    def records(self, split: str) -> list[Record]:
        return self._records

    def found(self, split: str) -> str:
        return "all"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    root = tmp_path_factory.mktemp("own")
    truth = {"test": faces(3)}
    entry = {"test": ("test.json", FORMATS["coco"].make(True), "{coco: test.json}")}
    description = write_own(root, entry, truth)
    return root, Custom(description).facts, to_write(truth["test"], root)


ANY_NUMBER = st.floats(-99, 99, allow_nan=False, width=64)


@settings(deadline=None, max_examples=25)
@given(data=st.data(), key=st.sampled_from(["coco", "csv"]))
def test_any_record_comes_back_to_the_last_bit(own, tmp_path_factory, data, key):
    root, facts, pictures = own
    records = []
    for _ in range(data.draw(st.integers(1, 4))):
        numbers = data.draw(st.lists(ANY_NUMBER, min_size=2 * COUNT, max_size=2 * COUNT))
        points = np.array(numbers).reshape(COUNT, 2)
        missing = data.draw(st.sets(st.integers(0, COUNT - 2)))
        points[list(missing)] = np.nan
        x0, y0, width, height = data.draw(
            st.tuples(ANY_NUMBER, ANY_NUMBER, st.floats(1e-3, 99), st.floats(1e-3, 99))
        )
        flags = st.lists(st.booleans(), min_size=COUNT, max_size=COUNT)
        occluded = data.draw(st.none() | flags)
        records.append(
            Record(
                pictures[data.draw(st.integers(0, len(pictures) - 1))].record.photo,
                points,
                data.draw(st.sampled_from([None, Box(x0, y0, x0 + width, y0 + height)])),
                frozenset(data.draw(st.sets(st.sampled_from(["a", "large pose", "ä,b"])))),
                None if occluded is None else np.array(occluded),
            )
        )
    folder = tmp_path_factory.mktemp("out")
    found = convert(_Own(root, facts, records), ["test"], folder, FORMATS[key])
    read = Custom(found.description, root).records("test")
    assert len(read) == len(records)
    for got, truth in zip(read, records, strict=True):
        assert identical(got, truth, pictures=False)
        assert got.photo == truth.photo
    assert found.losses == []


class _OddArea(AreaRule):
    """An integral that a description has no word for."""

    @property
    def description(self) -> str:
        return "odd"

    def __call__(self, nme: Any, threshold: float) -> Any:
        raise AssertionError


def test_a_protocol_without_words_is_said(own, tmp_path):
    root, facts, pictures = own
    odd = Protocol("cats/odd", facts.protocols[0].normaliser, area=_OddArea())
    facts = replace(facts, protocols=(odd, *facts.protocols))
    benchmark = _Own(root, facts, [pictures[0].record])
    found = convert(benchmark, ["test"], tmp_path, FORMATS["coco"])
    assert found.losses == ["the description has no words for the protocol cats/odd"]


def test_a_protocol_of_other_points_than_the_markup_s(own, tmp_path):
    from landmarks.metrics.normalisers import InterOcular, InterPupil

    root, facts, pictures = own
    own_protocols = (
        Protocol("cats/inter_ocular", InterOcular(1, 2), 0.08),
        Protocol("cats/inter_pupil", InterPupil([0], [2, 3]), auc_threshold=0.07),
    )
    facts = replace(facts, protocols=own_protocols)
    found = convert(_Own(root, facts, [pictures[0].record]), ["test"], tmp_path, FORMATS["coco"])
    assert Custom(found.description, root).facts.protocols[:2] == own_protocols


def test_a_face_that_cannot_be_held_leaves_no_description(own, tmp_path):
    root, facts, pictures = own
    empty = replace(pictures[0].record, points_photo=np.full((COUNT, 2), np.nan))
    with pytest.raises(DataError, match="no point is annotated"):
        convert(_Own(root, facts, [empty]), ["test"], tmp_path, FORMATS["coco"])
    assert list(tmp_path.iterdir()) == []


def test_two_splits_of_one_file_are_refused(own, tmp_path):
    root, facts, pictures = own
    split = facts.splits["test"]
    facts = replace(facts, splits={"a/b": split, "a-b": split})
    with pytest.raises(SettingsError, match=r"a-b\.json"):
        convert(_Own(root, facts, [pictures[0].record]), ["a/b", "a-b"], tmp_path, FORMATS["coco"])


def test_a_description_is_plain_yaml(own, tmp_path):
    root, facts, pictures = own
    found = convert(_Own(root, facts, [pictures[0].record]), ["test"], tmp_path, FORMATS["coco"])
    read = yaml.safe_load(found.description.read_text())
    assert read["splits"]["test"]["coco"] == "test.json"
    assert read["points"] == COUNT
