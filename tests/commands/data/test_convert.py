import shlex

import pytest

from landmarks.benchmarks.custom import Custom
from landmarks.benchmarks.formats import CsvTable
from landmarks.benchmarks.w300 import W300
from landmarks.cli import main
from tests.benchmarks.official.w300 import write_300w
from tests.benchmarks.own_data import faces, write_own
from tests.benchmarks.test_conversion import identical


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("300w")
    write_300w(root, 2, folders=["ibug", "01_Indoor"])
    return root


def test_what_is_there_is_converted(capsys, root, tmp_path):
    words = ["--benchmark", "300w", "--root", str(root), "--output", str(tmp_path)]
    assert main(["data", "convert", *words]) == 0
    printed = capsys.readouterr().out
    assert "left out train: found 0 of 3,148" in printed
    assert "ibug: 2 faces" in printed
    assert "not kept" not in printed
    back = Custom(tmp_path / "description.yaml", root)
    assert set(back.facts.splits) == {"full", "challenge", "private", "ibug", "01_Indoor"}
    for split in back.facts.splits:
        assert all(map(identical, back.records(split), W300(root).records(split)))


def test_what_was_converted_can_be_looked_at_as_it_says(capsys, tmp_path):
    """Pictures stay with one's own description, whose folder is the root where none is given."""
    split = ("test.csv", CsvTable(), "{csv: test.csv, pictures: images}")
    own = write_own(tmp_path / "own", {"test": split}, {"test": faces(2)})
    words = ["--benchmark", str(own), "--output", str(tmp_path / "out")]
    assert main(["data", "convert", *words]) == 0
    command = shlex.split(capsys.readouterr().out.rpartition("to look at it: landmarks ")[2])
    assert main(command) == 0
    assert command[-2:] == ["--root", str(tmp_path / "own")]
    written = (tmp_path / "out" / "description.yaml").read_text()
    assert "not stated" not in written
    assert "- [0, 3]\n" in written


def test_what_is_not_kept_is_said(capsys, root, tmp_path):
    words = ["--benchmark", "300w", "--root", str(root), "--output", str(tmp_path)]
    assert main(["data", "convert", *words, "--splits", "full,private", "--format", "pts"]) == 0
    printed = capsys.readouterr().out
    assert "not kept: full: pts cannot hold the subsets of 2 faces" in printed
    assert "not kept: private: pts cannot hold the names of 2 pictures" in printed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--splits", "fool"], "--splits 'fool': 300W has no split 'fool'; choose from train"),
        (["--format", "xml"], "--format 'xml' is not known; choose one of coco, csv, pts, txt"),
        (["--output", __file__], "is a file; name a folder"),
        (["--splits", "train"], "none of these"),
    ],
)
def test_what_cannot_be_converted(capsys, root, tmp_path, words, message):
    given = ["--benchmark", "300w", "--root", str(root), "--output", str(tmp_path / "out")]
    assert main(["data", "convert", *given, *words]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
