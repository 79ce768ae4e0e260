"""The harness itself: it has to notice a reader that is wrong, and to leave no damage behind."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.batch import Record
from landmarks.benchmarks.w300 import W300
from landmarks.data.photo_file import PhotoFile
from landmarks.errors import DataError
from tests.benchmarks.fuzz import (
    Mutation,
    binary_mutations,
    check_reading,
    exactly,
    some_of,
    text_mutations,
)
from tests.benchmarks.official.truth import Face
from tests.benchmarks.official.w300 import write_300w_tree

DAMAGED = Mutation("damaged", b"1\n2\n")
SOUND = b"1 2\n"
FACES = [Face(np.full((1, 2), value)) for value in (1.0, 2.0, 3.0)]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("300w")
    return root, write_300w_tree(root)


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_300w_with_a_damaged_pts(tree, data):
    root, truth = tree
    file = data.draw(st.sampled_from(sorted((root / "ibug").glob("*.pts"))))
    mutation = data.draw(text_mutations(file.read_bytes(), counts=[0, 1]))
    check_reading(file, mutation, lambda: W300(root).records("ibug"), truth["ibug"])


@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_300w_with_a_damaged_picture(tree, data):
    root, truth = tree
    file = root / "ibug" / "image_0001.jpg"
    mutation = data.draw(binary_mutations(file.read_bytes()))
    check_reading(
        file,
        mutation,
        lambda: W300(root).records("ibug"),
        truth["ibug"],
        also=[file.with_suffix(".pts")],
    )


def record(face: Face) -> Record:
    return Record(PhotoFile(Path("x.jpg"), "x.jpg"), face.points)


def test_what_is_legitimate():
    records = [record(face) for face in FACES]
    assert exactly(records, FACES)
    assert not exactly(records[:2], FACES)
    assert not exactly(records[::-1], FACES)
    assert some_of([*records[::-1], records[0]], FACES)
    assert not some_of([record(Face(np.full((1, 2), 1.01)))], FACES)
    assert not some_of([record(Face(np.full((1, 2), np.nan)))], FACES)
    with_box = FACES[0]._replace(subsets=frozenset({"a"}))
    assert not some_of([record(FACES[0])], [with_box])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(SOUND)
    return path


@pytest.mark.parametrize(
    ("error", "complaint"),
    [
        (DataError("?", file=Path("other.txt"), line=1), "other.txt"),
        (DataError("?"), "damaged"),
        (ValueError("invalid literal"), "invalid literal"),
        (IndexError("list index"), "list index"),
    ],
)
def test_a_wrong_error_is_noticed(file, error, complaint):
    def read():
        raise error

    with pytest.raises((AssertionError, type(error)), match=complaint):
        check_reading(file, DAMAGED, read, FACES)
    assert file.read_bytes() == SOUND


@pytest.mark.parametrize(("line", "good"), [(None, False), (0, False), (3, True), (4, False)])
def test_a_line_is_asked_for(file, line, good):
    def read():
        raise DataError("?", file=file, line=line)

    if good:
        check_reading(file, DAMAGED, read, FACES)
    else:
        with pytest.raises(AssertionError):
            check_reading(file, DAMAGED, read, FACES)


def test_a_wrong_face_is_noticed(file):
    def read():
        assert file.read_bytes() == DAMAGED.data
        return [record(FACES[0])]

    with pytest.raises(AssertionError, match="a wrong face"):
        check_reading(file, DAMAGED, read, FACES)
    check_reading(file, DAMAGED, read, FACES, legitimate=some_of)
    assert file.read_bytes() == SOUND


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_damage_is_damage(data):
    sound = b"2\na.jpg 1.5 2.5\nb.jpg 3.5 4.5\n"
    mutation = data.draw(text_mutations(sound, counts=[0], names=0, reorder=True))
    if mutation.what not in ("lines exchanged",):
        assert mutation.data != sound, mutation.what
    binary = data.draw(binary_mutations(bytes(range(256))))
    assert not binary.text
