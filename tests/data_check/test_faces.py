import shutil

import pytest

from landmarks.benchmarks.synthetic import Synthetic
from landmarks.benchmarks.w300 import W300
from landmarks.data_check.faces import read_faces
from landmarks.data_check.finding import UNREADABLE
from landmarks.errors import AbsentError, DataError
from tests.data_check.drawn import write_tree

SPLITS = ["train", "full", "common", "afw"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    write_tree(root)
    return root


@pytest.fixture
def own_tree(tree, tmp_path):
    shutil.copytree(tree, tmp_path / "tree")
    return tmp_path / "tree"


def test_a_face_in_several_splits_is_kept_once(tree):
    faces, findings = read_faces(W300(tree), SPLITS)
    assert findings == []
    assert len(faces.faces) == 44
    assert faces.faces[0].splits == ("train", "afw")
    assert faces.faces[-1].splits == ("full", "common")
    assert faces.counts == {"train": (32, 0), "full": (12, 0), "common": (12, 0), "afw": (20, 0)}
    assert faces.is_training(faces.faces[0])
    assert not faces.is_test(faces.faces[0])
    assert faces.is_test(faces.faces[-1])


def test_all_errors_are_collected(own_tree):
    lines = (own_tree / "afw" / "image_0002.pts").read_text().splitlines()
    lines[9] = "nan nan"
    (own_tree / "afw" / "image_0002.pts").write_text("\n".join(lines))
    (own_tree / "lfpw" / "testset" / "image_0004.png").unlink()
    faces, findings = read_faces(W300(own_tree), SPLITS)
    assert len(faces.faces) == 42
    assert [(f.kind, f.file.name, f.line, f.split) for f in findings] == [
        (UNREADABLE, "image_0002.pts", 10, "train, afw"),
        (UNREADABLE, "image_0004.pts", None, "full, common"),
    ]
    assert findings[0].value.startswith("coordinate 'nan'")
    assert faces.counts["train"] == (31, 1)


def test_what_is_not_there_at_all(tree):
    faces, findings = read_faces(W300(tree), ["train", "private"])
    assert findings == []
    assert faces.absent == {"private"}
    with pytest.raises(AbsentError, match="private"):
        read_faces(W300(tree), ["private"])


def test_a_reader_that_stops_says_so(tmp_path, monkeypatch):
    def fail(self, split):
        raise DataError("broken", file=tmp_path / "all.npy")

    monkeypatch.setattr(Synthetic, "prepare", lambda self, splits: None)
    monkeypatch.setattr(Synthetic, "records", fail)
    faces, [finding] = read_faces(Synthetic(), ["train"])
    assert faces.faces == []
    assert finding.value == "broken"
    assert "stopped here" in finding.expected
