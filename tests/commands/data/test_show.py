import pytest

from landmarks.benchmarks import BENCHMARKS
from landmarks.benchmarks.formats import Coco
from landmarks.benchmarks.page import all_markdown
from landmarks.cli import main
from tests.benchmarks.official.w300 import write_300w
from tests.benchmarks.own_data import faces, write_own


def test_a_benchmark_without_files(capsys):
    assert main(["data", "show", "300w"]) == 0
    printed = capsys.readouterr().out
    assert "300w/inter_ocular" in printed
    assert "Found" not in printed


def test_what_is_found_below_a_root(capsys, tmp_path):
    write_300w(tmp_path, 2, folders=["ibug"])
    assert main(["data", "show", "300w", "--root", str(tmp_path)]) == 0
    assert "ibug: 2 of 135 faces of ibug" in capsys.readouterr().out


def test_a_description(capsys, tmp_path):
    entry = {"test": ("test.json", Coco(), "{coco: test.json, pictures: images}")}
    description = write_own(tmp_path, entry, {"test": faces(2)})
    assert main(["data", "show", str(description)]) == 0
    printed = capsys.readouterr().out
    assert "Cat faces (cats)" in printed
    assert "test: 2 faces of cats test" in printed


def test_all(capsys):
    assert main(["data", "show", "all"]) == 0
    printed = capsys.readouterr().out
    assert all(f"({name})" in printed for name in BENCHMARKS)
    assert main(["data", "show", "all", "--markdown"]) == 0
    assert capsys.readouterr().out == all_markdown(BENCHMARKS)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["400w"], "'400w' is not known; choose one of synthetic"),
        (["all", "--root", "x"], "--root belongs to one benchmark"),
        (["300w", "--root", "x", "--markdown"], "--markdown"),
        (["none.yaml"], "none.yaml: the description cannot be read"),
    ],
)
def test_what_cannot_be_shown(capsys, words, message):
    assert main(["data", "show", *words]) == 2
    assert message in capsys.readouterr().err
