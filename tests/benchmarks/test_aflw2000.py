import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.benchmarks import BENCHMARKS
from landmarks.benchmarks.aflw2000 import AFLW2000
from landmarks.benchmarks.mat.reading import read_mat
from landmarks.errors import DataError
from tests.benchmarks.fuzz import binary_mutations, check_reading
from tests.benchmarks.official.aflw2000 import YAWS, write_aflw2000_tree
from tests.benchmarks.official.mat import write_mat5

SHARED = Path(os.environ.get("LANDMARKS_SHARED", Path(__file__).parents[3] / "shared"))
GENUINE = SHARED / "data" / "samples" / "aflw2000_3d"
genuine = pytest.mark.skipif(not GENUINE.is_dir(), reason="the genuine files are not here")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("aflw2000")
    return root, write_aflw2000_tree(root)


@pytest.fixture
def own_tree(tmp_path):
    write_aflw2000_tree(tmp_path)
    return tmp_path


def test_facts():
    facts = AFLW2000.facts
    assert BENCHMARKS["aflw2000_3d"] is AFLW2000
    assert facts.training_split is None
    assert facts.splits["test"].published == 2000
    assert {name: subset.published for name, subset in facts.subsets.items()} == {
        "yaw_0_30": 1312,
        "yaw_30_60": 383,
        "yaw_60_90": 305,
    }
    assert sum(subset.published or 0 for subset in facts.subsets.values()) == 2000
    assert facts.protocols[0].name == "aflw2000_3d/box"


def test_subsets_are_by_absolute_yaw(tree):
    subsets = [next(iter(record.subsets)) for record in AFLW2000(tree[0]).records("test")]
    assert dict(zip(YAWS.values(), subsets, strict=True)) == {
        -29.9: "yaw_0_30",
        30.1: "yaw_30_60",
        -59.9: "yaw_30_60",
        60.1: "yaw_60_90",
        95.0: "yaw_60_90",
    }


def test_the_root_may_be_the_folder_itself(tree):
    root, truth = tree
    inside = AFLW2000(root / "AFLW2000")
    assert [record.photo.name for record in inside.records("test")][:1] == ["image00002.jpg"]
    assert inside.found("test") == "5 of 2,000 test faces"
    assert len(inside.records("test")) == len(truth["test"])
    assert AFLW2000(root).records("test")[0].photo.name == "AFLW2000/image00002.jpg"


def test_a_missing_picture_is_named(own_tree):
    (own_tree / "AFLW2000" / "image00004.jpg").unlink()
    with pytest.raises(DataError, match=r"image00004\.mat: no picture stands beside"):
        AFLW2000(own_tree).records("test")


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"pt3d_68": np.zeros((3, 68))}, "variable Pose_Para: is missing"),
        ({"pt3d_68": np.zeros((2, 68)), "Pose_Para": np.zeros((1, 7))}, "2 × 68, expected 3 × 68"),
        ({"pt3d_68": np.full((3, 68), 1e6), "Pose_Para": np.zeros((1, 7))}, "x of point 1 is 1e"),
    ],
)
def test_nonsense_is_refused(own_tree, variables, message):
    file = own_tree / "AFLW2000" / "image00006.mat"
    write_mat5(file, variables)
    with pytest.raises(DataError, match=message) as caught:
        AFLW2000(own_tree).records("test")
    assert caught.value.file == file


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_a_damaged_mat(tree, data):
    root, truth = tree
    file = root / "AFLW2000" / "image00050.mat"
    mutation = data.draw(binary_mutations(file.read_bytes()))
    check_reading(file, mutation, lambda: AFLW2000(root).records("test"), truth["test"])


# --- genuine files ---


@genuine
def test_genuine_faces():
    records = AFLW2000(GENUINE).records("test")
    assert AFLW2000(GENUINE).found("test") == "4 of 2,000 test faces"
    assert [next(iter(record.subsets)) for record in records] == [
        "yaw_0_30",
        "yaw_0_30",
        "yaw_30_60",
        "yaw_0_30",
    ]
    for record in records:
        assert record.photo.read().shape == (450, 450, 3)
        assert (record.points_photo >= 0).all()
        assert (record.points_photo < 450).all()


@genuine
def test_genuine_points_lie_by_the_points_of_aflw():
    """Eye and mouth corners and the chin, where AFLW has them; -1 is not annotated."""
    ours, theirs = [36, 39, 42, 45, 48, 54, 8], [6, 8, 9, 11, 17, 19, 20]
    for record in AFLW2000(GENUINE).records("test"):
        file = GENUINE / Path(record.photo.name).with_suffix(".mat")
        aflw = read_mat(file, {"pt2d": (2, 21)})["pt2d"].T[theirs]
        seen = aflw[:, 0] != -1
        apart = np.linalg.norm(record.points_photo[ours] - (aflw - 1), axis=1)[seen]
        assert np.median(apart) < 6, record.photo.name
        assert apart.max() < 30, record.photo.name


@genuine
@pytest.mark.parametrize("name", ["image00050", "image00251", "image00430"])
def test_genuine_files_count_from_1(name):
    """AFLW's points were set on whole pixels; scaled back from pixel 1 they are whole again."""
    arrays = read_mat(GENUINE / f"{name}.mat", {"pt2d": (2, 21), "roi": (1, 4)})
    left, _, right, _ = arrays["roi"][0]
    points = arrays["pt2d"][:, arrays["pt2d"][0] != -1]
    scale = 450 / (right - left + 1)

    def off_the_grid(first: int) -> float:
        pixels = (points - first) / scale
        return float(np.abs(pixels - np.round(pixels)).max())

    assert off_the_grid(1) < 1e-6
    assert off_the_grid(0) > 0.05
