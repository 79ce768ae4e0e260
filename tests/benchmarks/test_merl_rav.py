import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.benchmarks import BENCHMARKS
from landmarks.benchmarks.merl_rav import MERLRAV
from landmarks.data.photo_file import PhotoFile
from landmarks.errors import DataError
from tests.benchmarks.fuzz import check_reading, exactly, text_mutations
from tests.benchmarks.official.merl_rav import write_merl_rav_labels, write_merl_rav_tree

FILE = Path("merl_rav_organized", "left", "testset", "image00007.pts")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("merl_rav")
    return root, write_merl_rav_tree(root)


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    root = tmp_path_factory.mktemp("merl_rav_labels")
    return root, write_merl_rav_labels(root)


@pytest.fixture
def own_labels(tmp_path, labels):
    shutil.copytree(labels[0], tmp_path / "copy")
    return tmp_path / "copy"


def test_facts():
    facts = MERLRAV.facts
    assert BENCHMARKS["merl_rav"] is MERLRAV
    assert facts.splits["train"].published == 15449
    assert facts.splits["test"].published == 3865
    assert {name: subset.published for name, subset in facts.subsets.items()} == {
        "frontal": 2195,
        "half_profile": 601,
        "profile": 1069,
    }
    assert [protocol.name for protocol in facts.protocols] == ["merl_rav/box", "merl_rav/diag"]


def test_the_sign_says_what_is_hidden(tree):
    root, _ = tree
    records = MERLRAV(root).records("test")
    for record in records:
        missing = np.isnan(record.points_photo)
        assert (missing[:, 0] == missing[:, 1]).all()
        assert record.occluded is not None
        assert record.occluded[missing[:, 0]].all(), "what has no place is hidden"
        assert (record.points_photo[~missing] > 0).all()
    assert any(np.isnan(record.points_photo).any() for record in records)
    assert any((record.occluded & ~np.isnan(record.points_photo[:, 0])).any() for record in records)


@pytest.mark.parametrize("split", MERLRAV.facts.splits)
def test_labels_and_pictures_as_downloaded(labels, split):
    root, truth = labels
    records = MERLRAV(root).records(split)
    assert exactly(records, truth[split])
    assert MERLRAV(root).found(split).startswith(f"{len(truth[split])} of ")
    for record in records:
        assert record.photo.name.startswith("aflw/flickr/")
        assert (root / record.photo.name).is_file()


def test_several_faces_in_one_picture(own_labels, monkeypatch):
    labels = own_labels / "merl_rav_labels" / "frontal" / "testset" / "labels"
    shutil.copy(labels / "image00106_1.pts", labels / "image00106_2.pts")
    checked = []
    check = PhotoFile.check
    monkeypatch.setattr(PhotoFile, "check", lambda photo: checked.append(photo) or check(photo))
    photos = [record.photo for record in MERLRAV(own_labels).records("frontal/testset")]
    assert len(photos) == 3
    assert photos[1] == photos[2]
    assert len(checked) == 2, "a picture is checked once"


def test_what_the_script_made_is_preferred(tmp_path):
    write_merl_rav_tree(tmp_path)
    write_merl_rav_labels(tmp_path)
    assert MERLRAV(tmp_path).records("test")[0].photo.name == "frontal/testset/image00006.jpg"


def test_labels_without_pictures(own_labels):
    next((own_labels / "aflw").glob("*/*/image00006.jpg")).unlink()
    with pytest.raises(DataError, match=r"image00006\.pts: expected one picture image00006\.jpg"):
        MERLRAV(own_labels).records("test")
    shutil.rmtree(own_labels / "aflw")
    with pytest.raises(DataError, match=r"labels are there, but not the pictures.*get AFLW"):
        MERLRAV(own_labels).records("test")


@pytest.mark.parametrize("word", ["-10.5 10.5", "10.5 -10.5", "-1 10", "10 -1"])
def test_one_negative_coordinate_means_nothing(tmp_path, word):
    write_merl_rav_tree(tmp_path)
    file = tmp_path / FILE
    lines = file.read_text().split("\n")
    lines[20] = word
    file.write_text("\n".join(lines))
    with pytest.raises(DataError, match="one negative coordinate, expected both") as caught:
        MERLRAV(tmp_path).records("test")
    assert caught.value.line == 21
    assert caught.value.file == file


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_a_damaged_pts(tree, data):
    root, truth = tree
    mutation = data.draw(text_mutations((root / FILE).read_bytes(), counts=[0, 1]))
    split = "left/testset"
    check_reading(root / FILE, mutation, lambda: MERLRAV(root).records(split), truth[split])


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_damaged_labels(labels, data):
    root, truth = labels
    file = root / "merl_rav_labels" / "right" / "testset" / "labels" / "image00109_1.pts"
    mutation = data.draw(text_mutations(file.read_bytes(), counts=[0, 1]))
    split = "right/testset"
    check_reading(file, mutation, lambda: MERLRAV(root).records(split), truth[split])


# --- a genuine picture ---

SHARED = Path(os.environ.get("LANDMARKS_SHARED", Path(__file__).parents[3] / "shared"))
AFLW = SHARED / "data" / "samples" / "coco_json_aflw" / "image04476.jpg"


@pytest.mark.skipif(not AFLW.is_file(), reason="the genuine picture is not here")
def test_labels_find_a_genuine_picture_of_aflw(own_labels):
    labels = own_labels / "merl_rav_labels" / "frontal" / "trainset" / "labels"
    shutil.copy(AFLW, own_labels / "aflw" / "flickr" / "2")
    (labels / "image00001.pts").rename(labels / "image04476.pts")
    names = [record.photo.name for record in MERLRAV(own_labels).records("frontal/trainset")]
    assert "aflw/flickr/2/image04476.jpg" in names
