import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.benchmarks import BENCHMARKS
from landmarks.benchmarks.wflw import WFLW
from landmarks.errors import DataError
from landmarks.markups import MARKUP_98
from tests.benchmarks.fuzz import check_reading, some_of, text_mutations
from tests.benchmarks.official.wflw import (
    LISTS,
    SUBSET_LISTS,
    SUBSETS,
    TEST_LIST,
    TRAIN_LIST,
    write_wflw_tree,
)

SHARED = Path(os.environ.get("LANDMARKS_SHARED", Path(__file__).parents[3] / "shared"))
COCO = SHARED / "data" / "samples" / "coco_json_wflw"
NAME = 206


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("wflw")
    return root, write_wflw_tree(root)


@pytest.fixture
def own_tree(tmp_path):
    write_wflw_tree(tmp_path)
    return tmp_path


def test_facts():
    facts = WFLW.facts
    assert BENCHMARKS["wflw"] is WFLW
    assert facts.markup is MARKUP_98
    assert {name: split.published for name, split in facts.splits.items()} == {
        "train": 7500,
        "test": 2500,
    }
    assert tuple(facts.subsets) == SUBSETS
    assert [subset.published for subset in facts.subsets.values()] == [326, 314, 698, 206, 736, 773]
    thresholds = {p.name: (p.failure_threshold, p.auc_threshold) for p in facts.protocols}
    assert next(iter(thresholds)) == "wflw/inter_ocular"
    assert thresholds["wflw/inter_ocular"] == (0.10, 0.10)
    hih = {r.split: r.nme for r in facts.results if r.method == "HIH-B"}
    assert hih["test"] == 4.08
    assert hih["largepose"] == 6.87
    assert hih["blur"] == 4.66
    hrnet = {r.split: r.nme for r in facts.results if r.method == "HRNetV2-W18"}
    assert hrnet == {
        "test": 4.60,
        "largepose": 7.86,
        "illumination": 4.57,
        "occlusion": 5.42,
        "blur": 5.36,
        "makeup": 4.26,
        "expression": 4.78,
    }


def test_normalisers(tree):
    root, truth = tree
    benchmark = WFLW(root)
    rows = benchmark.normalisers(benchmark.records("test"))
    for face, row in zip(truth["test"], rows, strict=True):
        points = face.points
        width, height = np.ptp(points, axis=0)
        expected = [
            np.hypot(*(points[60] - points[72])),
            np.hypot(*(points[96] - points[97])),
            np.sqrt(width * height),
            np.hypot(width, height),
        ]
        np.testing.assert_allclose(row, expected, rtol=1e-9)


def test_faces_of_one_picture_share_its_name(tree):
    root, _ = tree
    names = [record.photo.name for record in WFLW(root).records("train")]
    assert names == [
        *["0--Parade/0_Parade_marchingband_11_0.jpg"],
        *["1--Parade/1_Parade_marchingband_11_1.jpg"] * 2,
        *["2--Parade/2_Parade_marchingband_11_2.jpg"] * 3,
        *["3--Parade/3_Parade_marchingband_11_3.jpg"],
    ]


def test_a_picture_is_checked_once(tree, monkeypatch):
    from landmarks.data.photo_file import PhotoFile

    checked = []
    check = PhotoFile.check
    monkeypatch.setattr(PhotoFile, "check", lambda self: checked.append(self.name) or check(self))
    root, _ = tree
    WFLW(root).records("train")
    assert len(checked) == len(set(checked)) == 4


def test_the_lists_may_lie_at_the_root(own_tree):
    expected = [record.points_photo for record in WFLW(own_tree).records("test")]
    (own_tree / LISTS).rename(own_tree / LISTS.name)
    records = WFLW(own_tree).records("test")
    np.testing.assert_array_equal([record.points_photo for record in records], expected)


def test_one_list_alone_is_enough_for_its_split(own_tree):
    (own_tree / TEST_LIST).unlink()
    benchmark = WFLW(own_tree)
    assert len(benchmark.records("train")) == 7
    assert benchmark.found("test") == "0 of 2,500 test faces"
    with pytest.raises(DataError, match=r"list_98pt_rect_attr_test\.txt.* The root holds WFLW_ann"):
        benchmark.records("test")


def test_found_is_suspicious_of_too_many(tmp_path):
    file = tmp_path / TRAIN_LIST
    file.parent.mkdir(parents=True)
    file.write_text("x\n\n" * 7501)
    assert WFLW(tmp_path).found("train") == (
        "7,501 of 7,500 training faces; more than published: look for lines that stand there twice"
    )


def test_subsets_do_not_need_their_lists(tmp_path):
    truth = write_wflw_tree(tmp_path, subset_lists=False)
    records = WFLW(tmp_path).records("test")
    assert [record.subsets for record in records] == [face.subsets for face in truth["test"]]
    assert {subset for record in records for subset in record.subsets} == set(SUBSETS)


# --- damaged files ---


def edit(file: Path, line: int, **words: str) -> None:
    """Replaces fields of a line, counted from 1 and 0: ``edit(file, 3, f200="2")``."""
    lines = file.read_text().splitlines()
    fields = lines[line - 1].split(" ")
    for field, word in words.items():
        fields[int(field[1:])] = word
    lines[line - 1] = " ".join(fields)
    file.write_text("\n".join([*lines, ""]))


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"f5": "nan"}, "coordinate 'nan', expected a finite number"),
        ({"f5": "x"}, "coordinate 'x' is not a number"),
        ({"f5": "-1e5"}, "coordinate '-1e5' lies more than 10 times"),
        ({"f5": ""}, "206 fields, expected 207"),
        ({"f198": "-90"}, "the rectangle is .* -90 .*, expected left, top, right, bottom"),
        ({"f203": "2"}, "the flag of makeup is '2', expected 0 or 1"),
        (
            {"f200": "1"},
            "the flag of largepose is 1, but .*list_98pt_test_largepose.txt says other",
        ),
        ({"f202": "0"}, "the flag of illumination is 0, but .*_illumination.txt says otherwise"),
        ({"f206": "../x.jpg"}, "the name '../x.jpg' leads out of the folder"),
        ({"f206": "/etc/passwd"}, "the name '/etc/passwd' leads out of the folder"),
        (
            {"f206": "0--Parade/a b.jpg"},
            "the picture '0--Parade/a b.jpg' is missing below .*images",
        ),
        ({"f206": "0--Parade"}, "the picture '0--Parade' is missing below"),
    ],
)
def test_a_bad_line_is_named(own_tree, fields, complaint):
    edit(own_tree / TEST_LIST, 3, **fields)
    with pytest.raises(DataError, match=rf"rect_attr_test\.txt, line 3: {complaint}"):
        WFLW(own_tree).records("test")
    assert len(WFLW(own_tree).records("train")) == 7


def test_one_bad_face_leaves_the_others_readable(own_tree):
    edit(own_tree / TEST_LIST, 3, f0="x")
    sources = list(WFLW(own_tree).sources("test"))
    assert [source.line for source in sources] == list(range(1, 8))
    for source in sources:
        if source.line == 3:
            with pytest.raises(DataError):
                source.read()
        else:
            source.read()


def test_a_damaged_list_of_a_subset(own_tree):
    file = own_tree / SUBSET_LISTS / "list_98pt_test_blur.txt"
    file.write_text("\n1 2 3 a.jpg\n")
    with pytest.raises(DataError, match=r"_blur\.txt, line 2: 4 fields, expected 197"):
        WFLW(own_tree).records("test")
    file.unlink()
    assert len(WFLW(own_tree).records("test")) == 7


def test_a_damaged_picture(own_tree):
    picture = next((own_tree / "WFLW_images").glob("2--*/*_11_2.jpg"))
    picture.write_bytes(picture.read_bytes()[:-100])
    with pytest.raises(DataError, match=rf"{picture.name}: the picture is truncated"):
        WFLW(own_tree).records("train")


def test_a_name_with_a_space(own_tree):
    (picture,) = (own_tree / "WFLW_images").glob("0--*/*_11_0.jpg")
    picture.rename(picture.with_name("a b.jpg"))
    edit(own_tree / TRAIN_LIST, 1, f206="0--Parade/a b.jpg")
    assert WFLW(own_tree).records("train")[0].photo.name == "0--Parade/a b.jpg"


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_a_list_with_any_damage(tree, data):
    root, truth = tree
    file = root / TRAIN_LIST
    mutation = data.draw(text_mutations(file.read_bytes(), names=NAME, reorder=True))
    check_reading(
        file, mutation, lambda: WFLW(root).records("train"), truth["train"], legitimate=some_of
    )


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_list_of_a_subset_with_any_damage(tree, data):
    root, truth = tree
    file = root / SUBSET_LISTS / "list_98pt_test_occlusion.txt"
    mutation = data.draw(text_mutations(file.read_bytes(), names=196, reorder=True))
    check_reading(
        file,
        mutation,
        lambda: WFLW(root).records("test"),
        truth["test"],
        also=[root / TEST_LIST],
    )


# --- genuine numbers ---


@pytest.mark.skipif(not COCO.is_dir(), reason="the genuine WFLW faces are not here")
def test_genuine_points_through_a_list(tmp_path):
    """Four genuine faces, written as lines of the list, lie in the order of our markup."""
    coco = json.loads((COCO / "test_wflw.json").read_text())
    names = {image["id"]: image["file_name"] for image in coco["images"]}
    lines, expected = [], []
    for face in coco["annotations"]:
        points = np.array(face["keypoints"]).reshape(-1, 3)[:, :2]
        x, y, width, height = face["bbox"]
        corners = [round(x), round(y), round(x + width), round(y + height)]
        name = f"7--Cheering/{names[face['image_id']]}"
        picture = tmp_path / "WFLW_images" / name
        picture.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(picture), cv2.imread(str(COCO / names[face["image_id"]])))
        numbers = " ".join(f"{value:.6f}" for value in points.ravel())
        lines.append(f"{numbers} {' '.join(map(str, corners))} 0 0 0 0 0 0 {name}")
        expected.append(points)
    file = tmp_path / TEST_LIST
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(lines))
    records = WFLW(tmp_path).records("test")
    shapes = []
    for record, points in zip(records, expected, strict=True):
        np.testing.assert_allclose(record.points_photo, points, atol=1e-6)
        left, right = points[96], points[97]
        turned = ((points - (left + right) / 2) @ [1, 1j]) / ((right - left) @ [1, 1j])
        shapes.append(np.stack([turned.real, turned.imag], axis=1))
        for pupil, eye in ((96, range(60, 68)), (97, range(68, 76))):
            contour = points[list(eye)].astype(np.float32)
            assert cv2.pointPolygonTest(contour, points[pupil].tolist(), True) > -1
    mean = np.mean(shapes, axis=0)
    assert np.abs(mean - MARKUP_98.mean_shape).mean() < 0.1  # eye distances
    twins = list(MARKUP_98.mirror)
    assert np.abs((mean * [-1, 1])[twins] - mean).mean() < 0.15
