from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.benchmarks import BENCHMARKS
from landmarks.benchmarks.menpo2d import Menpo2D
from landmarks.errors import DataError
from tests.benchmarks.fuzz import check_reading, text_mutations
from tests.benchmarks.official.menpo2d import write_menpo2d_tree

FOLDER = Path("menpo", "trainset")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("menpo")
    return root, write_menpo2d_tree(root)


@pytest.fixture
def own_tree(tmp_path):
    write_menpo2d_tree(tmp_path)
    return tmp_path


def test_facts():
    facts = Menpo2D.facts
    assert BENCHMARKS["menpo2d"] is Menpo2D
    assert {name: split.published for name, split in facts.splits.items()} == {
        "semifrontal": 6679,
    }
    assert facts.protocols[0].name == "menpo2d/box"


def test_profiles_are_left_out_and_counted(tree):
    benchmark = Menpo2D(tree[0])
    records = benchmark.records("semifrontal")
    numbers = [int(Path(record.photo.name).stem.rpartition("_")[2]) for record in records]
    assert numbers == [1, 2, 4, 5, 7, 8]
    assert benchmark.found("semifrontal") == (
        "6 of 6,679 semi-frontal faces; 3 of 2,300 profile faces with 39 points are left out"
    )


def test_the_two_splits_are_the_same_faces(tree):
    ours, theirs = (Menpo2D(tree[0]).records(split) for split in ("semifrontal", "semifrontal"))
    for a, b in zip(ours, theirs, strict=True):
        assert a.photo == b.photo
        np.testing.assert_array_equal(a.points_photo, b.points_photo)


def test_profiles_alone_are_not_enough(own_tree):
    for number in (1, 2, 4, 5, 7, 8):
        (own_tree / FOLDER / f"aflw__face_{number}.pts").unlink()
    with pytest.raises(DataError, match="holds profile faces with 39 points only"):
        Menpo2D(own_tree).records("semifrontal")
    assert Menpo2D(own_tree).found("semifrontal").startswith("0 of 6,679 ")


@pytest.mark.parametrize("number", [1, 3])
def test_a_face_that_says_it_has_other_points_is_refused(own_tree, number):
    """A face with 68 points that says 39, and a profile that says 68."""
    file = own_tree / FOLDER / f"aflw__face_{number}.pts"
    text = file.read_text()
    file.write_text(text.replace("68", "39", 1) if number == 1 else text.replace("39", "68", 1))
    with pytest.raises(DataError) as caught:
        Menpo2D(own_tree).records("semifrontal")
    assert caught.value.file == file


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_a_damaged_pts(tree, data):
    root, truth = tree
    file = root / FOLDER / f"aflw__face_{data.draw(st.sampled_from([1, 2, 3]))}.pts"
    mutation = data.draw(text_mutations(file.read_bytes(), counts=[0, 1]))
    reading = lambda: Menpo2D(root).records("semifrontal")  # noqa: E731
    check_reading(file, mutation, reading, truth["semifrontal"])
