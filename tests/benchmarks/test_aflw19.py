import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.benchmarks import BENCHMARKS, aflw19
from landmarks.benchmarks.aflw19 import AFLW19
from landmarks.errors import DataError
from landmarks.markups import MARKUP_19
from tests.benchmarks.fuzz import BAD_NAMES, agree, binary_mutations, check_reading
from tests.benchmarks.official.aflw19 import PICTURES, draw_aflw19, write_aflw19_tree
from tests.benchmarks.official.mat import write_mat5, write_mat73

SHARED = Path(os.environ.get("LANDMARKS_SHARED", Path(__file__).parents[3] / "shared"))
SAMPLES = SHARED / "data" / "samples" / "coco_json_aflw"
ROWS, TRAINING = 18, 10
FILE = "AFLWinfo_release.mat"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """As if AFLW-19 had 18 faces, so that its file is quickly written: root, truth, variables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aflw19, "_FACES", ROWS)
        patch.setattr(aflw19, "_TRAINING", TRAINING)
        root = tmp_path_factory.mktemp("aflw19")
        truth, variables = draw_aflw19(root, ROWS, TRAINING)
        write_mat5(root / FILE, variables)
        yield root, truth, variables


@pytest.fixture
def changed(small, tmp_path):
    """Writes the small file with some variables replaced, beside the same pictures."""
    root, _, variables = small

    def write(**change: object) -> AFLW19:
        (tmp_path / "data").symlink_to(root.joinpath(*PICTURES[:2]), target_is_directory=True)
        write_mat5(tmp_path / FILE, {**variables, **change})
        return AFLW19(tmp_path)

    return write


def test_facts():
    facts = AFLW19.facts
    assert BENCHMARKS["aflw19"] is AFLW19
    assert facts.markup is MARKUP_19
    assert {name: split.published for name, split in facts.splits.items()} == {
        "train": 20000,
        "test": 4386,
    }
    assert facts.subsets["frontal"].published == 1314
    assert [p.name for p in facts.protocols] == [
        "aflw19/diag",
        "aflw19/box@annotated",
        "aflw19/box@landmarks",
    ]


def test_the_official_numbers_of_rows(tmp_path):
    truth = write_aflw19_tree(tmp_path)
    benchmark = AFLW19(tmp_path)
    for split, faces in truth.items():
        assert all(map(agree, benchmark.records(split), faces))
    assert benchmark.found("train") == "8 of 20,000 training faces (without the pictures of 2, 3)"


def test_normalisers(small):
    root, truth, _ = small
    benchmark = AFLW19(root)
    for row, face in zip(
        benchmark.normalisers(benchmark.records("test")), truth["test"], strict=True
    ):
        x0, y0, x1, y1 = face.box
        width, height = np.ptp(face.points, axis=0)
        expected = [
            np.hypot(x1 - x0, y1 - y0),
            np.sqrt((x1 - x0) * (y1 - y0)),
            np.sqrt(width * height),
        ]
        np.testing.assert_allclose(row, expected, rtol=1e-9)


def test_hidden_points_have_coordinates_and_only_test_faces_are_frontal(small):
    root, _, _ = small
    for split in ("train", "test"):
        records = AFLW19(root).records(split)
        assert any(record.occluded.any() for record in records)
        assert all(np.isfinite(record.points_photo).all() for record in records)
        for record in records:
            frontal = split == "test" and not record.occluded.any()
            assert record.subsets == ({"frontal"} if frontal else set())


def test_several_faces_of_one_picture(small):
    root, _, _ = small
    records = AFLW19(root).records("test")
    assert records[0].photo == records[1].photo
    assert records[0].points_photo.max() < records[1].points_photo.max()


def test_version_7_3_and_a_column_for_the_permutation(small, tmp_path):
    root, truth, variables = small
    (tmp_path / "flickr").symlink_to(root.joinpath(*PICTURES), target_is_directory=True)
    write_mat73(tmp_path / FILE, {**variables, "ra": variables["ra"].T.astype(np.float64)})
    for split, faces in truth.items():
        assert all(map(agree, AFLW19(tmp_path).records(split), faces))


@pytest.mark.parametrize("place", ["data/flickr", "images", "."])
def test_where_the_pictures_may_lie(small, tmp_path, place):
    root, truth, variables = small
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    (tmp_path / place / "0").symlink_to(root.joinpath(*PICTURES, "0"), target_is_directory=True)
    write_mat5(tmp_path / FILE, variables)
    assert len(AFLW19(tmp_path).records("test")) == len(truth["test"])


def test_annotations_without_pictures(small, tmp_path):
    _, _, variables = small
    write_mat5(tmp_path / FILE, variables)
    with pytest.raises(DataError, match=r"none of these is there: .*flickr/0"):
        AFLW19(tmp_path).prepare(["train"])
    assert AFLW19(tmp_path).found("test") == "0 of 4,386 test faces"


# --- damaged files ---


def with_row(array: np.ndarray, row: int, column: int, value: float) -> np.ndarray:
    copied = array.astype(np.float64)
    copied[row, column] = value
    return copied


@pytest.fixture
def row(small):
    """The row of the second test face."""
    return int(small[2]["ra"][0, TRAINING + 1]) - 1


@pytest.mark.parametrize(
    ("name", "column", "value", "message"),
    [
        ("data", 3, np.nan, "variable data: entry .* is nan"),
        ("data", 3, 1e7, "variable data: point 3 lies nowhere near the picture"),
        ("mask_new", 5, 2, "variable mask_new: the flag of point 5 is 2, expected 0 or 1"),
        ("bbox", 0, 5000, "variable bbox: .* left 5000, right .* expected left below right"),
        ("bbox", 1, 1e200, "variable bbox: the box reaches out nowhere near the picture"),
        ("ra", 0, 0, "variable ra: is no permutation"),
        ("ra", 0, 1.5, "variable ra: is no permutation"),
    ],
)
def test_a_bad_number(changed, small, row, name, column, value, message):
    array = with_row(small[2][name], 0 if name == "ra" else row, column, value)
    benchmark = changed(**{name: array})
    with pytest.raises(DataError, match=message) as caught:
        benchmark.records("test")
    assert caught.value.file.name == FILE
    assert caught.value.line in (row + 1, None)


@pytest.mark.parametrize("name", ["data", "bbox", "mask_new", "ra"])
def test_too_few_rows(changed, small, name):
    array = small[2][name]
    with pytest.raises(DataError, match=f"variable {name}: "):
        changed(**{name: array[:, :-1] if name == "ra" else array[:-1]}).records("test")


def test_too_few_names(changed, small):
    with pytest.raises(DataError, match="variable nameList: holds 17 texts, expected 18"):
        changed(nameList=small[2]["nameList"][:-1]).records("test")


@pytest.mark.parametrize("bad", BAD_NAMES)
def test_names_that_lead_elsewhere(changed, small, row, bad):
    names = list(small[2]["nameList"])
    names[row] = bad
    benchmark = changed(nameList=names)
    with pytest.raises(DataError) as caught:
        benchmark.records("test")
    assert "0/image" not in str(caught.value)


def test_windows_separators(changed, small):
    names = [name.replace("/", "\\") for name in small[2]["nameList"]]
    benchmark = changed(nameList=names)
    for split, faces in small[1].items():
        assert all(map(agree, benchmark.records(split), faces))
    assert benchmark.records("test")[0].photo.name.startswith("0/image")


def test_a_missing_picture_in_a_folder_that_is_there(changed, small, row):
    names = list(small[2]["nameList"])
    names[row] = "0/image99999.jpg"
    benchmark = changed(nameList=names)
    with pytest.raises(DataError, match=r"image99999\.jpg: the picture is missing"):
        benchmark.records("test")
    read = [source.line for source in benchmark.sources("test")]
    assert row + 1 in read


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_damaged_file_is_read_rightly_or_refused(small, data):
    root, truth, _ = small
    mutation = data.draw(binary_mutations((root / FILE).read_bytes()))
    check_reading(root / FILE, mutation, lambda: AFLW19(root).records("test"), truth["test"])


# --- genuine files ---


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the genuine AFLW samples are not here")
def test_genuine_points_have_the_order_of_the_markup():
    for annotation in json.loads((SAMPLES / "test_aflw.json").read_text())["annotations"]:
        points = np.array(annotation["keypoints"]).reshape(19, 3)[:, :2] @ [1, 1j]
        shape = MARKUP_19.mean_shape @ [1, 1j]
        points, shape = points - points.mean(), shape - shape.mean()
        points *= np.vdot(points, shape) / np.vdot(points, points).real
        own = np.abs(points - shape).mean()
        twin = np.abs(points - shape[list(MARKUP_19.mirror)]).mean()
        assert own < 0.2 < 0.5 < twin
