import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.benchmarks import BENCHMARKS
from landmarks.benchmarks.cofw import COFW
from landmarks.errors import DataError
from landmarks.markups import MARKUP_29
from tests.benchmarks.fuzz import binary_mutations, check_reading
from tests.benchmarks.official.cofw import VARIABLES, draw, write_cofw, write_cofw_tree
from tests.benchmarks.official.mat import write_mat73

SHARED = Path(os.environ.get("LANDMARKS_SHARED", Path(__file__).parents[3] / "shared"))
SAMPLES = SHARED / "data" / "samples" / "coco_json_cofw"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("cofw")
    return root, write_cofw_tree(root)


def test_facts():
    facts = COFW.facts
    assert BENCHMARKS["cofw"] is COFW
    assert facts.markup is MARKUP_29
    assert {name: split.published for name, split in facts.splits.items()} == {
        "train": 1345,
        "test": 507,
    }
    assert [p.name for p in facts.protocols] == [
        "cofw/inter_ocular",
        "cofw/inter_pupil",
        "cofw/box",
        "cofw/diag",
    ]


def test_normalisers(tree):
    root, truth = tree
    benchmark = COFW(root)
    for row, face in zip(
        benchmark.normalisers(benchmark.records("test")), truth["test"], strict=True
    ):
        points = face.points
        width, height = np.ptp(points, axis=0)
        expected = [
            np.hypot(*(points[8] - points[9])),
            np.hypot(*(points[16] - points[17])),
            np.sqrt(width * height),
            np.hypot(width, height),
        ]
        np.testing.assert_allclose(row, expected, rtol=1e-9)


def test_names_and_pictures(tree):
    root, truth = tree
    records = COFW(root).records("test")
    assert [record.photo.name for record in records] == ["test/1", "test/2", "test/3", "test/4"]
    for number, (record, face) in enumerate(zip(records, truth["test"], strict=True)):
        picture = draw("test", number, face.size)[0]
        if number % 3 == 2:  # a grey one
            picture = np.repeat(picture[..., 1:2], 3, axis=2)
        np.testing.assert_array_equal(record.photo.read(), picture)


def test_the_grey_version_is_read_where_the_colour_version_is_missing(tmp_path):
    truth = write_cofw(tmp_path, "test", 3, grey_version=True)
    assert COFW(tmp_path).found("test") == "3 of 507 test faces"
    record = COFW(tmp_path).records("test")[0]
    picture = record.photo.read()
    assert (picture[..., 0] == picture[..., 2]).all()
    np.testing.assert_allclose(record.points_photo, truth[0].points, atol=1e-9)
    write_cofw(tmp_path, "test", 2)
    assert len(COFW(tmp_path).records("test")) == 2, "the colour version"


def test_the_folders_of_the_archives(tmp_path):
    write_cofw(tmp_path / "common/xpburgos/behavior/code/pose", "train", 2, grey_version=True)
    write_cofw(tmp_path / "COFW_color", "test", 2)
    assert len(COFW(tmp_path).records("train")) == 2
    assert len(COFW(tmp_path).records("test")) == 2


def test_one_split_without_the_other(tmp_path):
    write_cofw(tmp_path, "test", 2)
    assert len(COFW(tmp_path).records("test")) == 2
    with pytest.raises(DataError, match=r"COFW_train_color\.mat"):
        COFW(tmp_path).prepare(["train"])
    assert COFW(tmp_path).found("train") == "0 of 1,345 training faces"


# --- damaged files ---


def spoiled(root: Path, **change: object) -> COFW:
    """A test split of three faces with one of its variables replaced."""
    write_cofw(root, "test", 3)
    pictures = [draw("test", number, face.size)[0] for number, face in enumerate(_faces(root))]
    faces = _faces(root)
    points = np.array([np.concatenate([*(f.points + 1).T, f.occluded]) for f in faces])
    boxes = np.array([[5.0, 5, 50, 60]] * 3)
    values = {"IsT": pictures, "phisT": points, "bboxesT": boxes, **change}
    write_mat73(root / "COFW_test_color.mat", values)
    return COFW(root)


def _faces(root: Path):
    return write_cofw(root, "test", 3)


PHIS = np.concatenate([np.full((3, 58), 30.0), np.zeros((3, 29))], axis=1)


def changed(array: np.ndarray, row: int, column: int, value: float) -> np.ndarray:
    copied = array.copy()
    copied[row, column] = value
    return copied


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"phisT": PHIS[:, :86]}, "phisT: the shape is 3 × 86, expected any × 87"),
        ({"phisT": PHIS.T}, "phisT: the shape is 87 × 3"),
        ({"phisT": PHIS[:2]}, "bboxesT: 3 entries, but phisT has 2"),
        ({"phisT": changed(PHIS, 1, 4, np.nan)}, r"phisT: entry \(2, 5\) is nan"),
        ({"phisT": changed(PHIS, 1, 4, 1e9)}, "line 2: variable phisT: point 4 lies nowhere"),
        ({"phisT": changed(PHIS, 2, 60, 2)}, "line 3: variable phisT: the flag of point 2 is 2"),
        ({"bboxesT": np.ones((3, 3))}, "bboxesT: the shape is 3 × 3"),
        ({"bboxesT": np.zeros((3, 4))}, "line 1: variable bboxesT: the box is 0 wide"),
        ({"IsT": [np.zeros((4, 4))] * 3}, r"IsT\{1\}: is double"),
        ({"IsT": []}, "IsT"),
        ({"IsT": PHIS}, "IsT: .*expected a cell array"),
        ({"bboxesT": np.array([[1, 1, 9, 9], [1, 1, 9, 1e308], [1, 1, 9, 9]])}, "line 2: .*box"),
        ({"IsT": [np.zeros((9, 9), np.uint8)] * 2}, "IsT: 2 entries, but phisT has 3"),
        ({"IsT": [np.zeros((9, 9), np.uint8)] * 4}, "IsT: 4 entries, but phisT has 3"),
    ],
)
def test_what_is_not_cofw_is_refused(tmp_path, change, message):
    with pytest.raises(DataError, match=message) as caught:
        spoiled(tmp_path, **change).records("test")
    assert caught.value.file == tmp_path / "COFW_test_color.mat"


def test_a_face_that_cannot_be_read_says_nothing_of_the_others(tmp_path):
    benchmark = spoiled(tmp_path, phisT=changed(PHIS, 1, 60, 2))
    sources = benchmark.sources("test")
    assert [source.line for source in sources] == [1, 2, 3]
    sources[0].read()
    sources[2].read()
    with pytest.raises(DataError, match="line 2"):
        sources[1].read()


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_damaged_file_is_read_rightly_or_refused(tree, data):
    root, truth = tree
    file = root / "COFW_test_color.mat"
    mutation = data.draw(binary_mutations(file.read_bytes()))
    check_reading(file, mutation, lambda: COFW(root).records("test"), truth["test"])


def test_variables_of_the_splits_differ(tree):
    root, _ = tree
    (root / "COFW_train_color.mat").rename(root / "kept")
    os.link(root / "COFW_test_color.mat", root / "COFW_train_color.mat")
    try:
        with pytest.raises(DataError, match=f"variable {VARIABLES['train'][1]}: is missing"):
            COFW(root).records("train")
    finally:
        (root / "kept").replace(root / "COFW_train_color.mat")


# --- genuine files ---


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the genuine COFW samples are not here")
def test_genuine_points_have_the_order_of_the_markup():
    for annotation in json.loads((SAMPLES / "test_cofw.json").read_text())["annotations"]:
        points = np.array(annotation["keypoints"]).reshape(29, 3)[:, :2] @ [1, 1j]
        shape = MARKUP_29.mean_shape @ [1, 1j]
        points, shape = points - points.mean(), shape - shape.mean()
        points *= np.vdot(points, shape) / np.vdot(points, points).real
        own = np.abs(points - shape).mean()
        twin = np.abs(points - shape[list(MARKUP_29.mirror)]).mean()
        assert own < 0.2 < 0.5 < twin
