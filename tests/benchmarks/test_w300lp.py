import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.benchmarks import BENCHMARKS
from landmarks.benchmarks.files.pts import read_pts
from landmarks.benchmarks.w300lp import W300LP
from landmarks.errors import DataError
from landmarks.geometry import Size
from tests.benchmarks.fuzz import binary_mutations, check_reading
from tests.benchmarks.official.mat import write_mat5
from tests.benchmarks.official.w300lp import write_300w_lp_pictures, write_300w_lp_tree

SHARED = Path(os.environ.get("LANDMARKS_SHARED", Path(__file__).parents[3] / "shared"))
SAMPLE = SHARED / "data" / "samples" / "300w_lp"
COCO = SHARED / "data" / "samples" / "coco_json_300wlp"
W300_AFW = SHARED / "data" / "300w" / "afw"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("300w_lp")
    return root, write_300w_lp_tree(root)


@pytest.fixture
def own_tree(tmp_path):
    write_300w_lp_tree(tmp_path)
    return tmp_path


def test_facts():
    facts = W300LP.facts
    assert BENCHMARKS["300w_lp"] is W300LP
    published = {name: split.published for name, split in facts.splits.items()}
    assert published["train"] == 61225
    assert published["train"] == sum(published[name] for name in ("AFW", "HELEN", "IBUG", "LFPW"))
    assert published["HELEN_Flip"] == published["HELEN"] == 37676
    assert facts.protocols[0].name == "300w_lp/box"


def test_without_landmarks_the_points_beside_the_pictures_are_read(tmp_path, tree):
    truth = write_300w_lp_pictures(tmp_path)
    for record, face, other in zip(
        W300LP(tmp_path).records("train"), truth["train"], tree[1]["train"], strict=True
    ):
        np.testing.assert_allclose(record.points_photo, face.points, atol=1e-9)
        assert not np.allclose(record.points_photo, other.points, atol=0.5)


def test_the_two_kinds_of_points_are_not_mixed(own_tree):
    shutil.rmtree(own_tree / "300W_LP" / "landmarks" / "HELEN")
    with pytest.raises(DataError, match="AFW has points in landmarks/AFW, but HELEN has none"):
        W300LP(own_tree).records("train")
    assert len(W300LP(own_tree).records("HELEN")) == 2
    shutil.rmtree(own_tree / "300W_LP" / "HELEN")
    assert len(W300LP(own_tree).records("train")) == 6


def test_mirrored_folders_are_read_by_their_own_names(own_tree):
    shutil.copytree(own_tree / "300W_LP" / "AFW", own_tree / "300W_LP" / "AFW_Flip")
    assert len(W300LP(own_tree).records("train")) == 8
    assert len(W300LP(own_tree).records("AFW_Flip")) == 2
    assert W300LP(own_tree).found("AFW_Flip") == "2 of 5,207 mirrored faces of AFW"


def test_the_root_may_be_the_folder_itself(own_tree):
    whole = W300LP(own_tree).records("train")
    inside = W300LP(own_tree / "300W_LP").records("train")
    assert [record.photo.name for record in inside] == [record.photo.name for record in whole]
    names = [record.photo.name for record in whole]
    assert names[:2] == ["AFW/AFW_134212_1_0.jpg", "AFW/AFW_134212_1_10.jpg"]
    assert "IBUG/IBUG_image_092 _01_3.jpg" in names


def test_a_missing_picture_is_named(own_tree):
    (own_tree / "300W_LP" / "AFW" / "AFW_134212_1_0.jpg").unlink()
    with pytest.raises(DataError, match=r"_1_0_pts\.mat: no picture .* AFW_134212_1_0\.jpg"):
        W300LP(own_tree).records("train")


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.zeros((67, 2)), "pts_2d: the shape is 67 × 2, expected 68 × 2"),
        (np.full((68, 2), np.nan), "pts_2d: entry .* is nan"),
        (np.full((68, 2), 901.0), "pts_2d: x of point 1 is 901, .* more than 10 times"),
    ],
)
def test_nonsense_is_refused(own_tree, points, message):
    file = own_tree / "300W_LP" / "landmarks" / "AFW" / "AFW_134212_1_0_pts.mat"
    write_mat5(file, {"pts_2d": points})
    with pytest.raises(DataError, match=message) as caught:
        W300LP(own_tree).records("AFW")
    assert caught.value.file == file


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_a_damaged_mat(tree, data):
    root, truth = tree
    file = root / "300W_LP" / "landmarks" / "IBUG" / "IBUG_image_008_1_0_pts.mat"
    mutation = data.draw(binary_mutations(file.read_bytes()))
    check_reading(file, mutation, lambda: W300LP(root).records("IBUG"), truth["IBUG"])


# --- genuine files ---


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the genuine file is not here")
def test_a_genuine_face(tmp_path):
    (tmp_path / "IBUG").mkdir()
    for file in SAMPLE.iterdir():
        shutil.copy(file, tmp_path / "IBUG")
    (record,) = W300LP(tmp_path).records("IBUG")
    assert record.photo.read().shape == (450, 450, 3)
    points = record.points_photo
    assert (points >= 0).all()
    assert (points < 450).all()
    picture = record.photo.read().mean(axis=2)

    def brightness(place: np.ndarray) -> float:
        x, y = np.round(place).astype(int)
        return float(picture[y - 2 : y + 3, x - 2 : x + 3].mean())

    eye, cheek = brightness(points[36:42].mean(axis=0)), brightness(points[[3, 48]].mean(axis=0))
    teeth, lip = brightness(points[60:68].mean(axis=0)), brightness(points[[57, 66]].mean(axis=0))
    assert eye < 0.5 * cheek
    assert teeth > 1.1 * lip, "she smiles"


@pytest.mark.skipif(
    not (COCO.is_dir() and W300_AFW.is_dir()), reason="the genuine files are not here"
)
def test_genuine_points_agree_with_those_of_300w(tmp_path):
    """The pictures are cut from 300W's, at a place that was found by registering the pictures."""
    windows = {"AFW_134212_1_0": (-48, -128, 481), "AFW_134212_2_0": (-47, -127, 479)}
    (tmp_path / "AFW").mkdir()
    (tmp_path / "landmarks" / "AFW").mkdir(parents=True)
    content = json.loads((COCO / "test_300wlp.json").read_text())
    stems = {image["id"]: image["file_name"].removesuffix(".jpg") for image in content["images"]}
    for face in content["annotations"]:
        stem = stems[face["image_id"]]
        shutil.copy(COCO / f"{stem}.jpg", tmp_path / "AFW")
        points = np.reshape(face["keypoints"], (68, 3))[:, :2].astype(np.float32)
        write_mat5(tmp_path / "landmarks" / "AFW" / f"{stem}_pts.mat", {"pts_2d": points})
    offsets = []
    for record in W300LP(tmp_path).records("AFW"):
        stem = Path(record.photo.name).stem
        left, top, side = windows[stem]
        file = W300_AFW / f"{stem.removeprefix('AFW_').removesuffix('_0')}.pts"
        original = read_pts(file, 68, Size(600, 600)) - 1
        there = (original - [left, top] + 0.5) * 450 / side - 0.5
        apart = record.points_photo - there
        assert np.linalg.norm(apart, axis=1).mean() < 8, "the contour is that of a model"
        offsets.append(apart[17:].mean(axis=0))
    assert (np.abs(np.mean(offsets, axis=0)) < 1).all(), "another pixel is counted from"
