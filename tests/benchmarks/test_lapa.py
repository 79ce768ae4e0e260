import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.benchmarks import BENCHMARKS
from landmarks.benchmarks.lapa import LaPa
from landmarks.errors import DataError
from landmarks.markups import MARKUP_106
from tests.benchmarks.fuzz import check_reading, text_mutations
from tests.benchmarks.official.counted import write_points
from tests.benchmarks.official.lapa import write_lapa_tree

SHARED = Path(os.environ.get("LANDMARKS_SHARED", Path(__file__).parents[3] / "shared"))
COCO = SHARED / "data" / "samples" / "coco_json_lapa"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("lapa")
    return root, write_lapa_tree(root)


@pytest.fixture
def own_tree(tmp_path):
    write_lapa_tree(tmp_path)
    return tmp_path


def test_facts():
    facts = LaPa.facts
    assert BENCHMARKS["lapa"] is LaPa
    assert facts.markup is MARKUP_106
    published = {name: split.published for name, split in facts.splits.items()}
    assert published == {"train": 18176, "val": 2000, "test": 2000}
    assert facts.test_splits == ("test",)
    assert facts.protocols[0].name == "lapa/inter_ocular"


def test_the_order_is_that_of_the_numbers(tree):
    root, _ = tree
    names = [record.photo.name for record in LaPa(root).records("train")]
    assert names == sorted(names, key=lambda name: int(name[len("train/") :].partition("_")[0]))
    assert names != sorted(names)


def test_normalisers(tree):
    root, truth = tree
    benchmark = LaPa(root)
    rows = benchmark.normalisers(benchmark.records("test"))
    for face, row in zip(truth["test"], rows, strict=True):
        points = face.points
        width, height = np.ptp(points, axis=0)
        expected = [
            np.hypot(*(points[66] - points[79])),
            np.hypot(*(points[104] - points[105])),
            np.sqrt(width * height),
            np.hypot(width, height),
        ]
        np.testing.assert_allclose(row, expected, rtol=1e-9)


def test_a_folder_between_and_a_part_alone(own_tree):
    expected = LaPa(own_tree).records("test")
    for split in ("test", "val"):
        (own_tree / split).rename(own_tree / f"_{split}")
    (own_tree / "LaPa").mkdir()
    (own_tree / "_test").rename(own_tree / "LaPa" / "test")
    benchmark = LaPa(own_tree)
    assert [r.photo.name for r in benchmark.records("test")] == [r.photo.name for r in expected]
    assert benchmark.found("val") == "0 of 2,000 validation faces"
    with pytest.raises(DataError, match=r"no validation faces \('val'\).* The root holds LaPa, "):
        benchmark.records("val")


def test_found_is_suspicious_of_too_many(tmp_path):
    folder = tmp_path / "val" / "landmarks"
    folder.mkdir(parents=True)
    for number in range(2001):
        (folder / f"{number}.txt").touch()
    assert LaPa(tmp_path).found("val") == (
        "2,001 of 2,000 validation faces; more than published: look for copies of files"
    )


def test_an_empty_folder(own_tree):
    for file in (own_tree / "val" / "landmarks").iterdir():
        file.unlink()
    with pytest.raises(DataError, match=r"val/landmarks: the folder holds no \.txt file"):
        LaPa(own_tree).records("val")


def test_a_missing_picture(own_tree):
    next((own_tree / "val" / "images").iterdir()).unlink()
    with pytest.raises(DataError, match=r"val/landmarks/.*\.txt: no picture stands beside"):
        LaPa(own_tree).records("val")


def test_missing_pictures(own_tree):
    (own_tree / "val" / "images").rename(own_tree / "val" / "pictures")
    with pytest.raises(DataError, match="val/images: the folder cannot be read"):
        LaPa(own_tree).records("val")


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_a_file_with_any_damage(tree, data):
    root, truth = tree
    file = data.draw(st.sampled_from(sorted((root / "test" / "landmarks").iterdir())))
    mutation = data.draw(text_mutations(file.read_bytes(), counts=[0]))
    check_reading(file, mutation, lambda: LaPa(root).records("test"), truth["test"])


@pytest.mark.skipif(not COCO.is_dir(), reason="the genuine LaPa faces are not here")
def test_genuine_points_through_the_files(tmp_path):
    """Two genuine faces, written as LaPa has them, lie in the order of our markup."""
    coco = json.loads((COCO / "test_lapa.json").read_text())
    names = {image["id"]: image["file_name"] for image in coco["images"]}
    expected = {}
    for face in coco["annotations"]:
        points = np.array(face["keypoints"]).reshape(-1, 3)[:, :2]
        assert np.array_equal(points, points.round()), "LaPa's points are whole pixels"
        name = names[face["image_id"]]
        picture = tmp_path / "test" / "images" / name
        picture.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(picture), cv2.imread(str(COCO / name)))
        write_points(tmp_path / "test" / "landmarks" / f"{Path(name).stem}.txt", points)
        expected[f"test/{name}"] = points
    records = LaPa(tmp_path).records("test")
    assert len(records) == len(expected) == 2
    for record in records:
        points = expected[record.photo.name]
        np.testing.assert_array_equal(record.points_photo, points)
        height, width, _ = record.photo.read().shape
        assert (points >= 0).all()
        assert (points < [width, height]).all()
        left, right = points[66:74].mean(axis=0), points[75:83].mean(axis=0)
        turned = ((points - (left + right) / 2) @ [1, 1j]) / ((right - left) @ [1, 1j])
        shape = np.stack([turned.real, turned.imag], axis=1)
        assert np.abs(shape - MARKUP_106.mean_shape).mean() < 0.15  # eye distances
        twins = MARKUP_106.mean_shape[list(MARKUP_106.mirror)]
        assert np.abs(shape - twins).mean() > 0.5
