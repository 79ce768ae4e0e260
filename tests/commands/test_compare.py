import subprocess
import sys

import polars
import pytest

from landmarks.cli import main
from tests.analysis.tiny_experiment import tiny_experiment

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers.*")


def test_the_command_compares_and_ends_with_a_table(tmp_path, capsys):
    path = tiny_experiment(
        tmp_path, **{"data.init_args.root": "to be overridden", "splits": ["ibug"], "seeds": [1, 2]}
    )
    root, output = tmp_path / "300w", tmp_path / "out"
    text = path.read_text()
    path.write_text(text[: text.index("  hih:")])
    assert main(["compare", str(path), "--root", str(root), "--output", str(output)]) == 0
    shown = capsys.readouterr().out
    for place, run in enumerate(("argmax, seed 1", "argmax, seed 2", "dark, seed 1"), start=1):
        assert f"run {place} of 4: {run}: " in shown
    table = shown[shown.index("\nibug, 3 faces, 300w/inter_ocular") :].splitlines()
    assert [line.split()[0] for line in table[2:6]] == ["method", table[3], "argmax", "dark"]
    assert str(output / "report.html") in table[-1]
    results = polars.read_csv(output / "results.csv")
    assert results.select("method", "seed").unique(maintain_order=True).rows() == [
        ("argmax", 1), ("argmax", 2), ("dark", 1), ("dark", 2),
    ]  # fmt: skip
    report = (output / "report.html").read_text(encoding="utf-8")
    assert f"--root {root}" in report


def test_a_misspelt_option_of_a_method_is_one_line_and_status_2(tmp_path, capsys):
    path = tiny_experiment(tmp_path, **{"methods.dark.codec.init_args.sigmo": 2})
    assert main(["compare", str(path), "--output", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("landmarks compare: error: ")
    assert "method 'dark'" in error
    assert "'sigmo'" in error
    assert error.count("\n") == 1


def test_a_missing_file_is_one_line_and_status_2(tmp_path, capsys):
    assert main(["compare", str(tmp_path / "none.yaml"), "--output", str(tmp_path / "out")]) == 2
    assert "none.yaml: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["a.yaml"], ["a.yaml", "--outpu", "x", "--output", "y"]])
def test_a_wrong_command_line_is_refused_before_torch_is_imported(words):
    program = f"""
import sys
from landmarks.commands.compare import main
try:
    main({words!r})
except SystemExit as stop:
    assert stop.code == 2
assert not {{"torch", "lightning", "matplotlib"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_faces_that_are_trained_on_are_not_tested_on(tmp_path, capsys):
    file = tiny_experiment(tmp_path, splits=["lfpw/testset", "afw"])
    assert main(["compare", str(file), "--output", str(tmp_path / "out")]) == 2
    assert (
        "3 of 3 faces of test split 'afw' are trained on, such as afw/" in capsys.readouterr().err
    )
    assert not (tmp_path / "out").exists()
