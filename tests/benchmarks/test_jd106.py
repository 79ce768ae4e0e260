import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.benchmarks import BENCHMARKS
from landmarks.benchmarks.jd106 import JD106
from landmarks.errors import DataError
from landmarks.markups import MARKUP_106
from tests.benchmarks.fuzz import check_reading, exactly, text_mutations
from tests.benchmarks.official.jd106 import BOXES, write_jd106_folder, write_jd106_tree

SHARED = Path(os.environ.get("LANDMARKS_SHARED", Path(__file__).parents[3] / "shared"))
GENUINE = SHARED / "data" / "samples" / "jd106"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("jd106")
    return root, write_jd106_tree(root)


@pytest.fixture
def own_tree(tmp_path):
    write_jd106_tree(tmp_path)
    return tmp_path


def test_facts():
    facts = JD106.facts
    assert BENCHMARKS["jd106"] is JD106
    assert facts.markup is MARKUP_106
    assert tuple(facts.splits) == ("train", "val", "test", "faces")
    assert facts.test_splits == ("test",)
    thresholds = {p.name: (p.failure_threshold, p.auc_threshold) for p in facts.protocols}
    assert thresholds == {
        "jd106/box": (0.08, 0.08),
        "jd106/inter_ocular": (0.10, 0.10),
        "jd106/inter_pupil": (0.10, 0.10),
        "jd106/diag": (0.10, 0.10),
    }
    assert facts.protocols[0].name == "jd106/box"


def test_normalisers(tree):
    root, truth = tree
    benchmark = JD106(root)
    rows = benchmark.normalisers(benchmark.records("test"))
    for face, row in zip(truth["test"], rows, strict=True):
        points = face.points
        width, height = np.ptp(points, axis=0)
        expected = [
            np.sqrt(width * height),  # of the points, not of the rectangle
            np.hypot(*(points[66] - points[79])),
            np.hypot(*(points[104] - points[105])),
            np.hypot(width, height),
        ]
        np.testing.assert_allclose(row, expected, rtol=1e-9)


def test_found(tree):
    root, _ = tree
    benchmark = JD106(root)
    assert benchmark.found("train") == "8 training faces, 1 of them with corrected points"
    assert benchmark.found("test") == "3 of 2,000 test faces, 1 of them with corrected points"
    assert benchmark.found("val") == "2 of 2,000 validation faces"
    assert benchmark.found("faces") == "0 of the faces of one folder"
    assert JD106().found("train") == "0 of the training faces"


def test_the_layout_of_2020(tmp_path):
    truth = {
        split: write_jd106_folder(tmp_path / folder, split, 2, seed)
        for seed, (split, folder) in enumerate(
            {"train": "Train", "val": "Val", "test": "Test"}.items()
        )
    }
    benchmark = JD106(tmp_path)
    for split, faces in truth.items():
        assert exactly(benchmark.records(split), faces)
    assert benchmark.records("train")[0].photo.name == "Train/picture/train_0_0.jpg"


def test_one_folder_alone(tmp_path):
    faces = write_jd106_folder(tmp_path, "X", 2, 1)
    benchmark = JD106(tmp_path)
    assert exactly(benchmark.records("faces"), faces)
    assert benchmark.records("faces")[0].photo.name == "picture/X_0_0.jpg"
    assert benchmark.found("faces") == "2 faces of one folder"
    with pytest.raises(DataError, match="one folder of faces, which no split but 'faces' means"):
        benchmark.records("test")


def test_a_part_of_the_training_faces_is_read(own_tree):
    for part in ("AFW", "LFPW"):
        (own_tree / "Training_data" / part).rename(own_tree / part)
    names = [record.photo.name for record in JD106(own_tree).records("train")]
    assert names == [
        f"Training_data/{part}/picture/{part}_{index}_{3 * index}.jpg"
        for part in ("HELEN", "IBUG")
        for index in (0, 1)
    ]


def test_rectangles_may_lie_one_folder_higher(own_tree):
    expected = [record.box for record in JD106(own_tree).records("train")]
    (own_tree / BOXES).rename(own_tree / Path(BOXES).name)
    assert [record.box for record in JD106(own_tree).records("train")] == expected
    (own_tree / Path(BOXES).name).rename(own_tree / "elsewhere")
    assert [record.box for record in JD106(own_tree).records("train")] == [None] * 8


def test_corrections_may_be_left_out(own_tree):
    with_corrections = JD106(own_tree).records("train")
    (own_tree / "Corrected_landmark").rename(own_tree / "elsewhere")
    without = JD106(own_tree).records("train")
    moved = [
        not np.array_equal(a.points_photo, b.points_photo)
        for a, b in zip(with_corrections, without, strict=True)
    ]
    assert moved == [False, False, False, True, False, False, False, False]


def test_a_correction_of_another_picture_is_refused(own_tree):
    file = own_tree / "Corrected_landmark" / "TEST_1_3.jpg.txt"
    lines = file.read_text().splitlines()
    moved = [f"{float(x):f} {float(y) + 200:f}" for x, y in map(str.split, lines[1:])]
    file.write_text("\n".join(["106", *moved, ""]))
    with pytest.raises(DataError, match=r"TEST_1_3\.jpg\.txt: only 0% of the corrected points"):
        JD106(own_tree).records("test")
    file.unlink()
    assert len(JD106(own_tree).records("test")) == 3


def test_a_correction_that_two_faces_could_be_meant_by_is_refused(own_tree):
    place = Path("landmark", "TEST_1_3.jpg.txt")
    (own_tree / "Val" / place).write_text((own_tree / "Test_data1" / place).read_text())
    picture = Path("picture", "TEST_1_3.jpg")
    (own_tree / "Val" / picture).write_bytes((own_tree / "Test_data1" / picture).read_bytes())
    for split, folder in (("test", "Val"), ("val", "Test_data1")):
        with pytest.raises(DataError, match=rf"the correction is meant for .*{folder} both hold"):
            JD106(own_tree).records(split)


def test_two_test_sets_are_not_mixed(own_tree):
    expected = JD106(own_tree).records("test")
    shutil.copytree(own_tree / "Test_data1", own_tree / "Test")
    shutil.copytree(own_tree / "Test_data1", own_tree / "Test_data2")
    (own_tree / "Corrected_landmark").rename(own_tree / "Corrected")
    records = JD106(own_tree).records("test")
    assert [r.photo for r in records] == [r.photo for r in expected]
    assert JD106(own_tree).found("test") == "3 of 2,000 test faces"


def test_a_suffix_in_capitals_is_read(own_tree):
    expected = JD106(own_tree).records("test")
    for file in (own_tree / "Test_data1" / "landmark").iterdir():
        file.rename(file.with_suffix(".TXT"))
    (own_tree / "Corrected_landmark").rename(own_tree / "Corrected")
    records = JD106(own_tree).records("test")
    assert [r.photo for r in records] == [r.photo for r in expected]
    assert [r.box for r in records] == [r.box for r in expected]


# --- damaged files ---


def test_a_missing_picture(own_tree):
    (own_tree / "Test_data1" / "picture" / "TEST_0_0.jpg").unlink()
    with pytest.raises(DataError, match=r"landmark/TEST_0_0\.jpg\.txt: its picture is missing"):
        JD106(own_tree).records("test")
    sources = JD106(own_tree).sources("test")
    assert sum(_is_readable(source) for source in sources) == 2


def _is_readable(source) -> bool:
    try:
        source.read()
    except DataError:
        return False
    return True


def test_an_empty_folder_is_an_error_even_beside_full_ones(own_tree):
    (own_tree / "Train" / "landmark").mkdir(parents=True)
    with pytest.raises(DataError, match=r"Train/landmark: the folder holds no \.txt file.*delete"):
        JD106(own_tree).records("train")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: the file is empty"),
        ("1 2 3\n", "line 1: '1 2 3', expected left, top, right and bottom"),
        ("1 2 3 4 5\n", "line 1: '1 2 3 4 5', expected"),
        ("1 2 3 4\n5 6 7 8\n", "line 2: '1 2 3 4 5 6 7 8', expected"),
        ("30 2 3 4\n", "line 1: the rectangle is 30 2 3 4, expected left"),
        ("1 2 nan 4\n", "line 1: coordinate 'nan', expected a finite number"),
        ("1 2 3 9999\n", "line 1: coordinate '9999' lies more than 10 times"),
    ],
)
def test_a_bad_rectangle(own_tree, text, complaint):
    (own_tree / "Test_data1" / "rect" / "TEST_0_0.jpg.rect").write_text(text)
    with pytest.raises(DataError, match=rf"TEST_0_0\.jpg\.rect, {complaint}"):
        JD106(own_tree).records("test")


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_points_with_any_damage(tree, data):
    root, truth = tree
    files = [
        root / "Test_data1" / "landmark" / "TEST_0_0.jpg.txt",
        root / "Corrected_landmark" / "TEST_1_3.jpg.txt",
    ]
    file = data.draw(st.sampled_from(files))
    mutation = data.draw(text_mutations(file.read_bytes(), counts=[0]))
    check_reading(file, mutation, lambda: JD106(root).records("test"), truth["test"])


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_rectangle_with_any_damage(tree, data):
    root, truth = tree
    file = root / "Test_data1" / "rect" / "TEST_2_6.jpg.rect"
    mutation = data.draw(text_mutations(file.read_bytes(), last_word=False))
    check_reading(file, mutation, lambda: JD106(root).records("test"), truth["test"])


# --- genuine files ---

genuine = pytest.mark.skipif(not GENUINE.is_dir(), reason="the genuine JD files are not here")


@pytest.fixture(scope="module")
def genuine_records():
    return JD106(GENUINE).records("faces")


@genuine
def test_genuine_files(genuine_records):
    assert JD106(GENUINE).found("faces") == "45 faces of one folder"
    assert len(genuine_records) == 45
    for record in genuine_records:
        height, width, _ = record.photo.read().shape
        inside = (record.points_photo >= 0) & (record.points_photo < [width, height])
        assert inside.all(axis=1).mean() > 0.85
        assert record.box is None
        # The eyes' centres are annotated twice over.
        points = record.points_photo
        np.testing.assert_array_equal(points[[74, 83]], points[[104, 105]])
    normalisers = JD106(GENUINE).normalisers(genuine_records)
    assert (normalisers[:, 0] > normalisers[:, 1]).all(), "a face is larger than its eyes' distance"


@genuine
def test_genuine_faces_are_symmetric_on_average(genuine_records):
    """The mean face and its mirror image show the order of the points and the mirror pairs."""
    twins = list(MARKUP_106.mirror)
    shapes = []
    for record in genuine_records:
        points = record.points_photo
        left, right = points[104], points[105]
        turned = ((points - (left + right) / 2) @ [1, 1j]) / ((right - left) @ [1, 1j])
        shapes.append(np.stack([turned.real, turned.imag], axis=1))
    mean = np.mean(shapes, axis=0)
    mirrored = mean * [-1, 1]
    # In distances of the eyes. Many of the 45 faces look to one side, so that the mean does.
    assert np.abs(mean - MARKUP_106.mean_shape).max() < 0.25
    own = np.linalg.norm(mirrored[twins] - mean, axis=1)
    assert own.max() < 0.25
    # Of all points, a point's twin is the one that its mirror image meets, or a neighbour of that.
    nearest = np.linalg.norm(mirrored[:, None] - mean[None], axis=2).argmin(axis=1)
    assert np.mean(nearest == twins) > 0.8
    assert np.linalg.norm(mean[nearest] - mean[twins], axis=1).max() < 0.15
